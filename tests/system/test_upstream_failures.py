"""OpenRouter fails, and then does not: what scenarios.py leaves open."""

import uuid

import pytest

BRAKES = "My brakes squeal"
TIMES = {"FIRST_TOKEN_TIMEOUT_MS": 2000, "IDLE_TIMEOUT_MS": 700}


@pytest.fixture
def client(system):
    system.start(workers=2, **TIMES)
    return system.client()


@pytest.mark.parametrize(
    "model", ["standin/404", "standin/cut", "standin/hang-after", "standin/429-daily"]
)
def test_a_turn_that_failed_may_be_tried_again(client, model):
    """Under its own id, with a model that lives; what was said before stays."""
    client.say("Which tyres for winter?")
    before = client.history
    turn_id = str(uuid.uuid4())
    assert not client.chat(BRAKES, model=model, turn_id=turn_id).ok
    assert client.history == before
    again = client.say(BRAKES, turn_id=turn_id, model="standin/ok")
    assert again["status"] == "committed"
    assert client.history == before + [("user", BRAKES), ("assistant", again["response"])]


def test_the_talk_sent_along_holds_no_failure(client, standin):
    assert not client.chat("Why do they squeal when braking?", model="standin/in-band-error").ok
    client.say(BRAKES)
    assert [message["role"] for message in standin.completions[-1]["messages"]] == [
        "system",
        "user",
    ]


def test_an_upstream_that_is_not_there(client, standin):
    standin.kill()
    failed = client.chat(BRAKES)
    error = failed.json()["error"]
    assert (failed.status_code, error["code"], error["text"]) == (502, "upstream_error", BRAKES)
    assert error["message"].endswith("(OpenRouter could not be reached.)")
    standin.start()
    assert client.say(BRAKES)["status"] == "committed"


def test_another_model_answers_in_place_of_a_dead_one(system, standin):
    system.start(FALLBACK_MODELS="openrouter/free")
    client = system.client()
    said = client.say(BRAKES, model="standin/404")
    assert said["status"] == "committed" and said["model"] not in ("standin/404", "openrouter/free")
    assert standin.completions[-1]["models"] == ["openrouter/free"]
    stream = client.stream(BRAKES, model="standin/429-daily")
    assert stream.wait_end().data["model"] == said["model"] == stream.find("started").data["model"]
