"""What the store promises of a turn that was finished while Postgres was away."""

import pytest

from support import wire
from support.store import (ANSWER, DUP, FOLLOW, OK, QUESTION, REPLAY, SPOOLED, new_id, refused)
from support.wait import wait_until


def go_away(store, postgres):
    postgres.kill()
    store.wait_for_event("pg.unavailable")


def come_back(store, postgres):
    postgres.start()
    store.wait_for_event("pg.back", count=len(store.find_events("pg.unavailable")))


def spooled(redis):
    with redis.client() as client:
        return sum(client.xlen(key) for key in client.keys("automotive_chat:{b??}:spool"))


def wait_drained(redis):
    wait_until(lambda: spooled(redis) == 0, "an empty spool", 15)
    with redis.client() as client:
        assert client.keys("*:spooled") == []


def lines(said):
    return [(line.seq, line.text, line.status) for line in said.messages]


def test_a_turn_is_spooled_and_kept_when_postgres_is_back(store, person, postgres, redis):
    ann = person()
    ann.say("first")
    turn = ann.turn("second")
    turn.append(0, "Every")
    go_away(store, postgres)
    assert [turn.commit().outcome, turn.commit().outcome] == [SPOOLED, SPOOLED]
    assert spooled(redis) == 1
    come_back(store, postgres)
    wait_drained(redis)
    assert lines(ann.history()) == [(1, "first", "committed"), (1, ANSWER, "committed"),
                                    (2, "second", "committed"), (2, ANSWER, "committed")]
    assert turn.commit().outcome == DUP
    assert turn.again().status == "committed"
    assert store.find_events("spool.drained", kept=1)


def test_everything_told_of_an_answer_survives_the_spool(store, person, postgres, redis):
    turn = person().turn("Grüße 🚗")
    go_away(store, postgres)
    turn.commit("this\0 too", status="stopped", generation_id="gen-1", asked_at=1_700_000_000_000)
    come_back(store, postgres)
    wait_drained(redis)
    assert postgres.query(
        "SELECT status, verdict, model, finish_reason, generation_id, prompt_tokens,"
        " completion_tokens, cost, extract(epoch FROM asked_at)::bigint FROM turns") == [
            ("stopped", 2, "a/model", "stop", "gen-1", 11, 22, 0.000123, 1_700_000_000)]
    assert postgres.query("SELECT content FROM messages ORDER BY message_role DESC") == [
        ("Grüße 🚗",), ("this too",)]


def test_a_spooled_turn_is_replayed(store, person, postgres):
    turn = person().turn()
    go_away(store, postgres)
    turn.commit()
    again = turn.again(conversation="")
    assert (again.outcome, again.status, again.text, again.conversation) == (
        REPLAY, "spooled", ANSWER, turn.chat)
    assert (again.model, again.finish_reason, again.cost) == ("a/model", "stop", 0.000123)
    refused("turn_id_reused", turn.again, "something else")


def test_without_postgres_a_running_turn_is_followed(store, person, postgres):
    turn = person().turn()
    go_away(store, postgres)
    assert (turn.again().outcome, turn.again().conversation) == (FOLLOW, turn.chat)
    refused("turn_id_reused", turn.again, "something else")
    assert not turn.renew().lost
    turn.stop()
    assert turn.renew().stop == 1


def test_what_was_said_last_is_shown_without_postgres(store, person, postgres):
    ann, bob = person(), person()
    for number in range(12):
        ann.say(f"question {number}", f"answer {number}")
    turn = ann.turn("the last")
    go_away(store, postgres)
    turn.commit("the last answer")
    said = ann.open()
    assert (said.from_cache, said.conversation, said.more_before) == (1, ann.chat, 4)
    assert lines(said)[:2] == [(4, "question 3", "committed"), (4, "answer 3", "committed")]
    assert lines(said)[-2:] == [(13, "the last", "spooled"), (13, "the last answer", "spooled")]
    page = ann.history(before=13)
    assert (page.from_cache, lines(page)[-1]) == (1, (12, "answer 11", "committed"))
    assert (bob.open().messages, bob.open().conversation) == ([], "")
    refused("store_down", bob.history, ann.chat)
    refused("store_down", ann.history, new_id())
    refused("store_down", ann.history, before=4)


