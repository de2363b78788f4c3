"""What the store promises of a budget: never more than it holds is granted, and every cost counts
once."""

import hashlib
import os
import signal
import threading
from contextlib import closing, contextmanager

import psycopg2
import pytest

from support.bus import BusError
from support.processes import ROOT
from support.store import DUP, FOLLOW, GRANTED, OK, QUESTION, SPOOLED, Person, Turn, new_id, refused
from support.wait import wait_until

RESERVE = 0.02
MANY = {"TURNS_PER_SESSION": 100, "TURN_RESERVE": RESERVE}


@pytest.fixture
def limited(start_store):
    """limited(dollars) starts a store with that budget for each session."""
    def start(dollars, label="store", **settings):
        return start_store(label, SESSION_BUDGET=dollars, **{**MANY, **settings})
    return start


def left(person):
    said = person.open()
    assert said.has_budget == 1
    return said.budget_left


def pay(person, cost):
    """A whole turn that cost so much."""
    turn = person.turn(conversation="")
    turn.commit(cost=cost)
    return turn


def reserves(postgres):
    return postgres.query("SELECT count(*) FROM reserves")[0][0]


# ---- one after the other --------------------------------------------------------------------


def test_without_a_budget_nothing_is_held_or_told(store, person, postgres):
    ann = person()
    turn = ann.turn()
    assert (turn.granted.has_budget, ann.open().has_budget, turn.commit().has_budget) == (0, 0, 0)
    assert reserves(postgres) == 0


def test_a_turn_takes_its_reserve_and_then_its_cost(limited, person, postgres):
    limited(0.5)
    ann = person()
    assert left(ann) == 0.5
    turn = ann.turn()
    assert (turn.granted.has_budget, turn.granted.budget_left, left(ann)) == (1, 0.48, 0.48)
    said = turn.commit(cost=0.000123)
    assert (said.has_budget, said.budget_left, left(ann)) == (1, 0.499877, 0.499877)
    assert reserves(postgres) == 0


def test_a_free_answer_costs_nothing(limited, person):
    limited(RESERVE)
    ann = person()
    for _ in range(3):
        turn = ann.turn()
        assert turn.granted.budget_left == 0
        assert turn.commit(cost=0).budget_left == RESERVE


def test_what_does_not_fit_is_refused_before_it_begins(limited, person, postgres):
    limited(0.05)
    ann, bob = person(), person()
    turn = ann.say()
    ann.turn(conversation="").commit(cost=0.04)
    assert not refused("budget", ann.begin, conversation=turn.chat).retryable
    assert ann.open().running_turn == ""  # no lease is left behind
    assert reserves(postgres) == 0
    assert bob.begin().outcome == GRANTED  # who has a budget of his own


def test_an_answer_may_cost_more_than_was_held(limited, person):
    limited(0.05)
    ann = person()
    assert ann.turn().commit(cost=7.5).budget_left == 0
    refused("budget", ann.begin)


def test_an_unknown_cost_is_the_reserve(limited, person, postgres):
    limited(0.5)
    ann = person()
    assert ann.turn().commit(cost=0, cost_unknown=1, status="stopped").budget_left == 0.48
    assert reserves(postgres) == 0


@pytest.mark.parametrize("spent, rest", [(0, 0.5), (1, 0.48)])
def test_an_aborted_turn_gives_back_what_was_not_spent(limited, person, postgres, spent, rest):
    limited(0.5)
    ann = person()
    ann.turn().abort(spent=spent)
    assert left(ann) == rest
    assert reserves(postgres) == 0


@contextmanager
def slow_reserves(postgres):
    """Whoever wants a reserve has to wait."""
    with closing(
        psycopg2.connect(host=str(postgres.folder), user="chat", dbname=postgres.database)
    ) as connection:
        connection.cursor().execute("LOCK TABLE reserves IN EXCLUSIVE MODE")
        yield


