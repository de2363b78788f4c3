"""Whatever point of a turn a process dies at, nothing is lost and nothing is there twice.

Two people chat, one asking for JSON and one for a stream of events, through gateways, filters,
workers and stores of which there are two each. One process is armed with one point of
failpoints.def, dies there, and is started again; both people send what was not answered again,
under the same id, until it is. Then the ledger, the budget and what the model was asked must agree
with each other.
"""

import subprocess
import tempfile
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import redis
import requests

from support.failpoints import read_points
from support.keys import Keys
from support.ledger import MODEL, Ledger, check, read_kept, read_shown, report
from support.processes import ROOT, Harness, free_port, program
from support.servers import Redis
from support.standin import KEY, OTHER_KEY, Standin
from support.system import System
from support.wait import wait_until

POINTS = read_points()
SERVICES = ("gateway", "filter", "llm-worker", "store")
EX_CONFIG = 78
RESERVE = 0.02
LEASE_MS = 2000  # a turn of a gateway that died is free after that
SIGKILLED = -9
NOT_NOW = (409, 502, 503, 504)  # a client sends it again
QUICK, SLOW = MODEL + ",delay=5", MODEL + ",delay=30"


class Person:
    """Somebody who sends a message again, under its id, until it has come to an end."""

    def __init__(self, place, as_events):
        self.place, self.as_events = place, as_events
        self.where = {}  # the chat they speak in; the current one
        self.client = place.system.client()

    @property
    def cookie(self):
        return f"session={self.client.http.cookies['session']}"

    def say(
        self,
        text="My brakes squeal",
        model=QUICK,
        wanted=("committed", "spooled", "stopped"),
        begin=None,
    ):
        """One turn; begin(turn, model) sends it for the first time, if that is not to be as
        always."""
        turn = self.ask(text)
        last = begin(turn, model) if begin else None
        if not last or last[0] not in wanted:
            last = wait_until(
                lambda: self.send_again(turn, model, wanted), f"an end of {turn.question!r}", 15
            )
        turn.end_as("error" if last[0] == "retracted" else last[0], *last[1:])
        return turn

    def ask(self, text):
        cookie = self.cookie
        session = cookie.removeprefix("session=").partition(".")[0]
        self.place.ledger.cookies[session] = cookie
        return self.place.ledger.ask(session, str(uuid.uuid4()), f"{text} {uuid.uuid4().hex[:8]}")

    def send_again(self, turn, model, wanted):
        """At the first gateway, and if that does not end it, at the other one; None: neither
        did."""
        for number in range(len(self.place.system.gateways)):
            self.client.url = self.place.system.url(number)
            last = self.send(turn, model)
            if last and last[0] in wanted:
                return last
        return None

    def send(self, turn, model):
        """Once: how it ended, in which chat, with what answer; None: nobody can tell."""
        try:
            return (
                self.read_events(self.stream(turn, model))
                if self.as_events
                else self.read_json(turn, model)
            )
        except requests.RequestException:
            return None

    def read_json(self, turn, model):
        response = self.client.chat(turn.question, turn_id=turn.turn_id, model=model, **self.where)
        body = response.json()
        if response.status_code == 200:
            return body["status"], body["conversation_id"], body["response"]
        assert response.status_code in NOT_NOW, f"{response.status_code} {body}"
        return body["error"]["code"], None, None

    def stream(self, turn, model):
        return self.client.stream(turn.question, turn_id=turn.turn_id, model=model, **self.where)

    def read_events(self, stream):
        assert stream.closed.wait(25), stream.events[-3:]
        assert stream.status == 200 or stream.status in NOT_NOW, stream.response.text
        end = stream.find("done")
        if not end:
            return ("retracted", None, None) if stream.find("retracted") else None
        assert stream.events[-1] is end
        return end.data["status"], stream.find("started").data["conversation_id"], stream.text

    def post(self, path, body):
        """Until a gateway says that it is done."""
        def done():
            for number in range(len(self.place.system.gateways)):
                self.client.url = self.place.system.url(number)
                try:
                    response = self.client.post(path, body)
                except requests.RequestException:
                    continue
                assert response.status_code == 200 or response.status_code in NOT_NOW, response.text
                if response.status_code == 200:
                    return response
            return None
        return wait_until(done, f"{path} to be done", 20)


