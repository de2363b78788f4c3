"""A part that hangs without dying: a stopped process answers nothing, but its connections stay
open.

The same from outside: a network that stalls, throws away or crawls between a gateway and a backend.
"""

import contextlib
import os
import signal
import threading
import time
import uuid

import pytest

from support.system import PARTS
from support.talker import Talker
from support.wait import at_this_load, wait_until

BRAKES = "My brakes squeal"
FAILOVER = 5.5  # seconds: five heartbeats of silence, and the look at the clock that sees it
SPARE = 2.5  # for a busy machine, and the answer itself
COMMIT_PATIENCE = 15  # seconds: an answer that no store took by then is shown as unsaved
LONGER = pytest.mark.timeout(90)


def signal_all(process, number):
    """Postgres is many processes."""
    for pid in process.family():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def frozen(process):
    signal_all(process, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(process, signal.SIGCONT)


def freeze_for(process, seconds):
    with frozen(process):
        threading.Event().wait(seconds)


def two_of(kind):
    return {"filter": {"filters": 2}, "store": {"stores": 2}, "llm-worker": {"workers": 2}}[kind]


# ---- one process stands still -----------------------------------------------------------------


@LONGER
@pytest.mark.parametrize(
    "name, seconds",
    [
        *((name, 1) for name in PARTS),
        *((name, 6) for name in PARTS),
        ("gateway", 20),
        ("store", 20),
    ],
)
def test_nothing_is_lost_while_a_process_stands_still(system, name, seconds):
    system.start(workers=1)
    talkers = [Talker(system.client(), number) for number in range(3)]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        wait_until(lambda t=talker: len(t.done) >= 2, "two answers")
    freeze_for(system.part(name), seconds)
    for talker, count in [(talker, len(talker.done)) for talker in talkers]:
        wait_until(
            lambda t=talker, c=count: len(t.done) >= c + 3 or t.strange,
            "answers after it",
            timeout=30,
        )
    for talker in talkers:
        talker.enough.set()
    for talker in talkers:
        talker.join(10)
        assert not talker.strange
        assert seconds > COMMIT_PATIENCE or not talker.unsaved
        history = talker.client.history
        assert [text for role, text in history if role == "user"] == talker.done
        assert len(history) == 2 * len(talker.done)


@pytest.mark.parametrize("kind", ["filter", "store", "llm-worker"])
def test_another_one_takes_over_in_time(system, kind):
    system.start(**{"workers": 1, **two_of(kind)})
    client = system.client()
    with frozen(system.part(kind)):
        for number in range(4):
            began = time.monotonic()
            assert client.say(f"Tyre question {number}")["status"] == "committed"
            assert time.monotonic() - began < at_this_load(FAILOVER + SPARE)
        system.wait_services(**{kind.replace("-", "_"): 1})
    system.wait_services(**{kind.replace("-", "_"): 2})
    assert len(client.history) == 8


def test_a_worker_that_freezes_in_mid_answer_ends_it_in_time(system):
    system.start(workers=1)
    client = system.client()
    stream = client.stream(BRAKES, model="standin/ok@tokens=500,delay=20")
    stream.wait_for("delta")
    with frozen(system.workers[0]):
        end = stream.wait_end(FAILOVER + SPARE)
        assert end.name == "error" and end.data["text"] == BRAKES


def test_a_worker_that_freezes_before_its_first_word_is_replaced(system, standin):
    system.start(workers=1)
    client = system.client()
    stream = client.stream(BRAKES, model="standin/ok@first=3000")
    standin.wait_journal("request", method="POST")
    system.add_worker()
    system.wait_services(llm_worker=2)
    with frozen(system.workers[0]):
        standin.wait_journal("request", count=2, method="POST")
        assert stream.wait_end().name == "done"
    assert client.history == [("user", BRAKES), ("assistant", stream.text)]
    assert client.say("My engine knocks")["status"] == "committed"
    assert len(client.history) == 4, "the worker that woke up was heard"


@pytest.mark.parametrize("seconds", [2, 6])
def test_a_worker_that_wakes_up_asks_nothing_that_is_long_over(system, standin, seconds):
    """The questions that were put to it meanwhile lie in its socket, and others have answered
    them."""
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    asleep = system.workers[0]
    with frozen(asleep):
        began = time.monotonic()
        streams = [system.client().stream(f"Tyre question {number}") for number in range(6)]
        system.add_worker()
        for stream in streams:
            assert stream.wait_end().name == "done"
        threading.Event().wait(began + seconds - time.monotonic())
    system.wait_services(llm_worker=2)
    system.workers[1].stop()
    assert client.say("My engine knocks")["status"] == "committed"  # by the one that slept
    questions = [body["messages"][-1]["content"] for body in standin.completions]
    assert sorted(questions) == sorted(
        [BRAKES, "My engine knocks", *(f"Tyre question {n}" for n in range(6))]
    )


# ---- a gateway that was thought dead ----------------------------------------------------------


def said_at_last(client, *words, **fields):
    """Who had begun to follow the answer that breaks off is told so, and sends the message
    again."""
    response = client.chat(*words, **fields)
    if response.status_code == 502 and response.json()["error"]["code"] == "interrupted":
        response = client.chat(*words, **fields)
    assert response.status_code == 200, response.text
    return response.json()


@LONGER
@pytest.mark.parametrize(
    "when", ["before the first word", "in mid answer", "at the end of the answer"]
)
def test_a_gateway_that_wakes_up_overwrites_nothing(system, standin, when):
    system.start(gateways=2, workers=2, LEASE_MS=2000)
    client, turn_id = system.client(0), str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@first=500,tokens=50,delay=20")
    standin.wait_journal("request", method="POST")
    if when == "in mid answer":
        stream.wait_for("delta")
    if when == "at the end of the answer":
        standin.wait_journal("end", scenario="ok", end="completed")
    client.url = system.url(1)
    with frozen(system.gateways[0]):
        answered = said_at_last(client, BRAKES, turn_id=turn_id, model="standin/ok@tokens=20")
        again = client.say("My engine knocks")
        assert answered["status"] == again["status"] == "committed"
        history = client.history
        assert history == [("user", BRAKES), ("assistant", answered["response"]),
                           ("user", "My engine knocks"), ("assistant", again["response"])]
    assert client.open()["running_turn"] is None, "nobody answers any more"
    read = client.follow(turn_id)
    assert (read.wait_end().name, read.text) == ("done", answered["response"])
    end = stream.wait_end()
    assert (
        end.name == "error" or stream.text == answered["response"]
    ), "it was told of a text that is not kept"
    system.wait_services(0, llm_worker=2)
    assert client.history == history
    assert client.say("Which tyres for winter?")["status"] == "committed"
    assert len(client.history) == 6


# ---- a database stands still, and others only hear of it --------------------------------------


@LONGER
@pytest.mark.parametrize("name", ["redis", "postgres"])
def test_a_frozen_database_holds_nobody_up_for_ever(system, name):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    with frozen(getattr(system, name)):
        response = client.chat("My engine knocks")
        assert response.status_code in (200, 503), response.text
        if response.status_code == 503:
            assert response.json()["error"]["text"] == "My engine knocks"
    # A turn that nobody could give up meanwhile holds the chat until its lease runs out.
    wait_until(
        lambda: client.chat("Which tyres for winter?").status_code == 200,
        "the next answer",
        timeout=30,
    )


# ---- the line between a gateway and a backend -------------------------------------------------


def crawl(proxy):
    proxy.slice = 1


def dawdle(proxy):
    proxy.delay = 0.05


LINES = {"stalls": lambda proxy: proxy.stall(),
         "stalls towards the gateway": lambda proxy: proxy.stall(to="target"),
         "stalls towards the backend": lambda proxy: proxy.stall(to="client"),
         "is half open": lambda proxy: proxy.swallow(),
         "breaks": lambda proxy: proxy.cut(),
         "passes single bytes": crawl,
         "is slow": dawdle}


@LONGER
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("kind", ["filter", "store", "llm-worker"])
def test_a_bad_line_to_one_backend_costs_little(system, proxy, kind, line):
    system.start(workers=1)
    between = proxy(int(system.gateways[0].env["BUS_BIND"].rsplit(":", 1)[1]))
    system.add_backend(kind, BUS_GATEWAYS=f"127.0.0.1:{between.port}")
    count = {kind.replace("-", "_"): 2}
    system.wait_services(**count)
    client = system.client()
    LINES[line](between)
    for number in range(6):
        began = time.monotonic()
        assert client.say(f"Tyre question {number}")["status"] == "committed"
        assert time.monotonic() - began < at_this_load(FAILOVER + SPARE)
    between.heal()
    system.wait_services(**count)
    assert [text for role, text in client.history if role == "user"] == [
        f"Tyre question {n}" for n in range(6)
    ]
