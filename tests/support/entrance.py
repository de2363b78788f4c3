"""The https address by which people come to a chat behind nginx, and what can be seen from before
it."""

import time

import requests

from support.client import Client
from support.wait import wait_until


class Entrance:
    def __init__(self, port, certificate):
        self.url, self.certificate = f"https://localhost:{port}", str(certificate)
        self._clients = []

    def client(self):
        client = Client(self.url)
        client.http.verify = self.certificate
        self._clients.append(client)
        client.open()
        return client

    def close_clients(self):
        for client in self._clients:
            client.close()

    def open_page_and_ask(self):
        """The page is there, and an answer begins to be seen before it is whole."""
        client = self.client()
        page = client.http.get(self.url, timeout=10)
        assert page.status_code == 200 and "<html" in page.text
        stream = client.stream("My brakes squeal", model="standin/ok@tokens=30,delay=50")
        stream.wait_for("delta")
        assert not stream.closed.is_set(), "the first words came with the last"
        assert stream.wait_end().name == "done"

    def health(self):
        return requests.get(f"{self.url}/health", verify=self.certificate, timeout=10).json()

    def see(self, **counts):
        """Whether every gateway sees so many; nginx asks them in turn."""
        want = {name.replace("_", "-"): count for name, count in counts.items()}
        try:
            for _ in range(4):
                services = self.health()["services"]
                if any(services.get(name) != count for name, count in want.items()):
                    return False
        except (requests.RequestException, ValueError, KeyError):
            return False
        return True

    def wait_whole(self, timeout=40.0, **counts):
        """Until all gateways see all services; returns how long it took."""
        since = time.monotonic()
        wait_until(
            lambda: self.see(**{"filter": 2, "llm_worker": 2, "store": 2, **counts}),
            f"the chat {counts}",
            timeout,
        )
        return time.monotonic() - since
