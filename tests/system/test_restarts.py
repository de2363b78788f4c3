"""Any part is killed and started again while people chat: nothing that was committed is lost."""

import threading
import uuid

import pytest
import requests

from support.standin import ANSWER
from support.wait import wait_until

BRAKES = "My brakes squeal"


def part(system, name):
    return {"gateway": lambda: system.gateways[0], "filter": lambda: system.filters[0],
            "store": lambda: system.stores[0], "redis": lambda: system.redis,
            "postgres": lambda: system.postgres, "llm-worker": lambda: system.workers[0]}[name]()


PARTS = ("gateway", "filter", "llm-worker", "store", "redis", "postgres")


class Talker(threading.Thread):
    """A person who sends a message again, under the same turn id, until it is answered."""

    def __init__(self, client, number):
        super().__init__(daemon=True)
        self.client, self.number = client, number
        self.done = []  # texts that were answered as committed
        self.strange = []  # what no client should ever see
        self.enough = threading.Event()  # finish what you ask, then stop
        self.pause = threading.Event()  # never set: waiting for it is a pause

    def run(self):
        while not self.enough.is_set():
            text = f"Tyre question {self.number}.{len(self.done) + 1}"
            if not self.ask(text, str(uuid.uuid4())):
                return
            self.done.append(text)
            self.enough.wait(0.02)

    def ask(self, text, turn_id):
        for _ in range(400):
            try:
                response = self.client.chat(text, turn_id=turn_id)
            except requests.RequestException:
                self.pause.wait(0.05)
                continue
            if response.status_code == 200 and response.json()["status"] in ("committed", "spooled"):
                return True
            if response.status_code not in (409, 502, 503, 504):
                self.strange.append(f"{response.status_code} {response.text}")
                return False
            self.pause.wait(0.05)
        self.strange.append(f"never answered: {text}")
        return False


@pytest.mark.parametrize("name", PARTS)
def test_history_survives_a_restart(system, name):
    system.start(workers=1)
    client = system.client()
    client.say(BRAKES)
    before = client.history
    victim = part(system, name)
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
    part(system, name).restart()
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
        assert [text for role, text in history if role == "assistant"] == [ANSWER] * len(talker.done)
