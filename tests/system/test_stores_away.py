"""What people notice while a database is away: new messages, answers on their way, and reading, for
each of them."""

import time
import uuid

import pytest

from support.standin import ANSWER
from support.wait import wait_until

BRAKES, ENGINE = "My brakes squeal", "My engine knocks"
SLOW = "standin/ok@tokens=80,delay=20"


@pytest.fixture
def client(system):
    """Somebody who has said something before."""
    system.start(workers=1, stores=2)
    client = system.client()
    client.say(BRAKES)
    return client


def go_away(system, *names):
    for name in names:
        getattr(system, name).kill()


def come_back(system, *names):
    for name in names:
        getattr(system, name).start()


def questions(client):
    return [line["content"] for line in client.open()["chat_history"] if line["role"] == "user"]


def is_kept(client, answer):
    """Whether the newest answer is that one, in Postgres."""
    opened = client.get("/get_session_data").json()
    lines = opened.get("chat_history") if "from_cache" not in opened else None
    return lines and lines[-1]["content"] == answer and lines[-1]["status"] == "committed"


def again(client, message, turn_id):
    """As a page does it: the same message under the same id, until it is answered."""
    def answered():
        response = client.chat(message, turn_id=turn_id)
        assert response.status_code in (200, 409, 503), response.text
        return response.status_code == 200 and response.json()
    return wait_until(answered, "an answer", 15)


# ---- Redis ----------------------------------------------------------------------------------


def test_without_redis_new_messages_are_answered(system, client):
    go_away(system, "redis")
    assert again(client, ENGINE, str(uuid.uuid4()))["status"] == "committed"
    assert questions(client) == [BRAKES, ENGINE]


def test_without_redis_each_gateway_keeps_the_limits(system):
    system.start(workers=1, MESSAGES_PER_MINUTE=3)
    client = system.client()
    go_away(system, "redis")
    seen = [client.chat(BRAKES).status_code for _ in range(6)]
    assert seen.count(200) <= 3 and 429 in seen, seen


def test_redis_may_go_in_the_middle_of_an_answer(system, client):
    stream = client.stream(ENGINE, model=SLOW)
    stream.wait_for("delta")
    go_away(system, "redis")
    assert stream.wait_end().data["status"] == "committed"
    assert client.history[-1] == ("assistant", stream.text)


def test_without_redis_an_answer_is_stopped_and_followed_at_its_own_gateway(
    system, client, standin
):
    turn_id = str(uuid.uuid4())
    stream = client.stream(ENGINE, turn_id=turn_id, model="standin/ok@tokens=400,delay=20")
    stream.wait_for("delta")
    go_away(system, "redis")
    second = client.follow(turn_id)
    second.wait_for("delta")
    assert client.stop(turn_id).status_code == 202
    for listener in (stream, second):
        assert listener.wait_end().data["status"] == "stopped"
    assert standin.wait_journal("end", count=2, scenario="ok")["end"] == "peer closed"


def test_without_redis_history_is_read_from_postgres(system, client):
    go_away(system, "redis")
    opened = client.open()
    assert questions(client) == [BRAKES] and "from_cache" not in opened


def test_what_was_said_without_redis_is_there_when_it_is_back_empty(system, client):
    go_away(system, "redis")
    again(client, ENGINE, str(uuid.uuid4()))
    come_back(system, "redis")
    with system.redis.client() as redis:
        redis.flushall()
    assert again(client, "Which tyres for winter?", str(uuid.uuid4()))["status"] == "committed"
    assert questions(client) == [BRAKES, ENGINE, "Which tyres for winter?"]


# ---- Postgres -------------------------------------------------------------------------------


def test_without_postgres_new_messages_are_refused_before_they_cost(system, client, standin):
    go_away(system, "postgres")
    refused = client.chat(ENGINE)
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "store_down"
    assert refused.json()["error"]["text"] == ENGINE and int(refused.headers["Retry-After"]) > 0
    assert len(standin.completions) == 1


def test_without_postgres_a_running_answer_is_spooled_and_kept_later(
    system, client, postgres, standin
):
    turn_id = str(uuid.uuid4())
    stream = client.stream(ENGINE, turn_id=turn_id, model=SLOW)
    stream.wait_for("delta")
    go_away(system, "postgres")
    assert stream.wait_end().data["status"] == "spooled"
    replay = client.follow(turn_id)
    assert (replay.wait_end().data["status"], replay.text) == ("spooled", stream.text)
    shown = client.open()
    assert shown["from_cache"] and shown["chat_history"][-1]["status"] == "spooled"
    come_back(system, "postgres")
    wait_until(lambda: is_kept(client, stream.text), "the turn to be kept", 15)
    assert client.history[-2:] == [("user", ENGINE), ("assistant", stream.text)]
    assert again(client, ENGINE, turn_id)["response"] == stream.text
    assert len(standin.completions) == 2


