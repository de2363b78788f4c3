"""What the store promises of sessions: known again, kept apart, limited, and forgotten wholly."""

import time

import pytest

from support.store import ANSWER, GRANTED, OK, QUESTION, Person, new_id, refused
from support.wait import wait_until

SEALED = b"\x02k1" + bytes(range(80))
OTHER = b"\x02k2" + bytes(range(100, 180))
HINT = "sk-or-v1-au7...890"


def audit(postgres):
    return [row[0] for row in postgres.query("SELECT action FROM audit_log ORDER BY id")]


# ---- opening --------------------------------------------------------------------------------


def test_a_new_session_knows_nothing(start_store, gateway):
    start_store(MESSAGES_PER_MINUTE=20)
    before = int(time.time() * 1000)
    said = Person(gateway).open(create=1)
    assert before - 1000 <= said.created_at <= before + 10000
    assert said.expires_at == said.created_at + 24 * 3600 * 1000
    assert (said.model, said.sealed_key, said.key_hint) == ("", b"", "")
    assert (said.conversation, said.running_turn, said.messages, said.more_before) == (
        "",
        "",
        [],
        0,
    )
    assert (said.remaining, said.from_cache) == (20, 0)


def test_a_session_is_known_again(store, person):
    ann = person()
    first, again = ann.open(), ann.open(create=1)
    assert first.created_at == again.created_at


def test_a_session_that_was_never_made_is_signed_out(store, gateway):
    refused("signed_out", Person(gateway).open)


def test_an_id_that_is_none_is_refused(store, gateway):
    refused("bad_request", gateway.ask, "session_open_request", session="x", create=1)


def test_opening_shows_the_current_chat(store, person):
    ann = person()
    turns = [ann.say(f"question {number}", f"answer {number}") for number in range(3)]
    said = ann.open(page=4)
    assert said.conversation == ann.chat
    assert [(line.seq, line.by_user, line.text) for line in said.messages] == [
        (2, 1, "question 1"), (2, 0, "answer 1"), (3, 1, "question 2"), (3, 0, "answer 2")]
    assert [line.turn_id for line in said.messages[2:]] == [turns[2].id] * 2
    assert [line.status for line in said.messages[2:]] == ["committed"] * 2
    assert [line.model for line in said.messages[2:]] == ["", "a/model"]
    assert said.more_before == 2
    assert ann.open(page=0).messages == []


def test_opening_shows_the_turn_that_runs(store, person):
    turn = person().turn()
    said = turn.person.open()
    assert (said.conversation, said.running_turn) == (turn.chat, turn.id)
    turn.commit()
    said = turn.person.open()
    assert (said.conversation, said.running_turn) == (turn.chat, "")


DAY_MS = 24 * 3600 * 1000


def session_key(client, somebody):
    (key,) = client.keys(f"*:{somebody.session}:session")
    return key


def test_a_session_lives_on_while_it_is_used(store, person, redis):
    ann = person()
    with redis.client() as client:
        key = session_key(client, ann)
        for use in (ann.open, ann.begin):
            client.pexpire(key, 60000)
            use()
            assert DAY_MS - 60000 < client.pttl(key) <= DAY_MS


def test_a_session_ends_a_day_after_its_last_use(store, person, redis, postgres):
    ann = person()
    ann.say()
    with redis.client() as client:
        client.delete(session_key(client, ann))  # as its time to live would
    postgres.query("UPDATE users SET last_active = now() - interval '24 hours 1 second'")
    refused("signed_out", ann.open)
    refused("signed_out", ann.begin)
    refused("signed_out", ann.history)
    assert postgres.query("SELECT count(*) FROM turns") == [(1,)]


def test_a_session_that_redis_lost_is_made_anew_from_postgres(store, person, redis):
    ann = person()
    ann.say()
    created_at = ann.open().created_at
    with redis.client() as client:
        client.flushall()
    assert len(ann.open().messages) == 2
    assert abs(ann.open().created_at - created_at) < 10000
    assert ann.begin("next").outcome == GRANTED


def test_a_session_has_a_longest_life(store, person, redis):
    ann = person()
    with redis.client() as client:
        key = session_key(client, ann)
        month = 30 * DAY_MS
        born = int(client.hget(key, "created_at"))
        client.hset(key, "created_at", born - month + 60000)
        said = ann.open()
        assert said.expires_at == said.created_at + month
        assert client.pttl(key) <= 60000
        client.hset(key, "created_at", born - month)
        refused("signed_out", ann.begin)
        assert client.exists(key) == 0


# ---- history --------------------------------------------------------------------------------


