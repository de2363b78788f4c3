"""Every process is replaced while people chat: nobody's message fails, and no stream is cut."""

import uuid

import pytest

from support.guest import Guest, all_say_more, leave

pytestmark = pytest.mark.timeout(120)
MODEL = "standin/ok@tokens=12,delay=30"


def ask_json(client, text):
    response = client.chat(text, model=MODEL)
    return None if response.status_code == 200 else f"{response.status_code} {response.text}"


def ask_stream(client, text):
    stream = client.stream(text, model=MODEL)
    end = stream.wait_end()
    return None if end.name == "done" else f"{end}"


def ask_slowly(client, text):
    response = client.chat(text, model="standin/ok@first=1500")
    return None if response.status_code == 200 else f"{response.status_code} {response.text}"


def ask_under_an_id(client, text):
    response = client.chat(text, model=MODEL, turn_id=str(uuid.uuid4()))
    return None if response.status_code == 200 else f"{response.status_code} {response.text}"


def test_a_rolling_restart_costs_no_turn(system):
    system.start(gateways=2, filters=2, workers=2, stores=2, DRAIN_MS=20000)
    door = system.add_nginx()
    asks = [ask_json, ask_stream, ask_under_an_id, ask_stream] * 2
    guests = [Guest(system.client(url=door.url), ask) for ask in asks]
    for guest in guests:
        guest.start()
    all_say_more(guests)
    for process in system.services:
        assert process.stop() == 0
        process.start()
        system.wait_ready()
        all_say_more(guests)
        assert not [
            guest.failed for guest in guests if guest.failed
        ], f"when {process.name} was replaced"
    leave(guests)


def test_a_turn_whose_gateway_is_killed_is_answered_by_the_other_one(system, standin):
    """nginx sends the message again under the name it gave it, so that is one turn however often it
    is sent."""
    system.start(gateways=2, workers=1, LEASE_MS=2000, LOG_LEVEL="trace")
    guest = Guest(system.client(url=system.add_nginx().url), ask_slowly)
    guest.start()
    standin.wait_journal("request", method="POST")
    guest.enough.set()
    walker = next(gateway for gateway in system.gateways if gateway.find_events("turn.step"))
    other = next(gateway for gateway in system.gateways if gateway is not walker)
    walker.kill()
    guest.join(25)
    assert guest.done and not guest.failed
    ids = {step["id"] for gateway in (walker, other) for step in gateway.find_events("turn.step")}
    assert len(ids) == 1, "it was begun twice, under different names"
    assert [text for role, text in guest.client.history if role == "user"] == guest.done
