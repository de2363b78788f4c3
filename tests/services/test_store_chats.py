"""What the store promises of a person's chats: listed, opened, renamed, and deleted wholly."""

import time

import pytest

from support.store import ANSWER, GRANTED, OK, QUESTION, Person, fill, new_id, refused
from support.wait import wait_until


def listed(somebody, **fields):
    return somebody.ask("conversation_list_request", **{"page": 50, **fields}).conversations


def ids(chats):
    return [chat.conversation for chat in chats]


def begin_chats(somebody, *questions):
    """A chat for each; returns their ids."""
    made = []
    for question in questions:
        turn = somebody.turn(question, conversation="", new_conversation=1)
        assert turn.commit(asked_at=now()).outcome == OK
        made.append(turn.chat)
    return made


def now():
    return int(time.time() * 1000)


# ---- a new one ------------------------------------------------------------------------------


def test_a_new_chat_may_begin_while_another_one_is_current(store, person):
    ann = person()
    ann.say()
    fresh = ann.turn("something else", conversation="", new_conversation=1)
    assert (fresh.seq, fresh.granted.context) == (1, []) and fresh.chat != ann.chat
    said = ann.open()
    assert (said.conversation, said.running_turn) == (fresh.chat, fresh.id)
    fresh.abort()
    assert ann.open().conversation == ann.chat  # it failed, so all is as it was
    again = ann.turn("something else", conversation="", new_conversation=1)
    assert again.commit(asked_at=now()).outcome == OK
    assert ann.open().conversation == again.chat


def test_the_same_first_message_twice_makes_one_chat(store, person, postgres):
    ann = person()
    ann.say()
    turn = ann.turn("something else", conversation="", new_conversation=1)
    again = ann.begin("something else", turn.id, conversation="", new_conversation=1)
    assert (again.outcome, again.conversation) == (1, turn.chat)
    turn.commit()
    again = ann.begin("something else", turn.id, conversation="", new_conversation=1)
    assert (again.outcome, again.conversation) == (2, turn.chat)
    assert len(listed(ann)) == 2


def test_a_new_chat_of_another_one_makes_no_sense(store, person):
    ann = person()
    ann.say()
    refused("bad_request", ann.begin, new_conversation=1)


# ---- the list -------------------------------------------------------------------------------


def test_chats_are_listed_newest_touched_first(store, person):
    ann = person()
    first, second, third = begin_chats(ann, "How old\n is my  car?", "Brakes?", "Oil?")
    before = now()
    turn = ann.turn("And now?", conversation=first)
    turn.commit(asked_at=now())
    chats = listed(ann)
    assert ids(chats) == [first, third, second]
    assert [(chat.title, chat.last_seq) for chat in chats] == [
        ("How old is my car?", 2), ("Oil?", 1), ("Brakes?", 1)]
    assert before - 1000 <= chats[0].touched_at / 1000 <= now() + 1000
    assert chats[0].created_at <= chats[1].created_at
    assert (chats[0].forked_from, chats[0].forked_at_seq) == ("", 0)


def test_the_list_is_turned_page_by_page(store, person, postgres):
    ann = person()
    chats = begin_chats(ann, *(f"question {number}" for number in range(7)))
    postgres.query(
        "UPDATE conversations SET touched_at = '2024-01-01' WHERE id = ANY(%s::uuid[])", chats[:5]
    )
    whole = ids(listed(ann))
    pages, behind = [], {}
    while True:
        said = ann.ask("conversation_list_request", page=2, **behind)
        pages += ids(said.conversations)
        if not said.more:
            break
        last = said.conversations[-1]
        behind = {"after_at": last.touched_at, "after_id": last.conversation}
    assert pages == whole and sorted(pages) == sorted(chats)


def test_a_chat_whose_first_turn_failed_is_not_listed(store, person):
    ann = person()
    ann.turn().abort()
    assert listed(ann) == []


def test_a_list_that_makes_no_sense_is_refused(store, person):
    ann = person()
    refused("bad_request", ann.ask, "conversation_list_request", page=0)
    refused("bad_request", ann.ask, "conversation_list_request", page=5, after_at=17, after_id="x")
    refused("signed_out", Person(ann.gateway).ask, "conversation_list_request", page=5)


# ---- the current one ------------------------------------------------------------------------


