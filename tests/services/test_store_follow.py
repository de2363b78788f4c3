"""What the store tells of an answer that is written elsewhere, and what it makes of one whose
gateway died."""

import pytest

from support.store import (
    ABORTED,
    ANSWER,
    GRANTED,
    INTERRUPTED,
    KEPT,
    OK,
    QUESTION,
    RUNNING,
    new_id,
    refused,
)
from support.wait import wait_until

SHORT = {"LEASE_MS": 1000}


# ---- following ------------------------------------------------------------------------------


def test_a_running_answer_is_told_from_any_byte(store, person):
    turn = person().turn()
    first = turn.follow()
    assert (first.outcome, first.conversation, first.question, first.text) == (
        RUNNING,
        turn.chat,
        QUESTION,
        "",
    )
    turn.append(0, "Every ", model="a/model")
    turn.append(6, "15,000 km")
    for after, text in (
        (0, "Every 15,000 km"),
        (3, "ry 15,000 km"),
        (6, "15,000 km"),
        (15, ""),
        (99, ""),
    ):
        said = turn.follow(after)
        assert (said.outcome, said.text, said.model) == (RUNNING, text, "a/model")


def test_a_renewal_tells_how_much_is_held(store, person, redis):
    turn = person().turn()
    assert turn.append(0, "Every ").buffered == 6
    assert turn.append(9, "behind a gap").buffered == 6
    assert turn.renew().buffered == 6
    with redis.client() as client:
        client.flushall()
    assert turn.append(6, "15,000").buffered == 0, "what was before it is gone"
    assert turn.append(0, "Every 15,000").buffered == 12
    assert turn.follow().text == "Every 15,000"


def test_a_kept_answer_is_told_with_all_that_is_known(store, person):
    turn = person().turn()
    turn.append(0, ANSWER)
    turn.commit()
    said = turn.follow(6)
    assert (said.outcome, said.text, said.status, said.model, said.seq) == (
        KEPT, ANSWER[6:], "committed", "a/model", 1)
    assert (said.finish_reason, said.prompt_tokens, said.completion_tokens) == ("stop", 11, 22)
    assert said.cost == pytest.approx(0.000123)
    assert turn.follow(len(ANSWER)).text == ""


def test_an_aborted_answer_is_told_with_its_reason_and_the_question(store, person):
    for pieces in (["Every "], []):
        turn = person().turn()
        for piece in pieces:
            turn.append(0, piece)
        turn.abort()
        said = turn.follow()
        assert (said.outcome, said.code, said.question) == (ABORTED, "upstream_error", QUESTION)
        assert said.text == "".join(pieces)


def test_what_was_begun_again_is_no_longer_aborted(store, person):
    turn = person().turn()
    turn.append(0, "the first try")
    turn.abort()
    turn.again()
    said = turn.follow()
    assert (said.outcome, said.text) == (RUNNING, "")


def test_nobody_follows_what_is_not_theirs(store, person):
    ann, bob = person(), person()
    running, kept = ann.turn(), None
    running.append(0, "a secret")
    refused("not_found", bob.follow, running.id)
    running.abort()
    kept = ann.say()
    refused("not_found", bob.follow, kept.id)
    refused("not_found", ann.follow, new_id())


def test_a_spooled_answer_is_told_without_postgres(store, person, postgres):
    turn = person().turn()
    turn.append(0, ANSWER[:5])
    postgres.kill()
    assert turn.commit().outcome == 2
    said = turn.follow(5)
    assert (said.outcome, said.status, said.text) == (KEPT, "spooled", ANSWER[5:])
    postgres.start()


def test_without_redis_a_kept_answer_is_told_and_a_running_one_is_not(store, person, redis):
    ann = person()
    kept, running = ann.say(), ann.turn()
    redis.kill()
    assert kept.follow().text == ANSWER
    refused("store_down", running.follow)
    redis.start()


# ---- what comes late ---------------------------------------------------------------------------