@contextmanager
def frozen(postgres):
    """Every process that works for this database stands still."""
    pids = [
        row[0]
        for row in postgres.query(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <>" " pg_backend_pid()",
            postgres.database,
        )
    ]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def nothing_is_held(ann, postgres):
    said = ann.open()
    return (said.running_turn, said.budget_left) == ("", 0.5) and reserves(postgres) == 0


def test_a_turn_given_up_while_its_reserve_is_taken_gives_all_back(limited, person, postgres):
    limited(0.5)
    ann, turn = person(), new_id()
    with slow_reserves(postgres):
        request = ann.gateway.send(
            "turn_begin_request", session=ann.session, turn_id=turn, text=QUESTION, window=20
        )
        wait_until(lambda: ann.open().running_turn == turn, "the lease")
        request.cancel()
        ann.open()  # the CANCEL has been read: frames keep their order
    assert request.wait_end().type != "FINAL"
    wait_until(lambda: nothing_is_held(ann, postgres), "lease and reserve given back")
    # at once, for whoever tries again
    assert ann.begin(turn=turn, text=QUESTION).outcome == GRANTED


def test_a_turn_given_up_while_postgres_is_frozen_is_not_begun(limited, person, postgres):
    limited(0.5)
    ann, turn = person(), new_id()
    with frozen(postgres):
        request = ann.gateway.send(
            "turn_begin_request", session=ann.session, turn_id=turn, text=QUESTION, window=20
        )
        request.wait_accept()
        request.cancel()
        # the CANCEL has been read
        ann.gateway.ask("limit_take_request", what="chat", address_hash="an address")
    assert request.wait_end().type != "FINAL"
    wait_until(lambda: nothing_is_held(ann, postgres), "nothing held")


def test_a_grant_that_two_were_told_of_is_given_back_by_the_last(limited, person, postgres):
    limited(0.5)
    ann, turn = person(), new_id()
    asked = {
        "session": ann.session,
        "turn_id": turn,
        "text": QUESTION,
        "window": 20,
        "request_nonce": 7,
    }
    with slow_reserves(postgres):
        first = ann.gateway.send("turn_begin_request", **asked)
        wait_until(lambda: ann.open().running_turn == turn, "the lease")
        second = ann.gateway.send("turn_begin_request", **asked)
        first.cancel()
        ann.open()  # the CANCEL has been read: frames keep their order
    assert first.wait_end().type != "FINAL"
    assert second.wait().outcome == GRANTED
    assert ann.open().running_turn == turn
    wait_until(lambda: reserves(postgres) == 1, "one reserve given back")


# ---- once -----------------------------------------------------------------------------------


def test_a_turn_that_is_followed_or_replayed_costs_nothing(limited, person, postgres):
    limited(0.5)
    turn = person().turn()
    assert [turn.again().outcome for _ in range(3)] == 3 * [FOLLOW]
    assert left(turn.person) == 0.48
    turn.commit(cost=0.01)
    assert turn.again().budget_left == left(turn.person) == 0.49
    assert reserves(postgres) == 0


def test_what_is_said_twice_counts_once(limited, person):
    limited(0.5)
    ann = person()
    turn = ann.turn()
    assert [turn.commit(cost=0.01).outcome for _ in range(3)] == [OK, DUP, DUP]
    turn.abort(spent=0)
    turn.abort(spent=1)
    assert left(ann) == 0.49
    for spent in (0, 1):
        turn = ann.turn(conversation="")
        for _ in range(3):
            turn.abort(spent=spent)
    assert left(ann) == 0.47


def test_many_at_once_settle_once(limited, person):
    limited(0.5)
    ann = person()
    turn = ann.turn()
    asked = [turn.send_commit(cost=0.01) for _ in range(16)]
    assert sorted(one.wait().outcome for one in asked) == [OK] + 15 * [DUP]
    assert left(ann) == 0.49


def test_a_fenced_turn_is_settled_by_its_abort(limited, person):
    limited(0.5)
    ann = person()
    turn = ann.turn()
    refused("conflict", turn.commit, seq=9, cost=0.01)
    assert left(ann) == 0.48
    turn.abort(spent=1)
    assert left(ann) == 0.48
    refused("conflict", turn.commit, seq=9, cost=0.01)
    assert left(ann) == 0.48


