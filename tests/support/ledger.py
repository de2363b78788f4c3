"""What people saw of their turns, and whether history agrees.

    ledger = Ledger()
    turn = ledger.ask(session, turn_id, question)      # before it is sent for the first time
    turn.end_as("committed", conversation, answer)     # what its client saw in the end
    ...                                                # until all is quiet and the spool is empty
    found = check(ledger.turns, read_kept(postgres), read_shown(url, ledger))
    assert not found, report(found)

check() is given plain data and looks at nothing else. It knows what it finds by the names in KINDS.
The model of these turns is MODEL of the stand-in: it says the question between two marks, so an
answer tells whose it is, whether it is whole and whether it is only one.
"""

import http.client
import json
import re
from collections import Counter, defaultdict, namedtuple

MODEL = "standin/echo@numbered=1"

KINDS = {
    "missing": "a turn that its client saw kept is not in Postgres",
    "hidden": "a turn that its client saw kept is not in the history that is shown",
    "doubled": "a turn is there more than once",
    "half": "a turn is there without exactly one question and one answer",
    "gap": "a seq of a chat is missing",
    "seq_twice": "a seq of a chat is there twice",
    "last_seq": "a chat's last_seq is not the seq of its newest turn",
    "order": "a turn stands before one that its speaker had asked and seen kept earlier",
    "question": "a turn is kept with another question than was asked",
    "answer": "a turn is kept with another answer than its client got",
    "garbled": "an answer is not one whole answer of the model",
    "foreign": "a session has what belongs to another one",
    "unasked": "a turn is there that nobody asked",
    "elsewhere": "a turn is kept in another chat than its client was told",
    "retold": "a kept turn that was sent again got another answer than the first time",
    "status": "a turn is kept as something else than its client was told",
    "shown": "a turn is shown otherwise than it is kept",
}

# What a client saw at the end -> how that turn must be kept. After any other end it may be kept or
# not.
KEPT_AS = {"committed": "committed", "spooled": "committed", "stopped": "stopped"}

Violation = namedtuple("Violation", "kind session turn_id detail")

# What Postgres has. A chat's or turn's session is None where the session was cleared.
Kept = namedtuple("Kept", "chats turns messages")
KeptChat = namedtuple("KeptChat", "conversation session last_seq")
KeptTurn = namedtuple("KeptTurn", "session turn_id conversation seq status")
KeptMessage = namedtuple("KeptMessage", "conversation seq role text")

# A line of the history that a session is shown.
ShownLine = namedtuple("ShownLine", "session conversation turn_id role text status")


class Turn:
    """One turn as its client saw it, however often it was sent."""

    def __init__(self, session, turn_id, question, speaker):
        self.session, self.turn_id, self.question, self.speaker = (
            session,
            turn_id,
            question,
            speaker,
        )
        self.conversation = self.answer = None
        self.end = "unknown"
        self.again = []  # (end, answer) of what came when it was sent again though it was kept

    def end_as(self, end, conversation=None, answer=None):
        """committed, spooled, stopped; error, unsaved or unknown."""
        self.end, self.conversation, self.answer = end, conversation, answer

    def told_again(self, end, answer):
        self.again.append((end, answer))

    @property
    def is_kept(self):
        return self.end in KEPT_AS


class Ledger:
    def __init__(self):
        self.turns = []  # in the order they were asked in
        self.cookies = {}  # of each session, to read its history with

    def ask(self, session, turn_id, question, speaker=None):
        """speaker: who asks one after the other; by default the whole session."""
        self.turns.append(Turn(session, turn_id, question, speaker or session))
        return self.turns[-1]


# ---- the model's answers --------------------------------------------------------------------


def numbered(number, question):
    """What MODEL says."""
    return f"#{number} {question} #{number}"


def question_in(answer):
    """The question that an answer was given to; None where it cannot be told."""
    found = re.fullmatch(r"#(\d+) (.*) #\1", answer, re.DOTALL)
    return found[2] if found else None


def is_one_answer(answer, question, is_whole):
    """Or, if it need not be whole, the beginning of one."""
    number = re.match(r"#(\d+)", answer)
    if not number:
        return False
    whole = numbered(number[1], question)
    return answer == whole if is_whole else whole.startswith(answer)


# ---- the checker ----------------------------------------------------------------------------