class Place:
    """A running system, its people and what they saw; every test begins with nobody."""

    def __init__(self, system, pool):
        self.system, self.pool = system, pool
        self.ledger, self.people, self.asleep = Ledger(), [], []

    def begin(self, json_last):
        for process in self.system.services:
            process.env.pop("FAILPOINT", None)
            if not process.is_running():
                process.start()
        self.system.postgres.query("TRUNCATE users CASCADE")
        with self.system.redis.client() as client:
            client.flushall()
        self.system.wait_ready()
        self.ledger = Ledger()
        self.people = [Person(self, as_events=False), Person(self, as_events=True)]
        if json_last:
            self.people.reverse()
        self.each(Person.say)

    def each(self, act):
        """One after the other, so that only one turn is under way when the victim dies."""
        for person in self.people:
            act(person)

    def arm(self, point, passes=1, alone=False):
        """Starts a process of its service that will die at that point; alone: it is the only
        one."""
        kind = {"gateway": self.system.gateways, "filter": self.system.filters,
                "llm-worker": self.system.workers, "store": self.system.stores}[point.service]
        self.asleep = kind[1:] if alone else []
        for process in (kind[0], *self.asleep):
            process.stop()
        victim = kind[0]
        victim.env["FAILPOINT"] = f"{point.name}:{passes}"
        victim.start()
        self.system.wait_ready()
        return victim

    def wait_dead(self, victim, point, meanwhile=None):
        """It must have died there, by SIGKILL, and then lives again."""
        wait_until(lambda: not victim.is_running() or (meanwhile and meanwhile.done()),
                   f"{victim.name} to come past {point.name}", 12)
        if victim.is_running():
            meanwhile.result()  # tells why it ended
        assert victim.child.returncode == SIGKILLED, victim.tail()
        assert (
            victim.events[-1]["event"] == "failpoint.hit"
            and victim.events[-1]["name"] == point.name
        )
        victim.expected.add(SIGKILLED)
        self.revive(victim)

    def revive(self, victim):
        del victim.env["FAILPOINT"]
        for process in (victim, *self.asleep):
            process.start()
        self.asleep = []

    def walk_past(self, victim, point, act):
        """The people do it again and again, until the victim died of it."""
        dead = Event()

        def rounds():
            while not dead.is_set():
                self.each(act)
        walking = self.pool.submit(rounds)
        try:
            self.wait_dead(victim, point, walking)
        finally:
            dead.set()
        walking.result(20)

    # -- what must hold

    def check(self, point):
        """Once all is quiet."""
        self.wait_drained()
        self.system.wait_ready()
        shown = wait_until(self.shown, "histories from Postgres", 10)
        found = check(self.ledger.turns, read_kept(self.system.postgres), shown)
        assert not found, report(found)
        self.check_asked(point)
        self.check_budget(point)

    def remembered(self):
        """All that Postgres and Redis hold of what was said."""
        with redis.Redis(unix_socket_path=self.system.redis.socket) as client:
            hashes = [client.hgetall(key) for key in client.keys() if client.type(key) == b"hash"]
        return f"{hashes} {self.system.postgres.query('SELECT content FROM messages')}"

    def shown(self):
        try:
            return read_shown(self.system.url(1), self.ledger)
        except (AssertionError, OSError):  # the stores look for Postgres again
            return None

    def wait_drained(self):
        with self.system.redis.client() as client:
            wait_until(
                lambda: not sum(client.xlen(key) for key in client.keys("*:spool")),
                "an empty spool",
                15,
            )

    def check_asked(self, point):
        """The model is asked again only where nobody can know what it said, and for that turn
        alone."""
        asked = Counter(body["messages"][-1]["content"] for body in self.system.standin.completions)
        again = {
            turn.question: asked[turn.question]
            for turn in self.ledger.turns
            if asked[turn.question] != 1
        }
        assert not again or (point.name in ASKED_AGAIN and list(again.values()) == [2]), again

    def check_budget(self, point):
        """What counts is what answers cost, and a reserve for each of unknown cost. Of deleted ones
        only it knows."""
        for counted, held, cost in self.system.postgres.query(
            "SELECT s.nanos,"
            "       (SELECT count(*) FROM reserves r WHERE r.user_id = s.user_id),"
            "       (SELECT coalesce(sum(round(t.cost * 1e9)), 0) FROM turns t WHERE t.user_id = "
            "s.user_id)"
            "  FROM spending s WHERE NOT EXISTS (SELECT FROM conversations c"
            "       WHERE c.user_id = s.user_id AND c.deleted_at IS NOT NULL)"
        ):
            reserved, rest = divmod(counted - int(cost), round(RESERVE * 1e9))
            assert rest == 0, f"{counted} is counted, {cost} was spent"
            assert reserved == held or (point.name in UNPRICED and reserved > held), (
                reserved,
                held,
            )
            assert held == 0 or (
                point.name in HELD and held == 1
            ), f"{held} reserves are still held"


