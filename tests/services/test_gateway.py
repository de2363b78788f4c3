"""What the gateway promises to browsers and scripts, alone on a bus of fake backends."""

import uuid

import pytest

from support.bus import say, stream
from support.client import Client
from support.processes import free_port
from support.wait import wait_until

CONVERSATION = "c0ffee00-0000-4000-8000-000000000001"
HELLO = "My brakes squeal when I stop. Why?"


class Gateway:
    """A gateway with its three fake backends, who all say yes unless a test tells them otherwise."""

    def __init__(self, house, keys, folder, env=None):
        self.house, self.keys, self.folder = house, keys, folder
        self.bus = f"127.0.0.1:{free_port()}"
        self.port_file = folder / "port"
        self.env = {
            "HTTP_ADDRESS": "127.0.0.1", "HTTP_PORT": 0, "HTTP_PORT_FILE": self.port_file,
            "BUS_BIND": f"tcp://{self.bus}", "BUS_SECRET_KEY_FILE": keys.path("gateway.secret"),
            "BUS_ALLOW_FILE": keys.path("bus-allow"), "SEAL_PUBLIC_KEYS_FILE": keys.path("seal.public"),
            "COOKIE_KEYS_FILE": keys.path("cookie.keys"), "DRAIN_SECONDS": 5, **(env or {})}
        self.process = house.start("gateway", self.env)
        self.process.wait_for_event("gateway.listening")
        self.port = int(self.port_file.read_text())
        self.url = f"http://127.0.0.1:{self.port}"


def store_scripts(store):
    store.on("session_open_ask", say("session_open_say", created_at=1000, expires_at=2000, remaining=19))
    store.on("limit_take_ask", say("limit_take_say", allowed=1))
    store.on("turn_begin_ask", say("turn_begin_say", conversation=CONVERSATION, epoch=7, seq=1))
    store.on("turn_renew_ask", say("turn_renew_say"))
    store.on("turn_commit_ask", say("turn_commit_say"))
    for done in ("turn_abort_ask", "turn_stop_ask", "session_save_ask", "session_clear_ask", "chat_clear_ask"):
        store.on(done, say("done_say"))


@pytest.fixture
def start(house, keys, tmp_path, backend):
    """start(**env) gives a gateway with .store, .filter and .worker, and .client() for people."""
    clients = []

    def make(**env):
        gateway = Gateway(house, keys, tmp_path, env)
        gateway.store = backend("store", gateway.bus)
        store_scripts(gateway.store)
        gateway.filter = backend("filter", gateway.bus)
        gateway.filter.on("filter_check_ask", say("filter_check_say", verdict=2, score=1.0, reason="test"))
        gateway.filter.on("filter_review_ask", say("filter_review_say", fit=1, score=1.0, reason="test"))
        gateway.worker = backend("llm-worker", gateway.bus, slots=4)
        gateway.worker.on("llm_answer_ask", stream(["Check ", "the pads."], prompt_tokens=5, completion_tokens=3))
        for one in (gateway.store, gateway.filter, gateway.worker):
            one.wait_welcome()

        def client():
            clients.append(Client(gateway.url))
            clients[-1].open()
            return clients[-1]
        gateway.client = client
        return gateway

    yield make
    for one in clients:
        one.close()


def test_a_message_is_answered_as_json(start):
    gateway = start()
    anna = gateway.client()
    answer = anna.say(HELLO)
    assert answer["response"] == "Check the pads."


def test_stream(start):
    gateway = start()
    anna = gateway.client()
    assert anna.stream(HELLO).wait_end().data["status"] == "committed"
