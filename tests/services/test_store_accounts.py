"""What the store promises to people who are signed in: one session for each account, wherever they
come from."""

import threading

import pytest

from support.store import ANSWER, QUESTION, Person, new_id, refused
from support.wait import wait_until

ANN, BOB = "a" * 64, "b" * 64


def sign_in(gateway, account=ANN, former=""):
    """A browser without a cookie of the account, as the gateway asks for it."""
    somebody = Person(gateway)
    said = somebody.ask("session_open_request", create=1, page=20, account=account, former=former)
    somebody.session, somebody.chat = said.session, said.conversation
    return somebody, said


def texts(said):
    return [line.text for line in said.messages]


def accounts(postgres):
    return postgres.query("SELECT count(*) FROM accounts") + postgres.query(
        "SELECT count(*) FROM users WHERE cleared_at IS NULL")


def test_a_new_account_gets_the_session_that_was_offered(store, gateway, postgres):
    offered = Person(gateway)
    said = offered.ask("session_open_request", create=1, account=ANN)
    assert said.session == offered.session
    assert accounts(postgres) == [(1,), (1,)]
    assert offered.open().session == offered.session


def test_the_chats_follow_to_another_device(store, gateway):
    first, _ = sign_in(gateway)
    first.say()
    second, said = sign_in(gateway)
    assert second.session == first.session
    assert texts(said) == [QUESTION, ANSWER]
    second.say("And the filter?")
    assert len(first.open().messages) == 4


def test_accounts_are_kept_apart(store, gateway):
    ann, _ = sign_in(gateway)
    ann.say()
    bob, said = sign_in(gateway, BOB)
    assert bob.session != ann.session and said.messages == []
    refused("not_found", bob.history, ann.chat)


