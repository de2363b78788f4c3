"""What the private Redis and Postgres promise: a kill loses nothing that was answered."""

from contextlib import closing


def test_redis_keeps_what_it_answered(redis):
    with closing(redis.client()) as client:
        client.set("answer", "kept")
    redis.restart()
    with closing(redis.client()) as client:
        assert client.get("answer") == "kept"


def test_postgres_keeps_what_it_answered(postgres):
    postgres.query("CREATE TABLE answers (text text)")
    postgres.query("INSERT INTO answers VALUES (%s)", "kept")
    postgres.restart()
    assert postgres.query("SELECT text FROM answers") == [("kept",)]


def test_postgres_flushes(postgres):
    assert postgres.query("SHOW fsync") == [("on",)]
    assert postgres.query("SHOW synchronous_commit") == [("on",)]


def test_every_test_has_an_empty_database(postgres):
    assert postgres.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
