"""What the store promises while Redis or Postgres is away, and when it is back."""

import signal
from contextlib import closing

import psycopg2
import pytest

from support.servers import RedisCluster
from support.store import ANSWER, DUP, GRANTED, KEPT, OK, QUESTION, SPOOLED, Person, new_id, refused
from support.wait import wait_until

FOLLOW_RUNNING = 0


@pytest.fixture
def tcp(redis, postgres, proxy, store_env):
    """Both databases behind a TCP proxy, under a name; tcp.redis.stall() and so on."""
    class Tcp:
        pass
    tcp = Tcp()
    tcp.redis = proxy(redis.socket)
    tcp.postgres = proxy(str(postgres.folder / ".s.PGSQL.5432"))
    store_env["REDIS_URL"] = f"redis://localhost:{tcp.redis.port}/3"
    store_env["POSTGRES_URL"] = (f"postgresql://chat@localhost:{tcp.postgres.port}/{postgres.database}"
                                 "?sslmode=disable")
    return tcp


def without_redis(store, redis):
    redis.kill()
    store.wait_for_event("redis.unavailable")


def without_postgres(store, postgres):
    postgres.kill()
    store.wait_for_event("pg.unavailable")


# ---- Redis ----------------------------------------------------------------------------------


def test_without_redis_turns_go_on(store, person, redis):
    ann = person()
    ann.say("first")
    without_redis(store, redis)
    turn = ann.turn("second")
    assert (turn.granted.limits_unavailable, turn.seq) == (1, 2)
    assert [line.text for line in turn.granted.context] == ["first", ANSWER]
    for said in (turn.renew(), turn.append(0, "Every")):
        assert (said.stop, said.lost, said.not_buffered) == (0, 0, 1)
    assert [turn.commit().outcome, turn.commit().outcome] == [OK, DUP]
    assert turn.again().text == ANSWER
    assert len(ann.history().messages) == len(ann.open().messages) == 4


def test_without_redis_the_gateway_counts_and_stops_by_itself(store, person, redis):
    ann = person()
    turn = ann.turn()
    without_redis(store, redis)
    said = ann.gateway.ask("limit_take_request", what="chat", address_hash="an address")
    assert (said.allowed, said.limits_unavailable) == (1, 1)
    assert refused("store_down", turn.stop).retryable
    turn.abort()


def test_without_redis_somebody_new_can_chat(store, gateway, redis):
    without_redis(store, redis)
    ann = Person(gateway)
    said = ann.open(create=1)
    assert said.expires_at == pytest.approx(said.created_at + 24 * 3600 * 1000, abs=5000)
    ann.say()
    assert len(ann.open().messages) == 2


def test_without_redis_a_session_that_never_spoke_may_begin(store, person, redis):
    ann = person()
    without_redis(store, redis)
    assert ann.say().seq == 1


def test_redis_comes_back(store, person, redis):
    ann = person()
    ann.say()
    without_redis(store, redis)
    redis.start()
    store.wait_for_event("redis.back")
    assert ann.begin().limits_unavailable == 0
    assert len(store.find_events("redis.unavailable")) == 1


def test_a_turn_kept_without_redis_is_not_busy_when_it_comes_back(store, person, redis):
    ann = person()
    turn = ann.turn()
    without_redis(store, redis)
    assert turn.commit().outcome == OK
    redis.start()
    store.wait_for_event("redis.back")
    assert ann.say("second").seq == 2


def test_a_turn_outlives_an_emptied_redis(store, person, redis):
    ann = person()
    ann.say()
    turn = ann.turn("second")
    with redis.client() as client:
        client.flushall()
    assert not turn.renew().lost
    refused("busy", ann.begin, "third")
    turn.stop()
    assert turn.renew().stop == 1
    assert turn.commit().outcome == OK
    assert ann.turn("third").epoch > turn.epoch


def test_an_older_copy_of_redis_grants_nothing_that_is_fenced(store, person, redis):
    ann = person()
    ann.say()
    with redis.client() as client:
        (key,) = client.keys("*:turns")
        copy = client.dump(key)
        for number in range(3):
            ann.say(str(number))
        client.restore(key, 60000, copy, replace=True)
    assert ann.say("after").seq == 5