def test_an_opened_chat_is_the_current_one_until_another_is_spoken_in(store, person):
    ann = person()
    first, second = begin_chats(ann, "one", "two")
    assert [line.text for line in ann.history(first).messages] == ["one", ANSWER]
    assert ann.open().conversation == second  # looking at a chat opens nothing
    page = ann.ask("history_page_request", conversation=first, page=20, open=1)
    assert [line.text for line in page.messages] == ["one", ANSWER]
    assert ann.open().conversation == first
    assert ids(listed(ann)) == [second, first]  # the list tells where one spoke last
    ann.turn("more", conversation=second).commit(asked_at=now())
    assert ann.open().conversation == second


def test_an_answer_that_comes_late_leaves_the_opened_chat_current(store, person):
    ann = person()
    first, second = begin_chats(ann, "one", "two")
    turn, asked_at = ann.turn("slow", conversation=second), now()
    wait_until(lambda: now() > asked_at + 1, "the clock")
    ann.ask("history_page_request", conversation=first, page=20, open=1)
    turn.commit(asked_at=asked_at)
    assert ann.open().conversation == first


def test_an_opened_chat_is_current_after_a_fresh_one_was_wished_for(store, person):
    ann = person()
    ann.say()
    ann.ask("conversation_clear_request")
    ann.ask("history_page_request", conversation=ann.chat, page=20, open=1)
    assert ann.open().conversation == ann.chat


# ---- a title --------------------------------------------------------------------------------


def rename(somebody, chat, title):
    return somebody.ask("conversation_rename_request", conversation=chat, title=title)


def test_a_chat_gets_another_title(store, person):
    ann = person()
    ann.say()
    rename(ann, ann.chat, "Öl & mehr 🚗")
    assert [chat.title for chat in listed(ann)] == ["Öl & mehr 🚗"]
    ann.say("more")
    assert [chat.title for chat in listed(ann)] == ["Öl & mehr 🚗"]
    refused("bad_request", rename, ann, ann.chat, "")
    refused("not_found", rename, ann, new_id(), "x")


# ---- deleting -------------------------------------------------------------------------------


def delete(somebody, chat, **fields):
    return somebody.ask("conversation_delete_request", conversation=chat, **fields)


def test_a_deleted_chat_is_gone_and_the_others_stay(store, person, postgres, redis):
    ann = person()
    first, second, third = begin_chats(ann, "a private question", "two", "three")
    delete(ann, first, address_hash="hash-of-an-address")
    assert "private" not in postgres.dump()
    with redis.client() as client:
        assert first not in str([client.hgetall(key) for key in client.keys("*:turns")])
        # of the third, which is the current one
        assert client.exists(*client.keys("*:window")) == 1
    assert ids(listed(ann)) == [third, second]
    assert ann.open().conversation == third
    for ask, args in ((ann.history, (first,)), (delete, (ann, first)), (rename, (ann, first, "x"))):
        refused("not_found", ask, *args)
    refused("not_found", ann.begin, conversation=first)
    assert postgres.query("SELECT action, address_hash FROM audit_log") == [
        ("chat.deleted", "hash-of-an-address")]


def test_after_the_current_one_was_deleted_none_is(store, person):
    ann = person()
    first, second = begin_chats(ann, "one", "two")
    delete(ann, second)
    assert (ann.open().conversation, ann.open().messages) == ("", [])
    assert ids(listed(ann)) == [first]


def test_a_deleted_chat_takes_its_running_and_its_interrupted_turns_along(
    store, person, postgres, redis
):
    ann = person()
    ann.say()
    lost = ann.turn("a private question")
    lost.abort(interrupted=1, seq=lost.seq, user_text=lost.text, answer="a private word")
    turn = ann.turn("another private question")
    turn.append(0, "a private ans")
    begin_chats(ann, "elsewhere")
    delete(ann, ann.chat)
    assert turn.renew().lost == 1
    refused("conflict", turn.commit, "a private answer")
    assert "private" not in postgres.dump()
    with redis.client() as client:
        assert "private" not in str([client.hgetall(key) for key in client.keys("*:turns")])
        assert client.keys("*:answer:*") == []


