"""The whole chat on real processes: gateways, filters, workers, stores, Redis, Postgres,
stand-in."""


import requests

from support.client import Client
from support.processes import Process, free_port, program
from support.servers import Nginx
from support.standin import KEY
from support.wait import wait_until

# Tests come from one address and ask faster than people.
NO_LIMITS = {"MESSAGES_PER_MINUTE": 1000000, "ADDRESS_PER_MINUTE": 1000000,
             "SESSIONS_PER_MINUTE": 1000000}


PARTS = ("gateway", "filter", "llm-worker", "store", "redis", "postgres")


class System:
    """Nothing runs before start(); what is started anew keeps its ports and its data."""

    def __init__(self, harness, keys, redis, postgres, standin):
        self.harness, self.keys = harness, keys
        self.redis, self.postgres, self.standin = redis, postgres, standin
        self.gateways, self.filters, self.workers, self.stores = [], [], [], []
        self.settings = dict(NO_LIMITS)  # of all services, added to what they need anyway
        self._clients = []

    def start(self, workers=2, gateways=1, filters=1, stores=1, **settings):
        """Starts so many of each, and waits until they have found each other."""
        self.settings.update(settings)
        for _ in range(gateways):
            self._plan_gateway()
        for gateway in self.gateways:
            gateway.start()
        for _ in range(stores):
            self.add_store()
        for _ in range(filters):
            self.add_filter()
        for _ in range(workers):
            self.add_worker()
        self.wait_ready()
        return self

    def part(self, name):
        """The first process of that kind, one of PARTS."""
        return {"gateway": self.gateways, "filter": self.filters, "llm-worker": self.workers,
                "store": self.stores, "redis": [self.redis], "postgres": [self.postgres]}[name][0]

    def add_backend(self, name, **settings):
        """One more of a kind, one of PARTS; with BUS_GATEWAYS it dials these only."""
        add = {"filter": self.add_filter, "llm-worker": self.add_worker, "store": self.add_store}
        return add[name](**settings)

    def add_filter(self, **settings):
        return self._backend(self.filters, "filter", settings)

    def add_worker(self, **settings):
        return self._backend(self.workers, "llm-worker", {
            "SEAL_SECRET_KEYS_FILE": self.keys.path("seal.secret"),
            "OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": self.standin.url,
            "DEFAULT_MODEL": "standin/ok",
            "FALLBACK_MODELS": "none", **settings})  # so that a failure stays one

    def add_store(self, **settings):
        store = self._backend(
            self.stores,
            "store",
            {
                "REDIS_URL": f"unix:{self.redis.socket}",
                "POSTGRES_URL": self.postgres.url,
                **settings,
            },
        )
        store.wait_for_event("redis.up")
        store.wait_for_event("pg.up")
        return store

    def url(self, gateway=0):
        return f"http://127.0.0.1:{self.gateways[gateway].env['HTTP_PORT']}"

    def client(self, gateway=0, url=None):
        """A new person, with a session."""
        client = Client(url or self.url(gateway))
        self._clients.append(client)
        client.open()
        return client

    def add_nginx(self):
        """A door before all gateways; its clients are made with client(url=...)."""
        ports = [gateway.env["HTTP_PORT"] for gateway in self.gateways]
        return Nginx(self.harness, self.harness.folder / "nginx", ports).start()

    def health(self, gateway=0):
        return requests.get(self.url(gateway) + "/health", timeout=5).json()

    def wait_services(self, gateway=0, timeout=15.0, **counts):
        """Until a gateway sees so many: wait_services(llm_worker=2, filter=1)."""
        want = {name.replace("_", "-"): count for name, count in counts.items()}

        def seen():
            ended = [p.name for p in self.services if not p.is_running() and p.child.returncode > 0]
            assert not ended, f"{ended} ended; see the logs"
            try:
                services = self.health(gateway)["services"]
            except requests.RequestException:
                return False
            return all(services.get(name) == count for name, count in want.items())
        wait_until(seen, f"{want} at gateway {gateway}", timeout)

    def wait_ready(self):
        for number in range(len(self.gateways)):
            self.wait_services(
                number,
                filter=self._running(self.filters),
                store=self._running(self.stores),
                llm_worker=self._running(self.workers),
            )

    @property
    def services(self):
        return [*self.gateways, *self.filters, *self.workers, *self.stores]

    def close(self):
        for client in self._clients:
            client.close()
        # Gateways first, so that no worker finishes an answer for nobody; stores before their
        # databases.
        stuck = []
        for process in self.services:
            if process.is_running() and not process.stops():
                stuck.append(process.name)
        assert not stuck, f"did not stop when asked: {stuck}"

    @staticmethod
    def _running(processes):
        return sum(process.is_running() for process in processes)

    def _plan_gateway(self):
        number = len(self.gateways)
        self._process(self.gateways, "gateway", f"gateway-{number}", {
            "BUS_BIND": f"tcp://127.0.0.1:{free_port()}", "HTTP_ADDRESS": "127.0.0.1",
            "HTTP_PORT": free_port(), "DRAIN_MS": 1000,
            "BUS_SECRET_KEY_FILE": self.keys.path("gateway.secret"),
            "BUS_ALLOW_FILE": self.keys.path("bus-allow"),
            "SEAL_PUBLIC_KEYS_FILE": self.keys.path("seal.public"),
            "COOKIE_KEYS_FILE": self.keys.path("cookie.keys"),
            "ACCOUNT_KEY_FILE": self.keys.path("account.key")})

    def _backend(self, group, name, env):
        addresses = ",".join(one.env["BUS_BIND"].removeprefix("tcp://") for one in self.gateways)
        process = self._process(group, name, f"{name}-{len(group)}",
                                {"BUS_GATEWAYS": addresses, **self.keys.backend_env(name), **env})
        return process.start()

    def _process(self, group, name, label, env):
        process = Process(self.harness, label, [program(name)], self.harness.folder / label,
                          {"ADMIN_ADDRESS": "127.0.0.1", "ADMIN_PORT": free_port(),
                           **env, **self.settings})
        group.append(process)
        return process
