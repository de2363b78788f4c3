"""deploy/compose on a real Docker engine: built from the tree, scaled, killed, restarted, restored."""

import pytest
import requests

from support.docker import BASE, PROJECT
from support.guest import all_say_more, leave, start_guests
from support.operations import block
from support.wait import wait_until

pytestmark = pytest.mark.timeout(900)
OURS = ("gateway", "filter", "llm-worker", "store")


def since_start(stack, gateway, workers):
    """Seconds from the start of the last of these containers until the gateway had taken in as many workers."""
    times = sorted(stack.seconds_of(worker["State"]["StartedAt"]) for worker in workers)
    taken = [stack.seconds_of(line["time"]) for line in stack.events(gateway, "bus.link_up") if line["peer"] == "llm-worker"]
    return max(taken[-len(workers):]) - times[-1]


def test_an_answer_streams_through_nginx(stack):
    stream = stack.client().stream("My brakes squeal", model="standin/ok@tokens=30,delay=50")
    stream.wait_for("delta")
    assert not stream.closed.is_set(), "the first words came with the last"
    assert stream.wait_end().name == "done"
    page = stack.client().http.get(stack.url, timeout=10)
    assert page.status_code == 200 and "<html" in page.text


def test_the_image_is_small_and_what_runs_is_confined(stack, engine):
    sizes = {name: engine.inspect(name)[0]["Size"] for name in ("automotive-chat", BASE)}
    assert sizes["automotive-chat"] - sizes[BASE] <= 60e6
    for one in stack.containers():
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"], one["Name"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"] and host["PidsLimit"] and host["Memory"], one["Name"]
        assert one["Config"]["User"].split(":")[0] not in ("", "0", "root"), one["Name"]
        names = {mount["Destination"] for mount in one["Mounts"]}
        assert ("/run/secrets/seal_secret" in names) == (stack.service_of(one) == "llm-worker")


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


def test_chats_come_back_from_a_backup(stack, engine, tmp_path):
    """Both databases are lost with their disks; then what docs/operations.md says is done."""
    people = [stack.client() for _ in range(3)]
    for person in people:
        person.say("My brakes squeal", model="standin/ok")
    before = [person.history for person in people]
    stack.shell(block("backup"), tmp_path)
    stack.compose("rm", "-s", "-f", "postgres", "redis")
    engine.docker("volume", "rm", f"{PROJECT}_postgres", f"{PROJECT}_redis")
    stack.shell(block("restore"), tmp_path)
    stack.wait_whole(60)
    # Stores are on the bus before they have found their databases: somebody new tells when they have.
    wait_until(lambda: stack.client().chat("My brakes squeal", model="standin/ok").status_code == 200, "an answer", 60)
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
    wait_until(lambda: person.chat("And the tyres?", model="standin/ok").status_code == 200, "an answer", 60)
    assert person.history[:2] == before
