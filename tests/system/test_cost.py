"""What an answer costs, told the same everywhere, and a budget that ends."""

import uuid

import pytest

BRAKES = "My brakes squeal"
RESERVE = 0.02


def row_of(postgres, turn_id):
    (row,) = postgres.query(
        "SELECT prompt_tokens, completion_tokens, cost FROM turns WHERE turn_id = %s", turn_id)
    return dict(zip(("prompt_tokens", "completion_tokens", "cost"), row))


def counted(postgres):
    return postgres.query("SELECT (SELECT nanos FROM spending), (SELECT count(*) FROM reserves)")[0]


@pytest.fixture
def limited(system):
    """limited(dollars) is a person in a running system with that budget for each session."""
    def start(dollars, **settings):
        system.start(workers=1, SESSION_BUDGET=dollars, TURN_RESERVE=RESERVE, **settings)
        return system.client()
    return start


def test_a_cost_is_the_same_wherever_it_is_told(system, postgres):
    system.start(workers=1)
    client = system.client()
    plain, streamed = str(uuid.uuid4()), str(uuid.uuid4())
    usage = client.say(BRAKES, turn_id=plain)["usage"]
    assert usage["cost"] > 0 and usage["prompt_tokens"] > 0
    told = [client.say(BRAKES, turn_id=plain)["usage"],  # replayed
            client.stream(BRAKES, turn_id=plain).wait_end().data["usage"],
            client.follow(plain).wait_end().data["usage"],
            client.open()["chat_history"][-1]["usage"],
            row_of(postgres, plain)]
    assert told == [usage] * len(told)

    client.post("/clear_chat")  # so that the model hears the same as before
    client.csrf = client.open()["csrf_token"]
    assert client.stream(BRAKES, turn_id=streamed).wait_end().data["usage"] == usage
    assert row_of(postgres, streamed) == usage


def test_what_is_left_is_what_answers_did_not_cost(limited, postgres):
    client = limited(0.5)
    assert client.open()["budget"] == {"left": 0.5}
    first = client.say(BRAKES)
    left = 0.5 - first["usage"]["cost"]
    assert first["budget"]["left"] == pytest.approx(left, abs=1e-9)
    assert client.open()["budget"] == first["budget"]
    second = client.stream(BRAKES).wait_end().data
    assert second["budget"]["left"] == pytest.approx(left - second["usage"]["cost"], abs=1e-9)
    assert counted(postgres) == (round((0.5 - second["budget"]["left"]) * 1e9), 0)


def test_an_answer_whose_cost_nobody_says_costs_the_reserve(limited):
    client = limited(0.5)
    assert client.say(BRAKES, model="standin/usage-none")["budget"] == {"left": 0.48}
    assert client.open()["budget"] == {"left": 0.48}


def test_a_large_budget_is_counted_to_the_nanodollar(limited, postgres):
    """Lua's and JavaScript's numbers are doubles: 10^15 nanodollars must not be rounded."""
    client = limited(1000000)
    spent = sum(client.say(BRAKES)["usage"]["cost"] for _ in range(3))
    left = client.open()["budget"]["left"]
    assert counted(postgres) == (round(spent * 1e9), 0)
    assert round((1000000 - left) * 1e6) == round(spent * 1e6)


def test_without_a_budget_nothing_is_said_of_one(client):
    assert client.open()["budget"] is None
    assert client.say(BRAKES)["budget"] is None


def test_a_used_up_budget_refuses_and_leaves_history_alone(limited, standin):
    client = limited(RESERVE)
    client.say(BRAKES)
    history, asked = client.history, len(standin.completions)
    refused = client.chat("My engine knocks")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["text"]) == (
        402,
        "budget",
        "My engine knocks",
    )
    end = client.stream("My engine knocks").wait_end()
    assert (end.name, end.data["code"], end.data["text"]) == ("error", "budget", "My engine knocks")
    assert client.history == history and len(standin.completions) == asked
    assert client.open()["running_turn"] is None


def test_a_new_session_has_a_new_budget(limited):
    client = limited(RESERVE)
    client.say(BRAKES)
    assert client.chat(BRAKES).status_code == 402
    assert client.post("/clear_session").status_code == 200
    client.open()
    assert client.say(BRAKES)["status"] == "committed"


def test_what_was_not_asked_costs_nothing_and_what_was_stopped_the_reserve(limited, postgres):
    client = limited(0.5)
    assert client.chat("Give me a recipe with olive oil").json()["error"]["code"] == "off_topic"
    assert counted(postgres) == (0, 0)
    turn_id = str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=500,delay=20")
    stream.wait_for("delta")
    client.stop(turn_id)
    assert stream.wait_end().data["status"] == "stopped"
    assert client.open()["budget"] == {"left": 0.48}


def test_a_free_answer_that_is_stopped_costs_nothing(limited, standin):
    standin.kill()
    standin.command += ["--pace-ms", "100"]
    standin.start()
    client, turn_id = limited(0.5), str(uuid.uuid4())
    assert client.get("/models").ok  # now the worker knows the prices
    stream = client.stream(BRAKES, turn_id=turn_id, model="openrouter/free")
    stream.wait_for("delta")
    client.stop(turn_id)
    assert stream.wait_end().data["status"] == "stopped"
    assert client.open()["budget"] == {"left": 0.5}


def test_a_gateway_that_dies_leaves_its_reserve_spent(system, postgres):
    system.start(workers=1, SESSION_BUDGET=0.5, TURN_RESERVE=RESERVE, LEASE_MS=1000)
    client, turn_id = system.client(), str(uuid.uuid4())
    client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=500,delay=20").wait_for("delta")
    system.gateways[0].kill()
    system.gateways[0].start()
    system.wait_ready()
    client.csrf = client.open()["csrf_token"]
    assert client.open()["budget"] == {"left": 0.48}
    again = client.say(BRAKES, turn_id=turn_id)
    assert again["budget"]["left"] == pytest.approx(0.48 - again["usage"]["cost"], abs=1e-9)
