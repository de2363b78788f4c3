"""deploy/compose on a real Docker engine: built from the tree, scaled, killed, restarted,
restored."""

import os
import shutil
import ssl

import pytest
import requests

from support.docker import BASE, PROJECT
from support.guest import all_say_more, leave, start_guests
from support.operations import block
from support.processes import ROOT
from support.wait import wait_until

pytestmark = pytest.mark.timeout(900)
OURS = ("gateway", "filter", "llm-worker", "store")


def since_start(stack, gateway, workers):
    """Seconds from the start of the last of these containers until the gateway had taken in as many
    workers."""
    times = sorted(stack.seconds_of(worker["State"]["StartedAt"]) for worker in workers)
    taken = [
        stack.seconds_of(line["time"])
        for line in stack.events(gateway, "bus.link_up")
        if line["peer"] == "llm-worker"
    ]
    return max(taken[-len(workers) :]) - times[-1]


def test_an_answer_streams_through_nginx(stack):
    stack.open_page_and_ask()


def test_the_image_is_small_and_what_runs_is_confined(stack, engine):
    sizes = {name: engine.inspect(name)[0]["Size"] for name in ("automotive-chat", BASE)}
    assert sizes["automotive-chat"] - sizes[BASE] <= 60e6
    for one in stack.containers():
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"], one["Name"]
        assert (
            host["SecurityOpt"] == ["no-new-privileges:true"]
            and host["PidsLimit"]
            and host["Memory"]
        ), one["Name"]
        assert one["Config"]["User"].split(":")[0] not in ("", "0", "root"), one["Name"]
        names = {mount["Destination"] for mount in one["Mounts"]}
        assert ("/run/secrets/seal_secret" in names) == (stack.service_of(one) == "llm-worker")


def test_what_is_prepared_stays(stack, engine):
    """When it is prepared again only what is missing is made, and what root put there is given to
    its user."""
    def secrets():
        return {path.name: path.read_bytes() for path in stack.secrets.iterdir()}
    before, owned = secrets(), owners(stack.secrets)
    (stack.secrets / "grafana.password").unlink()
    os.chown(stack.secrets / "postgres.url", 0, 0)
    engine.run("deploy/compose/prepare", "--demo", timeout=300, **stack.env)
    after = secrets()
    assert after.pop("grafana.password") != before.pop("grafana.password")
    assert after == before and owners(stack.secrets) == owned


def test_nginx_is_well_while_it_answers_wherever_the_gateways_are(stack, engine):
    nginx = stack.containers("nginx")[0]
    wait_until(
        lambda: engine.inspect(nginx["Id"])[0]["State"]["Health"]["Status"] == "healthy",
        "nginx to be found well",
        30,
    )
    stack.compose("stop", "-t", "5", "gateway")
    try:
        engine.docker("exec", nginx["Id"], *nginx["Config"]["Healthcheck"]["Test"][1:])
    finally:
        stack.up("--no-recreate")


def test_the_nginx_of_plain_machines_is_one_that_debian_13_takes(stack, engine, tmp_path):
    shutil.copytree(ROOT / "deploy/nginx", tmp_path / "chat")
    for name in ("tls.crt", "tls.key"):
        shutil.copy(stack.secrets / name, tmp_path / "chat")
    said = engine.docker(
        "run",
        "--rm",
        "-v",
        f"{tmp_path}/chat:/etc/nginx/chat:ro",
        "-v",
        f"{tmp_path}/chat/chat.conf:/etc/nginx/conf.d/chat.conf:ro",
        "test-nginx",
        "sh",
        "-c",
        "nginx -t 2>&1",
    )
    print(said)
    assert "test is successful" in said
    others = [
        line
        for line in said.splitlines()
        if "[" in line and '"listen ... http2" directive is deprecated' not in line
    ]
    assert not others


def test_a_new_certificate_is_served_without_a_restart(stack, engine, tmp_path):
    engine.run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        tmp_path / "tls.key",
        "-out",
        tmp_path / "tls.crt",
    )
    stack.shell(block("new certificate"), tmp_path)
    wait_until(
        lambda: ssl.get_server_certificate(("localhost", int(stack.env["HTTPS_PORT"])))
        == (tmp_path / "tls.crt").read_text(),
        "the new certificate to be served",
        20,
    )


def test_gateways_read_their_list_again_and_still_come_back_when_killed(stack, tmp_path):
    gateways = stack.containers("gateway")
    stack.shell(block("reload gateways"), tmp_path)
    for gateway in gateways:
        wait_until(
            lambda one=gateway: stack.events(one, "bus.allow_read"),
            f"{gateway['Name']} to read it",
            10,
        )
        stack.kill(gateway)