def spool(system, what):
    """What the stores tell of the spool."""
    return {store.metrics().sum(f"chat_spool_{what}") for store in system.stores}


def test_several_chats_are_spooled_and_kept_in_order(system, client, postgres):
    other = system.client()
    streams = [
        one.stream(f"{ENGINE} {number}", model=SLOW) for number, one in enumerate((client, other))
    ]
    for stream in streams:
        stream.wait_for("delta")
    go_away(system, "postgres")
    assert [stream.wait_end().data["status"] for stream in streams] == ["spooled", "spooled"]
    assert (
        sum(store.metrics().sum("chat_commits_total", outcome="spooled") for store in system.stores)
        == 2
    )
    wait_until(lambda: spool(system, "turns") == {2}, "each store to know of all")
    oldest = max(spool(system, "oldest_seconds"))
    wait_until(lambda: min(spool(system, "oldest_seconds")) > oldest, "their age to grow")
    hour_ago = int(time.time() * 1000) - 3600_000
    # one that was there before these stores, and makes no sense
    with system.redis.client() as redis:
        taken = redis.keys("automotive_chat:{b??}:spool")
        bucket = next(
            key
            for key in (f"automotive_chat:{{b{n:02d}}}:spool" for n in range(64))
            if key not in taken
        )
        redis.xadd(bucket, {"commit": "of an hour ago"}, id=f"{hour_ago}-0")
    wait_until(lambda: spool(system, "turns") == {3}, "each store to hear of it")
    assert all(3600 <= age < 3660 for age in spool(system, "oldest_seconds"))
    come_back(system, "postgres")
    for one, stream in zip((client, other), streams):
        wait_until(lambda c=one, text=stream.text: is_kept(c, text), "the turn to be kept", 15)
    assert postgres.query("SELECT seq, count(*) FROM messages GROUP BY seq ORDER BY seq") == [
        (1, 4),
        (2, 2),
    ]
    wait_until(lambda: spool(system, "turns") == {0}, "an empty spool in the metrics")
    assert spool(system, "oldest_seconds") == {0}
    assert (
        sum(store.metrics().sum("chat_commits_total", outcome="drained") for store in system.stores)
        == 2
    )


def test_without_postgres_history_is_read_from_redis(system, client):
    go_away(system, "postgres")
    opened = client.open()
    assert opened["from_cache"] is True
    assert [line["content"] for line in opened["chat_history"]] == [BRAKES, ANSWER]


# ---- both -----------------------------------------------------------------------------------


def test_without_both_new_messages_are_refused(system, client, standin):
    go_away(system, "redis", "postgres")
    refused = client.chat(ENGINE)
    assert (refused.status_code, refused.json()["error"]["text"]) == (503, ENGINE)
    assert len(standin.completions) == 1


def test_without_both_an_answer_is_shown_whole_and_asked_for_again_later(system, client, standin):
    turn_id = str(uuid.uuid4())
    stream = client.stream(ENGINE, turn_id=turn_id, model=SLOW)
    stream.wait_for("delta")
    go_away(system, "redis", "postgres")
    assert stream.wait_end(30).data["status"] == "unsaved" and len(stream.text.split()) >= 80
    come_back(system, "redis", "postgres")
    assert again(client, ENGINE, turn_id)["status"] == "committed"
    assert questions(client) == [BRAKES, ENGINE]


def test_without_both_reading_says_so(system, client):
    go_away(system, "redis", "postgres")
    assert client.get("/get_session_data").status_code == 503


# ---- a store --------------------------------------------------------------------------------


def test_a_store_may_die_in_the_middle_of_an_answer(system, client):
    stream = client.stream(ENGINE, model=SLOW)
    stream.wait_for("delta")
    system.stores[0].kill()
    assert stream.wait_end().data["status"] == "committed"
    assert client.history[-1] == ("assistant", stream.text)
    assert client.say("Which tyres for winter?")["status"] == "committed"


def test_an_old_copy_of_redis_fences_nothing_that_was_paid(system, client):
    copy = system.redis.copy()
    client.say(ENGINE)
    stream = client.stream("Which tyres for winter?", model=SLOW)
    stream.wait_for("delta")
    with system.redis.client() as redis:
        redis.flushall()
    system.redis.put_back(copy)
    assert stream.wait_end().data["status"] == "committed"
    assert client.say("And how much is that?")["status"] == "committed"
    assert questions(client) == [BRAKES, ENGINE, "Which tyres for winter?", "And how much is that?"]
