"""OpenRouter fails: the person hears why, gets the text back, and history is as before."""

import uuid

import pytest

BRAKES = "My brakes squeal"
TIMES = {"FIRST_TIMEOUT_MS": 700, "IDLE_TIMEOUT_MS": 700}

FAILURES = [
    ("standin/500", 502, "upstream_error"),
    ("standin/429-retry-after", 502, "upstream_limited"),
    ("standin/401", 502, "upstream_key"),
    ("standin/402", 402, "upstream_credit"),
    ("standin/404", 502, "upstream_model"),
    ("standin/hang", 504, "upstream_timeout"),
    ("standin/comments-forever", 504, "upstream_timeout"),
    ("standin/hang-after", 504, "upstream_timeout"),
    ("standin/cut", 502, "upstream_cut"),
    ("standin/cut-reset", 502, "upstream_cut"),
    ("standin/cut-clean", 502, "upstream_cut"),
    ("standin/no-reply", 502, "upstream_cut"),
    ("standin/in-band-error", 502, "upstream_limited"),
    ("standin/error-502", 502, "upstream_error"),
    ("standin/200-error", 502, "upstream_error"),
]


@pytest.fixture
def client(system):
    system.start(workers=2, **TIMES)
    client = system.client()
    client.say("Which tyres for winter?")
    return client


@pytest.mark.parametrize("model, status, code", FAILURES)
def test_an_upstream_failure_costs_nothing(client, model, status, code):
    before = client.history
    turn_id = str(uuid.uuid4())
    failed = client.chat(BRAKES, model=model, turn_id=turn_id)
    error = failed.json()["error"]
    assert (failed.status_code, error["code"]) == (status, code), error
    assert (error["text"], error["turn_id"]) == (BRAKES, turn_id) and error["message"]

    stream = client.stream(BRAKES, model=model)
    end = stream.wait_end()
    assert (end.name, end.data["code"], end.data["text"]) == ("error", code, BRAKES)
    assert client.history == before

    # The same turn may be tried again, with a model that lives.
    again = client.say(BRAKES, turn_id=turn_id, model="standin/ok")
    assert again["status"] == "committed"
    assert client.history == before + [("user", BRAKES), ("assistant", again["response"])]


def test_an_upstream_that_is_not_there(system, standin):
    system.start(**TIMES)
    client = system.client()
    standin.kill()
    failed = client.chat(BRAKES)
    assert failed.status_code in (502, 504) and failed.json()["error"]["text"] == BRAKES
    standin.start()
    assert client.say(BRAKES)["status"] == "committed"


def test_a_failure_that_passes_is_not_seen(client, standin):
    assert client.say(BRAKES, model="standin/503@times=1")["status"] == "committed"