def test_history_is_turned_page_by_page(store, person):
    ann = person()
    for number in range(1, 8):
        ann.say(f"question {number}", f"answer {number}")
    pages, before = [], 0
    while True:
        page = ann.history(before=before, page=4)
        pages.append([line.text for line in page.messages])
        before = page.more_before
        if not before:
            break
    assert pages == [["question 6", "answer 6", "question 7", "answer 7"],
                     ["question 4", "answer 4", "question 5", "answer 5"],
                     ["question 2", "answer 2", "question 3", "answer 3"],
                     ["question 1", "answer 1"]]
    assert ann.history(before=1).messages == []


def test_interrupted_turns_push_no_kept_one_off_the_pages(store, person, postgres):
    ann = person()
    turns = [ann.say(f"question {number}") for number in range(60)]
    for turn in turns[9:13]:  # each stands behind one of those that a full page begins with
        postgres.query(
            "INSERT INTO interrupted (user_id, turn_id, conversation_id, after_seq, question, "
            "answer, model,"
            " asked_at) SELECT user_id, gen_random_uuid(), conversation_id, seq, 'lost', '', '', "
            "now()"
            " FROM turns WHERE turn_id = %s", turn.id)
    seen, page = [], ann.history(page=100)
    while page:
        seen = [line.text for line in page.messages if line.by_user] + seen
        page = ann.history(page=100, before=page.more_before) if page.more_before else None
    assert [text for text in seen if text != "lost"] == [turn.text for turn in turns]
    assert seen.count("lost") == 4


def test_a_page_fits_into_a_frame(store, person):
    ann = person()
    for number in range(12):
        ann.say("x" * 8192, "y" * 65536)
    page = ann.history(page=100)
    assert len(page.messages) == 14 and page.more_before == 6
    assert len(ann.open(page=100).messages) == 14


def test_an_unknown_chat_has_no_history(store, person):
    ann = person()
    refused("not_found", ann.history, new_id())
    refused("bad_request", ann.ask, "history_page_request", conversation="")
    refused("signed_out", Person(ann.gateway).history, new_id())


# ---- settings -------------------------------------------------------------------------------


def save_key(somebody, key=SEALED, remember=1, **fields):
    somebody.ask(
        "session_save_request",
        key_change=1,
        sealed_key=key,
        key_hint=HINT,
        remember=remember,
        **fields,
    )


def test_a_key_that_is_remembered_is_in_postgres(store, person, postgres, redis):
    ann = person()
    save_key(ann)
    assert (ann.open().sealed_key, ann.open().key_hint) == (SEALED, HINT)
    assert ann.begin().sealed_key == SEALED
    assert postgres.query(
        "SELECT encode(encrypted_key, 'hex'), key_id, key_hint FROM api_keys"
    ) == [(SEALED.hex(), "k1", HINT)]
    assert SEALED not in redis.dump()


def test_a_key_that_is_not_remembered_is_in_redis_only(store, person, postgres):
    ann = person()
    save_key(ann, OTHER)
    save_key(ann, SEALED, remember=0)
    assert (ann.open().sealed_key, ann.open().key_hint) == (SEALED, HINT)
    assert ann.begin().sealed_key == SEALED
    assert postgres.query("SELECT encrypted_key, key_id, key_hint FROM api_keys") == [
        (None, "", "")
    ]


def test_a_newer_key_replaces_either_kind(store, person):
    ann = person()
    save_key(ann, SEALED, remember=0)
    save_key(ann, OTHER)
    assert ann.open().sealed_key == OTHER
    save_key(ann, SEALED, remember=0)
    assert ann.open().sealed_key == SEALED


@pytest.mark.parametrize("remember", [0, 1])
def test_a_deleted_key_is_gone(store, person, postgres, remember):
    ann = person()
    save_key(ann, remember=remember)
    ann.ask("session_save_request", key_change=2)
    assert (ann.open().sealed_key, ann.open().key_hint) == (b"", "")
    assert ann.begin().sealed_key == b""
    assert postgres.query("SELECT encrypted_key FROM api_keys") == [(None,)]


def test_a_key_in_redis_does_not_outlive_a_newer_decision(store, person, redis):
    """Redis was away when the key was deleted, so its copy is still there."""
    ann = person()
    save_key(ann, remember=0)
    with redis.client() as client:
        (key,) = client.keys("*:session")
        copy = client.dump(key)
        ann.ask("session_save_request", key_change=2)
        client.restore(key, 0, copy, replace=True)
    assert ann.open().sealed_key == b""
    assert ann.begin().sealed_key == b""


