"""What the store promises of feedback and usage."""

import pytest

from support.store import new_id, refused
from support.wait import wait_until


def test_feedback_is_kept_and_shown(store, person):
    ann = person()
    turn = ann.say()
    for value in (1, 2, 0, 2):
        ann.ask("feedback_request", turn_id=turn.id, feedback=value)
        assert [line.feedback for line in ann.history().messages] == [0, value]
    assert ann.open().messages[1].feedback == 2


def test_feedback_on_what_is_not_ones_own_is_refused(store, person, postgres):
    ann, bob = person(), person()
    turn = ann.say()
    bob.say()
    refused("not_found", bob.ask, "feedback_request", turn_id=turn.id, feedback=1)
    refused("not_found", ann.ask, "feedback_request", turn_id=new_id(), feedback=1)
    refused("bad_request", ann.ask, "feedback_request", turn_id="x", feedback=1)
    refused("bad_request", ann.ask, "feedback_request", feedback=1)
    assert postgres.query("SELECT DISTINCT feedback FROM turns") == [(0,)]


def test_feedback_is_shown_in_every_branch_and_gone_with_the_last(store, person, postgres):
    ann = person()
    first = ann.say()
    ann.say()
    other = ann.turn("Another way", conversation=ann.chat, branch=1, after_seq=1)
    other.commit()
    ann.ask("feedback_request", turn_id=first.id, feedback=1)
    for chat in (ann.chat, other.chat):
        assert [line.feedback for line in ann.history(chat).messages] == [0, 1, 0, 0]
    for chat in (ann.chat, other.chat):
        ann.ask("conversation_delete_request", conversation=chat)
    wait_until(
        lambda: postgres.query("SELECT count(*) FROM turns") == [(0,)], "the chats to be wiped"
    )
    refused("not_found", ann.ask, "feedback_request", turn_id=first.id, feedback=1)


def rows(said):
    return [(row["day"], row["model"], row["turns"], row["prompt_tokens"], row["completion_tokens"],
             round(row["cost"], 6)) for row in said.rows]


def test_usage_is_counted_by_day_and_model(store, person, postgres):
    ann, bob = person(), person()
    old, gone = ann.say(), ann.say()
    for _ in range(2):
        ann.turn().commit(cost=0.5, model="b/model")
    bob.say()
    days = postgres.query(
        "SELECT to_char(d, 'YYYY-MM-DD') FROM (SELECT (now() AT TIME ZONE 'UTC')::date - n AS d"
        " FROM generate_series(0, 9) n) s"
    )
    for turn, age in ((old, 9), (gone, 10)):
        postgres.query(
            "UPDATE turns SET committed_at = (date_trunc('day', now() AT TIME ZONE 'UTC')"
            " - %s * interval '1 day') AT TIME ZONE 'UTC' WHERE turn_id = %s",
            age,
            turn.id,
        )
    said = ann.ask("usage_request", days=10)
    assert rows(said) == [
        (days[0][0], "b/model", 2, 22, 44, 1.0),
        (days[9][0], "a/model", 1, 11, 22, 0.000123),
    ]
    assert (said.turns, said.prompt_tokens, said.completion_tokens, round(said.cost, 6)) == (
        3,
        33,
        66,
        1.000123,
    )
    assert said.is_truncated == 0


def test_usage_of_nothing_is_nothing(store, person):
    ann = person()
    assert rows(ann.ask("usage_request", days=30)) == []
    ann.say()
    ann.ask("conversation_clear_request", delete=1)
    said = ann.ask("usage_request", days=30)
    assert (rows(said), said.turns) == ([], 0)


@pytest.mark.parametrize("turns, cut", [(1000, 0), (1001, 1)])
def test_too_many_rows_are_cut_and_the_sum_is_not(store, person, postgres, turns, cut):
    ann = person()
    ann.say()
    postgres.query(
        "INSERT INTO turns SELECT user_id, gen_random_uuid(), conversation_id, 1 + n, epoch, "
        "status, verdict,"
        " 'model ' || n, finish_reason, generation_id, 1, 1, 0.5, 0, asked_at, committed_at"
        " FROM turns, generate_series(1, %s) n",
        turns - 1,
    )
    said = ann.ask("usage_request", days=1)
    assert (len(said.rows), said.turns, said.is_truncated) == (1000, turns, cut)
