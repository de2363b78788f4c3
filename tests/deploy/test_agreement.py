"""Containers, Kubernetes and systemd say the same of the services, and what they say is what the
programs take."""

import re

import pytest
import yaml

from support.manifests import K8S, SERVICES, WHO, base, environment, find, read
from support.processes import ROOT

UNITS = ROOT / "deploy/systemd"
COMPOSE = yaml.safe_load((ROOT / "deploy/compose/docker-compose.yml").read_text())
WAYS = ("compose", "k8s", "systemd")


def plain(value):
    """${NAME:-default} as it is when nobody set NAME."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


def unit(service):
    """(key, value) of each line of its unit, as instance 1."""
    lines = (UNITS / f"{service}@.service").read_text().replace("%i", "1").splitlines()
    return [tuple(line.split("=", 1)) for line in lines if re.match(r"\w+=", line)]


def settings(way, service):
    """The environment that a service gets."""
    if way == "compose":
        return {
            name: plain(value)
            for name, value in COMPOSE["services"][service]["environment"].items()
        }
    if way == "k8s":
        return environment(
            find(base(), "Deployment", service)["spec"]["template"]["spec"]["containers"][0]
        )
    lines = [word for key, value in unit(service) if key == "Environment" for word in value.split()]
    shared = [
        line for line in (UNITS / "chat.env").read_text().splitlines() if line and line[0] != "#"
    ]
    # Of the file that all read each takes what is its own.
    theirs = [line for line in shared if line.startswith("BUS_GATEWAYS") == (service != "gateway")]
    return dict(line.split("=", 1) for line in lines + theirs)


def seconds(way, service):
    """How long it may take to end."""
    if way == "compose":
        return int(COMPOSE["services"][service].get("stop_grace_period", "10s").rstrip("s"))
    if way == "k8s":
        return find(base(), "Deployment", service)["spec"]["template"]["spec"][
            "terminationGracePeriodSeconds"
        ]
    return int(dict(unit(service))["TimeoutStopSec"])


def variables(harness, service):
    """All that --help names, with _FILE too where it says so."""
    status, text = harness.run(service, "--help")
    assert status == 0
    named = re.findall(r"^  ([A-Z][A-Z0-9_]+)(, or a file in _FILE)?$", text, re.M)
    return {name for name, _ in named} | {name + "_FILE" for name, is_secret in named if is_secret}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("way", WAYS)
def test_every_variable_is_one_that_the_program_takes(harness, way, service):
    given = set(settings(way, service))
    assert given - variables(harness, service) == set()
    assert "ADMIN_PORT" in given


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("way", WAYS)
def test_the_program_would_start_with_it(harness, keys, way, service, tmp_path):
    (tmp_path / "keys/openrouter.key").write_text("sk-or-v1-" + "0" * 64 + "\n")
    (tmp_path / "keys/redis.url").write_text("redis://redis:6379\n")
    (tmp_path / "keys/postgres.url").write_text("postgresql://chat@postgres/chat\n")
    files = {
        name: plain(secret["file"]).rsplit("/", 1)[-1]
        for name, secret in COMPOSE["secrets"].items()
    }
    env = {}
    for name, value in settings(way, service).items():
        if name.endswith("_FILE"):
            last = value.rsplit("/", 1)[-1]
            value = keys.path(files.get(last, last))
        env[name] = value if name != "WEB_ROOT" else ""
    status, text = harness.run(service, "--check-config", env=env)
    assert status == 0, text


@pytest.mark.parametrize("service", SERVICES)
def test_what_has_one_meaning_has_one_value(service):
    ways = {way: settings(way, service) for way in WAYS}
    shared = set(ways["compose"]) & set(ways["k8s"]) - {"BUS_GATEWAYS"}
    different = {
        name
        for name in shared
        if not name.endswith("_FILE") and ways["compose"][name] != ways["k8s"][name]
    }
    assert not different
    assert len({ways[way].get("DRAIN_MS") for way in WAYS}) == 1
    assert {name for name in ways["compose"] if name.endswith("_FILE")} == \
        {name for name in ways["k8s"] if name.endswith("_FILE")} == \
        {name for name in ways["systemd"] if name.endswith("_FILE")}


@pytest.mark.parametrize("way", WAYS)
def test_a_turn_may_end_before_anybody_is_killed(harness, way):
    answer = int(re.search(r"ANSWER_TIMEOUT_MS\D*?(\d+)", harness.run("gateway", "--help")[1])[1])
    for service in ("gateway", "llm-worker"):
        drain = int(settings(way, service)["DRAIN_MS"])
        assert answer < drain < seconds(way, service) * 1000
    for service in ("filter", "store"):
        assert seconds(way, service) >= 10
    for file in (ROOT / "deploy/nginx/gateways.conf", ROOT / "docs/sign-in.md"):
        assert int(re.search(r"proxy_read_timeout (\d+)s", file.read_text())[1]) * 1000 > drain


def test_nginx_is_the_one_who_ends_a_connection(harness):
    idle = int(re.search(r"HTTP_IDLE_MS\D*?(\d+)", harness.run("gateway", "--help")[1])[1])
    kept = re.search(
        r"upstream gateways {.*?keepalive_timeout (\d+)s;",
        (ROOT / "deploy/nginx/chat.conf").read_text(),
        re.S,
    )[1]
    assert int(kept) * 1000 < idle


def test_what_fails_for_a_while_comes_back_by_itself():
    for service in SERVICES:
        assert COMPOSE["services"][service]["restart"] == "unless-stopped"
        lines = dict(unit(service))
        assert (lines["Restart"], lines["StartLimitIntervalSec"]) == ("always", "0")


def test_nginx_may_open_as_many_as_it_is_told_to():
    connections = re.search(
        r"worker_connections (\d+)", (ROOT / "deploy/nginx/nginx.conf").read_text()
    )[1]
    assert int(connections) < COMPOSE["services"]["nginx"]["ulimits"]["nofile"] <= 10000


def test_nginx_listens_on_the_addresses_that_its_network_has():
    nginx = (ROOT / "deploy/nginx/nginx.conf").read_text()
    has_ipv6 = bool((COMPOSE["networks"]["front"] or {}).get("enable_ipv6"))
    assert len(re.findall(r"listen \[::\]:", nginx)) == (2 if has_ipv6 else 0)


def test_the_ways_in_have_the_same_limits():
    nginx = "".join(
        (ROOT / f"deploy/nginx/{name}.conf").read_text() for name in ("http", "edge", "gateways")
    )
    ingress = read(K8S / "components/nginx-ingress/ingress.yaml")[0]["metadata"]["annotations"]
    for name, line in {
        "limit-req-rate": r"rate=(\S+);",
        "limit-req-burst": r"burst=(\d+)",
        "limit-req-zone-size": r"zone=requests:(\S+) ",
        "limit-req-reject-code": r"limit_req_status (\d+)",
        "hsts-max-age": r"max-age=(\d+)",
        "client-max-body-size": r"client_max_body_size (1m)",
        "proxy-connect-timeout": r"proxy_connect_timeout (\w+)",
        "proxy-read-timeout": r"proxy_read_timeout (\w+)",
    }.items():
        assert ingress[f"nginx.org/{name}"] == re.search(line, nginx)[1], name


def test_the_ways_in_take_out_the_name_that_gateways_believe(harness):
    believed = re.search(r"AUTH_HEADER\n.*\[(\S+)\]", harness.run("gateway", "--help")[1])[1]
    assert believed == WHO, "the rules for the ways in look for another one"
    assert (
        f"proxy_set_header {believed} $proxy_user;"
        in (ROOT / "deploy/nginx/gateways.conf").read_text()
    )


def redis(way):
    """Its command, and the memory that it may have."""
    if way == "compose":
        service = COMPOSE["services"]["redis"]
        return service["command"], service["mem_limit"]
    container = find(read(K8S / "overlays/dev/redis.yaml"), "StatefulSet", "redis")["spec"][
        "template"
    ]["spec"]["containers"][0]
    return container["args"], container["resources"]["limits"]["memory"]


def mebibytes(text):
    number, unit = re.fullmatch(r"(\d+)(mb|m|Mi|gb|g|Gi)", text).groups()
    return int(number) * (1024 if unit[0] in "gG" else 1)


@pytest.mark.parametrize("way", ["compose", "k8s"])
def test_redis_refuses_before_it_is_killed(way):
    command, limit = redis(way)
    said = dict(zip(command, command[1:]))
    assert said["--maxmemory-policy"] == "noeviction"
    share = mebibytes(said.get("--maxmemory", "0m")) / mebibytes(limit)
    assert (
        0.5 < share < 0.66
    ), "no limit of its own, or none that leaves room for rewriting its file"


def test_ports_meet():
    for service in SERVICES:
        for way in ("compose", "k8s"):
            assert settings(way, service)["ADMIN_PORT"] == "9100"
    for service in SERVICES[1:]:
        assert settings("compose", service)["BUS_GATEWAYS"] == "gateway:5555"
        assert settings("k8s", service)["BUS_GATEWAYS"] == "gateway-bus:5555"
    gateway = find(base(), "Deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]
    assert {one["name"]: one["containerPort"] for one in gateway["ports"]} == {
        "http": 8080,
        "bus": 5555,
        "admin": 9100,
    }
    assert (
        settings("compose", "gateway")["BUS_BIND"]
        == settings("k8s", "gateway")["BUS_BIND"]
        == "tcp://*:5555"
    )
    assert "$gateways gateway:8080;" in (ROOT / "deploy/nginx/nginx.conf").read_text()
    scrapes = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())[
        "scrape_configs"
    ]
    assert {(one["job_name"], one["dns_sd_configs"][0]["port"]) for one in scrapes} >= {
        (name, 9100) for name in SERVICES
    }
    listening = [settings("systemd", service)["ADMIN_PORT"] for service in SERVICES]
    listening += [
        settings("systemd", "gateway")[name].rsplit(":", 1)[-1]
        for name in ("HTTP_PORT", "BUS_BIND")
    ]
    assert len(set(listening)) == len(listening), "two of one machine want the same port"
    assert (
        settings("systemd", "gateway")["BUS_BIND"].rsplit(":", 1)[-1]
        in settings("systemd", "store")["BUS_GATEWAYS"]
    )


def test_on_a_plain_machine_none_of_ours_faces_other_machines():
    gateway = settings("systemd", "gateway")
    assert gateway["HTTP_ADDRESS"] == "127.0.0.1" and gateway["BUS_BIND"].startswith("tcp://127.0.0.1:")
    assert "ADMIN_ADDRESS=127.0.0.1" in (UNITS / "chat.env").read_text().splitlines()


def test_images_are_those_that_the_tree_builds():
    names = {"automotive-chat", "automotive-chat-demo"}
    for service in (*SERVICES, "openrouter"):
        assert plain(COMPOSE["services"][service]["image"]) in names
    for path in (*(K8S / "base").glob("*.yaml"), K8S / "overlays/dev/openrouter.yaml"):
        for one in read(path):
            if one["kind"] == "Deployment":
                assert one["spec"]["template"]["spec"]["containers"][0]["image"] in names
