"""docs/deploy.md, "systemd", typed on a machine whose first process is systemd; then people chat
there."""

import re
import tempfile
from pathlib import Path

import pytest

from support.guest import all_say_more, leave, start_guests
from support.machine import FIRST, UNITS, Machine
from support.operations import block
from support.wait import wait_until

pytestmark = pytest.mark.timeout(900)
KEYS = "/etc/automotive-chat/keys"
# 127.0.0.1, the same as an IPv6 address, and ::1, as the kernel writes them.
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")


@pytest.fixture(scope="module")
def installed(engine):
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(engine, Path(folder))
        try:
            yield machine.start().install()
        finally:
            machine.close()


@pytest.fixture
def machine(installed):
    """The chat, whole, and still whole when the test has passed."""
    installed.wait_whole()
    yield installed
    installed.wait_whole()


def test_every_unit_runs_and_says_so_in_json(machine):
    for unit in UNITS:
        assert (machine.show(unit, "ActiveState"), machine.show(unit, "NRestarts")) == (
            "active",
            "0",
        ), unit
        assert machine.run(f"systemctl is-enabled {unit}") == "enabled"
        lines = machine.log(unit)
        assert lines and all(
            line["service"] == unit.replace("@", "-") and line["event"] for line in lines
        ), unit


def test_an_answer_streams_through_nginx(machine):
    machine.open_page_and_ask()


def test_other_machines_reach_nginx_and_what_they_were_let_to(machine):
    tables = machine.run("cat /proc/net/tcp /proc/net/tcp6")
    listening = re.findall(r"^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A ", tables, re.M)
    assert {8081, 5551, 9101, 9141} < {int(port, 16) for _, port in listening}
    assert {int(port, 16) for address, port in listening if address not in LOOPBACK} == {
        80,
        443,
        5552,
    }


def test_whoever_asks_for_another_name_is_sent_to_the_chat(machine):
    ask = "curl -s -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: other.example' http://127.0.0.1/"
    assert machine.run(ask) == "308 https://localhost/"


def status_of(machine, unit):
    return dict(
        re.findall(r"^(\w+):\t(.*)$", machine.run(f"cat /proc/{machine.pid(unit)}/status"), re.M)
    )


def test_every_service_is_confined(machine):
    for unit in FIRST:
        pid, status = machine.pid(unit), status_of(machine, unit)
        assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {
            "0" * 16
        }, unit
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), unit
        assert machine.run(f"readlink /proc/{pid}/ns/user") != machine.run(
            "readlink /proc/1/ns/user"
        ), unit
        assert (
            machine.run(f"stat -c %a /proc/{pid}/root/tmp && ls -A /proc/{pid}/root/tmp") == "1777"
        ), unit
        assert "hidepid=invisible,subset=pid" in machine.run(
            f"grep ' /proc ' /proc/{pid}/mountinfo"
        ), unit


def test_no_service_can_write(machine):
    """Even root could not, in the view that a unit has of the machine."""
    folders = ("/etc", "/opt/automotive-chat", "/usr", "/var/lib", "/home")
    for folder in folders:
        assert machine.succeeds(f"touch {folder}/trial")
    for unit in FIRST:
        touch = f"nsenter -m -t {machine.pid(unit)} touch"
        for folder in folders:
            assert not machine.succeeds(f"{touch} {folder}/trial"), (unit, folder)
        assert machine.succeeds(
            f"{touch} /tmp/trial && rm /proc/{machine.pid(unit)}/root/tmp/trial"
        )


def test_credentials_are_read_by_their_service_alone(machine):
    users = {unit: status_of(machine, unit)["Uid"].split()[0] for unit in FIRST}
    assert len(set(users.values())) == len(FIRST) and "0" not in users.values()
    for unit in FIRST:
        folder = f"/run/credentials/{unit}.service"
        names = machine.run(f"ls {folder}").split()
        assert names == sorted(
            re.findall(r"^LoadCredential=(\S+?):", machine.run(f"systemctl cat {unit}"), re.M)
        )
        for other, user in users.items():
            as_user = f"setpriv --reuid {user} --clear-groups"
            assert machine.succeeds(f"{as_user} cat {folder}/{names[0]}") == (other == unit), (
                unit,
                other,
            )
            assert not machine.succeeds(f"{as_user} ls {KEYS}"), other
        assert (
            machine.run(f"nsenter -m -t {machine.pid(unit)} ls /run/credentials")
            == f"{unit}.service"
        )


def test_who_is_killed_comes_back(machine):
    person = machine.client()
    for unit in FIRST:
        before, restarts = machine.pid(unit), int(machine.show(unit, "NRestarts"))
        machine.run(f"kill -KILL {before}")
        wait_until(lambda: machine.show(unit, "NRestarts") == str(restarts + 1)
                   and machine.pid(unit) not in (0, before), f"{unit} to be started again", 20)
        machine.wait_whole()
    person.say("My brakes squeal", model="standin/ok")