def test_the_model_is_kept_apart_from_the_key(store, person):
    ann = person()
    ann.ask("session_save_request", model_change=1, model="some/model")
    save_key(ann)
    assert (ann.open().model, ann.open().sealed_key) == ("some/model", SEALED)
    assert ann.begin().model == "some/model"
    assert ann.begin("other", model="for/once").model == "for/once"
    ann.ask("session_save_request", model_change=1, model="")
    assert (ann.open().model, ann.open().sealed_key) == ("", SEALED)


def test_settings_are_audited(store, person, postgres):
    ann = person()
    save_key(ann, address_hash="hash-of-an-address")
    ann.ask("session_save_request", key_change=2, model_change=1, model="m")
    assert postgres.query("SELECT session_id::text, action, address_hash, details FROM audit_log"
                          " ORDER BY id") == [
        (ann.session, "settings.saved", "hash-of-an-address", "key set"),
        (ann.session, "settings.saved", "", "key deleted, model")]


def test_settings_of_nobody_are_refused(store, gateway):
    refused("signed_out", Person(gateway).ask, "session_save_request", model_change=1, model="m")


def test_an_empty_key_is_no_key(store, person):
    refused("bad_request", person().ask, "session_save_request", key_change=1, sealed_key=b"")


# ---- a fresh chat ---------------------------------------------------------------------------


def test_a_fresh_chat_leaves_the_old_one(store, person):
    ann = person()
    ann.say()
    ann.ask("conversation_clear_request")
    said = ann.open()
    assert (said.conversation, said.messages) == ("", [])
    assert len(ann.history().messages) == 2
    fresh = ann.turn("something else", conversation="")
    assert fresh.chat != ann.chat and fresh.seq == 1
    fresh.commit()
    assert ann.open().conversation == fresh.chat


def test_an_answer_that_comes_late_does_not_bring_the_old_chat_back(store, person):
    ann = person()
    ann.say()
    turn = ann.turn("slow")
    asked_at = int(time.time() * 1000)
    wait_until(lambda: time.time() * 1000 > asked_at + 1, "the clock")
    ann.ask("conversation_clear_request")
    assert turn.commit(asked_at=asked_at).outcome == OK
    assert ann.open().conversation == ""
    assert len(ann.history().messages) == 4


def test_a_deleted_chat_is_gone(store, person, postgres, redis):
    ann = person()
    turn = ann.say("a private question", "a private answer")
    ann.ask("conversation_clear_request", delete=1)
    assert ann.open().conversation == ""
    refused("not_found", ann.history)
    refused("not_found", ann.begin)
    refused("not_found", turn.again)
    refused("not_found", turn.again, conversation="")
    assert "private" not in postgres.dump()
    with redis.client() as client:
        assert ann.chat not in str([client.hgetall(key) for key in client.keys("*:turns")])
    assert audit(postgres) == ["chat.deleted"]


@pytest.mark.parametrize("turns", [0, 1])
def test_a_deleted_chat_does_not_come_back_with_a_late_answer(store, person, postgres, turns):
    ann = person()
    for _ in range(turns):
        ann.say()
    turn = ann.turn("a private question")
    turn.append(0, "a private ans")
    ann.ask("conversation_clear_request", delete=1)
    assert turn.renew().lost == 1
    refused("conflict", turn.commit, "a private answer")
    assert "private" not in postgres.dump()
    assert ann.open().conversation == ""


# ---- forgetting -----------------------------------------------------------------------------


def test_a_cleared_session_leaves_nothing(store, person, postgres, redis):
    ann = person()
    save_key(ann, address_hash="hash-of-an-address")
    save_key(ann, OTHER, remember=0)
    ann.say("a private question", "a private answer")
    ann.ask("limit_take_request", what="key_test", address_hash="elsewhere")
    running = ann.turn("another private question")
    running.append(0, "another private answer")
    with redis.client() as client:
        assert client.keys(f"*{ann.session}*")
    ann.ask("session_clear_request", address_hash="hash-of-an-address")
    with redis.client() as client:
        assert client.keys(f"*{ann.session}*") == []
    kept = postgres.dump()
    for word in ("private", ann.session, running.chat, "hash-of-an-address", HINT, SEALED.hex()):
        assert word not in kept
    assert audit(postgres)[-1] == "session.cleared"
    assert postgres.query("SELECT count(*) FROM audit_log WHERE session_id IS NOT NULL"
                          " OR address_hash <> ''") == [(0,)]
    refused("signed_out", ann.open)
    refused("signed_out", ann.begin, conversation="")


