"""People who chat through the storm, and note in the ledger what they saw.

Each says one thing after the other. A turn is sent, with the same turn_id, to one gateway and then
the other until it has an answer that is kept, a refusal that no retry can change, or the person's
time limit has passed. What the outcomes of docs/http.md mean to a client stands in AGAIN and in
Person._judge.
"""

import asyncio
import json
import random
import time
import uuid

from line import Line
from support.ledger import KEPT_AS, MODEL

PATIENCE_S = 30  # for one turn
SILENT_S = 6  # a gateway that has said nothing for so long is taken for dead
HELLO_S = 1.5  # an event stream begins at once, so its silence tells sooner
WAIT_S = (0.05, 1.0)  # between two tries, where the gateway does not say how long

# Errors after which the same turn may be sent again; what is not here stays as it is.
AGAIN = {
    "busy",
    "conflict",
    "limited",
    "interrupted",
    "upstream_error",
    "upstream_truncated",
    "upstream_timeout",
    "retracted",
    "overloaded",
    "filter_down",
    "store_down",
    "worker_down",
    "timeout",
    "down",
    "internal",
}

SLOW = f"{MODEL},delay=60"  # about a second for an answer


class Habits:
    """How often people do what; shares of 1."""

    events = 0.5  # ask for an event stream, else for JSON
    slow = 0.02  # of the answers, so that blows fall into them
    again = 0.02  # send a turn once more though it was kept
    twice = 0.02  # send a turn to both gateways at once
    names_chat = 0.5  # say which chat they mean
    stop = 0.2  # of the slow answers
    tabs = 0.1  # share of people who are a second tab of somebody else
    think_s = 0.1  # between two turns, on average


class Answer:
    """What one try came to: an end for the ledger, or a reason to try again."""

    def __init__(self, end=None, conversation=None, text=None, why="", wait=0.0):
        self.end, self.conversation, self.text, self.why, self.wait = (
            end,
            conversation,
            text,
            why,
            wait,
        )


