"""How long people wait for a slot: one gateway and its workers beside three that share as many.

Both arrangements stand there all the time, with one filter and one store for both, and are asked in
turns: the same questions at the same moments of a round.
"""

import math
import random
import statistics
import threading
import time
from datetime import datetime

SHARES = (70, 20, 10)  # of the three gateways, per cent


class Plan:
    """Who asks when, how long the answer takes, and at which of the three gateways."""

    def __init__(self, seed, slots, load, mean, seconds):
        rng = random.Random(seed)
        self.visits, at = [], 0.0
        while at < seconds:
            at += rng.expovariate(load * slots / mean)
            # Not so short that the machine's own time would be most of it.
            length = min(max(rng.expovariate(1 / mean), mean / 10), 5 * mean)
            gateway = rng.choices(range(3), SHARES)[0]
            self.visits.append((at, int(length * 1000), gateway))


class Pools:
    """Gateway 0 with workers of its own, and gateways 1 to 3 with as many."""

    def __init__(self, system, workers, slots):
        self.system, self.standin, self.slots = system, system.standin, workers * slots
        system.start(gateways=4, workers=0)
        at = [gateway.env["BUS_BIND"].removeprefix("tcp://") for gateway in system.gateways]
        for _ in range(workers):
            system.add_worker(SLOTS=slots, BUS_GATEWAYS=at[0])
            system.add_worker(SLOTS=slots, BUS_GATEWAYS=",".join(at[1:]))
        for number in range(4):
            system.wait_services(number, llm_worker=workers)
        self.rounds, self._people = 0, []

    def run(self, plan, shared):
        """The waits of a round, in seconds: from the POST to the moment the question is with the
        model."""
        self.rounds += 1
        while len(self._people) < len(plan.visits):
            self._people.append(self.system.client())
        for client, (_, _, gateway) in zip(self._people, plan.visits):
            client.url = self.system.url(1 + gateway if shared else 0)
        asked, threads = {}, []
        began = time.monotonic()

        def ask(client, number, length):
            text = f"Tyre question {self.rounds}.{number}"
            asked[text] = time.time()
            client.say(text, model=f"standin/ok@first={length},delay=0")
        for number, ((at, length, _), client) in enumerate(zip(plan.visits, self._people)):
            threading.Event().wait(max(0.0, began + at - time.monotonic()))
            threads.append(threading.Thread(target=ask, args=(client, number, length)))
            threads[-1].start()
        for thread in threads:
            thread.join(60)
        come = {
            line["body"]["messages"][-1]["content"]: datetime.fromisoformat(line["at"]).timestamp()
            for line in self.standin.journal("request", method="POST")
        }
        waits = [come[text] - at for text, at in asked.items()]
        assert len(waits) == len(plan.visits)
        unloaded = statistics.median(waits)  # most find a free slot
        return [max(0.0, wait - unloaded) for wait in waits]


def p99(waits):
    return sorted(waits)[math.ceil(len(waits) * 0.99) - 1]


class Comparison:
    """Rounds of both, with what came out."""

    def __init__(self, pools, load, mean, seconds):
        self.pools, self.asked = pools, (load, mean, seconds)
        self.rounds = []  # (waits at one gateway, waits at three)

    def round(self):
        load, mean, seconds = self.asked
        plan = Plan(len(self.rounds) + 1, self.pools.slots, load, mean, seconds)
        self.rounds.append((self.pools.run(plan, shared=False), self.pools.run(plan, shared=True)))
        return self.rounds[-1]

    @property
    def p99s(self):
        """Of one gateway and of three: the medians over the rounds."""
        return tuple(statistics.median(p99(waits) for waits in side) for side in zip(*self.rounds))