def test_without_redis_a_running_turn_may_be_there(store, person, redis):
    """Only Redis knows of it: whoever follows it is not told that there is no such turn."""
    ann = person()
    turn = ann.turn()
    assert ann.ask("turn_follow_request", turn_id=turn.id, after=0).outcome == FOLLOW_RUNNING
    without_redis(store, redis)
    refused("store_down", ann.ask, "turn_follow_request", turn_id=turn.id, after=0)
    redis.start()
    store.wait_for_event("redis.back")
    refused("not_found", ann.ask, "turn_follow_request", turn_id=new_id(), after=0)
    assert ann.ask("turn_follow_request", turn_id=turn.id, after=0).outcome == FOLLOW_RUNNING


def test_scripts_that_redis_forgot_are_sent_again(store, person, redis):
    with redis.client() as client:
        client.script_flush()
    assert person().turn().granted.limits_unavailable == 0
    assert not store.find_events("redis.refused")


def test_a_stalled_redis_is_away(start_store, tcp, gateway):
    store = start_store(REDIS_REPLY_MS=300)
    ann = Person(gateway)
    ann.open(create=1)
    tcp.redis.stall()
    assert ann.begin().limits_unavailable == 1
    store.wait_for_event("redis.unavailable", why='no reply in time')
    tcp.redis.resume()
    store.wait_for_event("redis.back")
    assert ann.begin("another").limits_unavailable == 0


def test_redis_has_names_passwords_and_databases(harness, redis, start_store, proxy, gateway):
    with redis.client() as client:
        client.config_set("requirepass", "p@ss/word:1")
    line = proxy(redis.socket)
    start_store(REDIS_URL=f"redis://:p@ss/word:1@localhost:{line.port}/7")
    ann = Person(gateway)
    ann.open(create=1)
    with redis.client() as client:
        client.execute_command("AUTH", "p@ss/word:1")
        client.execute_command("SELECT", 7)
        assert client.keys("*:session")


def test_a_redis_that_may_lose_what_it_keeps_is_told(redis, start_store, person):
    assert not start_store().find_events("redis.not_durable")
    with redis.client() as client:
        client.config_set("appendfsync", "everysec")
    again = start_store("again")
    assert again.wait_for_event("redis.not_durable")["appendfsync"] == "everysec"
    assert person().say().seq == 1


def test_a_wrong_password_is_told_once(redis, start_store, gateway):
    with redis.client() as client:
        client.config_set("requirepass", "secret-of-redis")
    store = start_store(wait=False)
    store.wait_for_event("redis.unavailable")
    gateway.wait_peer("store")
    store.wait_for_event("pg.up")
    assert Person(gateway).open(create=1).created_at
    assert len(store.find_events("redis.unavailable")) == 1


def test_scripts_work_on_redis_cluster(harness, short_folder, start_store, person):
    cluster = RedisCluster(harness, short_folder / "cluster").start()
    store = start_store(REDIS_URL=f"unix:{cluster.socket}")
    ann = person()
    turn = ann.turn()
    turn.append(0, "x")
    turn.stop()
    assert turn.renew().stop == 1
    turn.commit()
    ann.ask("session_save_request", key_change=1, sealed_key=b"\x01kx", remember=0)
    ann.ask("limit_take_request", what="key_test", address_hash="a")
    ann.ask("conversation_clear_request", delete=1)
    ann.ask("session_clear_request")
    assert not store.find_events("redis.refused")


def test_an_empty_redis_signs_nobody_out_who_may_be_in_postgres(store, person, redis, postgres):
    ann = person()
    ann.say()
    without_postgres(store, postgres)
    with redis.client() as client:
        client.flushall()
    refused("store_down", ann.open)
    refused("store_down", ann.history)
    postgres.start()
    store.wait_for_event("pg.back")
    assert len(ann.open().messages) == 2


# ---- Postgres -------------------------------------------------------------------------------


def test_without_postgres_nothing_is_begun(store, person, postgres):
    ann = person()
    ann.say()
    without_postgres(store, postgres)
    error = refused("store_down", ann.begin)
    assert error.retryable
    refused("store_down", ann.ask, "session_clear_request")
    refused("store_down", ann.ask, "conversation_clear_request")
    postgres.start()
    store.wait_for_event("pg.back")
    assert len(ann.history().messages) == 2
    assert ann.begin("next").outcome == GRANTED
    assert len(store.find_events("pg.unavailable")) == 1


def test_a_commit_waits_for_postgres(store, person, postgres):
    turn = person().turn()
    without_postgres(store, postgres)
    asked = turn.send_commit(ttl_ms=25000)
    postgres.start()
    assert asked.wait(25).outcome in (OK, DUP, SPOOLED)  # the last if Postgres took long to start
    wait_until(lambda: postgres.query("SELECT count(*) FROM turns") == [(1,)], "the turn")


