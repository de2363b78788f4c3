"""The checker of support/ledger.py names each kind of thing that may be wrong with history.

Each test makes a history that is right, and spoils it in one way."""

from pathlib import Path

import pytest

from support.ledger import (KINDS, Kept, KeptChat, KeptMessage, KeptTurn, Ledger, ShownLine, check,
                            numbered, report)

ANN, BOB = "session-ann", "session-bob"
CHAT_OF = {ANN: "chat-ann", BOB: "chat-bob"}


class History:
    """Two people with two turns each, all of it right."""

    def __init__(self):
        self.ledger, self.kept, self.shown = Ledger(), Kept([], [], []), []
        for session, chat in CHAT_OF.items():
            self.kept.chats.append(KeptChat(chat, session, 2))
            for seq in (1, 2):
                self.say(session, chat, seq)

    def say(self, session, chat, seq, end="committed"):
        turn_id, question = f"turn-{session}-{seq}", f"Brakes, asked by {session} as number {seq}?"
        answer = numbered(100 * len(self.ledger.turns) + seq, question)
        self.ledger.ask(session, turn_id, question).end_as(end, chat, answer)
        self.keep(session, chat, turn_id, seq, question, answer)

    def keep(self, session, chat, turn_id, seq, question, answer):
        self.kept.turns.append(KeptTurn(session, turn_id, chat, seq, "committed"))
        for role, text in (("user", question), ("assistant", answer)):
            self.kept.messages.append(KeptMessage(chat, seq, role, text))
            self.shown.append(ShownLine(session, chat, turn_id, role, text, "committed"))

    @property
    def turn(self):
        """Ann's second."""
        return self.ledger.turns[1]

    def change(self, rows, where, **fields):
        """Of the rows that where() is true of."""
        assert any(map(where, rows))
        rows[:] = [row._replace(**fields) if where(row) else row for row in rows]

    def drop(self, rows, where):
        assert any(map(where, rows))
        rows[:] = [row for row in rows if not where(row)]

    def change_text(self, role, text):
        """Of Ann's second turn, kept and shown alike."""
        self.change(
            self.kept.messages,
            lambda m: (m.conversation, m.seq, m.role) == ("chat-ann", 2, role),
            text=text,
        )
        self.change(
            self.shown,
            lambda line: (line.turn_id, line.role) == (self.turn.turn_id, role),
            text=text,
        )

    def lose(self):
        """Ann's second turn leaves no trace."""
        self.drop(self.kept.turns, lambda row: row.turn_id == self.turn.turn_id)
        self.drop(self.kept.messages, lambda row: (row.conversation, row.seq) == ("chat-ann", 2))
        self.drop(self.shown, lambda line: line.turn_id == self.turn.turn_id)
        self.change(self.kept.chats, lambda chat: chat.session == ANN, last_seq=1)

    @property
    def kinds(self):
        found = check(self.ledger.turns, self.kept, self.shown)
        assert all(one.kind in KINDS for one in found) and (report(found) or not found)
        return sorted({one.kind for one in found})


@pytest.fixture
def history():
    return History()


def test_a_right_history_has_no_violation(history):
    assert history.kinds == []


def test_a_kept_turn_that_is_nowhere_is_missing_and_hidden(history):
    history.lose()
    assert history.kinds == ["hidden", "missing"]


@pytest.mark.parametrize("end", ["error", "unsaved", "unknown"])
def test_a_turn_that_nobody_was_told_to_be_kept_may_be_there_or_not(history, end):
    history.turn.end_as(end)
    assert history.kinds == []
    history.lose()
    assert history.kinds == []


@pytest.mark.parametrize("end", ["spooled", "stopped"])
def test_what_was_spooled_or_stopped_must_be_kept_as_well(history, end):
    history.turn.end_as(end, history.turn.conversation, history.turn.answer)
    history.lose()
    assert history.kinds == ["hidden", "missing"]


def test_a_turn_that_is_kept_and_not_shown_is_hidden(history):
    history.drop(history.shown, lambda line: line.turn_id == history.turn.turn_id)
    assert history.kinds == ["hidden"]