# ---- the walks ------------------------------------------------------------------------------


def chat(place, point, passes):
    place.walk_past(place.arm(point, passes), point, Person.say)
    place.each(Person.say)


def be_retracted(place, point, passes):
    """What they ask makes the model say a word that it should not."""
    def say(person):
        return person.say("My brakes squeal like a pancake", wanted=("retracted",))
    place.walk_past(place.arm(point, passes), point, say)
    place.each(Person.say)
    assert (
        place.system.postgres.query("SELECT content FROM messages WHERE content LIKE '%pancake%'")
        == []
    )


def stop(place, point, passes, via=0):
    """Stops an answer at its first word; if that does not reach it, it is as well whole."""
    place.walk_past(
        place.arm(point, passes),
        point,
        lambda person: person.say(
            "My brakes squeal" + " and squeal" * 20,
            SLOW,
            begin=lambda *sent: stopped(place, person, via, *sent),
        ),
    )
    place.each(Person.say)


def stopped(place, person, via, turn, model):
    person.client.url = place.system.url(0)
    try:
        stream = person.stream(turn, model)
        wait_until(lambda: stream.find("delta") or stream.closed.is_set(), "a first word")
        person.client.url = place.system.url(via)
        person.client.stop(turn.turn_id)
        return person.read_events(stream)
    except requests.RequestException:
        return None


def stop_elsewhere(place, point, passes):
    stop(place, point, passes, via=1)


def take_long(place, point, passes):
    """Long enough for the lease to be renewed on the way."""
    place.walk_past(
        place.arm(point, passes),
        point,
        lambda person: person.say("My brakes squeal" + " and squeal" * 5, SLOW),
    )
    place.each(Person.say)


def lose_gateway(place, point, passes):
    """The gateway dies in the middle of an answer, and the only store while it deals with what is
    left of that."""
    victim = place.arm(point, passes, alone=True)
    person, gateway = place.people[1], place.system.gateways[0]

    def send(turn, model):
        person.client.url = place.system.url(0)
        stream = person.stream(turn, model)
        stream.wait_for("delta")
        gateway.kill()
        place.wait_dead(victim, point)
        gateway.start()
        return None
    person.say("My brakes squeal" + " and squeal" * 20, SLOW, begin=send)
    place.each(Person.say)


def follow(place, point, passes):
    """The same message at the other gateway first, which answers it."""
    def send(person, turn, model):
        person.client.url = place.system.url(1)
        stream = person.stream(turn, model)
        stream.wait_for("delta")
        person.client.url = place.system.url(0)
        try:
            person.stream(turn, model).closed.wait(25)
        except requests.RequestException:
            pass
        return person.read_events(stream)
    place.people = place.people[1:] if place.people[1].as_events else place.people[:1]
    place.walk_past(place.arm(point, passes), point, lambda person: person.say(
        "My brakes squeal" + " and squeal" * 5, SLOW, begin=lambda *sent: send(person, *sent)))
    place.each(Person.say)


def branch(place, point, passes):
    """Each message goes another way from the beginning of the first chat."""
    for person, turn in zip(place.people, place.ledger.turns):
        person.where = {"conversation_id": turn.conversation, "after_seq": 0}
    chat(place, point, passes)
    assert place.system.postgres.query(
        "SELECT count(*) FROM conversations WHERE last_seq <> 1"
    ) == [(0,)]


def say_again(place, point, passes):
    """A turn that was kept is asked for once more."""
    def twice(person):
        turn = person.say()
        again = wait_until(
            lambda: person.send_again(turn, QUICK, ("committed",)), "the turn again", 20
        )
        assert again == ("committed", turn.conversation, turn.answer)
    place.walk_past(place.arm(point, passes), point, twice)
    place.each(Person.say)


def be_spooled(place, point, passes):
    """Postgres goes away in the middle of an answer, and comes back when the person was told."""
    victim = place.arm(point, passes, alone=True)
    person = place.people[1]
    postgres = place.system.postgres

    def send(turn, model):
        person.client.url = place.system.url(0)
        stream = person.stream(turn, model)
        stream.wait_for("delta")
        postgres.kill()
        return person.read_events(stream)

    speaking = place.pool.submit(
        lambda: person.say("My brakes squeal" + " and squeal" * 5, SLOW, begin=send)
    )
    if not point.name.startswith("store_drain"):
        place.wait_dead(victim, point)
    assert speaking.result(20).end == "spooled"
    postgres.start()
    if point.name.startswith("store_drain"):
        place.wait_dead(victim, point)
    place.wait_drained()
    place.each(Person.say)


