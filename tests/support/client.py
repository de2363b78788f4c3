"""A browser in a few lines: session cookie, CSRF token, JSON and event streams.

Every answer it gets, and every event, must be one that docs/openapi.yaml allows.
"""

import json
import threading
import time
import uuid

import requests

from support.contract import Breach, check_response, contract
from support.wait import SCALE, wait_until

TERMINAL = ("done", "retracted", "error")


class Event:
    def __init__(self, name, id_, data):
        self.name, self.id, self.data = name, id_, data
        self.at = time.monotonic()  # when it came

    def __repr__(self):
        return f"{self.name} {self.id} {self.data}"


def parse_events(lines):
    """Events of a text/event-stream; a comment comes as an Event named ":"."""
    name, id_, data = "message", None, []
    for line in lines:
        if line.startswith(":"):
            yield Event(":", None, line[1:].strip())
        elif line:
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if key == "event":
                name = value
            elif key == "id":
                id_ = value
            elif key == "data":
                data.append(value)
        elif data:
            yield Event(name, id_, json.loads("\n".join(data)))
            name, id_, data = "message", None, []


class Stream:
    """An answer as it comes; read in a thread, so a test may look at it meanwhile."""

    def __init__(self, response):
        self.response = response
        response.encoding = "utf-8"  # as the format demands, whatever the header says
        self.status = response.status_code
        self.events, self.comments, self.breaches = [], [], []
        self.closed = threading.Event()
        self._thread = threading.Thread(target=self._read, name="stream", daemon=True)
        self._thread.start()

    def _read(self):
        try:
            lines = self.response.iter_lines(chunk_size=1, decode_unicode=True)
            for event in parse_events(lines):
                self._take(event)
        except (requests.RequestException, AttributeError, OSError, ValueError):
            pass  # cut by either side; what is missing then is the terminal event
        finally:
            self.closed.set()

    def _take(self, event):
        if event.name == ":":
            self.comments.append(event)
            return
        try:
            contract().check_event(event.name, event.data)
        except Breach as breach:
            self.breaches.append(breach)
        self.events.append(event)

    @property
    def text(self):
        return "".join(event.data["text"] for event in list(self.events) if event.name == "delta")

    def find(self, name):
        return next((event for event in list(self.events) if event.name == name), None)

    def wait_for(self, name, timeout=10.0):
        """The first event with that name."""
        def found():
            event = self.find(name)
            assert (
                event or not self.closed.is_set()
            ), f"the stream ended without {name}: {self.events}"
            return event
        return wait_until(found, f"the event {name}; so far {self.events}", timeout)

    def wait_end(self, timeout=20.0):
        """The terminal event; there must be exactly one, and nothing behind it."""
        assert self.closed.wait(SCALE * timeout), f"the stream did not end: {self.events[-3:]}"
        ends = [event for event in self.events if event.name in TERMINAL]
        assert len(ends) == 1 and self.events[-1] is ends[0], f"not one end: {self.events}"
        return ends[0]

    def hang_up(self):
        """Leaves, as a closed tab does."""
        self.response.raw._fp.fp.raw._sock.shutdown(2)
        assert self.closed.wait(SCALE * 5)


class Client:
    """One person with one browser."""

    def __init__(self, url):
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy of the machine between us
        self.http.hooks["response"].append(check_response)
        self.csrf = None
        self._streams = []

    def close(self):
        for stream in self._streams:
            stream.response.close()
            stream.closed.wait(5)
        self.http.close()
        breaches = [breach for stream in self._streams for breach in stream.breaches]
        if breaches:
            raise breaches[0]

    def open(self):
        """The first visit, or a reload; returns what the page gets."""
        session = self.get("/get_session_data").json()
        self.csrf = session.get("csrf_token")
        return session

    @property
    def history(self):
        """(role, content) of each message of the current chat, all pages of it."""
        page = self.open()
        lines = page["chat_history"]
        while page["more"]:
            page = self.get(
                f"/conversations/{page['conversation_id']}?cursor={page['more']}"
            ).json()
            lines = page["chat_history"] + lines
        return [(line["role"], line["content"]) for line in lines]

    def get(self, path, **options):
        return self.http.get(self.url + path, timeout=SCALE * 25, **options)

    def post(self, path, body=None, headers=None, **options):
        headers = {"X-CSRF-Token": self.csrf, **(headers or {})} if self.csrf else headers
        return self.http.post(self.url + path, json=body if body is not None else {},
                              headers=headers, timeout=SCALE * 25, **options)

    def chat(self, message, **fields):
        """One turn as JSON; returns the response."""
        return self.post("/chat", {"message": message, **fields})

    def say(self, message, **fields):
        """One turn that must succeed; returns its body."""
        response = self.chat(message, **fields)
        assert response.status_code == 200, f"{response.status_code} {response.text}"
        return response.json()

    def stream(self, message, **fields):
        """One turn as a stream of events."""
        body = {"message": message, "turn_id": str(uuid.uuid4()), **fields}
        return self._follow(self.post("/chat", body, {"Accept": "text/event-stream"}, stream=True))

    def follow(self, turn_id, after=0):
        return self._follow(self.get(f"/chat/events/{turn_id}?after={after}", stream=True))

    def stop(self, turn_id):
        return self.post("/chat/stop", {"turn_id": turn_id})

    def _follow(self, response):
        stream = Stream(response)
        self._streams.append(stream)
        return stream