def test_a_cleared_session_does_not_come_back(store, person, postgres):
    """Not with a late answer, not with settings, not with a new page."""
    ann = person()
    ann.say()
    turn = ann.turn("a private question")
    ann.ask("session_clear_request")
    assert turn.renew().lost == 1
    refused("conflict", turn.commit, "a private answer")
    refused("signed_out", ann.ask, "session_save_request", model_change=1, model="private/model")
    refused("signed_out", ann.ask, "conversation_clear_request")
    assert "private" not in postgres.dump() and ann.session not in postgres.dump()


def test_a_session_that_never_spoke_can_be_cleared(store, person, postgres):
    ann = person()
    turn = ann.turn("a private question")
    ann.ask("session_clear_request")
    ann.ask("session_clear_request")
    refused("conflict", turn.commit)
    assert "private" not in postgres.dump()


def test_clearing_one_leaves_the_other(store, person):
    ann, bob = person(), person()
    ann.say()
    bob.say()
    ann.ask("session_clear_request")
    assert len(bob.open().messages) == 2


# ---- other people's things ------------------------------------------------------------------


def test_nobody_reaches_what_is_somebody_elses(store, person, postgres):
    ann, bob = person(), person()
    save_key(ann)
    ann.say("a private question", "a private answer")
    running = ann.turn("another private question")
    running.append(0, "another private answer")
    theirs = {"conversation": ann.chat, "turn_id": running.id}

    refused("not_found", bob.history, ann.chat)
    refused("not_found", bob.begin, conversation=ann.chat)
    refused("not_found", bob.ask, "turn_stop_request", turn_id=running.id)
    bob.ask("turn_abort_request", epoch=running.epoch + 1, reason="x", **theirs)
    refused(
        "conflict",
        bob.ask,
        "turn_commit_request",
        epoch=99,
        seq=2,
        user_text="mine",
        answer="mine",
        status="committed",
        **theirs,
    )
    bob.ask("conversation_clear_request", delete=1)
    said = bob.open()
    assert (said.conversation, said.running_turn, said.sealed_key, said.messages) == (
        "",
        "",
        b"",
        [],
    )
    again = bob.begin("another private question", turn=running.id)
    assert again.outcome == GRANTED and again.conversation != running.chat

    assert not running.renew().lost
    assert running.commit().outcome == OK
    assert len(ann.open().messages) == 4
    assert postgres.query("SELECT count(*) FROM messages WHERE content = 'mine'") == [(0,)]


def test_the_same_turn_id_of_two_people_is_two_turns(store, person):
    ann, bob = person(), person()
    turn = new_id()
    for somebody in (ann, bob):
        begun = somebody.begin(turn=turn)
        assert begun.outcome == GRANTED
        somebody.ask(
            "turn_commit_request",
            conversation=begun.conversation,
            turn_id=turn,
            epoch=begun.epoch,
            seq=1,
            user_text=QUESTION,
            answer=ANSWER,
            status="committed",
        )
    assert ann.open().conversation != bob.open().conversation


# ---- limits ---------------------------------------------------------------------------------


def take(gateway, what="chat", address="an address", **fields):
    return gateway.ask("limit_take_request", what=what, address_hash=address, **fields)


def test_an_address_may_do_so_much_a_minute(start_store, gateway):
    start_store(ADDRESS_PER_MINUTE=3)
    assert [take(gateway).allowed for _ in range(4)] == [1, 1, 1, 0]
    assert 0 < take(gateway).retry_after_ms <= 20000
    assert take(gateway, address="another").allowed == 1
    assert take(gateway, "key_test").allowed == 1


def test_tokens_come_back_one_by_one(start_store, gateway):
    start_store(ADDRESS_PER_MINUTE=600)  # ten a second
    for _ in range(600):
        take(gateway)
    first = take(gateway)
    assert first.allowed == 1 or first.retry_after_ms <= 100
    wait_until(lambda: take(gateway).allowed, "the next one", 2)


def test_key_tests_are_counted_for_session_and_address(start_store, person):
    start_store(KEY_TESTS_PER_MINUTE=2)
    ann = person()
    test = {"session": ann.session}
    assert [take(ann.gateway, "key_test", str(n), **test).allowed for n in range(3)] == [1, 1, 0]
    assert take(ann.gateway, "key_test", "0").allowed == 1
    assert take(ann.gateway, "key_test", "0").allowed == 0


def test_a_limit_that_makes_no_sense_is_refused(store, gateway):
    for fields in ({"what": "everything"}, {"address_hash": ""}, {"session": "x"}):
        refused("bad_request", gateway.ask, "limit_take_request",
                **{"what": "chat", "address_hash": "an address", **fields})
