"""What the store promises of the schema: made once, forward only, and never one that is not
ours."""

import pytest

from support.store import QUESTION

EX_CONFIG = 78


def migrations(postgres):
    return postgres.query("SELECT number, name, checksum FROM schema_migrations ORDER BY number")


def ends_unfit(store):
    store.expected.add(EX_CONFIG)
    assert store.wait() == EX_CONFIG
    (event,) = store.find_events("pg.schema_incompatible")
    return event["why"]


def test_two_stores_at_once_migrate_once(start_store, gateway, postgres, person):
    stores = [start_store(f"store-{number}", wait=False) for number in range(4)]
    for store in stores:
        store.wait_for_event("pg.up")
    ran = [event["file"] for store in stores for event in store.find_events("pg.migrated")]
    rows = migrations(postgres)
    assert sorted(ran) == [name for _, name, _ in rows]
    assert [number for number, _, _ in rows] == list(range(1, len(rows) + 1))
    gateway.wait_peer("store", 4)


def test_a_second_start_changes_nothing(start_store, postgres, person):
    store = start_store()
    person().say()
    rows = migrations(postgres)
    store.stop()
    again = start_store("again")
    assert not again.find_events("pg.migrated")
    assert migrations(postgres) == rows
    assert postgres.query("SELECT content FROM messages WHERE message_role = 'user'") == [
        (QUESTION,)
    ]


def test_a_schema_with_another_past_is_refused(start_store, postgres):
    start_store().stop()
    postgres.query("UPDATE schema_migrations SET checksum = 'x' WHERE number = 2")
    assert "0002" in ends_unfit(start_store("again", wait=False))


def test_a_newer_schema_is_refused(start_store, postgres):
    start_store().stop()
    postgres.query("INSERT INTO schema_migrations VALUES (9999, '9999_of_the_future.sql', 'x')")
    assert "newer" in ends_unfit(start_store("again", wait=False))


def test_the_tables_of_the_first_version_are_set_aside(start_store, postgres, person):
    postgres.query("CREATE TABLE users (id serial PRIMARY KEY, session_id uuid UNIQUE,"
                   " created_at timestamp, last_active timestamp)")
    postgres.query("CREATE TABLE conversations (id serial PRIMARY KEY, user_id integer,"
                   " message_role varchar(10), content text, created_at timestamp)")
    postgres.query("CREATE TABLE api_keys (id serial PRIMARY KEY, user_id integer,"
                   " encrypted_key text, model_preference varchar(100), created_at timestamp)")
    postgres.query("CREATE TABLE code_snippet (id serial PRIMARY KEY, name varchar(100), code text,"
                   " created_at timestamp, updated_at timestamp)")
    postgres.query("INSERT INTO conversations (message_role, content) VALUES ('user', 'long ago')")
    start_store()
    assert postgres.query("SELECT content FROM legacy_conversations") == [("long ago",)]
    assert postgres.query("SELECT count(*) FROM legacy_users, legacy_api_keys, legacy_code_snippet"
                          ) == [(0,)]
    person().say()


def test_what_is_of_no_use_any_more_goes(start_store, postgres, person):
    """Marks of cleared sessions and deleted chats after a month, the audit log after its time."""
    store = start_store()
    ann, bob, cid = person(), person(), person()
    ann.say()
    ann.ask("session_clear_request")
    bob.say()
    bob.ask("conversation_clear_request", delete=1)
    bob.say(conversation="")
    cid.say()
    store.stop()
    for column, table in (
        ("cleared_at", "users"),
        ("deleted_at", "conversations"),
        ("at", "audit_log"),
    ):
        postgres.query(
            f"UPDATE {table} SET {column} = now() - interval '31 days 1 minute'"
            f" WHERE {column} IS NOT NULL"
        )
    again = start_store("again", AUDIT_DAYS=31)
    assert again.wait_for_event("retention.deleted")["rows"] == "4"
    assert postgres.query(
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM conversations),"
        " (SELECT count(*) FROM audit_log), (SELECT count(*) FROM turns)"
    ) == [(2, 2, 0, 2)]


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
def test_a_server_that_does_not_flush_is_refused(start_store, postgres, person, setting):
    if setting == "fsync":
        postgres.query("ALTER SYSTEM SET fsync = off")
        postgres.query("SELECT pg_reload_conf()")
    else:
        postgres.query(f"ALTER DATABASE {postgres.database} SET synchronous_commit = off")
    try:
        store = start_store(wait=False)
        assert setting in store.wait_for_event("pg.unavailable")["why"]
        assert not store.find_events("pg.up")
    finally:
        postgres.query("ALTER SYSTEM RESET fsync")
        postgres.query("SELECT pg_reload_conf()")
        postgres.query(f"ALTER DATABASE {postgres.database} RESET synchronous_commit")
    store.wait_for_event("pg.back")
    person().say()


def test_faults_in_the_configuration_are_told_at_once(harness):
    status, output = harness.run("store", "--check-config", env={
        "REDIS_URL": "http://elsewhere", "POSTGRES_URL": "postgresql://%%%", "MESSAGES_PER_MINUTE": "many"})
    assert status == EX_CONFIG
    for name in (
        "REDIS_URL",
        "POSTGRES_URL",
        "MESSAGES_PER_MINUTE",
        "BUS_GATEWAYS",
        "BUS_SECRET_KEY",
    ):
        assert name in output


def test_a_good_configuration_is_shown_without_secrets(harness, store_env):
    status, output = harness.run("store", "--check-config", env={
        **{key: str(value) for key, value in store_env.items()},
        "REDIS_URL": "redis://:hidden@localhost"})
    assert status == 0
    assert "REDIS_URL=(set)" in output and "hidden" not in output