@pytest.mark.parametrize("what", ["conversation_delete_request", "conversation_clear_request"])
def test_a_turn_that_is_kept_while_its_chat_is_deleted_is_gone_too(
    start_store, person, postgres, redis, what
):
    """Redis has forgotten the chat, Postgres not yet: then it was told of the turn, and showed it
    for an hour."""
    start_store(PG_STATEMENT_MS=60000)
    ann = person()
    ann.say()
    turn = ann.turn("a private question")
    fields = {"conversation": ann.chat} if what == "conversation_delete_request" else {"delete": 1}
    with postgres.hold("SELECT FROM users FOR UPDATE"):
        keeping = turn.send_commit("a private answer")
        wait_until(lambda: postgres.waiting() == 1, "the commit to wait for the person's row")
        deleting = ann.gateway.send(what, session=ann.session, **fields)
        wait_until(lambda: postgres.waiting() == 2, "the deletion to wait behind it")
    assert keeping.wait().outcome == OK
    deleting.wait()
    with redis.client() as client:
        assert client.keys("*:window") == []
    refused("not_found", ann.history)
    assert "private" not in postgres.dump()


def test_a_chat_that_only_redis_knows_can_be_deleted(store, person, postgres):
    turn = person().turn("a private question")
    delete(turn.person, turn.chat)
    refused("conflict", turn.commit)
    assert "private" not in postgres.dump()
    assert turn.person.open().conversation == ""


def test_a_chat_that_nobody_knows_leaves_no_mark(store, person, postgres):
    ann = person()
    refused("not_found", delete, ann, new_id())
    assert postgres.query("SELECT count(*) FROM conversations") == [(0,)]


def count_bites(postgres):
    """From now on the table deletions has a row for each statement that deletes turns: how many."""
    postgres.query("CREATE TABLE deletions (rows bigint)")
    postgres.query("CREATE FUNCTION count_deletion() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                   " INSERT INTO deletions SELECT count(*) FROM gone; RETURN NULL; END $$")
    postgres.query("CREATE TRIGGER bitten AFTER DELETE ON turns REFERENCING OLD TABLE AS gone"
                   " FOR EACH STATEMENT EXECUTE FUNCTION count_deletion()")


def test_a_long_chat_is_gone_at_once_and_wiped_a_little_at_a_time(start_store, person, postgres):
    start_store(PG_STATEMENT_MS=2000)
    ann = person()
    ann.say()
    fill(postgres, ann.chat, 10000)
    count_bites(postgres)
    delete(ann, ann.chat)
    refused("not_found", ann.history)
    assert listed(ann) == []
    assert postgres.query("SELECT count(*) FROM turns")[0][0] > 0  # or this test says nothing
    ann.say("meanwhile", conversation="")
    wait_until(
        lambda: postgres.query("SELECT count(*) FROM turns") == [(1,)], "the rest to be wiped", 25
    )
    assert postgres.query("SELECT max(rows) <= 200, sum(rows) FROM deletions") == [(True, 10000)]
    assert "private" not in postgres.dump()


def test_a_session_with_long_chats_is_forgotten_a_little_at_a_time(store, person, postgres):
    ann = person()
    ann.say()
    fill(postgres, ann.chat, 3000)
    ann.turn("another way", branch=1, after_seq=1000)
    count_bites(postgres)
    ann.ask("session_clear_request")
    refused("signed_out", ann.open)
    refused("signed_out", ann.history)
    wait_until(lambda: "private" not in postgres.dump(), "the rest to be wiped", 25)
    assert postgres.query("SELECT max(rows) <= 200, sum(rows) FROM deletions") == [(True, 3000)]
    assert ann.session not in postgres.dump()


def test_what_a_store_that_died_left_is_wiped_by_another_one(start_store, person, postgres):
    first = start_store("first")
    ann = person()
    ann.say("a private question")
    first.stop()
    postgres.query("UPDATE conversations SET deleted_at = now(), title = ''")
    start_store("second")
    wait_until(lambda: "private" not in postgres.dump(), "the content to be gone", 10)


# ---- other people's -------------------------------------------------------------------------


def test_nobody_sees_renames_opens_or_deletes_what_is_somebody_elses(store, person):
    ann, bob = person(), person()
    ann.say()
    running = ann.turn("more")
    assert listed(bob) == []
    bob.say()
    refused("not_found", rename, bob, ann.chat, "mine")
    refused("not_found", delete, bob, ann.chat)
    refused("not_found", bob.ask, "history_page_request", conversation=ann.chat, page=20, open=1)
    refused(
        "bad_request", bob.ask, "conversation_list_request", page=5, after_at=1, after_id="nobody"
    )
    assert ids(
        bob.ask(
            "conversation_list_request", page=5, after_at=2**60, after_id=ann.chat
        ).conversations
    ) == [bob.chat]
    assert running.commit().outcome == OK
    assert [chat.title for chat in listed(ann)] == [QUESTION]
    assert ann.begin("next").outcome == GRANTED
