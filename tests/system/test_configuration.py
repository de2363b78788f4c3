"""A bad configuration is told whole, at once, with exit status 78."""

import pytest

NEEDED = {
    "gateway": ("BUS_ALLOW_FILE", "BUS_SECRET_KEY", "SEAL_PUBLIC_KEYS", "COOKIE_KEYS"),
    "filter": ("BUS_GATEWAYS", "BUS_SECRET_KEY", "BUS_GATEWAY_KEY"),
    "llm-worker": ("BUS_GATEWAYS", "BUS_SECRET_KEY", "BUS_GATEWAY_KEY", "SEAL_SECRET_KEYS"),
    "store": ("BUS_GATEWAYS", "BUS_SECRET_KEY", "BUS_GATEWAY_KEY", "REDIS_URL", "POSTGRES_URL"),
}


@pytest.mark.parametrize("service", NEEDED)
def test_all_faults_are_listed(harness, service):
    status, said = harness.run(service, env={"LOG_LEVEL": "loud"})
    assert status == 78, said
    for name in (*NEEDED[service], "LOG_LEVEL"):
        assert name in said


@pytest.mark.parametrize("service", NEEDED)
def test_the_address_of_a_collector_has_no_password(harness, service):
    for address in ("http://me:secret@collector:4318", "http://collector:4318?key=secret", "collector:4318"):
        status, said = harness.run(service, env={"OTEL_EXPORTER_OTLP_ENDPOINT": address})
        assert (
            status == 78 and "OTEL_EXPORTER_OTLP_ENDPOINT" in said and "secret" not in said
        ), address
    said = harness.run(service, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"})[1]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in said


@pytest.mark.parametrize("service", NEEDED)
def test_help_lists_every_setting(harness, service):
    status, said = harness.run(service, "--help")
    assert status == 0
    for name in (*NEEDED[service], "LOG_LEVEL", "--check-config"):
        assert name in said


@pytest.mark.parametrize("service", NEEDED)
def test_an_unknown_option_is_refused(harness, service):
    status, said = harness.run(service, "--colour")
    assert status == 64 and "--colour" in said


def test_a_taken_port_is_a_clear_message(system):
    system.start(workers=1)
    first = system.gateways[0]
    second = system.harness.start("gateway", first.env, label="second")
    second.expected = {69, 78}
    assert second.wait() in second.expected
    assert first.env["BUS_BIND"].rsplit(":", 1)[1] in second.log_text or \
        str(first.env["HTTP_PORT"]) in second.log_text
