"""Somebody who wants an answer, whatever happens meanwhile."""

import threading
import time
import uuid

import requests

PATIENCE = 45  # seconds for one answer; the test has a shorter limit of its own


class Talker(threading.Thread):
    """A person who sends a message again, under the same turn id, until it is answered."""

    def __init__(self, client, number):
        super().__init__(daemon=True)
        self.client, self.number = client, number
        self.done = []  # texts that were answered as committed
        self.strange = []  # what no client should ever see
        self.unsaved = 0  # answers that no store took in time: the same turn is sent again
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
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                response = self.client.chat(text, turn_id=turn_id)
            except requests.RequestException:
                self.pause.wait(0.05)
                continue
            if response.status_code == 200 and response.json()["status"] in (
                "committed",
                "spooled",
            ):
                return True
            if response.status_code == 200 and response.json()["status"] == "unsaved":
                self.unsaved += 1
            elif response.status_code not in (409, 502, 503, 504):
                self.strange.append(f"{response.status_code} {response.text}")
                return False
            self.pause.wait(0.05)
        self.strange.append(f"never answered: {text}")
        return False
