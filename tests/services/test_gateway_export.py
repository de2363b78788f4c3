"""What the gateway promises of a chat as a file, with a fake store."""

import uuid

import pytest
import requests

from support.bus import error, in_turn, say
from support.gateway import CONVERSATION

AT, SHOWN = 1_700_000_000_000, "2023-11-14T22:13:20.000Z"
LATER, SHOWN_LATER = AT + 61_001, "2023-11-14T22:14:21.001Z"


def turn(question, answer, status="committed"):
    turn_id = str(uuid.uuid4())
    return [
        {"turn_id": turn_id, "seq": 1, "by_user": 1, "text": question, "at": AT},
        {
            "turn_id": turn_id,
            "seq": 1,
            "text": answer,
            "at": LATER,
            "model": "a/model",
            "status": status,
            "finish_reason": "stop",
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "cost": 0.1,
            "feedback": 2,
        },
    ]


def part(*turns, title="Why?", **fields):
    return say(
        "export_reply",
        title=title,
        created_at=AT,
        messages=[line for one in turns for line in one],
        **fields,
    )


def file_turn(question, answer, status="committed"):
    return {
        "status": status,
        "question": {"content": question, "at": SHOWN},
        "answer": {
            "content": answer,
            "at": SHOWN_LATER,
            "model": "a/model",
            "finish_reason": "stop",
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0.1},
            "feedback": -1,
        },
    }


def file(*turns):
    return {
        "format": "automotive-chat",
        "version": 1,
        "title": "Why?",
        "created_at": SHOWN,
        "turns": list(turns),
    }


def code(response):
    return response.status_code, response.json()["error"]["code"]


@pytest.fixture
def anna(chat):
    return chat.client()


def export(client, form="json"):
    return client.get(f"/conversations/{CONVERSATION}/export?format={form}")


# ---- out ------------------------------------------------------------------------------------


def test_a_chat_as_json_comes_part_by_part(chat, anna):
    chat.store.on(
        "export_request",
        in_turn(
            part(turn("one", "1"), turn('"two"\n', "2 ü"), last_seq=2),
            part(
                turn("three", "3", "stopped"),
                turn("lost", "", "interrupted"),
                last_seq=3,
                last_interrupted=1,
            ),
            part(),
        ),
    )
    response = export(anna)
    assert response.json() == file(
        file_turn("one", "1"),
        file_turn('"two"\n', "2 ü"),
        file_turn("three", "3", "stopped"),
        file_turn("lost", "", "interrupted"),
    )
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Why.json"'
    asked = [chat.store.wait_request("export_request", count) for count in (1, 2, 3)]
    assert [(one.after_seq, one.after_interrupted) for one in asked] == [(0, 0), (2, 0), (3, 1)]


def test_a_chat_as_markdown(chat, anna):
    chat.store.on(
        "export_request",
        in_turn(part(turn("one\n# two", "- 1\n- 2", "stopped"), last_seq=1), part()),
    )
    response = export(anna, "md")
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Why.md"'
    assert response.text == ("# Why?\n\n*Begun 2023-11-14 22:13 UTC*\n"
                             "\n## You, 2023-11-14 22:13 UTC\n\n> one\n> # two\n"
                             "\n## Assistant, a/model, 2023-11-14 22:14 UTC\n\n- 1\n- 2\n"
                             "\n*stopped; 1 + 2 tokens, 0.100000 US dollars*\n")


