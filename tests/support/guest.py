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
    wait_until(lambda: all(len(guest.done) + len(guest.failed) >= count + 2
                           for guest, count in zip(guests, seen)), "two more turns of everybody", timeout)