class Person:
    """One tab of a browser."""

    def __init__(self, storm, number, other=None):
        self.storm, self.ledger, self.other = storm, storm.ledger, other
        self.name = f"tab {number}"
        self.random = random.Random(f"{storm.seed} person {number}")
        self.lines = [Line(port) for port in storm.ports]
        self.at = number % len(self.lines)
        self.session = self.cookie = self.csrf = self.chat = None
        self.said = 0

    async def live(self, is_over):
        try:
            while not self.csrf:
                await self._open()
            while not is_over():
                await self._say()
                await asyncio.sleep(self.random.expovariate(1 / Habits.think_s))
        finally:
            for line in self.lines:
                line.close()

    # -- coming

    async def _open(self):
        """The first visit, or a look at the page again; a second tab waits for the first one's
        cookie."""
        if self.other and not self.cookie:
            self.session, self.cookie = self.other.session, self.other.cookie
            await asyncio.sleep(0 if self.cookie else WAIT_S[0])
            return
        try:
            reply = await self._ask(b"GET /get_session_data")
        except OSError:
            reply = None
        if not reply or reply.status != 200 or not reply.is_whole:
            self._turn_away()
            await asyncio.sleep(self._pause(1))
            return
        self.csrf = json.loads(reply.body)["csrf_token"].encode()
        if b"set-cookie" in reply.headers and not self.cookie:
            self.cookie = reply.headers[b"set-cookie"].split(b";")[0]
            self.session = self.cookie.split(b"=")[1].split(b".")[0].decode()
            self.ledger.cookies[self.session] = self.cookie.decode()

    # -- one turn

    async def _say(self):
        self.said += 1
        turn = self.ledger.ask(
            self.session,
            str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            f"Why do my brakes squeal, asks {self.name} of {self.session}"
            f" as number {self.said}?",
            self.name,
        )
        fields = {
            "message": turn.question,
            "turn_id": turn.turn_id,
            "model": SLOW if self.random.random() < Habits.slow else MODEL,
        }
        if self.chat and self.random.random() < Habits.names_chat:
            fields["conversation_id"] = self.chat
        await self._until_kept(turn, fields)
        if turn.is_kept:
            self.chat = turn.conversation
            if self.random.random() < Habits.again:
                await self._say_again(turn, fields)

    async def _until_kept(self, turn, fields):
        turn.asked_at, turn.tries = time.monotonic(), []
        deadline, tries = turn.asked_at + PATIENCE_S, 0
        while time.monotonic() < deadline:
            turn.sent_at = time.monotonic()
            is_twice = self.random.random() < Habits.twice
            tried = self._try_both(turn, fields) if is_twice else self._try(fields, self.at)
            answer = await tried
            turn.ended_at = time.monotonic()
            turn.tries.append(
                f"{turn.sent_at - self.storm.began:.3f}-{turn.ended_at - self.storm.began:.3f}"
                f" gateway-{self.at} {answer.end or answer.why}"
            )
            if answer.end:
                turn.end_as(answer.end, answer.conversation, answer.text)
                turn.why = answer.why
                return
            tries += 1
            self._turn_away()
            await asyncio.sleep(answer.wait or self._pause(tries))
            if answer.why == "conflict":
                await self._open()  # "reload it and send the message again"
        turn.why = answer.why

    async def _say_again(self, turn, fields):
        """To the other gateway, though it is kept: the same must come back."""
        self._turn_away()
        answer = await self._try(fields, self.at)
        if answer.end in KEPT_AS:
            turn.told_again(answer.end, answer.text)

    def _turn_away(self):
        self.at = (self.at + 1) % len(self.lines)

    def _pause(self, tries):
        return self.random.uniform(0.5, 1) * min(WAIT_S[0] * 2 ** tries, WAIT_S[1])

    # -- one try

    async def _try_both(self, turn, fields):
        """At both gateways at once: what they tell must be the same."""
        one, two = await asyncio.gather(*(self._try(fields, at) for at in range(2)))
        if one.end in KEPT_AS and two.end in KEPT_AS:
            turn.told_again(two.end, two.text)
        return one if one.end in KEPT_AS or not one.end and two.end not in KEPT_AS else two

    async def _try(self, fields, at):
        wants_events = self.random.random() < Habits.events
        stopper = self._stopper(fields) if wants_events else None
        try:
            reply = await self._ask(b"POST /chat", fields, wants_events, stopper, at)
        except TimeoutError:
            return Answer(why="silent")
        except OSError:
            return Answer(why="no answer")
        if reply.status == 200 and wants_events:
            return self._judge_events(reply)
        if not reply.is_whole:
            return Answer(why="cut")
        body = json.loads(reply.body)
        if reply.status == 200:
            return self._judge(body, body["conversation_id"], body["response"])
        return self._judge_error(body["error"])

    async def _ask(self, what, fields=None, wants_events=False, on_bytes=None, at=None):
        body = b"" if fields is None else json.dumps(fields).encode()
        head = what + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        if self.cookie:
            head += b"Cookie: " + self.cookie + b"\r\n"
        if self.csrf:
            head += b"X-CSRF-Token: " + self.csrf + b"\r\n"
        if wants_events:
            head += b"Accept: text/event-stream\r\n"
        line = self.lines[self.at if at is None else at]
        return await line.exchange(
            head, body, HELLO_S if wants_events else SILENT_S, SILENT_S, on_bytes
        )

    def _judge(self, outcome, conversation, text):
        if outcome["status"] in KEPT_AS:
            return Answer(outcome["status"], conversation, text)
        return Answer(why=outcome["status"])  # unsaved: it may be sent again

    def _judge_error(self, error):
        if error["code"] in AGAIN:
            return Answer(why=error["code"], wait=float(error.get("retry_after") or 0))
        return Answer("error", why=error["code"])

    def _judge_events(self, reply):
        conversation, text = None, []
        for name, data in parse_events(reply.body):
            if name == "started":
                conversation = data["conversation_id"]
            elif name == "delta":
                text.append(data["text"])
            elif name == "done":
                return self._judge(data, conversation, "".join(text))
            elif name == "error":
                return self._judge_error(data)
            elif name == "retracted":
                return Answer(why="retracted")
        return Answer(why="broken off")

    # -- Stop

    def _stopper(self, fields):
        """Of some slow answers: presses Stop, once, when two words have come."""
        if fields["model"] != SLOW or self.random.random() >= Habits.stop:
            return None
        pressed = []

        def on_bytes(body):
            if not pressed and body.count(b"event: delta") >= 2:
                pressed.append(asyncio.ensure_future(self._stop(fields["turn_id"])))
        return on_bytes

    async def _stop(self, turn_id):
        line = Line(self.lines[self.at].port)
        head = (b"POST /chat/stop HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Cookie: " + self.cookie + b"\r\nX-CSRF-Token: " + self.csrf + b"\r\n")
        try:
            await line.exchange(head, json.dumps({"turn_id": turn_id}).encode(), SILENT_S, SILENT_S)
        except (TimeoutError, OSError):
            pass  # then it is not stopped
        finally:
            line.close()


def parse_events(body):
    """(name, data) of each whole event."""
    for block in body.decode(errors="replace").split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if "event" in fields:
            yield fields["event"], json.loads(fields["data"])