def test_a_commit_whose_connection_breaks_is_sent_again(start_store, tcp, person, postgres):
    """The proxy swallows the answer: nobody knows whether it was kept, and it is kept once."""
    start_store(PG_CONNECTIONS=1)
    turns = [person().turn() for _ in range(4)]
    tcp.postgres.stall()
    asked = [turn.send_commit() for turn in turns]
    tcp.postgres.cut()
    tcp.postgres.resume()
    for one in asked:
        assert one.wait().outcome in (OK, DUP)
    assert postgres.query("SELECT count(*) FROM turns") == [(4,)]


def test_an_answer_of_postgres_that_makes_no_sense_breaks_the_connection(
    start_store, tcp, person, postgres
):
    start_store(PG_CONNECTIONS=1)
    turn = person().turn()
    tcp.postgres.stall(to="client")
    asked = turn.send_commit()
    wait_until(lambda: postgres.query("SELECT count(*) FROM turns") == [(1,)], "the turn")
    tcp.postgres.spoil()
    tcp.postgres.resume()
    wait_until(lambda: tcp.postgres.open_connections == 0, "the connection to break")
    tcp.postgres.heal()
    assert asked.wait().outcome == DUP
    assert turn.follow().outcome == KEPT


def test_a_stalled_postgres_is_away(start_store, tcp, gateway):
    store = start_store(PG_STATEMENT_MS=300)
    ann = Person(gateway)
    ann.open(create=1)
    tcp.postgres.stall()
    refused("store_down", ann.begin)
    tcp.postgres.resume()
    wait_until(
        lambda: store.find_events("pg.back") or not store.find_events("pg.unavailable"),
        "its return",
    )
    wait_until(lambda: ann.ask("session_open_request").from_cache == 0, "its return")
    assert ann.say().seq == 1


def test_a_lock_that_others_hold_is_not_waited_for_for_ever(start_store, person, postgres):
    store = start_store(PG_STATEMENT_MS=500)
    ann, bob = person(), person()
    ann.say()
    turn = ann.turn("second")
    with closing(psycopg2.connect(host=str(postgres.folder), user="chat",
                                  dbname=postgres.database)) as other:
        other.cursor().execute("SELECT * FROM conversations WHERE id = %s FOR UPDATE", (ann.chat,))
        asked = turn.send_commit()
        assert bob.say().seq == 1  # others are not held up
        assert asked.wait().outcome == SPOOLED
    store.wait_for_event("spool.drained", kept=1)
    assert turn.commit().outcome == DUP


def test_a_database_that_comes_late_is_waited_for(start_store, gateway, person, postgres, redis):
    postgres.kill()
    redis.kill()
    store = start_store(wait=False)
    gateway.wait_peer("store")
    store.wait_for_event("pg.unavailable")
    store.wait_for_event("redis.unavailable")
    refused("store_down", Person(gateway).open, create=1)
    redis.start()
    postgres.start()
    store.wait_for_event("pg.back", timeout=20)
    store.wait_for_event("redis.back", timeout=20)
    assert person().say().seq == 1


def test_with_both_away_everything_says_so(store, person, postgres, redis):
    ann = person()
    ann.say()
    turn = ann.turn(QUESTION)
    without_redis(store, redis)
    without_postgres(store, postgres)
    for ask in (ann.open, ann.begin, ann.history, turn.stop):
        assert refused("store_down", ask).retryable
    assert refused("store_down", turn.send_commit(ttl_ms=500).wait).retryable


# ---- starting and ending --------------------------------------------------------------------


def test_a_drained_store_finishes_what_it_has(start_store, tcp, person):
    store = start_store()
    ann = person()
    tcp.redis.stall()
    asked = [ann.gateway.send("session_open_request", session=ann.session) for _ in range(50)]
    for one in asked:
        one.wait_accept()
    store.signal(signal.SIGTERM)
    ann.gateway.wait_frame("DRAIN")
    tcp.redis.resume()
    assert {one.wait_end().type for one in asked} == {"FINAL"}
    assert store.wait() == 0


def test_a_drain_does_not_wait_for_a_database(store, person, postgres):
    turn = person().turn()
    without_postgres(store, postgres)
    asked = turn.send_commit(ttl_ms=2000)
    asked.wait_accept()
    assert store.stop(timeout=15) == 0
    assert asked.wait().outcome == SPOOLED
