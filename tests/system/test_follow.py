"""An answer belongs to its turn: it is followed, stopped and asked again at any gateway, and
outlives its own."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.standin import ANSWER
from support.wait import at_this_load, wait_until

BRAKES = "My brakes squeal"
SLOW = "standin/ok@tokens=400,delay=20"  # eight seconds
HANGS = "standin/hang"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(4) as pool:
        yield pool


def tab_of(system, client, gateway):
    """The same person in another tab, at that gateway."""
    tab = system.client(gateway)
    tab.http.cookies.update(client.http.cookies)
    tab.csrf = client.csrf
    return tab


def settled(client, status, timeout=10):
    """The lines of the chat once its last one has that status."""
    def found():
        lines = client.open()["chat_history"]
        return lines if lines and lines[-1].get("status") == status else None
    return wait_until(found, f"a last line that is {status}", timeout)


# ---- the same message twice ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "stream"])
def test_the_same_message_at_two_gateways_is_asked_once(system, standin, postgres, pool, form):
    system.start(gateways=2, workers=2)
    client, turn_id = system.client(), str(uuid.uuid4())
    first = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=100,delay=20")
    first.wait_for("delta")
    tab = tab_of(system, client, 1)
    if form == "json":
        second = pool.submit(tab.say, BRAKES, turn_id=turn_id)
    else:
        second = tab.stream(BRAKES, turn_id=turn_id)
        second.wait_for("delta")
        assert not first.find("done"), "it was followed while it ran"
    end = first.wait_end()
    if form == "json":
        answer = second.result(10)
        assert (answer["response"], answer["usage"]) == (first.text, end.data["usage"])
    else:
        assert second.wait_end().data["usage"] == end.data["usage"]
        assert second.text == first.text
    assert len(standin.completions) == 1
    assert postgres.query("SELECT count(*) FROM turns") == [(1,)]


def test_a_follower_hears_words_as_they_come(system):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    first = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=150,delay=20")
    first.wait_for("delta")
    second = tab_of(system, client, 1).follow(turn_id)
    first.wait_end()
    second.wait_end()
    assert second.text == first.text
    assert sum(event.name == "delta" for event in second.events) >= 5, "not in one piece at the end"
    assert [event.id for event in second.events if event.name == "delta"][
        -1
    ] == f"{turn_id}:{len(first.text.encode())}"


def test_the_same_message_with_another_text_is_refused_everywhere(system):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    client.stream(BRAKES, turn_id=turn_id, model=SLOW).wait_for("delta")
    refused = tab_of(system, client, 1).chat("My engine knocks", turn_id=turn_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "turn_id_reused")
    client.stop(turn_id)


def test_a_failure_reaches_whoever_follows(system):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    first = client.stream(BRAKES, turn_id=turn_id, model="standin/in-band-error@delay=1500")
    first.wait_for("delta")
    second = tab_of(system, client, 1).follow(turn_id)
    assert second.status == 200  # the answer has not failed yet
    one, other = first.wait_end(), second.wait_end()
    assert (one.name, one.data["code"], one.data["text"]) == (
        other.name,
        other.data["code"],
        other.data["text"],
    )


# ---- reading it again ------------------------------------------------------------------------


def test_an_answer_is_read_at_any_gateway_from_any_byte(system):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    client.say(BRAKES, turn_id=turn_id)
    for gateway in range(2):
        tab = tab_of(system, client, gateway)
        whole = tab.follow(turn_id)
        assert (whole.wait_end().data["status"], whole.text) == ("committed", ANSWER)
        part = tab.follow(turn_id, after=6)
        part.wait_end()
        assert part.find("started").id == f"{turn_id}:6"
        assert part.text == ANSWER.encode()[6:].decode()
        assert tab.follow(str(uuid.uuid4())).status == 404


def test_an_answer_of_an_earlier_chat_is_read_too(system):
    system.start(workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    client.say(BRAKES, turn_id=turn_id)
    client.post("/clear_chat")
    client.say("My engine knocks")
    again = client.follow(turn_id)
    again.wait_end()
    assert again.text == ANSWER


def test_leaving_is_not_stopping(system, standin):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=60,delay=20")
    stream.wait_for("delta")
    stream.hang_up()
    running = tab_of(system, client, 1).open()["running_turn"]
    assert running == {"turn_id": turn_id, "text": BRAKES}
    settled(client, "committed")
    assert standin.wait_journal("end", scenario="ok")["end"] == "completed"


# ---- Stop ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model, scenario", [(SLOW, "ok"), (HANGS, "hang")])
def test_stop_at_another_gateway_closes_the_upstream(system, standin, model, scenario):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model=model)
    standin.wait_journal("request", method="POST")
    if model == SLOW:
        stream.wait_for("delta")
    tab = tab_of(system, client, 1)
    asked = time.monotonic()
    assert tab.stop(turn_id).status_code == 202
    end = standin.wait_journal("end", timeout=5, scenario=scenario)
    assert end["end"] == "peer closed"
    # Half a second until the flag is read, the rest for a busy machine.
    assert time.monotonic() - asked < at_this_load(1.5)
    assert stream.wait_end().name == ("done" if model == SLOW else "error")


# ---- its gateway dies ------------------------------------------------------------------------


def test_a_turn_whose_gateway_died_is_interrupted_and_asked_again(system, standin):
    system.start(gateways=2, workers=1)  # with the lease as it is by default
    client, turn_id = system.client(), str(uuid.uuid4())
    client.say("My engine knocks")
    stream = client.stream(BRAKES, turn_id=turn_id, model=SLOW)
    stream.wait_for("delta")
    other = tab_of(system, client, 1)
    follower = other.follow(turn_id)
    follower.wait_for("delta")
    system.gateways[0].kill()
    died = time.monotonic()
    seen = stream.text
    lines = settled(other, "interrupted", timeout=20)
    assert time.monotonic() - died < at_this_load(17.5)
    assert (lines[-2]["role"], lines[-2]["content"], lines[-1]["turn_id"]) == (
        "user",
        BRAKES,
        turn_id,
    )
    kept = lines[-1]["content"]
    assert kept and (seen.startswith(kept) or kept.startswith(seen))
    assert (
        len(seen.encode()) - len(kept.encode()) < 500
    ), "what was told in the last half second may be missing"
    assert (
        standin.wait_journal("end", count=2, scenario="ok")["end"] == "peer closed"
    ), "the worker gave it up"

    assert follower.wait_end().data["code"] == "interrupted"
    again = other.say(BRAKES, turn_id=turn_id)
    assert again["status"] == "committed"
    assert other.history == [("user", "My engine knocks"), ("assistant", ANSWER), ("user", BRAKES),
                             ("assistant", again["response"])]
    talk = standin.completions[-1]["messages"]
    assert [one["content"] for one in talk if one["role"] != "system"] == [
        "My engine knocks",
        ANSWER,
        BRAKES,
    ]


def test_who_followed_a_turn_whose_gateway_died_is_told(system):
    system.start(gateways=2, workers=1, LEASE_MS=2000)
    client, turn_id = system.client(), str(uuid.uuid4())
    client.stream(BRAKES, turn_id=turn_id, model=SLOW).wait_for("delta")
    follower = tab_of(system, client, 1).follow(turn_id)
    follower.wait_for("delta")
    system.gateways[0].kill()
    end = follower.wait_end()
    assert (end.name, end.data["code"], end.data["text"], end.data["retryable"]) == (
        "error", "interrupted", BRAKES, True)


def test_a_message_sent_again_while_its_gateway_is_dead_is_answered(system):
    system.start(gateways=2, workers=1, LEASE_MS=2000)
    client, turn_id = system.client(), str(uuid.uuid4())
    client.stream(BRAKES, turn_id=turn_id, model=HANGS)
    other = tab_of(system, client, 1)
    wait_until(lambda: other.open()["running_turn"], "the turn to run")
    system.gateways[0].kill()
    assert other.say(BRAKES, turn_id=turn_id, model="standin/ok")["response"] == ANSWER


# ---- nobody else -----------------------------------------------------------------------------


def test_nobody_follows_or_stops_another_person(system, standin):
    system.start(gateways=2, workers=1)
    client, turn_id = system.client(), str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=60,delay=20")
    stream.wait_for("delta")
    for gateway in range(2):
        stranger = system.client(gateway)
        assert stranger.follow(turn_id).status == 404
        stranger.stop(turn_id)
    assert stream.wait_end().data["status"] == "committed"
