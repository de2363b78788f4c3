"""Starting the real programs, reading their logs, and leaving nothing behind.

Every Process registers with the Harness.  At the end of a test the Harness stops what
still runs and fails the test if a program crashed or a sanitizer complained.
"""

import ctypes
import itertools
import json
import os
import random
import signal
import socket
import subprocess
from pathlib import Path

import requests

from support.metrics import Metrics
from support.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build/dev")).resolve()
REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "bug: must(")
PR_SET_CHILD_SUBREAPER = 36


def program(name):
    """The path of a built program: a service by its name, anything else below build/<preset>."""
    path = BUILD / (f"services/{name}/{name}" if "/" not in name else name)
    assert path.exists(), f"{path} is not built; BUILD says where to look"
    return path


def _ports():
    """Below those that connections get, and of each test runner its own: nobody takes one before it
    is used."""
    runner = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    first, count = 10000 + runner % 4 * 5000, 5000
    start = random.randrange(count)
    return itertools.cycle(first + (start + n) % count for n in range(count))


_next_port = _ports()


def free_port():
    """A port that was free just now; bind to port 0 instead wherever that is possible."""
    for port in _next_port:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Process:
    """One program with its own folder, environment and log file."""

    def __init__(self, harness, name, command, folder, env=None, log="log"):
        self.harness, self.name, self.command = harness, name, [str(part) for part in command]
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log_file = self.folder / log
        self.env = {key: str(value) for key, value in (env or {}).items()}
        self.child = None
        self.expected = {0}  # exit statuses that are no crash
        self.stop_signal = signal.SIGTERM

    def start(self):
        assert not self.is_running(), f"{self.name} runs already"
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LOG_FORMAT": "json",
               "ASAN_OPTIONS": "exitcode=98:detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1",
               **self.env}
        with self.log_file.open("ab") as log:
            # setpriv: should this Python be killed, the program goes with it.
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command], cwd=self.folder, env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.harness.add(self)
        return self

    @property
    def pid(self):
        return self.child.pid

    def is_running(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, timeout=15.0):
        """Asks it to end, then waits; returns the exit status."""
        self.signal(self.stop_signal)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL to it and its children, as a lost machine would."""
        if not self.is_running():
            return self.child.poll()
        family = self.family()
        for pid in family:
            _kill(pid)
        self.expected.add(-signal.SIGKILL)
        status = self.wait()
        wait_until(lambda: not any(map(is_alive, family)), f"the end of {self.name}'s children")
        return status

    def stops(self):
        """Whether it ends when asked; if not, it is killed."""
        try:
            self.stop()
            return True
        except AssertionError:
            self.kill()
            return False

    def restart(self):
        """SIGKILL and a new start."""
        self.kill()
        return self.start()

    def signal(self, number):
        if self.is_running():
            self.child.send_signal(number)

    def family(self):
        """Its pid, and those of its children."""
        return [self.pid, *descendants(self.pid)]

    def wait(self, timeout=15.0):
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout} s") from None

    # -- its admin port

    def ask_private(self, path):
        """What it says to machines: (status, text)."""
        response = requests.get(f"http://127.0.0.1:{self.env['ADMIN_PORT']}{path}", timeout=5)
        return response.status_code, response.text

    def metrics(self):
        return Metrics(self.ask_private("/metrics")[1])

    # -- its log

    @property
    def log_text(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def events(self):
        """The log lines that are JSON, as dictionaries; values are strings."""
        found = []
        for line in self.log_text.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                found.append(event)
        return found

    def find_events(self, event, **fields):
        want = {"event": event, **{key: str(value) for key, value in fields.items()}}
        return [line for line in self.events if want.items() <= line.items()]

    def wait_for_event(self, event, count=1, timeout=10.0, **fields):
        """The count-th log line with this event and these fields."""
        def found():
            lines = self.find_events(event, **fields)
            if len(lines) >= count:
                return lines[count - 1]
            assert self.is_running(), f"{self.name} ended with {self.child.poll()}:\n{self.tail()}"
            return None

        return wait_until(
            found, f"{count} x {event} {fields or ''} in the log of {self.name}", timeout
        )

    def tail(self, lines=25):
        return "\n".join(self.log_text.splitlines()[-lines:])

    def faults(self):
        """What a test must not pass with."""
        found = [f"{self.name}: {line}" for line in self.log_text.splitlines()
                 if any(report in line for report in REPORTS)]
        status = self.child.poll()
        if status is not None and status not in self.expected:
            found.append(f"{self.name} ended with status {status}")
        return found


class Harness:
    """All processes of one test, or of the whole session."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.processes = []

    def add(self, process):
        if process not in self.processes:
            self.processes.append(process)

    def start(self, name, env=None, command=None, label=None):
        """Starts a program in a folder of its own; label tells two of one kind apart."""
        label = label or name.rsplit("/", 1)[-1]
        return Process(self, label, command or [program(name)], self.folder / label, env).start()

    def run(self, name, *args, env=None):
        """Runs a program to its end: (exit status, all it printed)."""
        done = subprocess.run(
            [str(program(name)), *args],
            env={"PATH": os.environ["PATH"], **(env or {})},
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.returncode, done.stdout + done.stderr

    def close(self):
        """Stops everything, last started first; returns what went wrong."""
        faults = []
        for process in reversed(self.processes):
            if process.is_running() and not process.stops():
                faults.append(f"{process.name} did not stop when asked")
            faults += process.faults()
        return faults

    def tails(self):
        return [(process.name, process.tail()) for process in self.processes]


# ---- nothing is left ------------------------------------------------------------------------


def adopt_orphans():
    """From now on a grandchild whose parent dies becomes our child, so that we can find it."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_alive(pid):
    """Neither gone nor a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid):
    """Pids of its children, their children and so on."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(child)]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def living_children():
    """Commands of our descendants that have not ended."""
    found = []
    for pid in filter(is_alive, descendants(os.getpid())):
        try:
            found.append(f"{pid} {Path(f'/proc/{pid}/cmdline').read_text()}".replace("\0", " "))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found