def test_a_turn_that_is_kept_twice_is_doubled(history):
    history.keep(
        ANN, "chat-ann", history.turn.turn_id, 3, history.turn.question, history.turn.answer
    )
    history.change(history.kept.chats, lambda chat: chat.session == ANN, last_seq=3)
    assert history.kinds == ["doubled"]


def test_a_line_that_is_shown_twice_is_doubled(history):
    history.shown.append(history.shown[-1])
    assert history.kinds == ["doubled"]


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("end", ["committed", "unknown"])
def test_a_turn_without_one_of_its_messages_is_half(history, role, end):
    history.turn.end_as(end, history.turn.conversation, history.turn.answer)
    history.drop(
        history.kept.messages, lambda m: (m.conversation, m.seq, m.role) == ("chat-ann", 2, role)
    )
    history.drop(
        history.shown, lambda line: (line.turn_id, line.role) == (history.turn.turn_id, role)
    )
    assert history.kinds == ["half"]


def test_messages_without_a_turn_are_half(history):
    history.kept.messages.append(KeptMessage("chat-ann", 3, "user", "Oil?"))
    assert history.kinds == ["half"]


def test_a_seq_that_is_left_out_is_a_gap(history):
    history.turn.end_as("unknown")
    history.lose()
    history.say(ANN, "chat-ann", 3)
    history.change(history.kept.chats, lambda chat: chat.session == ANN, last_seq=3)
    assert history.kinds == ["gap"]


def test_a_seq_that_two_turns_have_is_named(history):
    history.change(history.kept.turns, lambda row: row.turn_id == history.turn.turn_id, seq=1)
    assert "seq_twice" in history.kinds


def test_a_last_seq_that_does_not_fit_is_named(history):
    history.change(history.kept.chats, lambda chat: chat.session == ANN, last_seq=3)
    assert history.kinds == ["last_seq"]


def test_a_turn_before_an_earlier_one_is_out_of_order(history):
    history.ledger.turns[:2] = reversed(history.ledger.turns[:2])
    assert history.kinds == ["order"]


def test_two_tabs_of_a_session_need_no_order_between_them(history):
    history.ledger.turns[:2] = reversed(history.ledger.turns[:2])
    history.ledger.turns[0].speaker = "another tab"
    assert history.kinds == []


def test_a_spooled_turn_may_be_kept_behind_later_ones(history):
    history.ledger.turns[:2] = reversed(history.ledger.turns[:2])
    first = history.ledger.turns[0]
    first.end_as("spooled", first.conversation, first.answer)
    assert history.kinds == []


def test_another_question_is_named(history):
    history.change_text("user", "What was never asked?")
    assert history.kinds == ["question"]


def test_another_answer_than_was_told_is_named(history):
    history.change_text("assistant", numbered(9999, history.turn.question))
    assert history.kinds == ["answer"]


def test_an_answer_that_is_changed_by_one_byte_is_named(history):
    history.change_text("assistant", history.turn.answer + "\n")
    assert history.kinds == ["answer", "garbled"]


@pytest.mark.parametrize("spoil", [
    lambda answer: answer[:-3],  # broken off
    lambda answer: answer + answer,  # said twice
    lambda answer: answer.replace("Brakes", "Brakes Brakes"),  # a piece came twice
    lambda answer: "",
])
def test_an_answer_that_is_not_one_whole_answer_is_garbled(history, spoil):
    answer = spoil(history.turn.answer)
    history.turn.end_as("committed", history.turn.conversation, answer)
    history.change_text("assistant", answer)
    assert history.kinds == ["garbled"]


def test_a_stopped_answer_may_be_the_beginning_of_one(history):
    answer = history.turn.answer[:-9]
    history.turn.end_as("stopped", history.turn.conversation, answer)
    history.change_text("assistant", answer)
    history.change(
        history.kept.turns, lambda row: row.turn_id == history.turn.turn_id, status="stopped"
    )
    assert history.kinds == []


def test_a_stopped_answer_that_is_no_beginning_is_garbled(history):
    history.turn.end_as("stopped", history.turn.conversation, "Something else")
    history.change_text("assistant", "Something else")
    history.change(
        history.kept.turns, lambda row: row.turn_id == history.turn.turn_id, status="stopped"
    )
    assert history.kinds == ["garbled"]