def test_a_chat_with_a_spooled_turn_begins_none(start_store, person, postgres, redis):
    """Postgres is back, but the turn is not there yet: its bucket is somebody else's to drain."""
    store = start_store()
    ann = person()
    ann.say()
    turn = ann.turn("second")
    go_away(store, postgres)
    turn.commit()
    with redis.client() as client:
        (spool,) = client.keys("*:spool")
        drain = spool.replace(":spool", ":drain")
        client.set(drain, "another store")
        come_back(store, postgres)
        assert refused("store_down", ann.begin, "third").retryable
        assert (turn.again().outcome, turn.again().status) == (REPLAY, "spooled")
        client.delete(drain)
    wait_drained(redis)
    assert ann.turn("third").seq == 3


def test_a_turn_that_was_kept_after_all_is_kept_once(store, person, postgres, redis):
    """The gateway sends the commit again after Postgres is back, before the spool is drained."""
    turn = person().turn()
    go_away(store, postgres)
    turn.commit()
    with redis.client() as client:
        (spool,) = client.keys("*:spool")
        drain = spool.replace(":spool", ":drain")
        client.set(drain, "another store")
        come_back(store, postgres)
        assert turn.commit().outcome == OK
        client.delete(drain)
    wait_drained(redis)
    assert postgres.query("SELECT count(*) FROM turns") == [(1,)]


def test_the_spool_outlives_redis_and_the_store(start_store, person, postgres, redis):
    store = start_store()
    people = [person() for _ in range(5)]
    turns = [somebody.turn() for somebody in people]
    go_away(store, postgres)
    assert {turn.commit().outcome for turn in turns} == {SPOOLED}
    redis.restart()
    store.kill()
    postgres.start()
    start_store("another")
    wait_drained(redis)
    assert all(len(somebody.open().messages) == 2 for somebody in people)


def test_two_stores_drain_once(start_store, person, postgres, redis):
    stores = [start_store("store-1"), start_store("store-2")]
    turns = [person().turn() for _ in range(20)]
    postgres.kill()
    for store in stores:
        store.wait_for_event("pg.unavailable")
    assert {turn.commit().outcome for turn in turns} == {SPOOLED}
    postgres.start()
    wait_drained(redis)
    assert postgres.query("SELECT count(*), count(DISTINCT turn_id) FROM turns") == [(20, 20)]
    kept = sum(
        int(event["kept"]) for store in stores for event in store.find_events("spool.drained")
    )
    assert kept == 20


def test_turns_of_a_chat_are_spooled_in_order_or_not_at_all(store, person, postgres, redis):
    """Two owners of the same place: the second is told so, as Postgres would."""
    ann = person()
    ann.say()
    first = ann.turn("first")
    with redis.client() as client:
        client.delete(*client.keys("*:turns"))
    second = ann.turn("second")
    go_away(store, postgres)
    assert second.commit().outcome == SPOOLED
    refused("conflict", first.commit)
    assert store.metrics().sum("chat_commits_total", outcome="fenced") == 1
    come_back(store, postgres)
    wait_drained(redis)
    assert [line.text for line in ann.history().messages if line.by_user] == [QUESTION, "second"]


def test_a_stopped_answer_stays_stopped_while_it_is_spooled(store, person, postgres):
    """The client was told `stopped` when it was committed; sending it again must say the same."""
    ann = person()
    turn = ann.turn()
    postgres.stop()
    store.wait_for_event("pg.unavailable")
    assert turn.commit("Every 15,", status="stopped").outcome == SPOOLED
    again = turn.again()
    assert (again.outcome, again.status, again.text) == (REPLAY, "stopped", "Every 15,")
    assert turn.follow().status == "stopped"
    assert {line.status for line in ann.history(turn.chat).messages} == {"stopped"}


def test_what_was_committed_is_not_spooled_again(store, person, postgres):
    turn = person().turn()
    assert turn.commit().outcome == OK
    go_away(store, postgres)
    assert turn.commit().outcome == DUP
    assert store.metrics().sum("chat_commits_total", outcome="duplicate") == 1