def save(place, point, passes):
    """One key that is not to be remembered, then another one that is."""
    place.each(lambda person: person.post("/save_settings", {"api_key": KEY, "remember": False}))
    place.walk_past(place.arm(point, passes), point, lambda person: person.post(
        "/save_settings", {"api_key": OTHER_KEY, "model": "standin/ok", "remember": True}))
    place.each(Person.say)
    for person in place.people:
        settings = person.client.open()
        assert (settings["api_key_hint"][-3:], settings["model"]) == (
            OTHER_KEY[-3:],
            "standin/ok",
        ), settings
    for turn in place.ledger.turns[-2:]:
        (asked,) = [line for line in place.system.standin.journal("request", method="POST")
                    if line["body"]["messages"][-1]["content"] == turn.question]
        assert asked["headers"]["authorization"] == f"Bearer {OTHER_KEY}"


def forget_session(place, point, passes):
    forget(place, point, passes, "/clear_session", {})


def forget_chat(place, point, passes):
    forget(place, point, passes, "/clear_chat", {"delete": True})


def forget(place, point, passes, path, body):
    """What was said before is gone everywhere; what is said afterwards is not."""
    def say_and_forget(person):
        person.say()
        fresh = person.post(path, body).json()
        person.client.csrf = fresh.get("csrf_token", person.client.csrf)
    place.walk_past(place.arm(point, passes), point, say_and_forget)
    forgotten = list(place.ledger.turns)
    for turn in forgotten:
        assert turn.question not in place.remembered()
        turn.end_as("unknown")
    place.each(Person.say)
    assert all(turn.question in place.remembered() for turn in place.ledger.turns[len(forgotten):])


def migrate(place, point, passes):
    """A store of its own, with a database that is empty yet."""
    postgres = place.system.postgres
    postgres.query("DROP DATABASE IF EXISTS migrating WITH (FORCE)", database="postgres")
    postgres.query("CREATE DATABASE migrating", database="postgres")
    env = {**place.system.stores[0].env, "FAILPOINT": f"{point.name}:{passes}",
           "POSTGRES_URL": f"postgresql://chat@/migrating?host={postgres.folder}",
           "BUS_GATEWAYS": f"127.0.0.1:{free_port()}",  # nobody: it has nothing of the chats
           "ADMIN_PORT": free_port()}
    store = place.system.harness.start("store", env, label=f"migrating-{uuid.uuid4().hex[:8]}")
    try:
        place.wait_dead(store, point)
        store.wait_for_event("pg.up")
        ran = [event["file"] for event in store.find_events("pg.migrated")]
        rows = postgres.query(
            "SELECT name FROM schema_migrations ORDER BY number", database="migrating"
        )
        assert len(ran) == len(set(ran)) > 1 and [name for (name,) in rows] == ran
    finally:
        store.kill()
        postgres.query("DROP DATABASE migrating WITH (FORCE)", database="postgres")


# How a point is passed; all others are passed by an ordinary chat.
WALKS = {
    "gateway_abort_due": be_retracted,
    "gateway_abort_requested": be_retracted,
    "gateway_abort_answered": be_retracted,
    "gateway_stop_received": stop,
    "gateway_renew_requested": take_long,
    "gateway_renew_answered": take_long,
    "gateway_replay_due": say_again,
    "gateway_follow_answered": follow,
    "store_forked": branch,
    "store_abort_done": be_retracted,
    "store_renewed": take_long,
    "store_stop_flagged": stop_elsewhere,
    "store_spool_due": be_spooled,
    "store_spooled": be_spooled,
    "store_drain_read": be_spooled,
    "store_drain_saved": be_spooled,
    "store_drain_done": be_spooled,
    "store_sweep_found": lose_gateway,
    "store_sweep_due": lose_gateway,
    "store_sweep_saved": lose_gateway,
    "store_sweep_done": lose_gateway,
    "store_settings_saved": save,
    "store_settings_done": save,
    "store_clear_deleted": forget_session,
    "store_clear_done": forget_session,
    "store_conversation_dropped": forget_chat,
    "store_conversation_done": forget_chat,
    "store_migrated_one": migrate,
    "worker_cancelled": stop,
}