class _Check:
    """All that is known, sorted for looking up; every method adds what it finds."""

    def __init__(self, asked, kept, shown):
        self.asked, self.kept, self.shown = asked, kept, shown
        self.found = []
        self.by_id = {turn.turn_id: turn for turn in asked}
        self.owner_of = {turn.question: turn.session for turn in asked}
        self.rows = _grouped(kept.turns, lambda row: row.turn_id)
        self.texts = _grouped(kept.messages, lambda row: (row.conversation, row.seq))
        self.lines = _grouped(shown, lambda line: line.turn_id)

    def note(self, kind, session, turn_id, detail):
        assert kind in KINDS
        self.found.append(Violation(kind, session, turn_id, detail))

    def chats(self):
        seqs = _grouped(self.kept.turns, lambda row: row.conversation)
        for chat in self.kept.chats:
            have = sorted(row.seq for row in seqs[chat.conversation])
            where = f"chat {chat.conversation}"
            for seq, count in Counter(have).items():
                if count > 1:
                    self.note("seq_twice", chat.session, None, f"{where} has {count} x seq {seq}")
            missing = sorted(set(range(1, have[-1] + 1 if have else 1)) - set(have))
            if missing:
                self.note("gap", chat.session, None, f"{where} has no seq {missing[:10]}")
            if chat.last_seq != (have[-1] if have else 0):
                self.note("last_seq", chat.session, None,
                          f"{where} says {chat.last_seq}, its newest is {have[-1:]}")

    def messages(self):
        """No message without a turn."""
        places = {(row.conversation, row.seq) for row in self.kept.turns}
        for place in self.texts.keys() - places:
            self.note("half", None, None, f"messages without a turn at {place}")

    def turns(self):
        for turn_id, rows in self.rows.items():
            if len(rows) > 1:
                self.note("doubled", rows[0].session, turn_id,
                          f"kept at {[(row.conversation, row.seq) for row in rows]}")
            for row in rows:
                self.turn(row)

    def turn(self, row):
        """One that is there: whole, in its place, and of its session; acknowledged or not."""
        turn = self.by_id.get(row.turn_id)
        texts = self.texts[row.conversation, row.seq]
        if sorted(text.role for text in texts) != ["assistant", "user"]:
            self.note("half", row.session, row.turn_id, f"has {[text.role for text in texts]}")
        if not turn:
            self.note("unasked", row.session, row.turn_id, f"seq {row.seq} of {row.conversation}")
            return
        if turn.session != row.session:
            self.note("foreign", row.session, row.turn_id, f"was asked by {turn.session}")
        for text in texts:
            if text.role == "user":
                self.question(turn, text.text)
            else:
                self.answer(turn, text.text, row.status == "committed", "kept")

    def question(self, turn, text):
        if text != turn.question:
            self.note(
                "question", turn.session, turn.turn_id, f"kept {text!r}, asked {turn.question!r}"
            )
        self.owner(turn, text)

    def answer(self, turn, text, is_whole, where):
        if not is_one_answer(text, turn.question, is_whole):
            self.note("garbled", turn.session, turn.turn_id, f"{where}: {text!r}")
        self.owner(turn, question_in(text))

    def owner(self, turn, question):
        if self.owner_of.get(question, turn.session) != turn.session:
            self.note("foreign", turn.session, turn.turn_id,
                      f"{question!r} was said in {self.owner_of[question]}")

    def promises(self):
        """Everything that a client was told."""
        for turn in self.asked:
            if not turn.is_kept:
                continue
            self.answer(turn, turn.answer, turn.end != "stopped", "told")
            if turn.turn_id not in self.rows:
                self.note("missing", turn.session, turn.turn_id, f"told {turn.end}")
            for row in self.rows[turn.turn_id]:
                self.promise(turn, row)
            if not self.lines[turn.turn_id]:
                self.note("hidden", turn.session, turn.turn_id, f"told {turn.end}")
            for end, answer in turn.again:
                if (KEPT_AS.get(end), answer) != (KEPT_AS[turn.end], turn.answer):
                    self.note("retold", turn.session, turn.turn_id,
                              f"told {turn.end} {turn.answer!r}, then {end} {answer!r}")

    def promise(self, turn, row):
        if row.conversation != turn.conversation:
            self.note("elsewhere", turn.session, turn.turn_id,
                      f"kept in {row.conversation}, told {turn.conversation}")
        if row.status != KEPT_AS[turn.end]:
            self.note(
                "status", turn.session, turn.turn_id, f"kept as {row.status}, told {turn.end}"
            )
        for text in self.texts[row.conversation, row.seq]:
            if text.role == "assistant" and text.text != turn.answer:
                self.note("answer", turn.session, turn.turn_id,
                          f"kept {text.text!r}, told {turn.answer!r}")

    def order(self):
        """A speaker asks one after the other. What was spooled may be kept behind others; see
        spool.c."""
        newest = defaultdict(int)
        for turn in self.asked:
            if not turn.is_kept or turn.end == "spooled":
                continue
            for row in self.rows[turn.turn_id][:1]:
                line = turn.speaker, row.conversation
                if row.seq < newest[line]:
                    self.note("order", turn.session, turn.turn_id,
                              f"seq {row.seq}, an earlier one has {newest[line]}")
                newest[line] = max(newest[line], row.seq)

    def history(self):
        """What is shown is what is kept, or a turn that was broken off and is not kept."""
        for turn_id, lines in self.lines.items():
            first = lines[0]
            turn = self.by_id.get(turn_id)
            rows = self.rows[turn_id]
            if not rows and not turn:
                self.note("unasked", first.session, turn_id, "in the history that is shown")
            elif turn and turn.session != first.session:
                self.note("foreign", first.session, turn_id, f"shows what {turn.session} asked")
            if turn and not rows and any(line.status == "interrupted" for line in lines):
                self.interrupted(turn, lines)
            else:
                self.compare(first.session, turn_id, lines, rows)

    def interrupted(self, turn, lines):
        """The question and the beginning of an answer, which may be empty."""
        if sorted(line.role for line in lines) != ["assistant", "user"]:
            self.note("half", turn.session, turn.turn_id, f"shows {[line.role for line in lines]}")
        for line in lines:
            if line.role == "user":
                self.question(turn, line.text)
            elif line.text:
                self.answer(turn, line.text, False, "shown")

    def compare(self, session, turn_id, lines, rows):
        for role, count in Counter(line.role for line in lines).items():
            if count > 1:
                self.note("doubled", session, turn_id, f"{role} shown {count} times")
        want = sorted((text.conversation, text.role, text.text) for row in rows
                      for text in self.texts[row.conversation, row.seq])
        have = sorted((line.conversation, line.role, line.text) for line in lines)
        if set(want) != set(have):
            self.note("shown", session, turn_id, f"shown {have}, kept {want}")


