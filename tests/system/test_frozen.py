"""A part that hangs without dying: a stopped process answers nothing, but its connections stay open."""

import contextlib
import signal

import pytest

from support.wait import wait_until

BRAKES = "My brakes squeal"


@contextlib.contextmanager
def frozen(process):
    process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.signal(signal.SIGCONT)


def test_a_frozen_filter_is_passed_over(system):
    system.start(workers=1, filters=2)
    client = system.client()
    with frozen(system.filters[0]):
        for number in range(4):
            assert client.say(f"Tyre question {number}")["status"] == "committed"
        system.wait_services(filter=1)
    system.wait_services(filter=2)


def test_a_frozen_store_is_passed_over(system):
    system.start(workers=1, stores=2)
    client = system.client()
    with frozen(system.stores[0]):
        for number in range(4):
            assert client.say(f"Tyre question {number}")["status"] == "committed"
    assert len(client.history) == 8


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
    wait_until(lambda: client.chat("Which tyres for winter?").status_code == 200, "the next answer")