# In the middle of an answer, and not only at its first piece.
LATER = [
    (point, 4) for point in POINTS if point.name in ("gateway_chunk_forwarded", "worker_chunk_sent")
]

# The answer died with the process, or was given up: who sends the turn again has the model asked
# again.
ASKED_AGAIN = {
    "gateway_answer_requested",
    "gateway_chunk_received",
    "gateway_chunk_forwarded",
    "gateway_answer_complete",
    "gateway_review_requested",
    "gateway_review_passed",
    "gateway_commit_requested",
    "gateway_abort_due",
    "gateway_abort_requested",
    "gateway_abort_answered",
    "gateway_stop_received",
    "gateway_renew_requested",
    "gateway_renew_answered",
    "worker_headers_received",
    "worker_chunk_sent",
    "worker_final_due",
    "worker_final_sent",
    "store_sweep_found",
    "store_sweep_due",
    "store_sweep_saved",
    "store_sweep_done",
}

# The gateway that would settle it is dead, or never heard of it: see budget.h.
HELD = {
    "gateway_both_requested",
    "gateway_granted",
    "gateway_joined",
    "gateway_answer_requested",
    "gateway_chunk_received",
    "gateway_chunk_forwarded",
    "gateway_answer_complete",
    "gateway_review_requested",
    "gateway_review_passed",
    "gateway_commit_requested",
    "gateway_abort_due",
    "gateway_abort_requested",
    "gateway_stop_received",
    "gateway_renew_requested",
    "gateway_renew_answered",
    "store_begin_reserved",
    "store_sweep_found",
    "store_sweep_due",
    "store_sweep_saved",
    "store_sweep_done",
}

# An answer was stopped, retracted or broke off: nobody knows its price, so its reserve counts as
# that.
UNPRICED = {
    "gateway_abort_due",
    "gateway_abort_requested",
    "gateway_abort_answered",
    "gateway_stop_received",
    "store_abort_done",
    "store_stop_flagged",
    "worker_cancelled",
    "worker_chunk_sent",
    "worker_final_due",
    "worker_final_sent",
}


@pytest.fixture(scope="module")
def running(short_folder, postgres_server, tmp_path_factory):
    """One system for all points: only the victims are started anew."""
    folder = tmp_path_factory.mktemp("failpoints")
    harness = Harness(folder)
    postgres_server.fresh_database()
    system = System(
        harness,
        Keys(folder / "keys"),
        Redis(harness, Path(tempfile.mkdtemp(prefix="redis-", dir=short_folder))).start(),
        postgres_server,
        Standin(harness, folder / "standin").start(),
    )
    system.start(
        workers=2,
        gateways=2,
        filters=2,
        stores=2,
        LEASE_MS=LEASE_MS,
        SESSION_BUDGET=1000,
        TURN_RESERVE=RESERVE,
        REVIEW_TEST_WORD="pancake",
    )
    with ThreadPoolExecutor(4) as pool:
        yield Place(system, pool)
    if not postgres_server.is_running():
        postgres_server.start()
    system.close()
    faults = harness.close()
    postgres_server.drop_database()
    assert not faults, "\n".join(faults)


@pytest.fixture
def place(running, request):
    request.node.harness = running.system.harness
    if not running.system.postgres.is_running():
        running.system.postgres.start()
    return running


@pytest.mark.parametrize("point, passes", [*((point, 1) for point in POINTS), *LATER],
                         ids=lambda value: getattr(value, "name", None))
def test_nothing_is_lost_or_doubled(place, point, passes):
    place.begin(json_last=POINTS.index(point) % 2)
    WALKS.get(point.name, chat)(place, point, passes)
    place.check(point)


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_point_is_told_at_the_start(harness, service):
    status, said = harness.run(service, env={"FAILPOINT": "no_such_point"})
    assert status == EX_CONFIG and "FAILPOINT: there is no point named no_such_point" in said
    assert "FAILPOINT" not in harness.run(service, env={"FAILPOINT": POINTS[0].name})[1]


@pytest.mark.timeout(600)  # it may have to be built first
@pytest.mark.xdist_group("release")
def test_a_release_holds_no_points():
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "build/release", "--target", *SERVICES]):
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for service in SERVICES:
        release = (ROOT / "build/release/services" / service / service).read_bytes()
        assert b"config_start" in release  # so names would be seen, if there were any
        assert not [
            word
            for word in (b"failpoint", b"FAILPOINT", *(point.name.encode() for point in POINTS))
            if word in release
        ]
        assert b"failpoint" in program(service).read_bytes()
