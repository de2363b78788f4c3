"""People who talk to a store, as a gateway would ask for them."""

import uuid

import pytest

from support.bus import BusError

GRANTED, FOLLOW, REPLAY = 0, 1, 2
OK, DUP, SPOOLED = 0, 1, 2
RUNNING, KEPT, ABORTED, INTERRUPTED = 0, 1, 2, 3
QUESTION = "How often should I change the oil?"
ANSWER = "Every 15,000 km, or once a year."


def new_id():
    return str(uuid.uuid4())


def refused(code, ask, *args, **fields):
    """ask(...) must end with that error; returns it."""
    with pytest.raises(BusError) as caught:
        ask(*args, **fields)
    assert caught.value.code == code
    return caught.value


def fill(postgres, chat, turns):
    """Puts so many turns behind the first one of a chat."""
    postgres.query(
        "INSERT INTO turns (user_id, turn_id, conversation_id, seq, epoch, status, verdict, model, "
        "finish_reason,"
        " generation_id, prompt_tokens, completion_tokens, cost, asked_at) SELECT user_id, "
        "gen_random_uuid(),"
        " id, n, 1, 'committed', 2, 'm', 'stop', '', 1, 1, 0, now() FROM conversations,"
        " generate_series(2, %s) n WHERE id = %s", turns, chat)
    postgres.query(
        "INSERT INTO messages (conversation_id, seq, message_role, content) SELECT %s, n, role, "
        "'private'"
        " FROM generate_series(2, %s) n, (VALUES ('user'), ('assistant')) v (role)", chat, turns)
    postgres.query("UPDATE conversations SET last_seq = %s WHERE id = %s", turns, chat)


class Person:
    """Somebody with a session and a current chat."""

    def __init__(self, gateway, to=None):
        self.gateway, self.to = gateway, to
        self.session, self.chat = new_id(), ""

    def ask(self, message, **fields):
        return self.gateway.ask(message, to=self.to, session=self.session, **fields)

    def open(self, create=0, page=20):
        return self.ask("session_open_request", create=create, page=page)

    def history(self, chat=None, before=0, page=20):
        return self.ask(
            "history_page_request", conversation=chat or self.chat, before=before, page=page
        )

    def follow(self, turn, after=0):
        return self.ask("turn_follow_request", turn_id=turn, after=after)

    def begin(self, text=QUESTION, turn=None, **fields):
        fields = {"conversation": self.chat, "window": 20, **fields}
        said = self.ask("turn_begin_request", turn_id=turn or new_id(), text=text, **fields)
        return said

    def turn(self, text=QUESTION, **fields):
        """A granted turn: what renew, append, commit and abort want."""
        turn = new_id()
        said = self.begin(text, turn, **fields)
        assert said.outcome == GRANTED, said
        return Turn(self, turn, text, said)

    def say(self, text=QUESTION, answer=ANSWER, **fields):
        """A whole turn, which becomes part of the current chat."""
        turn = self.turn(text, **fields)
        assert turn.commit(answer).outcome == OK
        self.chat = turn.chat
        return turn


class Turn:
    """A turn that is being answered."""

    def __init__(self, person, turn_id, text, granted):
        self.person, self.id, self.text, self.granted = person, turn_id, text, granted
        self.chat, self.epoch, self.seq = granted.conversation, granted.epoch, granted.seq

    def fields(self, **changes):
        return {"conversation": self.chat, "turn_id": self.id, "epoch": self.epoch, **changes}

    def send_commit(self, answer=ANSWER, ttl_ms=10000, **changes):
        known = {"seq": self.seq, "user_text": self.text, "answer": answer, "status": "committed",
                 "verdict": 2, "model": "a/model", "finish_reason": "stop", "prompt_tokens": 11,
                 "completion_tokens": 22, "cost": 0.000123}
        return self.person.gateway.send("turn_commit_request", to=self.person.to, ttl_ms=ttl_ms,
                                        session=self.person.session,
                                        **self.fields(**{**known, **changes}))

    def commit(self, answer=ANSWER, **changes):
        return self.send_commit(answer, **changes).wait()

    def renew(self, **changes):
        return self.person.ask("turn_renew_request", **self.fields(**changes))

    def append(self, offset, text, **changes):
        return self.person.ask(
            "turn_append_request", offset=offset, text=text, **self.fields(**changes)
        )

    def abort(self, **changes):
        return self.person.ask(
            "turn_abort_request", reason="upstream_error", **self.fields(**changes)
        )

    def follow(self, after=0):
        return self.person.follow(self.id, after)

    def stop(self):
        return self.person.ask("turn_stop_request", turn_id=self.id)

    def again(self, text=None, **fields):
        """The same turn begun once more."""
        return self.person.begin(
            text or self.text, self.id, **{"conversation": self.chat, **fields}
        )