def test_the_pool_grows_and_shrinks_while_people_chat(stack):
    guests = start_guests(stack, 16)
    old = {one["Id"] for one in stack.containers("llm-worker")}
    stack.compose("up", "-d", "--no-recreate", "--scale", "llm-worker=5")
    stack.wait_whole(llm_worker=5)
    new = [one for one in stack.containers("llm-worker") if one["Id"] not in old]
    assert len(new) == 3
    slowest = max(since_start(stack, gateway, new) for gateway in stack.containers("gateway"))
    print(f"three more workers were taken in within {slowest:.2f} s of their start")
    assert slowest < 2
    all_say_more(guests, 30)
    for worker in stack.containers("llm-worker"):
        assert stack.events(worker, "answer.end"), f"{worker['Name']} serves nobody"
    stack.compose("up", "-d", "--no-recreate", "--scale", "llm-worker=2", timeout=300)
    stack.wait_whole()
    all_say_more(guests, 30)
    leave(guests)


def test_each_container_may_be_killed(stack):
    person = stack.client()

    def is_answered():
        try:
            return person.chat("And the tyres?", model="standin/ok").status_code == 200
        except requests.RequestException:
            return False

    person.say("My brakes squeal", model="standin/ok")
    for container in stack.containers():
        stack.kill(container)
        wait_until(is_answered, f"an answer after {container['Name']} was killed", 30)
        stack.wait_whole(60)


def test_all_may_be_replaced_while_people_chat(stack, engine):
    guests = start_guests(stack, 8)
    old = {one["Id"] for name in OURS for one in stack.containers(name)}
    engine.run("deploy/compose/roll", timeout=400, COMPOSE=stack.command, **stack.env)
    assert not old & {one["Id"] for one in stack.containers()}
    all_say_more(guests, 30)
    leave(guests)


def test_all_may_be_stopped_while_an_answer_streams(stack, engine):
    """It is ended and kept first; then all end by themselves, and what was kept is there when they
    come again."""
    person = stack.client()
    stream = person.stream("My brakes squeal", model="standin/ok@tokens=60,delay=100")
    stream.wait_for("delta")
    stack.compose("stop", timeout=300)
    end = stream.wait_end()
    assert end.name == "done", end
    assert {one["Name"]: one["State"]["ExitCode"] for one in stack.containers(ended=True)
            if one["State"]["ExitCode"] != 0} == {}
    stack.compose("down")
    assert not stack.containers(ended=True)
    assert PROJECT not in engine.docker("network", "ls")
    stack.up().wait_whole(60)
    assert [text for role, text in person.history] == ["My brakes squeal", stream.text]


def test_prometheus_finds_every_instance(stack):
    """Of the profile metrics; Grafana is in no package of Debian's."""
    stack.compose("--profile", "metrics", "up", "-d", "prometheus")

    def ask(path, **parameters):
        return requests.get(
            f"http://127.0.0.1:{stack.env['PROMETHEUS_PORT']}/api/v1/{path}", parameters, timeout=5
        ).json()["data"]

    def seen():
        try:
            return {one["metric"]["job"]: int(one["value"][1])
                    for one in ask("query", query="count by (job) (chat_ready == 1)")["result"]}
        except (requests.RequestException, KeyError):
            return {}
    wait_until(lambda: seen() == dict.fromkeys(OURS, 2), "two of each to be seen by Prometheus", 60)
    wait_until(
        lambda: {rule["health"] for group in ask("rules")["groups"] for rule in group["rules"]}
        == {"ok"},
        "every rule to be evaluated",
        60,
    )
    stack.compose("--profile", "metrics", "rm", "-s", "-f", "prometheus")


def owners(folder):
    """Who owns the folder and each of its files, and who may do what with it."""
    return {
        path.name: (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode)
        for path in (folder, *folder.iterdir())
    }


def test_chats_come_back_from_a_backup(stack, engine, tmp_path):
    """The machine is lost, with both databases and all secrets; then what docs/operations.md says
    is done."""
    people = [stack.client() for _ in range(3)]
    for person in people:
        person.say("My brakes squeal", model="standin/ok")
    before, owned = [person.history for person in people], owners(stack.secrets)
    assert {uid for uid, _, _ in owned.values()} >= {10001, 999, 472}
    stack.shell(block("backup"), tmp_path)
    stack.compose("rm", "-s", "-f")
    engine.docker("volume", "rm", f"{PROJECT}_postgres", f"{PROJECT}_redis")
    shutil.rmtree(stack.secrets)
    stack.shell(block("restore secrets"), tmp_path)
    assert owners(stack.secrets) == owned
    stack.shell(block("restore"), tmp_path)
    stack.wait_whole(60)
    # Stores are on the bus before they have found their databases: somebody new tells when they
    # have.
    wait_until(
        lambda: stack.client().chat("My brakes squeal", model="standin/ok").status_code == 200,
        "an answer",
        60,
    )
    assert [person.history for person in people] == before
    assert all(len(history) == 2 for history in before)
    people[0].say("And the tyres?", model="standin/ok")


def test_chats_outlive_redis(stack, engine):
    person = stack.client()
    person.say("My brakes squeal", model="standin/ok")
    before = person.history
    stack.compose("rm", "-s", "-f", "redis")
    engine.docker("volume", "rm", f"{PROJECT}_redis")
    stack.up()
    wait_until(
        lambda: person.chat("And the tyres?", model="standin/ok").status_code == 200,
        "an answer",
        60,
    )
    assert person.history[:2] == before
