"""Somebody who never says anything twice, so that nothing that fails goes unnoticed."""

import threading

import requests

from support.wait import wait_until


class Guest(threading.Thread):
    """A person who never says anything twice: what fails once has failed."""

    def __init__(self, client, ask):
        super().__init__(daemon=True)
        self.client, self.ask = client, ask
        self.done, self.failed = [], []
        self.enough = threading.Event()

    def run(self):
        while not self.enough.is_set():
            text = f"Tyre question {len(self.done) + len(self.failed) + 1}"
            try:
                fault = self.ask(self.client, text)
            except (requests.RequestException, AssertionError) as error:
                fault = repr(error)
            if fault:
                self.failed.append(f"{text}: {fault}")
            else:
                self.done.append(text)


def all_say_more(guests, timeout=10.0):
    """Each of them two turns from now on: the first may have begun before."""
    seen = [len(guest.done) + len(guest.failed) for guest in guests]
    wait_until(
        lambda: all(
            len(guest.done) + len(guest.failed) >= count + 2 for guest, count in zip(guests, seen)
        ),
        "two more turns of everybody",
        timeout,
    )


def ask_stream(client, text):
    end = client.stream(text, model="standin/ok@tokens=10,delay=40").wait_end()
    return None if end.name == "done" else f"{end}"


def start_guests(entrance, count):
    guests = [Guest(entrance.client(), ask_stream) for _ in range(count)]
    for guest in guests:
        guest.start()
    all_say_more(guests, 30)
    return guests


def leave(guests):
    """They finish what they ask; none has seen a failure, and each finds all it said."""
    for guest in guests:
        guest.enough.set()
    for guest in guests:
        guest.join(60)
    failed = [failure for guest in guests for failure in guest.failed]
    assert not failed, failed
    for guest in guests:
        assert [text for role, text in guest.client.history if role == "user"] == guest.done