def test_a_renewal_that_comes_late_brings_nothing_back(store, person):
    ann = person()
    kept = ann.turn()
    kept.append(0, "Every ")
    kept.commit()
    assert kept.append(6, "15,000").lost and kept.renew().lost
    assert (kept.follow().outcome, ann.open(page=2).running_turn) == (KEPT, "")
    ann.chat = kept.chat
    given_up = ann.turn("given up")
    given_up.abort()
    assert given_up.renew().lost
    assert ann.turn("the next one is not busy").seq == 2


def test_a_renewal_of_a_spooled_turn_brings_nothing_back(store, person, postgres):
    turn = person().turn()
    postgres.kill()
    assert turn.commit().outcome == 2
    assert turn.renew().lost and turn.follow().outcome == KEPT
    postgres.start()


def test_who_stood_still_while_another_one_answered_is_told_so(start_store, person, redis):
    start_store(**SHORT)
    turn = person().turn()
    interrupted(turn)
    old_epoch, turn.epoch = turn.epoch, turn.again().epoch
    turn.commit()
    assert turn.renew(epoch=old_epoch).lost
    with redis.client() as client:
        client.flushall()
    assert turn.renew(epoch=old_epoch).lost, "Postgres knows it too"
    turn.abort(epoch=old_epoch)
    assert turn.follow().outcome == KEPT


def test_an_abort_that_comes_twice_leaves_the_question_there(store, person):
    turn = person().turn()
    turn.abort()
    turn.abort()
    assert (turn.follow().outcome, turn.follow().question) == (ABORTED, QUESTION)


def test_it_is_told_whose_answer_it_is(start_store, person):
    start_store(**SHORT)
    turn = person().turn()
    turn.append(0, "by the first")
    assert turn.follow().epoch == turn.epoch
    interrupted(turn)
    turn.epoch = turn.again().epoch
    turn.append(0, "by the second")
    assert turn.follow(5).epoch == turn.epoch
    turn.commit("by the second")
    assert turn.follow(5).epoch == turn.epoch


def test_what_an_earlier_owner_wrote_is_no_part_of_a_later_ones_answer(store, person):
    turn = person().turn()
    turn.append(0, "Every two")
    turn.renew(epoch=turn.epoch + 1)  # granted while Redis was away
    turn.epoch += 1
    assert turn.follow().text == ""
    turn.append(0, "Once")
    assert turn.follow().text == "Once"


def test_another_question_under_an_interrupted_id_replaces_all_of_it(start_store, person):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn("one")
    turn.append(0, "answer one")
    interrupted(turn)
    turn.epoch = turn.again("two").epoch
    turn.append(0, "answer two")
    wait_until(
        lambda: turn.follow().text == "answer two" and turn.follow().outcome == INTERRUPTED,
        "the second end",
        6,
    )
    assert turn.follow().question == "two"
    assert [text for _, text, _, _ in lines(ann, turn.chat)] == ["two", "answer two"]


# ---- a worker that died ----------------------------------------------------------------------


def test_a_turn_whose_worker_died_is_kept_as_interrupted_at_once(store, person):
    ann = person()
    ann.say("first")
    turn = ann.turn("second")
    kept = {
        "interrupted": 1,
        "seq": turn.seq,
        "user_text": "second",
        "answer": "Half an\0swer",
        "model": "a/model",
    }
    turn.abort(**kept)
    turn.abort(**kept)  # said twice it is kept once
    assert lines(ann, turn.chat)[2:] == [
        (1, "second", "interrupted", 1),
        (0, "Half an", "interrupted", 1),
    ]
    again = turn.again()
    assert again.outcome == GRANTED and again.epoch > turn.epoch


def test_without_postgres_a_turn_whose_worker_died_waits_for_the_sweep(
    start_store, person, postgres
):
    start_store(**SHORT)
    turn = person().turn()
    turn.append(0, "Half an")
    postgres.kill()
    turn.abort(interrupted=1, seq=turn.seq, user_text=QUESTION, answer="Half an answer")
    assert turn.follow().outcome == RUNNING
    postgres.start()
    assert interrupted(turn, 20).text == "Half an"


# ---- a gateway that died --------------------------------------------------------------------


