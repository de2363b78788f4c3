"""The kill storm: the whole chat, people who use it, and violence; then calm, and the checker.

    python3 tests/chaos/storm.py --minutes 10        # or rather scripts/chaos, which builds first

2 gateways, 2 filters, 3 llm-workers, 2 stores, Redis and Postgres; one process of each service is
killed every 2 seconds and started again at once, Redis and Postgres more rarely, and now and then a
gateway is stopped for longer than its leases last. Afterwards every turn that its person saw kept
must be in history exactly once; see support/ledger.py for all that is looked at.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

import figures
from people import PATIENCE_S, Habits, Person
from support.keys import Keys
from support.ledger import Ledger, check, read_kept, read_shown, report
from support.processes import Harness, adopt_orphans
from support.servers import Postgres, Redis
from support.standin import Standin
from support.system import System
from support.wait import wait_until
from violence import Pauser, Striker, Violence

LEASE_S = 3  # a turn's, short, so that a dead gateway's turns are soon free
# from, to: a gateway that wakes up finds others at work on its turns
PAUSE_S = LEASE_S, LEASE_S + 1.5
QUIET_S = LEASE_S + 3  # without a new turn in Postgres: then nothing is under way any more


class Storm:
    def __init__(self, folder, seed, people):
        self.folder, self.seed, self.people = folder, seed, people
        self.ledger = Ledger()
        self.born = 0
        self.violence = Violence(seed)
        self.began, self.seconds = time.monotonic(), 0.0
        self.harness = Harness(folder)
        self.redis = Redis(self.harness, folder / "redis").start()
        self.postgres = Postgres(self.harness, folder / "postgres").start()
        self.standin = Standin(self.harness, folder / "standin", "--log", "/dev/null").start()
        self.system = System(
            self.harness, Keys(folder / "keys"), self.redis, self.postgres, self.standin
        )
        self.system.start(
            workers=3,
            gateways=2,
            filters=2,
            stores=2,
            LEASE_MS=LEASE_S * 1000,
            HISTORY_MESSAGES=5,
            HISTORY_PAGE=100,
        )

    @property
    def ports(self):
        return [int(gateway.env["HTTP_PORT"]) for gateway in self.system.gateways]

    def close(self):
        """What went wrong with the processes themselves: a crash is a fault, whatever history
        says."""
        self.system.close()
        faults = self.harness.close()
        self.violence.close()
        return faults

    # -- violence and people

    def blow(self, seconds, every):
        """One storm; every: seconds between two blows of each kind."""
        began = time.monotonic()
        self.violence.start(self._strikers(every))
        try:
            asyncio.run(self._live(began + seconds))
        finally:
            self.violence.end()
        self.seconds += time.monotonic() - began

    def _strikers(self, every):
        system = self.system
        what = {
            "gateway": system.gateways,
            "filter": system.filters,
            "llm-worker": system.workers,
            "store": system.stores,
            "redis": [self.redis],
            "postgres": [self.postgres],
        }
        strikers = [
            Striker(self.violence, name, processes, every[name]) for name, processes in what.items()
        ]
        return strikers + [
            Pauser(self.violence, "gateway", system.gateways, every["pause"], PAUSE_S)
        ]

    async def _live(self, until):
        """A turn that was begun in the storm is carried on when it is over."""
        def is_over():
            return time.monotonic() >= until

        async def calm():
            while not is_over():
                await asyncio.sleep(min(1, max(0, until - time.monotonic())))
            await asyncio.get_running_loop().run_in_executor(None, self.violence.end)
        await asyncio.gather(calm(), *(person.live(is_over) for person in self._gather()))

    def _gather(self):
        """New people for each storm; some are a second tab of the one before them."""
        people = []
        for _ in range(self.people):
            self.born += 1
            is_tab = people and not people[-1].other and self.born % round(1 / Habits.tabs) == 0
            people.append(Person(self, self.born, people[-1] if is_tab else None))
        return people

    # -- calm, and the checker

    def calm(self):
        self.system.wait_ready()
        wait_until(lambda: not self._spooled(), "an empty spool", timeout=60)
        last, since = None, 0.0

        def is_quiet():
            nonlocal last, since
            count = self.postgres.query("SELECT count(*) FROM turns")
            if count != last:
                last, since = count, time.monotonic()
            return time.monotonic() - since > QUIET_S
        wait_until(is_quiet, "no new turns", timeout=PATIENCE_S + QUIET_S)

    def _spooled(self):
        with self.redis.client() as client:
            return sum(
                client.xlen(key)
                for key in client.scan_iter("automotive_chat:*spool", count=1000)
                if client.type(key) == "stream"
            )

    def check(self):
        return check(self.ledger.turns, read_kept(self.postgres),
                     read_shown(self.system.url(), self.ledger))

    # -- what to look at when something is wrong

    def life_of(self, turn_id):
        """All that anybody said of a turn: its client, the logs, Postgres."""
        lines = [f"the life of turn {turn_id}:"]
        for turn in self.ledger.turns:
            if turn.turn_id == turn_id:
                lines += [f"  client: {one}" for one in turn.tries]
                lines += [f"  client, sent again: {one}" for one in turn.again]
        names = [turn_id.encode(), turn_id.replace("-", "")[:16].encode()]
        for process in self.harness.processes:
            with process.log_file.open("rb") as log:
                lines += [
                    f"  {process.name}: {line.decode(errors='replace').strip()}"
                    for line in log
                    if any(name in line for name in names)
                ]
        rows = self.postgres.query("SELECT t::text FROM turns t WHERE turn_id = %s", turn_id)
        return "\n".join(lines + [f"  postgres: {row}" for (row,) in rows])

    def refused(self):
        """What Redis and Postgres would not do, once for each reason: nothing of it is in order."""
        seen = {}
        for process in self.harness.processes:
            with process.log_file.open("rb") as log:
                for line in log:
                    if b'.refused","s' in line:
                        seen.setdefault(
                            line.split(b'"event":', 1)[1],
                            f"{process.name}: {line.decode().strip()}",
                        )
        return list(seen.values())


def rhythm(seconds, is_harsh):
    """Seconds between two blows of each kind; in a short storm Redis and Postgres get their share
    too."""
    rare = {"redis": 20, "postgres": 60} if seconds >= 240 else {"redis": 10, "postgres": 20}
    gateways = {"gateway": 8, "pause": 6} if is_harsh else {"gateway": 2, "pause": 20}
    return {**dict.fromkeys(("filter", "llm-worker", "store"), 2), **rare, **gateways}


def tell_violations(storm, found):
    print(report(found))
    for turn_id in list(dict.fromkeys(one.turn_id for one in found if one.turn_id))[:3]:
        print(storm.life_of(turn_id))


def tell_failures(storm, most=3):
    """Some of the turns that failed although they were sent again and again, or met an error of
    ours."""
    def is_strange(turn):
        return not figures.is_well(turn) or any(one.endswith(" internal") for one in turn.tries)
    for turn in [turn for turn in storm.ledger.turns if is_strange(turn)][:most]:
        print(storm.life_of(turn.turn_id))


def run(options, folder):
    """True: no violation and no crash."""
    seconds = options.seconds or options.minutes * 60
    storm = Storm(folder, options.seed, options.people)
    found = []
    try:
        left = seconds
        while left > 0 and not found:
            step = min(left, options.check_every or seconds)
            storm.blow(step, rhythm(step, options.harsh))
            storm.calm()
            found = storm.check()
            left -= step
        print(figures.summary(storm.ledger.turns, storm.violence.blows, found, storm.seconds))
        print("\n".join(storm.refused()[:10]))
        tell_failures(storm)
        if found:
            tell_violations(storm, found)
    finally:
        faults = storm.close()
    print("\n".join(faults))
    print(f"violations: {len(found)}")
    return not found and not faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seconds", type=float, help="instead of minutes")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument(
        "--check-every", type=float, metavar="SECONDS", help="calm and a look at history so often"
    )
    parser.add_argument(
        "--harsh",
        action="store_true",
        help="more slow answers and doubled requests; gateways stand still rather than die",
    )
    options = parser.parse_args()
    if options.harsh:
        Habits.slow = Habits.twice = 0.3
    print(f"seed: {options.seed}", flush=True)
    adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o711)  # Postgres, which is not root, must get through
    is_well = False
    try:
        is_well = run(options, folder)
    finally:
        if is_well:
            shutil.rmtree(folder)
        else:
            print(f"the logs are in {folder}")
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