@pytest.mark.parametrize(
    "title, name",
    [
        ("", "chat"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"; filename="b', "a-filename-b"),
        ("Öl?", "l"),
        ("a\r\nX: y", "a-X-y"),
        ("日本", "chat"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_title_makes_a_safe_name(chat, anna, title, name):
    chat.store.on("export_request", part(title=title))
    response = export(anna)
    assert response.json()["turns"] == []
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}.json"'


def test_a_file_that_cannot_be_finished_is_seen_to_be_broken_off(chat, anna):
    chat.store.on(
        "export_request", in_turn(part(turn("one", "1"), last_seq=1), error("store_down"))
    )
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        export(anna)


def test_a_chat_nobody_knows_and_a_format_nobody_knows(chat, anna):
    chat.store.on("export_request", error("not_found"))
    assert code(export(anna)) == (404, "not_found")
    assert code(export(anna, "xml")) == (400, "bad_request")
    assert code(anna.get(f"/conversations/{CONVERSATION}/export")) == (400, "bad_request")
    assert code(anna.get("/conversations/x/export?format=json")) == (404, "not_found")
    assert code(chat.stranger().get(f"/conversations/{CONVERSATION}/export?format=md")) == (
        401,
        "signed_out",
    )


# ---- in -------------------------------------------------------------------------------------


def test_a_file_is_kept_in_parts(chat, anna):
    chat.store.on("import_request", say("done_reply"))
    turns = [
        file_turn(f"question {n}", "x", "interrupted" if n == 3 else "committed") for n in range(65)
    ]
    response = anna.post("/conversations/import", file(*turns))
    assert response.status_code == 200
    asked = [chat.store.wait_request("import_request", count) for count in (1, 2, 3)]
    assert {one.conversation for one in asked} == {response.json()["conversation_id"]}
    assert [(one.position, one.after_seq, len(one.turns)) for one in asked] == [
        (0, 0, 30),
        (30, 29, 30),
        (60, 59, 5),
    ]
    assert [t["question"] for one in asked for t in one.turns] == [
        f"question {n}" for n in range(65)
    ]
    first = asked[0]
    assert (first.title, first.created_at) == ("Why?", AT)
    assert first.turns[0] == {
        "question": "question 0",
        "answer": "x",
        "status": "committed",
        "model": "a/model",
        "finish_reason": "stop",
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "asked_at": AT,
        "answered_at": LATER,
        "feedback": 2,
    }


def test_a_part_that_is_not_kept_ends_it(chat, anna):
    chat.store.on("import_request", in_turn(say("done_reply"), error("conflict")))
    response = anna.post("/conversations/import", file(*[file_turn("x", "y")] * 31))
    assert code(response) == (409, "conflict")


def test_a_large_file_is_taken_here_and_nowhere_else(chat, anna):
    chat.store.on("import_request", say("done_reply"))
    large = file(*[file_turn("q", "x" * 60000)] * 16)
    assert anna.post("/conversations/import", large).status_code == 200
    parts = [chat.store.wait_request("import_request", count) for count in (1, 2, 3, 4)]
    assert sum(len(one.turns) for one in parts) == 16
    assert code(anna.post("/feedback", large)) == (413, "too_long")
    larger = file(*[file_turn("q", "x" * 60000)] * 18)
    try:
        assert code(anna.post("/conversations/import", larger)) == (413, "too_long")
    except requests.ConnectionError:
        pass  # the gateway closed before all of it was sent


def changed(path, value):
    whole = file(file_turn("one", "1"), file_turn("two", "2"))
    place, *rest = [int(step) if step.isdigit() else step for step in path.split(".")][::-1]
    inner = whole
    for step in reversed(rest):
        inner = inner[step]
    if value is KeyError:
        del inner[place]
    else:
        inner[place] = value
    return whole


@pytest.mark.parametrize(
    "path, value",
    [
        ("format", "other"),
        ("version", 2),
        ("version", KeyError),
        ("title", KeyError),
        ("title", "x" * 321),
        ("created_at", "yesterday"),
        ("turns", []),
        ("turns", {}),
        ("turns", KeyError),
        ("user_id", 1),
        ("turns.1.status", "spooled"),
        ("turns.1.status", KeyError),
        ("turns.1.turn_id", CONVERSATION),
        ("turns.1", "x"),
        ("turns.1.question.content", ""),
        ("turns.1.question.content", "x" * 8193),
        ("turns.1.question.content", 1),
        ("turns.1.question.at", "2023-11-14 22:13:20"),
        ("turns.1.question.at", "2023-02-30T00:00:00.000Z"),
        ("turns.1.question.at", "1969-12-31T23:59:59.000Z"),
        ("turns.1.question.at", SHOWN + "x"),
        ("turns.1.answer.content", "x" * 65537),
        ("turns.1.answer.content", KeyError),
        ("turns.1.answer.model", "x y"),
        ("turns.1.answer.model", "x" * 129),
        ("turns.1.answer.finish_reason", "x" * 33),
        ("turns.1.answer.feedback", 2),
        ("turns.1.answer.usage.prompt_tokens", -1),
        ("turns.1.answer.usage.prompt_tokens", 10**10),
        ("turns.1.answer.usage.completion_tokens", 1.5),
        ("turns.1.answer.usage.cost", "0"),
        ("turns.1.answer.usage.more", 0),
    ],
)
def test_what_is_no_export_is_refused_as_a_whole(chat, anna, path, value):
    assert code(anna.post("/conversations/import", changed(path, value))) == (400, "bad_request")
    assert not [asked for asked in chat.store.asked if asked.name == "import_request"]


def test_a_stranger_brings_nothing(chat):
    assert code(chat.stranger().post("/conversations/import", file(file_turn("a", "b")))) == (
        401,
        "signed_out",
    )