def test_a_turn_whose_gateway_died_is_spent_once(limited, person):
    """Its lease runs out, the same turn is begun anew: each of the two has a reserve of its own."""
    limited(0.5, LEASE_MS=1000)
    turn = person().turn()
    again = wait_until(lambda: (said := turn.again()).outcome == GRANTED and said, "a new grant", 5)
    assert again.budget_left == 0.46
    turn.epoch = again.epoch
    assert turn.commit(cost=0.01).budget_left == 0.47
    assert left(turn.person) == 0.47


def test_two_owners_of_one_turn_settle_each_their_own(limited, person, redis):
    """Redis was emptied, and the turn granted to another gateway under the same epoch."""
    limited(0.5)
    first = person().turn()
    with redis.client() as client:
        client.flushall()
        first.person.open(create=1)
    second = Turn(first.person, first.id, first.text, first.again())
    assert second.granted.outcome == GRANTED and second.epoch > first.epoch
    assert left(first.person) == 0.46
    assert second.commit(cost=0.001).outcome == OK
    # it hears that it lost, and gives up what it spent
    assert first.commit(cost=0.003).outcome == DUP
    first.abort(spent=1)
    assert left(first.person) == 0.479


# ---- what goes away -------------------------------------------------------------------------


def test_without_redis_the_budget_is_kept_all_the_same(limited, person, redis):
    store = limited(0.05)
    ann = person()
    pay(ann, 0.01)
    redis.kill()
    store.wait_for_event("redis.unavailable")
    first = ann.turn(conversation="")
    assert (first.granted.limits_unavailable, first.granted.budget_left) == (1, 0.02)
    second = ann.turn(conversation="")
    assert second.granted.budget_left == 0
    refused("budget", ann.begin, conversation="")
    first.commit(cost=0)
    second.abort(spent=0)
    assert left(ann) == 0.04


def test_an_abort_that_postgres_did_not_hear_is_worth_another_try(limited, person, postgres):
    store = limited(0.5)
    turn = person().turn()
    postgres.kill()
    store.wait_for_event("pg.unavailable")
    assert refused("store_down", turn.abort).retryable
    postgres.start()
    store.wait_for_event("pg.back")
    turn.abort()
    assert left(turn.person) == 0.5


def test_a_spooled_turn_is_settled_when_it_is_kept(limited, person, postgres):
    store = limited(0.5)
    turn = person().turn()
    postgres.kill()
    store.wait_for_event("pg.unavailable")
    said = turn.commit(cost=0.01)
    assert (said.outcome, said.has_budget) == (SPOOLED, 0)  # nobody can count now
    postgres.start()
    wait_until(
        lambda: postgres.query("SELECT count(*) FROM turns") == [(1,)], "the turn in Postgres", 20
    )
    assert left(turn.person) == 0.49
    assert turn.commit(cost=0.01).budget_left == 0.49


def test_a_deleted_chat_brings_no_money_back(limited, person):
    limited(0.5)
    ann = person()
    pay(ann, 0.3)
    ann.ask("conversation_clear_request", delete=1)
    assert left(ann) == 0.2


def test_a_cleared_session_takes_its_budget_along(limited, gateway, person, postgres):
    limited(0.05)
    ann = person()
    pay(ann, 0.01)
    ann.ask("conversation_clear_request")
    late, other = ann.turn(), ann.turn(conversation="")
    ann.ask("session_clear_request")
    refused("conflict", late.commit, cost=0.01)
    other.abort(spent=1)
    assert postgres.query("SELECT (SELECT count(*) FROM spending), (SELECT count(*) FROM reserves)"
                          ) == [(0, 0)]
    refused("signed_out", ann.begin)
    bob = Person(gateway)
    bob.open(create=1)
    assert left(bob) == 0.05