def interrupted(turn, timeout=6.0):
    return wait_until(lambda: (lambda said: said.outcome == INTERRUPTED and said)(turn.follow()),
                      "the turn to be interrupted", timeout)


def lines(person, chat):
    return [
        (line.by_user, line.text, line.status, line.seq)
        for line in person.history(chat=chat).messages
    ]


def test_a_turn_whose_gateway_died_is_kept_as_interrupted(start_store, person):
    start_store(**SHORT)
    ann = person()
    ann.say("first")
    turn = ann.turn("second")
    turn.append(0, "Half an", model="a/model")
    said = interrupted(turn)
    assert (said.text, said.question, said.model, said.conversation) == (
        "Half an",
        "second",
        "a/model",
        turn.chat,
    )
    assert turn.follow(4).text == " an"
    assert lines(ann, turn.chat) == [
        (1, "first", "committed", 1),
        (0, ANSWER, "committed", 1),
        (1, "second", "interrupted", 1),
        (0, "Half an", "interrupted", 1),
    ]
    assert ann.open(page=20).running_turn == ""


def test_an_interrupted_turn_is_no_context_and_takes_no_place(start_store, person):
    start_store(**SHORT)
    ann = person()
    ann.say("first")
    interrupted(ann.turn("second"))
    third = ann.turn("third")
    assert (third.seq, [said.text for said in third.granted.context]) == (2, ["first", ANSWER])
    third.commit()
    assert [text for _, text, _, _ in lines(ann, third.chat)] == [
        "first",
        ANSWER,
        "second",
        "",
        "third",
        ANSWER,
    ]


def test_an_interrupted_turn_begins_anew_and_is_then_kept_once(start_store, person):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn()
    turn.append(0, "Half an")
    interrupted(turn)
    again = turn.again()
    assert (again.outcome, again.seq) == (GRANTED, 1) and again.epoch > turn.epoch
    turn.epoch = again.epoch
    assert turn.commit().outcome == OK
    assert lines(ann, turn.chat) == [(1, QUESTION, "committed", 1), (0, ANSWER, "committed", 1)]


def test_a_chat_that_begins_with_an_interrupted_turn_is_there(start_store, person, postgres):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn("  How   old is\nmy car?")
    interrupted(turn)
    opened = ann.open(page=20)
    assert (opened.conversation, [line.status for line in opened.messages]) == (
        turn.chat,
        ["interrupted"] * 2,
    )
    assert postgres.query("SELECT title, last_seq FROM conversations") == [
        ("How old is my car?", 0)
    ]
    ann.chat = turn.chat
    assert ann.turn("next").commit().outcome == OK


def test_a_gateway_that_only_stood_still_goes_on(start_store, person):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn()
    turn.append(0, "Half an")
    interrupted(turn)
    assert not turn.renew().lost
    assert turn.follow().outcome == RUNNING
    assert turn.commit().outcome == OK
    assert [status for _, _, status, _ in lines(ann, turn.chat)] == ["committed"] * 2


def test_one_that_stood_still_does_not_overwrite_what_came_after(start_store, person):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn("slow")
    interrupted(turn)
    ann.chat = turn.chat
    newer = ann.turn("newer")
    assert turn.renew().lost
    newer.commit("the newer answer")
    refused("conflict", turn.commit, "the old answer")
    assert [text for _, text, _, _ in lines(ann, turn.chat)] == [
        "slow",
        "",
        "newer",
        "the newer answer",
    ]


def test_of_two_answers_to_one_turn_the_first_is_kept_and_the_other_one_told(start_store, person):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn()
    interrupted(turn)
    old_epoch, turn.epoch = turn.epoch, turn.again().epoch
    assert turn.commit("by the new owner").outcome == OK
    refused("conflict", turn.commit, "by the old owner", epoch=old_epoch)
    assert turn.follow().text == "by the new owner"


def test_a_renewed_turn_is_not_interrupted(start_store, person, redis):
    start_store(**SHORT)
    busy, dead = person().turn(), person().turn()

    def dead_is_over():
        assert not busy.renew().lost
        assert busy.follow().outcome == RUNNING
        return dead.follow().outcome == INTERRUPTED
    wait_until(dead_is_over, "the other turn to be interrupted", 6)


