"""What users notice when somebody else changes the databases while the system runs."""

import uuid

import pytest

BRAKES, ENGINE = "My brakes squeal", "My engine knocks"


def is_healthy(client):
    """A turn is committed and read back; nothing was lost."""
    turn_id = str(uuid.uuid4())
    response = client.chat(ENGINE, turn_id=turn_id)
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "committed"
    return client.open()["chat_history"][-1]["turn_id"] == turn_id


def test_scripts_are_loaded_again_after_script_flush(system):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    with system.redis.client() as redis:
        for _ in range(3):
            redis.script_flush()
            assert is_healthy(client)
    assert system.health()["status"] == "ok"


@pytest.mark.parametrize("change", [
    "ALTER TABLE turns ALTER COLUMN model TYPE varchar(400)",
    "ALTER TABLE turns ADD COLUMN added_by_an_operator text NOT NULL DEFAULT 'x'",
    "ALTER TABLE interrupted ADD COLUMN added_by_an_operator text",
    "ALTER TABLE conversations ADD COLUMN added_by_an_operator integer",
    "ALTER TABLE messages ALTER COLUMN content TYPE varchar",
])
def test_a_column_that_changes_under_prepared_statements_costs_no_turn(system, change):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    client.open()
    system.postgres.query(change)
    assert is_healthy(client)
    assert client.get("/conversations").status_code == 200
    assert client.get("/search?q=brakes").status_code == 200


def test_connections_that_are_terminated_cost_no_turn(system):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    ended = system.postgres.query(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
    assert ended[0][0] >= 1
    assert is_healthy(client)
