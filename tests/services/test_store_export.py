"""What the store promises of a chat that leaves as a whole, and of one that comes in."""

import time

import pytest

from support.store import fill, new_id, refused

AT = 1_700_000_000_000


def exported(person, chat=None):
    """Every turn as (seq, question, answer, status), and how many parts it took."""
    turns, seq, lost, parts = [], 0, 0, 0
    while True:
        part = person.ask(
            "export_request",
            conversation=chat or person.chat,
            after_seq=seq,
            after_interrupted=lost,
        )
        if not part.messages:
            return turns, parts
        turns += [(one.seq, one.text, other.text, other.status)
                  for one, other in zip(part.messages[::2], part.messages[1::2])]
        seq, lost, parts = part.last_seq, part.last_interrupted, parts + 1


def interrupt(postgres, person, after, text):
    postgres.query(
        "INSERT INTO interrupted SELECT user_id, gen_random_uuid(), id, %s, %s, 'so far', 'm', "
        "now()"
        " FROM conversations WHERE id = %s",
        after,
        text,
        person.chat,
    )


def brought(question, status="committed", **fields):
    return {
        "question": question,
        "answer": f"answer to {question}",
        "status": status,
        "model": "b/model",
        "finish_reason": "stop",
        "prompt_tokens": 5,
        "completion_tokens": 6,
        "asked_at": AT,
        "answered_at": AT + 1000,
        "feedback": 2,
        **fields,
    }


def bring(person, turns, chat, place=0, after=0):
    return person.ask(
        "import_request",
        conversation=chat,
        title="An  old\nchat",
        created_at=AT,
        position=place,
        after_seq=after,
        turns=turns,
    )


# ---- out ------------------------------------------------------------------------------------


def test_all_of_a_chat_is_exported_in_order(store, person, postgres):
    ann = person()
    for number in range(1, 61):
        ann.say(f"question {number}", f"answer {number}")
    for after, count in ((0, 2), (7, 60), (60, 1)):
        for number in range(count):
            interrupt(postgres, ann, after, f"lost {after} {number}")
    turns, parts = exported(ann)
    kept = [turn for turn in turns if turn[3] == "committed"]
    assert kept == [(n, f"question {n}", f"answer {n}", "committed") for n in range(1, 61)]
    assert [turn[0] for turn in turns] == sorted([0] * 2 + [7] * 60 + [60] + list(range(1, 61)))
    assert len({turn[1] for turn in turns}) == 60 + 63
    assert turns[0][3] == turns[1][3] == turns[-1][3] == "interrupted"
    assert parts == 3


def test_a_branch_is_exported_with_what_it_begins_with(store, person, postgres):
    ann = person()
    for number in (1, 2, 3):
        ann.say(f"q{number}", f"a{number}")
    interrupt(postgres, ann, 1, "lost early")
    interrupt(postgres, ann, 3, "lost late")
    main = ann.chat
    turn = ann.turn("r3", conversation=main, branch=1, after_seq=2)
    turn.commit("b3")
    assert [(one[0], one[1]) for one in exported(ann, turn.chat)[0]] == [
        (1, "q1"),
        (1, "lost early"),
        (2, "q2"),
        (3, "r3"),
    ]
    assert [one[1] for one in exported(ann, main)[0]] == [
        "q1",
        "lost early",
        "q2",
        "q3",
        "lost late",
    ]
    ann.ask("conversation_delete_request", conversation=main)
    assert [one[1] for one in exported(ann, turn.chat)[0]] == ["q1", "lost early", "q2", "r3"]


def test_a_part_is_bounded_by_its_bytes(store, person):
    ann = person()
    for number in range(5):
        ann.say("q" * 8000, chr(97 + number) * 60000)
    turns, parts = exported(ann)
    assert ([turn[2][0] for turn in turns], parts) == (list("abcde"), 5)


def test_a_part_of_a_long_chat_costs_no_more_than_all_of_a_short_one(store, person, postgres):
    def quickest_of(somebody):
        times = []
        for _ in range(7):
            begun = time.monotonic()
            somebody.ask(
                "export_request", conversation=somebody.chat, after_seq=10, after_interrupted=0
            )
            times.append(time.monotonic() - begun)
        return min(times)
    ann, bob = person(), person()
    for somebody, turns in ((ann, 40), (bob, 40000)):
        somebody.say()
        fill(postgres, somebody.chat, turns)
    # the store has better things to do
    postgres.query("UPDATE conversations SET searched_seq = last_seq")
    postgres.query("ANALYZE")
    assert quickest_of(bob) < 4 * quickest_of(ann)


