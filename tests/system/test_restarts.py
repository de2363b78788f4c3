"""Any part is killed and started again while people chat: nothing that was committed is lost."""

import uuid

import pytest
import requests

from support.standin import ANSWER
from support.system import PARTS
from support.talker import Talker
from support.wait import wait_until

BRAKES = "My brakes squeal"


@pytest.mark.parametrize("name", PARTS)
def test_history_survives_a_restart(system, name):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    before = client.history
    victim = system.part(name)
    victim.kill()
    victim.start()

    def as_before():
        try:
            return client.history == before
        except (requests.RequestException, KeyError):
            return False
    wait_until(as_before, "the history of before", timeout=12)
    talker = Talker(client, 1)
    assert talker.ask("My engine knocks", str(uuid.uuid4())), talker.strange
    assert client.history == before + [("user", "My engine knocks"), ("assistant", ANSWER)]


@pytest.mark.parametrize("name", PARTS)
def test_people_chat_through_a_restart(system, name):
    system.start(workers=1, LEASE_MS=4000)  # a turn of a gateway that died is free after that
    talkers = [Talker(system.client(), number) for number in range(3)]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        wait_until(lambda t=talker: len(t.done) >= 2, "two answers")
    system.part(name).restart()
    seen = [len(talker.done) for talker in talkers]
    for talker, count in zip(talkers, seen):
        wait_until(lambda t=talker, c=count: len(t.done) >= c + 3 or t.strange, "answers after it",
                   timeout=15)
    for talker in talkers:
        talker.enough.set()
    for talker in talkers:
        talker.join(10)
        assert not talker.strange
        history = talker.client.history
        assert [text for role, text in history if role == "user"] == talker.done
        assert [text for role, text in history if role == "assistant"] == [ANSWER] * len(
            talker.done
        )


# ---- a database stays away ----------------------------------------------------------------


def test_without_redis_people_chat_on(system):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    system.redis.kill()
    talker = Talker(client, 1)
    assert talker.ask("My engine knocks", str(uuid.uuid4())), talker.strange
    assert talker.ask("Which tyres for winter?", str(uuid.uuid4())), talker.strange
    system.redis.start()
    questions = [BRAKES, "My engine knocks", "Which tyres for winter?"]
    wait_until(
        lambda: [text for role, text in client.history if role == "user"] == questions,
        "the whole history",
    )


def test_without_postgres_nothing_begins_and_nothing_is_lost(system, standin):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    system.postgres.kill()
    refused = client.chat("My engine knocks")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["text"]) == (
        503,
        "store_down",
        "My engine knocks",
    )
    assert "Retry-After" in refused.headers and len(standin.completions) == 1
    system.postgres.start()
    talker = Talker(client, 1)
    assert talker.ask("My engine knocks", str(uuid.uuid4())), talker.strange
    assert [text for role, text in client.history if role == "user"] == [BRAKES, "My engine knocks"]


def test_postgres_may_be_away_while_an_answer_is_written(system):
    system.start(workers=1)
    client = system.client()
    stream = client.stream(BRAKES, model="standin/ok@tokens=60,delay=30")
    stream.wait_for("delta")
    system.postgres.restart()
    end = stream.wait_end()
    assert end.name == "done" and end.data["status"] in ("committed", "spooled"), end
    wait_until(
        lambda: client.history == [("user", BRAKES), ("assistant", stream.text)],
        "the turn in history",
    )
