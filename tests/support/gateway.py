"""The real gateway with three fake backends that all say yes, unless a test tells them
otherwise."""

import re
import socket

from support.bus import error, say, stream
from support.client import Client
from support.processes import free_port

CONVERSATION = "c0ffee00-0000-4000-8000-000000000001"


class RealGateway:
    def __init__(self, harness, keys, folder, label="gateway", **settings):
        self.harness, self.keys = harness, keys
        self.bus = f"127.0.0.1:{free_port()}"
        self.port_file = folder / f"{label}.port"
        self.env = {
            "HTTP_ADDRESS": "127.0.0.1",
            "HTTP_PORT": 0,
            "HTTP_PORT_FILE": self.port_file,
            "BUS_BIND": f"tcp://{self.bus}",
            "BUS_SECRET_KEY_FILE": keys.path("gateway.secret"),
            "BUS_ALLOW_FILE": keys.path("bus-allow"),
            "SEAL_PUBLIC_KEYS_FILE": keys.path("seal.public"),
            "COOKIE_KEYS_FILE": keys.path("cookie.keys"),
            "ACCOUNT_KEY_FILE": keys.path("account.key"),
            "SESSIONS_PER_MINUTE": 100000,
            **settings,
        }
        self.clients = []
        self.process = harness.start("gateway", self.env, label=label)
        self.process.wait_for_event("gateway.listening")
        self.port = int(self.port_file.read_text())
        self.url = f"http://127.0.0.1:{self.port}"

    def give_backends(self, make):
        """make is the fixture `backend`."""
        self.store = _agreeable_store(make("store", self.bus))
        self.filter = make("filter", self.bus)
        self.filter.on("filter_check_request", say("filter_check_reply", verdict=2, reason="test"))
        self.filter.on(
            "filter_review_request", say("filter_review_reply", accepted=1, reason="test")
        )
        self.worker = make("llm-worker", self.bus, slots=4)
        self.worker.on(
            "llm_answer_request",
            stream(["Check ", "the pads."], prompt_tokens=5, completion_tokens=3, cost=0.25),
        )
        for one in (self.store, self.filter, self.worker):
            one.wait_welcome()

    def stranger(self):
        """A browser that has not been here."""
        self.clients.append(Client(self.url))
        return self.clients[-1]

    def client(self):
        """A browser with a session."""
        somebody = self.stranger()
        somebody.open()
        return somebody

    def connect(self, timeout=15):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout)
        self.clients.append(connection)
        return connection

    def raw(self, text, timeout=15):
        """Sends these bytes and reads until the other side closes or is done: (status, all of
        it)."""
        with self.connect(timeout) as connection:
            connection.sendall(text if isinstance(text, bytes) else text.encode())
            answer = read_reply(connection)
        return status_of(answer), answer

    def close(self):
        for one in self.clients:
            one.close()


def status_of(answer):
    found = re.match(rb"HTTP/1\.[01] (\d+)", answer)
    return int(found.group(1)) if found else None


def read_reply(connection):
    """One reply with its body by Content-Length, or all there is until the connection closes."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if end and length and len(body) >= int(length.group(1)):
            return data
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not more:
            return data
        data += more


def _agreeable_store(store):
    store.on("session_open_request", say("session_open_reply", created_at=1_700_000_000_000,
                                     expires_at=1_700_000_100_000, remaining=19))
    store.on("limit_take_request", say("limit_take_reply", allowed=1))
    store.on(
        "turn_begin_request", say("turn_begin_reply", conversation=CONVERSATION, epoch=7, seq=1)
    )
    for renewal in ("turn_renew_request", "turn_append_request"):
        store.on(renewal, say("turn_renew_reply"))
    store.on("turn_follow_request", error("not_found"))
    store.on("turn_commit_request", say("turn_commit_reply"))
    for done in (
        "turn_abort_request",
        "turn_stop_request",
        "session_save_request",
        "session_clear_request",
        "conversation_clear_request",
    ):
        store.on(done, say("done_reply"))
    return store