def test_devices_that_come_at_once_get_one_session(start_store, gateway, postgres):
    for number in range(3):
        start_store(f"store-{number}")
    gateway.wait_peer("store", 3)
    found = []

    def come():
        found.append(sign_in(gateway)[1].session)
    threads = [threading.Thread(target=come) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 12 and len(set(found)) == 1
    assert accounts(postgres) == [(1,), (1,)]


# ---- what was said before signing in --------------------------------------------------------


def test_what_was_said_before_is_taken_over(store, gateway, person, postgres, redis):
    guest = person()
    guest.ask(
        "session_save_request",
        key_change=1,
        sealed_key=b"\x02k1" + bytes(60),
        key_hint="hint",
        remember=1,
        address_hash="address",
    )
    guest.say()
    ann, said = sign_in(gateway, former=guest.session)
    assert texts(said) == [QUESTION, ANSWER] and said.key_hint == "hint"
    assert ann.session != guest.session
    with redis.client() as client:
        wait_until(
            lambda: not client.keys(f"*{guest.session}*"), "Redis to have forgotten the guest"
        )
    assert postgres.query(
        "SELECT count(*) FROM audit_log WHERE session_id = %s", guest.session
    ) == [(0,)]


def test_the_cookie_of_before_opens_nothing_any_more(store, gateway, person):
    """Whoever planted it must not read what is said after signing in."""
    guest = person()
    guest.say()
    sign_in(gateway, former=guest.session)
    for ask in (guest.open, guest.begin, guest.history):
        refused("signed_out", ask)


def test_it_opens_nothing_though_redis_still_knows_it(store, gateway, person, redis):
    """Redis was away when it should have forgotten the guest."""
    guest = person()
    guest.say()
    with redis.client() as client:
        (key,) = client.keys(f"*:{guest.session}:session")
        copy = client.dump(key)
        sign_in(gateway, former=guest.session)
        wait_until(lambda: not client.exists(key), "Redis to have forgotten the guest")
        client.restore(key, 0, copy)
    refused("signed_out", guest.open)
    refused("signed_out", guest.begin, "Is this kept?")


def test_a_second_account_gets_nothing_of_the_first_one_s(store, gateway, person):
    guest = person()
    guest.say()
    ann, _ = sign_in(gateway, ANN, former=guest.session)
    for account, former in ((BOB, guest.session), ("c" * 64, ann.session)):
        bob, said = sign_in(gateway, account, former=former)
        assert bob.session not in (ann.session, guest.session) and said.messages == []
    assert len(ann.open().messages) == 2


def test_two_accounts_that_want_the_same_guest_do_not_both_get_it(start_store, gateway, person):
    for number in range(2):
        start_store(f"store-{number}")
    gateway.wait_peer("store", 2)
    guest = person()
    guest.say()
    found = []

    def come(account):
        found.append(len(sign_in(gateway, account, former=guest.session)[1].messages))
    threads = [threading.Thread(target=come, args=(account,)) for account in (ANN, BOB)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == [0, 2]


def test_an_account_that_has_a_session_takes_over_no_other(store, gateway, person):
    ann, _ = sign_in(gateway)
    ann.say()
    guest = person()
    guest.say("Which tyres?")
    _, said = sign_in(gateway, former=guest.session)
    assert texts(said) == [QUESTION, ANSWER]
    assert texts(guest.open()) == ["Which tyres?", ANSWER]


def test_nothing_is_taken_over_while_an_answer_is_being_written(store, gateway, person):
    guest = person()
    guest.say()
    turn = guest.turn("And then?")
    refusal = refused("busy", sign_in, gateway, former=guest.session)
    assert refusal.retry_after_ms == 1000
    turn.commit()
    _, said = sign_in(gateway, former=guest.session)
    assert texts(said)[2] == "And then?"


def test_nothing_is_taken_over_while_a_turn_waits_in_the_spool(store, gateway, person, postgres):
    guest = person()
    turn = guest.turn()
    postgres.kill()
    store.wait_for_event("pg.unavailable")
    assert turn.commit().outcome == 2
    refused("store_down", sign_in, gateway, former=guest.session)
    postgres.start()
    found = wait_until(lambda: arrives(gateway, guest), "the turn in the account's chat", 25)
    assert texts(found) == [QUESTION, ANSWER]


def arrives(gateway, guest):
    try:
        return sign_in(gateway, former=guest.session)[1]
    except Exception as refusal:  # away, then busy until the spool is empty
        assert refusal.code in ("busy", "store_down")
        return None


# ---- its life -------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["last_active", "created_at"])
def test_a_session_that_ended_goes_on_under_another_id(store, gateway, postgres, redis, what):
    old, _ = sign_in(gateway)
    old.say()
    postgres.query(f"UPDATE users SET {what} = now() - interval '31 days'")
    with redis.client() as client:
        client.flushall()  # as its time to live would
    refused("signed_out", old.open)
    new, said = sign_in(gateway)
    assert new.session != old.session and texts(said) == [QUESTION, ANSWER]
    refused("signed_out", old.open)
    assert new.say("Next?").seq == 2


def test_a_guest_s_session_that_ended_is_taken_over_by_nobody(store, gateway, person, postgres):
    guest = person()
    guest.say()
    postgres.query("UPDATE users SET last_active = now() - interval '31 days'")
    _, said = sign_in(gateway, former=guest.session)
    assert said.messages == []


def test_clearing_forgets_the_account_and_begins_a_new_one(store, gateway, postgres):
    ann, _ = sign_in(gateway)
    other, _ = sign_in(gateway)
    ann.say()
    ann.ask("session_clear_request")
    assert postgres.query("SELECT count(*) FROM accounts") == [(0,)]
    refused("signed_out", other.open)
    fresh, said = sign_in(gateway)
    assert fresh.session != ann.session and said.messages == []
    assert sign_in(gateway)[0].session == fresh.session


def test_without_postgres_known_sessions_go_on_and_nobody_is_matched(store, gateway, postgres):
    ann, _ = sign_in(gateway)
    ann.say()
    postgres.kill()
    store.wait_for_event("pg.unavailable")
    assert ann.open().from_cache == 1
    refused("store_down", sign_in, gateway)


def test_without_redis_devices_are_matched_and_nobody_is_taken_over(store, gateway, person, redis):
    ann, _ = sign_in(gateway)
    ann.say()
    guest = person()
    guest.say()
    redis.kill()
    store.wait_for_event("redis.unavailable")
    assert texts(sign_in(gateway)[1]) == [QUESTION, ANSWER]
    refused("store_down", sign_in, gateway, BOB, former=guest.session)


def test_what_is_no_account_is_refused(store, gateway):
    for fields in ({"account": "x"}, {"account": "A" * 64}, {"account": ANN, "former": "x"}):
        refused(
            "bad_request", gateway.ask, "session_open_request", session=new_id(), create=1, **fields
        )