def test_what_is_told_of_a_turn(store, person):
    ann = person()
    ann.turn("Why?").commit("So.", status="stopped", finish_reason="length", cost=0.5)
    ann.chat = ann.open().conversation
    part = ann.ask("export_request", conversation=ann.chat)
    question, answer = part.messages
    assert (part.title, question.text, answer.text, answer.status) == (
        "Why?",
        "Why?",
        "So.",
        "stopped",
    )
    assert (
        answer.model,
        answer.finish_reason,
        answer.prompt_tokens,
        answer.completion_tokens,
        answer.cost,
    ) == ("a/model", "length", 11, 22, 0.5)
    assert abs(answer.at - time.time() * 1000) < 60000 and abs(part.created_at - answer.at) < 60000


def test_only_ones_own_chats_are_exported(store, person):
    ann, bob = person(), person()
    ann.say()
    bob.say()
    refused("not_found", exported, bob, ann.chat)
    refused("not_found", exported, ann, new_id())
    refused("bad_request", exported, ann, "x")
    chat = ann.chat
    ann.ask("conversation_clear_request", delete=1)
    refused("not_found", exported, ann, chat)


# ---- in -------------------------------------------------------------------------------------


def test_an_imported_chat_is_a_chat(store, person, postgres):
    ann, chat = person(), new_id()
    bring(ann, [brought("one"), brought("two", "stopped"), brought("lost", "interrupted")], chat)
    bring(ann, [brought("three")], chat, place=3, after=2)
    assert exported(ann, chat)[0] == [
        (1, "one", "answer to one", "committed"),
        (2, "two", "answer to two", "stopped"),
        (2, "lost", "answer to lost", "interrupted"),
        (3, "three", "answer to three", "committed"),
    ]
    answer = ann.history(chat).messages[1]
    assert (answer.at, answer.model, answer.prompt_tokens, answer.feedback) == (
        AT + 1000,
        "b/model",
        5,
        2,
    )
    assert postgres.query("SELECT title FROM conversations") == [("An old chat",)]
    assert postgres.query("SELECT now() - touched_at < interval '1 minute' FROM conversations") == [
        (True,)
    ]
    ann.chat = chat
    assert [said["text"] for said in ann.begin("four").context][:2] == ["one", "answer to one"]


def test_an_import_costs_nothing_and_proves_nothing(store, person, postgres):
    ann, chat = person(), new_id()
    now = int(time.time() * 1000)
    bring(ann, [brought("one", feedback=0, asked_at=now, answered_at=now)], chat)
    assert postgres.query("SELECT cost, verdict, imported FROM turns") == [(0, 1, True)]
    assert postgres.query("SELECT count(*) FROM spending") == [(0,)]
    said = ann.ask("usage_request", days=366)
    assert (said.turns, said.rows) == (0, [])
    assert ann.begin("and now?", conversation=chat).on_topic == 0


def test_a_part_that_is_sent_twice_is_kept_once(store, person):
    ann, chat = person(), new_id()
    for _ in range(2):
        bring(ann, [brought("one"), brought("lost", "interrupted")], chat)
    for _ in range(2):
        bring(ann, [brought("two"), brought("three")], chat, place=2, after=1)
    assert [turn[1] for turn in exported(ann, chat)[0]] == ["one", "lost", "two", "three"]


def test_parts_come_in_order(store, person):
    ann, chat = person(), new_id()
    refused("not_found", bring, ann, [brought("two")], chat, place=1, after=1)
    bring(ann, [brought("one")], chat)
    refused("conflict", bring, ann, [brought("nine")], chat, place=8, after=8)
    assert [turn[1] for turn in exported(ann, chat)[0]] == ["one"]


def test_nothing_is_brought_into_another_chat(store, person):
    """Neither into somebody else's, nor into one in which something was said here."""
    ann, bob, chat = person(), person(), new_id()
    bring(ann, [brought("one")], chat)
    refused("not_found", bring, bob, [brought("two")], chat, place=1, after=1)
    refused("not_found", bring, bob, [brought("one")], chat)
    bob.say()
    refused("not_found", bring, bob, [brought("two")], bob.chat, place=1, after=1)
    assert len(exported(ann, chat)[0]) == len(exported(bob)[0]) == 1


def test_no_time_lies_in_the_future(store, person):
    ann, chat = person(), new_id()
    late = int(time.time() * 1000) + 10 ** 9
    bring(ann, [brought("one", asked_at=late, answered_at=late)], chat)
    assert all(line.at < time.time() * 1000 + 5000 for line in ann.history(chat).messages)


@pytest.mark.parametrize("fields", [{"status": "spooled"}, {"status": ""}])
def test_malformed_input_is_refused(store, person, fields):
    refused("bad_request", bring, person(), [brought("one", **fields)], new_id())
    refused("bad_request", bring, person(), [brought("one")], "x")