def test_another_status_than_was_told_is_named(history):
    history.change(
        history.kept.turns, lambda row: row.turn_id == history.turn.turn_id, status="stopped"
    )
    assert history.kinds == ["status"]


def test_a_kept_turn_that_is_sent_again_gets_the_same_answer(history):
    history.turn.told_again("committed", history.turn.answer)
    assert history.kinds == []
    history.turn.told_again("committed", numbered(9999, history.turn.question))
    assert history.kinds == ["retold"]


def test_a_kept_turn_that_is_sent_again_is_still_kept(history):
    history.turn.told_again("stopped", history.turn.answer)
    assert history.kinds == ["retold"]


def test_a_turn_in_another_session_is_foreign(history):
    history.change(history.kept.turns, lambda row: row.turn_id == history.turn.turn_id, session=BOB)
    assert history.kinds == ["foreign"]


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_the_words_of_another_session_are_foreign(history, role):
    other = history.ledger.turns[2]
    assert other.session == BOB
    history.change_text(role, other.question if role == "user" else other.answer)
    assert "foreign" in history.kinds


def test_an_answer_of_another_session_is_foreign_where_only_its_client_saw_it(history):
    history.turn.end_as("committed", history.turn.conversation, history.ledger.turns[2].answer)
    assert "foreign" in history.kinds


def test_a_line_of_another_session_in_what_is_shown_is_foreign(history):
    history.change(history.shown, lambda line: line.turn_id == history.turn.turn_id, session=BOB)
    assert history.kinds == ["foreign"]


def test_a_turn_that_nobody_asked_is_named(history):
    history.keep(ANN, "chat-ann", "turn-of-nobody", 3, "Oil?", numbered(1, "Oil?"))
    history.change(history.kept.chats, lambda chat: chat.session == ANN, last_seq=3)
    assert history.kinds == ["unasked"]


def test_a_turn_that_nobody_asked_and_that_is_only_shown_is_named(history):
    history.shown.append(ShownLine(ANN, "chat-ann", "turn-of-nobody", "user", "Oil?", "committed"))
    assert "unasked" in history.kinds


def test_a_turn_in_another_chat_than_was_told_is_named(history):
    history.turn.conversation = "chat-that-is-not"
    assert history.kinds == ["elsewhere"]


def test_a_line_that_is_shown_otherwise_than_it_is_kept_is_named(history):
    history.change(history.shown, lambda line: line.turn_id == history.turn.turn_id, text="Oil?")
    assert history.kinds == ["shown"]


def test_a_committed_line_that_is_shown_and_not_kept_is_named(history):
    history.turn.end_as("unknown")
    shown = list(history.shown)
    history.lose()
    history.shown = shown
    assert history.kinds == ["shown"]


@pytest.fixture
def interrupted(history):
    """Ann's second turn was broken off: it is shown with the beginning of an answer, and not
    kept."""
    history.turn.end_as("unknown")
    shown = list(history.shown)
    history.lose()
    history.shown = shown
    history.change(
        shown,
        lambda line: line.turn_id == history.turn.turn_id and line.role == "assistant",
        status="interrupted",
        text=numbered(7, history.turn.question)[:20],
    )
    history.change(
        shown,
        lambda line: line.turn_id == history.turn.turn_id and line.role == "user",
        status=None,
    )
    return history


def test_a_turn_that_was_broken_off_may_be_shown_and_not_kept(interrupted):
    assert interrupted.kinds == []


@pytest.mark.parametrize("role, kind", [("user", "question"), ("assistant", "garbled")])
def test_a_turn_that_was_broken_off_is_shown_as_it_was(interrupted, role, kind):
    interrupted.change(
        interrupted.shown,
        lambda line: (line.turn_id, line.role) == (interrupted.turn.turn_id, role),
        text="What was never said",
    )
    assert interrupted.kinds == [kind]


def test_a_turn_that_was_broken_off_is_shown_whole(interrupted):
    interrupted.drop(
        interrupted.shown,
        lambda line: (line.turn_id, line.role) == (interrupted.turn.turn_id, "user"),
    )
    assert interrupted.kinds == ["half"]


def test_every_kind_is_tested():
    text = Path(__file__).read_text()
    assert all(f'"{kind}"' in text for kind in KINDS)
