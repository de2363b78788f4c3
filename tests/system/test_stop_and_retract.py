"""An answer that nobody wants any more is not made any further: Stop and retraction close the
connection to OpenRouter; leaving does not, because the answer belongs to its turn."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.wait import at_this_load, wait_until

BRAKES = "My brakes squeal"
SLOW = "standin/ok@tokens=400,delay=20"  # eight seconds
UNFIT = (
    "My brakes squeal. It began in spring. " * 8
    + "The pancake came off. "
    + "Then they squealed more. " * 60
)


@pytest.fixture
def client(system):
    system.start(REVIEW_TEST_WORD="pancake")
    return system.client()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def assert_upstream_closed(standin, asked, scenario="ok"):
    """Within a second of asked, and before the answer was over."""
    end = standin.wait_journal("end", timeout=1.0, scenario=scenario)
    assert end["end"] == "peer closed" and time.monotonic() - asked < at_this_load(1.0)
    assert len(standin.completions) == 1


def rows(postgres):
    return postgres.query("SELECT status FROM turns")


# ---- Stop ------------------------------------------------------------------------------------


def test_stop_keeps_what_was_said(client, standin, postgres):
    turn_id = str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model=SLOW)
    stream.wait_for("delta")
    asked = time.monotonic()
    assert client.stop(turn_id).status_code == 202
    assert_upstream_closed(standin, asked)
    end = stream.wait_end()
    assert (end.name, end.data["status"], end.data["finish_reason"]) == (
        "done",
        "stopped",
        "stopped",
    )
    assert client.history == [("user", BRAKES), ("assistant", stream.text)]
    assert rows(postgres) == [("stopped",)]


def test_stop_ends_an_answer_as_json(client, system, standin, pool):
    turn_id = str(uuid.uuid4())
    answer = pool.submit(client.say, BRAKES, turn_id=turn_id, model=SLOW)
    listener = system.client()  # a second tab of the same browser
    listener.http.cookies.update(client.http.cookies)
    listener.csrf = client.csrf
    standin.wait_journal("request", method="POST")
    listener.follow(turn_id).wait_for("delta")
    asked = time.monotonic()
    assert listener.stop(turn_id).status_code == 202
    assert_upstream_closed(standin, asked)
    said = answer.result(5)
    assert said["status"] == "stopped" and said["response"]
    assert client.history == [("user", BRAKES), ("assistant", said["response"])]


@pytest.mark.parametrize("scenario, knobs", [("hang", ""), ("ok", "@first=60000")])
def test_stop_before_the_first_word_leaves_nothing(client, standin, postgres, scenario, knobs):
    turn_id = str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model=f"standin/{scenario}{knobs}")
    standin.wait_journal("request", method="POST")
    asked = time.monotonic()
    assert client.stop(turn_id).status_code == 202
    assert_upstream_closed(standin, asked, scenario)
    end = stream.wait_end()
    assert (end.name, end.data["code"], end.data["text"]) == ("error", "stopped", BRAKES)
    assert client.history == [] and rows(postgres) == []


def test_stop_ends_the_wait_for_another_try(client, standin):
    turn_id = str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model="standin/503-retry-after@retry=60")
    assert 58 <= stream.wait_for("waiting").data["retry_after"] <= 60
    assert client.stop(turn_id).status_code == 202
    assert stream.wait_end(2).data["code"] == "stopped"
    assert len(standin.completions) == 1


# ---- leaving is not Stop ---------------------------------------------------------------------


def test_an_answer_goes_on_without_its_listener(client, standin):
    stream = client.stream(BRAKES, model="standin/ok@tokens=40,delay=30")
    stream.wait_for("delta")
    stream.hang_up()
    assert not standin.journal("end", scenario="ok")
    assert standin.wait_journal("end", scenario="ok")["end"] == "completed"
    wait_until(lambda: len(client.history) == 2, "the answer in history")


# ---- retraction ------------------------------------------------------------------------------


def test_an_unfit_answer_is_withdrawn_while_it_is_written(client, standin, postgres):
    client.say(BRAKES)
    before = client.history
    turn_id = str(uuid.uuid4())
    stream = client.stream(UNFIT, turn_id=turn_id, model="standin/echo@delay=10")
    end = stream.wait_end()
    # some of it was shown, and is now taken back
    assert stream.text and len(stream.text) < len(UNFIT)
    assert (end.name, end.data["text"]) == ("retracted", UNFIT)
    assert "withdrawn" in end.data["reason"]
    assert standin.wait_journal("end", timeout=1.0, scenario="echo")["end"] == "peer closed"
    assert client.history == before and rows(postgres) == [("committed",)]
    # the chat is free again
    assert client.say(BRAKES, turn_id=str(uuid.uuid4()))["status"] == "committed"


def test_an_unfit_answer_as_json_is_an_error(client, standin, postgres):
    refused = client.chat(UNFIT, model="standin/echo@delay=10")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["text"]) == (502, "retracted", UNFIT)
    assert "pancake" not in error["message"]
    assert standin.wait_journal("end", timeout=1.0, scenario="echo")["end"] == "peer closed"
    assert client.history == [] and rows(postgres) == []


def test_an_unfit_end_is_found_by_the_last_look(client, standin, postgres):
    text = "My brakes squeal like a pancake"  # too short for a look on the way
    stream = client.stream(text, model="standin/echo")
    assert (stream.wait_end().name, stream.events[-1].data["text"]) == ("retracted", text)
    assert standin.wait_journal("end", scenario="echo")["end"] == "completed"
    assert client.history == [] and rows(postgres) == []
