"""What is done to the processes: each kind of blow has a thread that strikes in its own time."""

import random
import signal
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

# What a service's log says once it is of use again, all of it.
SIGNS = {
    "gateway": [b'"peer":"filter"', b'"peer":"llm-worker"', b'"peer":"store"'],
    "filter": [b'"bus.link_up"'],
    "llm-worker": [b'"bus.link_up"'],
    "store": [b'"bus.link_up"', b'"redis.up"', b'"pg.up"'],
}

# at: when it was struck. back: seconds until it was of use again; None: not before it was struck
# again.
Blow = namedtuple("Blow", "kind name at back")


class Striker:
    """Strikes one of these processes, chosen at random, every so many seconds."""

    kind = "kill"

    def __init__(self, violence, what, processes, every_s):
        self.violence, self.what, self.processes, self.every_s = violence, what, processes, every_s
        self.random = random.Random(f"{violence.seed} {violence.rounds} {self.kind} {what}")

    def run(self):
        next_at = time.monotonic() + self.random.uniform(0.3, 1) * self.every_s
        while not self.violence.stop.wait(max(0, next_at - time.monotonic())):
            next_at = max(next_at + self.every_s, time.monotonic())
            self.strike(self.random.choice(self._free()), next_at)

    def _free(self):
        """Those that nobody strikes just now; all of them if there is none."""
        free = [one for one in self.processes if not self.violence.lock_of(one).locked()]
        return free or self.processes

    def strike(self, process, deadline):
        with self.violence.lock_of(process):
            offset = process.log_file.stat().st_size
            at = time.monotonic()
            process.restart()
        self.violence.note(self.what, process, at, self._wait_back(process, offset, at, deadline))

    def _wait_back(self, process, offset, at, deadline):
        """A server answers before its restart() returns; a service says so in its log."""
        missing = set(SIGNS.get(self.what, []))
        while missing:
            if time.monotonic() > deadline or self.violence.stop.wait(0.02):
                return None
            with process.log_file.open("rb") as log:
                log.seek(offset)
                news = log.read()
            missing = {sign for sign in missing if sign not in news}
        return time.monotonic() - at


class Pauser(Striker):
    """Stops a process for longer than its leases last, and lets it go on as if nothing had been."""

    kind = "pause"

    def __init__(self, violence, what, processes, every_s, pause_s):
        super().__init__(violence, what, processes, every_s)
        self.pause_s = pause_s

    def strike(self, process, deadline):
        with self.violence.lock_of(process):
            at = time.monotonic()
            process.signal(signal.SIGSTOP)
            self.violence.stop.wait(self.random.uniform(*self.pause_s))
            process.signal(signal.SIGCONT)
        self.violence.note(f"{self.what} paused", process, at, time.monotonic() - at)


class Violence:
    """One round after the other.

    Its threads live on between them: what a thread has started dies with it; see Process.start."""

    def __init__(self, seed):
        self.seed = seed
        self.blows = []
        self.rounds = 0
        self.stop = threading.Event()
        self._threads = ThreadPoolExecutor(16)
        self._running = []
        self._locks = {}
        self._lock = threading.Lock()

    def lock_of(self, process):
        """One blow at a time for each process: a kill waits for the end of a pause."""
        with self._lock:
            return self._locks.setdefault(process.name, threading.Lock())

    def note(self, what, process, at, back):
        with self._lock:
            self.blows.append(Blow(what, process.name, at, back))

    def start(self, strikers):
        self.rounds += 1
        self.stop.clear()
        self._running = [self._threads.submit(striker.run) for striker in strikers]

    def end(self):
        """After this everything runs, and nothing is struck any more."""
        self.stop.set()
        for striker in self._running:
            striker.result()

    def close(self):
        """When nothing runs any more."""
        self._threads.shutdown()