class _Groups(dict):
    """What is not there is an empty list, and looking for it does not bring it there."""

    def __missing__(self, key):
        return []


def _grouped(rows, key):
    groups = _Groups()
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def check(asked, kept, shown):
    """Every violation there is; none: history is what people were told."""
    look = _Check(asked, kept, shown)
    look.chats()
    look.messages()
    look.turns()
    look.promises()
    look.order()
    look.history()
    return look.found


def report(found, examples=3):
    """How many of each kind, and some of them."""
    lines = []
    for kind, count in Counter(one.kind for one in found).most_common():
        lines.append(f"{count} x {kind}: {KINDS[kind]}")
        lines += [f"    session {one.session} turn {one.turn_id}: {one.detail[:500]}"
                  for one in found if one.kind == kind][:examples]
    return "\n".join(lines)


# ---- what there is --------------------------------------------------------------------------


def read_kept(postgres):
    """All rows, past every service."""
    return Kept(
        [KeptChat(*row) for row in postgres.query(
            "SELECT c.id::text, u.session_id::text, c.last_seq FROM conversations c"
            "  JOIN users u ON u.id = c.user_id WHERE c.deleted_at IS NULL")],
        [KeptTurn(*row) for row in postgres.query(
            "SELECT u.session_id::text, t.turn_id::text, t.conversation_id::text, t.seq, t.status"
            "  FROM turns t JOIN users u ON u.id = t.user_id")],
        [KeptMessage(*row) for row in postgres.query(
            "SELECT conversation_id::text, seq, message_role, content FROM messages")])


def read_shown(url, ledger):
    """The history of every session, page by page, as a gateway shows it to its owner."""
    chats = {(turn.session, turn.conversation) for turn in ledger.turns if turn.conversation}
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=25)
    shown = []
    for session, conversation in sorted(chats):
        shown += _read_chat(line, session, ledger.cookies[session], conversation)
    line.close()
    return shown


def _read_chat(line, session, cookie, conversation):
    lines, more = [], "0"
    while more:
        line.request(
            "GET", f"/conversations/{conversation}?cursor={more}", headers={"Cookie": cookie}
        )
        response = line.getresponse()
        body = response.read()
        assert response.status == 200, f"history of {session}: {response.status} {body!r}"
        page = json.loads(body)
        assert not page.get("from_cache"), f"history of {session} comes from Redis"
        lines = page["chat_history"] + lines
        more = page["more"]
    return [
        ShownLine(
            session, conversation, one["turn_id"], one["role"], one["content"], one.get("status")
        )
        for one in lines
    ]