def test_a_turn_that_ended_leaves_no_lease(store, person, redis):
    ann = person()
    ann.say()
    ann.turn("given up").abort()
    with redis.client() as client:
        assert not any(client.zcard(key) for key in client.keys("*:leases"))


@pytest.mark.parametrize("what", ["session_clear_request", "conversation_clear_request"])
def test_what_was_forgotten_is_not_kept_as_interrupted(start_store, person, postgres, redis, what):
    start_store(**SHORT)
    ann = person()
    ann.say()
    turn = ann.turn("a private question")
    copy = redis.copy()
    ann.ask(what, **({"delete": 1} if what == "conversation_clear_request" else {}))
    redis.put_back(copy)
    with redis.client() as client:
        wait_until(
            lambda: not any(client.zcard(key) for key in client.keys("*:leases")), "the sweep", 6
        )
    refused("signed_out" if what == "session_clear_request" else "not_found", turn.follow)
    assert postgres.query("SELECT count(*) FROM interrupted") == [(0,)]


def test_a_deleted_chat_takes_its_interrupted_turns_along(start_store, person, postgres):
    start_store(**SHORT)
    ann = person()
    interrupted(ann.turn("a private question"))
    ann.ask("conversation_clear_request", delete=1)
    assert postgres.query("SELECT count(*) FROM interrupted") == [(0,)]


def test_an_old_copy_of_redis_interrupts_nothing_that_is_kept(start_store, person, postgres, redis):
    start_store(**SHORT)
    ann = person()
    turn = ann.turn()
    copy = redis.copy()
    turn.commit()
    with redis.client() as client:
        client.flushall()
        redis.put_back(copy)
        wait_until(
            lambda: not any(client.zcard(key) for key in client.keys("*:leases")), "the sweep", 6
        )
    assert postgres.query("SELECT count(*) FROM interrupted") == [(0,)]
    assert turn.follow().outcome == KEPT


def test_dead_turns_wait_for_postgres(start_store, person, postgres):
    start_store(**SHORT)
    turn = person().turn()
    turn.append(0, "Half an")
    postgres.kill()
    wait_until(lambda: turn.follow().outcome == RUNNING, "Redis to tell of it")
    postgres.start()
    assert interrupted(turn, 20).text == "Half an"


def test_a_turn_of_an_emptied_redis_is_interrupted_with_what_was_told_again(
    start_store, person, redis
):
    start_store(**SHORT)
    turn = person().turn()
    with redis.client() as client:
        client.flushall()
    assert turn.append(0, "Half").question_missing == 1
    assert (
        turn.append(
            0, "Half an", user_text=QUESTION, seq=turn.seq, asked_at=1_700_000_000_000
        ).question_missing
        == 0
    )
    assert turn.renew().question_missing == 0
    said = interrupted(turn)
    assert (said.question, said.text) == (QUESTION, "Half an")


def test_two_stores_interrupt_once(start_store, person):
    stores = [start_store(**SHORT), start_store("again", **SHORT)]
    turns = [person().turn() for _ in range(8)]
    for turn in turns:
        interrupted(turn)
    told = [
        int(event["turns"]) for store in stores for event in store.find_events("sweep.interrupted")
    ]
    assert sum(told) == len(turns)


def test_a_page_shows_interrupted_turns_where_they_belong(start_store, person):
    start_store(**SHORT)
    ann = person()
    for number in range(1, 5):
        ann.say(f"q{number}", f"a{number}")
        lost = ann.turn(f"lost {number}")
        interrupted(lost)
    newest = ann.history(page=4)
    assert [line.text for line in newest.messages if line.by_user] == [
        "q3",
        "lost 3",
        "q4",
        "lost 4",
    ]
    older = ann.history(before=newest.more_before, page=4)
    assert [line.text for line in older.messages if line.by_user] == [
        "q1",
        "lost 1",
        "q2",
        "lost 2",
    ]
    assert older.more_before == 0