def test_a_budget_set_later_knows_what_was_spent(start_store, limited, person):
    store = start_store()
    ann = person()
    pay(ann, 0.3)
    store.stop()
    limited(0.31, "again")
    assert left(ann) == 0.01
    refused("budget", ann.begin)


def test_costs_of_an_older_schema_are_counted(limited, gateway, postgres):
    """As a store left it that knew of no budgets."""
    postgres.query(
        "CREATE TABLE schema_migrations (number integer PRIMARY KEY, name text NOT NULL,"
        " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    for number, file in enumerate(
        sorted((ROOT / "services/store/pg/migrations").glob("000[12]_*.sql")), start=1
    ):
        postgres.query(file.read_text())
        postgres.query("INSERT INTO schema_migrations VALUES (%s, %s, %s)", number, file.name,
                       hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest())
    ann, chat = Person(gateway), new_id()
    postgres.query(
        "INSERT INTO users (session_id, session_hash) VALUES (%s, %s)",
        ann.session,
        hashlib.sha256(ann.session.encode()).digest(),
    )
    postgres.query(
        "INSERT INTO conversations (id, user_id, last_seq) SELECT %s, id, 2 FROM users", chat
    )
    for seq, cost in ((1, 0.1), (2, 0.2)):
        postgres.query(
            "INSERT INTO turns SELECT id, %s, %s, %s, 1, 'committed', 2, 'm', 'stop', '', 1, 1, "
            "%s, 0, now()"
            " FROM users",
            new_id(),
            chat,
            seq,
            cost,
        )
    limited(0.5)
    assert left(ann) == 0.2


# ---- all at once ----------------------------------------------------------------------------


def grab(person, stores, count=50):
    """So many turns of one session begin at once, each in a chat of its own; returns the granted
    ones."""
    person.ask("conversation_clear_request")
    won, refusals = [], []
    ready = threading.Barrier(count)

    def one(number):
        turn = new_id()
        ready.wait()
        try:
            said = person.gateway.ask("turn_begin_request", to=stores[number % len(stores)],
                                      session=person.session, turn_id=turn, text="mine!")
            won.append(Turn(person, turn, "mine!", said))
        except BusError as why:
            refusals.append(why.code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) + len(refusals) == count, "some ended in another way"
    assert set(refusals) <= {"budget"}
    return won


def test_50_at_once_share_exactly_what_there_is(limited, gateway, person, redis):
    """Exactly seven reserves fit; what they did not need goes round again, whatever dies
    meanwhile."""
    dying = limited(7 * RESERVE, "store-1")
    first = gateway.wait_peer("store")
    limited(7 * RESERVE, "store-2")
    second = gateway.wait(
        lambda: next((one for one in gateway.live("store") if one is not first), None),
        "the second store",
    )
    ann = person(to=second)
    won = grab(ann, [first, second])
    assert len(won) == 7
    assert left(ann) == 0

    for turn in won[:4]:  # four times 0.015 comes back, so that three more fit
        assert turn.commit(cost=0.005).outcome == OK
    assert left(ann) == 0.06
    dying.kill()
    with redis.client() as client:
        client.flushall()
    assert left(ann) == 0.06
    more = grab(ann, [second])
    assert len(more) == 3
    assert left(ann) == 0

    for turn in won[4:]:
        turn.abort(spent=0)
    for turn in more:
        assert turn.commit(cost=0.019).outcome == OK
    assert left(ann) == 0.063  # 0.14 - 4 x 0.005 - 3 x 0.019
    assert len(grab(ann, [second])) == 3
    assert left(ann) == 0.003


def test_faults_of_the_budget_are_told(harness, store_env):
    env = {key: str(value) for key, value in store_env.items()}
    status, output = harness.run("store", "--check-config", env={
        **env, "SESSION_BUDGET": "0.01", "TURN_RESERVE": "0.02"})
    assert status == 78 and "TURN_RESERVE" in output
    status, output = harness.run("store", "--check-config", env={**env, "SESSION_BUDGET": "-1"})
    assert status == 78 and "SESSION_BUDGET" in output