def test_a_wrong_setting_is_not_tried_again(machine):
    machine.run(
        "echo SLOTS=many >/etc/automotive-chat/llm-worker-4.env && systemctl start llm-worker@4"
    )
    wait_until(
        lambda: machine.show("llm-worker@4", "ActiveState") == "failed", "the end of the worker", 20
    )
    assert (
        machine.show("llm-worker@4", "ExecMainStatus"),
        machine.show("llm-worker@4", "NRestarts"),
    ) == ("78", "0")
    machine.run("systemctl reset-failed llm-worker@4")


def test_all_may_be_replaced_while_people_chat(machine):
    guests = start_guests(machine, 4)
    before = {machine.pid(unit) for unit in UNITS}
    # as if they were built anew
    machine.run("find build/release/services -type f -executable -exec touch {} +")
    machine.run(block("systemd upgrade"), timeout=300)
    assert not before & {machine.pid(unit) for unit in UNITS}
    all_say_more(guests, 30)
    leave(guests)


def test_a_worker_joins_and_leaves_when_its_answers_are_finished(machine):
    machine.run("systemctl enable --now llm-worker@3")
    machine.wait_whole(llm_worker=3)
    people = [machine.client() for _ in range(12)]  # as many as there are slots
    streams = [
        person.stream("My brakes squeal", model="standin/ok@tokens=40,delay=60")
        for person in people
    ]
    for stream in streams:
        stream.wait_for("delta")
    pid = machine.pid("llm-worker@3")
    machine.run("systemctl disable --now llm-worker@3")
    assert all(stream.wait_end().name == "done" for stream in streams)
    assert [
        line for line in machine.events("llm-worker@3", "answer.end") if line["outcome"] == "ok"
    ], "it served nobody"
    assert not machine.succeeds(f"kill -0 {pid}")
    assert machine.show("llm-worker@3", "Result") == "success"
    assert machine.show("llm-worker@3", "ExecMainStatus") == "0"


def test_reload_lets_a_new_key_in(machine):
    """As "Changing keys" says of a service on the bus."""
    before = {unit: machine.pid(unit) for unit in ("gateway@1", "gateway@2")}
    machine.run(f"""build/release/scripts/make-keys /tmp/new
        grep '^filter ' /tmp/new/bus-allow >>/etc/automotive-chat/bus-allow
        cp /tmp/new/filter.secret {KEYS}/filter.secret
        systemctl reload gateway@1 gateway@2
        systemctl restart filter@1 filter@2
        rm -r /tmp/new""")
    machine.wait_whole()
    assert before == {unit: machine.pid(unit) for unit in before}
    machine.client().say("My brakes squeal", model="standin/ok")


def test_chats_come_back_from_a_backup(machine):
    person = machine.client()
    person.say("My brakes squeal", model="standin/ok")
    backup = "backup=/tmp/backup\n"
    machine.run("mkdir -m 700 /tmp/backup\n" + backup + block("systemd backup"))
    person.say("And the tyres?", model="standin/ok")
    listed = (
        "cd /etc/automotive-chat && stat -c '%n %u %g %a' . keys keys/* && cat bus-allow keys/*"
    )
    before = machine.run(listed)
    machine.run("rm -r /etc/automotive-chat\n" + backup + block("systemd restore secrets"))
    assert machine.run(listed) == before
    machine.run(backup + block("systemd restore"))
    machine.wait_whole()
    wait_until(
        lambda: machine.client().chat("My brakes squeal", model="standin/ok").status_code == 200,
        "an answer",
        30,
    )
    assert [text for role, text in person.history if role == "user"] == ["My brakes squeal"]


def test_all_stop_and_start_as_with_the_machine(machine):
    """What was begun is finished: the gateways go first, the databases last."""
    person = machine.client()
    stream = person.stream("My brakes squeal", model="standin/ok@tokens=40,delay=60")
    stream.wait_for("delta")
    machine.run("systemctl stop automotive-chat.target redis-server postgresql")
    assert stream.wait_end().name == "done"
    for unit in UNITS:
        wait_until(
            lambda: machine.show(unit, "ActiveState") == "inactive", f"the end of {unit}", 20
        )
        assert (machine.show(unit, "Result"), machine.show(unit, "ExecMainStatus")) == (
            "success",
            "0",
        ), unit
    machine.run("systemctl start automotive-chat.target redis-server postgresql")
    machine.wait_whole()
    wait_until(
        lambda: person.chat("And the tyres?", model="standin/ok").status_code == 200,
        "an answer",
        30,
    )
    assert [text for role, text in person.history if role == "user"] == [
        "My brakes squeal",
        "And the tyres?",
    ]