def test_a_turn_that_was_spooled_with_another_answer_is_a_conflict(store, person, postgres, redis):
    ann = person()
    kept, waits = ann.say(), ann.turn("second")
    go_away(store, postgres)
    assert waits.commit().outcome == SPOOLED
    for turn in (kept, waits):
        refused("conflict", turn.commit, "Another owner's answer.", epoch=turn.epoch + 1)
    come_back(store, postgres)
    wait_drained(redis)
    assert [line.text for line in ann.history().messages] == [QUESTION, ANSWER, "second", ANSWER]


def test_a_spooled_turn_that_was_kept_with_another_answer_is_put_aside(
    store, person, postgres, redis
):
    turn = person().turn()
    go_away(store, postgres)
    assert turn.commit().outcome == SPOOLED
    with redis.client() as client:  # as if another owner had kept it past Redis
        spool, = client.keys("automotive_chat:{b??}:spool")
        client.copy(spool, spool + "-again")
        come_back(store, postgres)
        wait_drained(redis)
        postgres.query(
            "UPDATE messages SET content = 'Another answer' WHERE message_role = 'assistant'"
        )
        client.rename(spool + "-again", spool)
        wait_drained(redis)
        assert client.xlen(spool.replace("spool", "refused")) == 1
    assert postgres.query("SELECT count(*) FROM turns") == [(1,)]


def test_a_turn_whose_place_was_taken_is_kept_behind(store, person, postgres, redis):
    """Only a Redis that lost a lease lets this happen; the person was told that it will be
    saved."""
    ann = person()
    ann.say()
    turn = ann.turn("spooled")
    go_away(store, postgres)
    assert turn.commit().outcome == SPOOLED
    with redis.client() as client:
        (spool,) = client.keys("*:spool")
        drain = spool.replace(":spool", ":drain")
        client.set(drain, "another store")
        come_back(store, postgres)
        client.delete(*client.keys("*:spooled"), *client.keys("*:turns"))
        ann.say("in its place")
        client.delete(drain)
    wait_drained(redis)
    assert [(line.seq, line.text) for line in ann.history().messages if line.by_user] == [
        (1, QUESTION), (2, "in its place"), (3, "spooled")]


@pytest.mark.parametrize("what", ["session_clear_request", "conversation_clear_request"])
def test_what_was_forgotten_meanwhile_is_not_brought_back(store, person, postgres, redis, what):
    ann = person()
    ann.say("another private question")
    turn = ann.turn("a private question")
    go_away(store, postgres)
    turn.commit("a private answer")
    with redis.client() as client:
        (spool,) = client.keys("*:spool")
        drain = spool.replace(":spool", ":drain")
        client.set(drain, "another store")
        come_back(store, postgres)
        ann.ask(what, **({"delete": 1} if what == "conversation_clear_request" else {}))
        assert client.xlen(spool) == 0
        assert "private" not in str([client.hgetall(key) for key in client.keys("*:window")])
        # As if another store had read it just before.
        client.xadd(spool, {"commit": wire.encode("turn_commit_request", **commit_of(turn))})
        client.delete(drain)
    store.wait_for_event("spool.drained", gone=1)
    assert "private" not in postgres.dump()


def commit_of(turn):
    return {
        "session": turn.person.session,
        "conversation": turn.chat,
        "turn_id": turn.id,
        "epoch": turn.epoch,
        "seq": turn.seq,
        "user_text": turn.text,
        "answer": "a private answer",
        "status": "committed",
        "verdict": 2,
    }


def test_what_makes_no_sense_is_put_aside(store, redis, person, postgres):
    with redis.client() as client:
        client.xadd("automotive_chat:{b07}:spool", {"commit": "nonsense"})
        store.wait_for_event("spool.drained", refused=1, bucket=7)
        assert client.xlen("automotive_chat:{b07}:spool") == 0
        assert client.xrange("automotive_chat:{b07}:refused")[0][1] == {"commit": "nonsense"}
    assert store.metrics().sum("chat_commits_total", outcome="refused") == 1
    assert person().say().seq == 1


def test_with_both_away_a_commit_waits_and_says_so(store, person, postgres, redis):
    turn = person().turn()
    redis.kill()
    store.wait_for_event("redis.unavailable")
    go_away(store, postgres)
    asked = turn.send_commit(ttl_ms=1000)
    error = refused("store_down", asked.wait)
    assert error.retryable and error.retry_after_ms > 0
    asked = turn.send_commit(ttl_ms=20000)
    postgres.start()
    assert asked.wait(20).outcome in (OK, DUP)
