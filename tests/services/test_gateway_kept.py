"""What the gateway promises of searching, feedback and usage, with a fake store."""

import uuid

import pytest

from support.bus import error, say
from support.gateway import CONVERSATION

TURN = str(uuid.uuid4())
AT, SHOWN = 1_700_000_000_000, "2023-11-14T22:13:20.000Z"


def code(response):
    return response.status_code, response.json()["error"]["code"]


@pytest.fixture
def anna(chat):
    return chat.client()


def test_hits_are_shown_with_their_marks_apart(chat, anna):
    chat.store.on(
        "search_request",
        say(
            "search_reply",
            more_before=17,
            hits=[
                {
                    "turn_id": TURN,
                    "conversation": CONVERSATION,
                    "title": "Noise",
                    "seq": 3,
                    "by_user": 1,
                    "at": AT,
                    "snippet": "My <b>\x02brakes\x03</b> \x02squeal\x03",
                },
                {
                    "turn_id": TURN,
                    "conversation": CONVERSATION,
                    "title": "",
                    "seq": 1,
                    "by_user": 0,
                    "at": AT,
                    "snippet": "",
                },
            ],
        ),
    )
    assert anna.get("/search?q=Br%C3%A4ke+%22my%20x%22&cursor=99").json() == {
        "more": "17",
        "hits": [
            {
                "conversation_id": CONVERSATION,
                "title": "Noise",
                "turn_id": TURN,
                "seq": 3,
                "role": "user",
                "at": SHOWN,
                "snippet": ["My <b>", "brakes", "</b> ", "squeal", ""],
            },
            {
                "conversation_id": CONVERSATION,
                "title": "",
                "turn_id": TURN,
                "seq": 1,
                "role": "assistant",
                "at": SHOWN,
                "snippet": [""],
            },
        ],
    }
    asked = chat.store.wait_request("search_request")
    assert (asked.text, asked.before) == ('Bräke "my x"', 99)


def test_searches_and_imports_are_limited(start_gateway):
    chat = start_gateway(SEARCHES_PER_MINUTE=2, IMPORTS_PER_MINUTE=1)
    anna, ben = chat.client(), chat.client()
    chat.store.on("search_request", say("search_reply", hits=[], more_before=0))
    assert [anna.get("/search?q=oil").status_code for _ in range(3)] == [200, 200, 429]
    refusal = anna.get("/search?q=oil")
    assert (
        refusal.json()["error"]["code"] == "limited"
        and 1 <= int(refusal.headers["Retry-After"]) <= 31
    )
    assert ben.get("/search?q=oil").status_code == 200
    assert [anna.post("/conversations/import", {}).status_code for _ in range(2)] == [400, 429]


@pytest.mark.parametrize("query", ["q=%00", "q=%ff", "q=" + 257 * "a", "q=a&cursor=x",
                                   "q=a&cursor=-1", "q=a&cursor=1234567890123456789"])
def test_a_search_that_makes_no_sense_is_refused(anna, query):
    assert code(anna.get(f"/search?{query}")) == (400, "bad_request")


@pytest.mark.parametrize("query", ["q=%", "q=%4", "q=a%zz"])
def test_a_broken_escape_is_refused(chat, anna, query):
    cookie = "; ".join(f"{one.name}={one.value}" for one in anna.http.cookies)
    assert (
        chat.raw(f"GET /search?{query} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n")[0] == 400
    )


@pytest.mark.parametrize("value, sent", [(1, 1), (-1, 2), (0, 0)])
def test_feedback_is_passed_on(chat, anna, value, sent):
    chat.store.on("feedback_request", say("done_reply"))
    response = anna.post("/feedback", {"turn_id": TURN, "value": value})
    assert (response.status_code, response.json()) == (200, {})
    asked = chat.store.wait_request("feedback_request")
    assert (asked.turn_id, asked.feedback) == (TURN, sent)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"turn_id": TURN},
        {"value": 1},
        {"turn_id": TURN, "value": None},
        {"turn_id": TURN, "value": 2},
        {"turn_id": TURN, "value": -2},
        {"turn_id": TURN, "value": 0.5},
        {"turn_id": TURN, "value": True},
        {"turn_id": TURN, "value": "1"},
        {"turn_id": "x", "value": 1},
    ],
)
def test_feedback_that_makes_no_sense_is_refused(anna, body):
    assert code(anna.post("/feedback", body)) == (400, "bad_request")


def test_feedback_on_an_unknown_turn_is_a_404(chat, anna):
    chat.store.on("feedback_request", error("not_found"))
    assert code(anna.post("/feedback", {"turn_id": TURN, "value": 1})) == (404, "not_found")


def test_usage_is_shown(chat, anna):
    chat.store.on(
        "usage_request",
        say(
            "usage_reply",
            turns=3,
            prompt_tokens=4,
            completion_tokens=5,
            cost=0.5,
            rows=[
                {
                    "day": "2026-01-31",
                    "model": "a/model",
                    "turns": 3,
                    "prompt_tokens": 4,
                    "completion_tokens": 5,
                    "cost": 0.5,
                }
            ],
        ),
    )
    spent = {"turns": 3, "prompt_tokens": 4, "completion_tokens": 5, "cost": 0.5}
    assert anna.get("/usage").json() == {
        "total": spent,
        "is_truncated": False,
        "days": [{"day": "2026-01-31", "model": "a/model", **spent}],
    }
    assert chat.store.wait_request("usage_request").days == 30


@pytest.mark.parametrize("days", ["0", "367", "x", "-1"])
def test_usage_is_bounded(anna, days):
    assert code(anna.get(f"/usage?days={days}")) == (400, "bad_request")


def test_a_stranger_sees_nothing(chat):
    for path in ("/search?q=a", "/usage"):
        assert code(chat.stranger().get(path)) == (401, "signed_out")
    assert code(chat.stranger().post("/feedback", {"turn_id": TURN, "value": 1})) == (
        401,
        "signed_out",
    )


def test_feedback_is_shown_in_the_chat(chat, anna):
    lines = [
        {
            "turn_id": TURN,
            "seq": 1,
            "by_user": 0,
            "text": "x",
            "status": "committed",
            "at": AT,
            "feedback": f,
        }
        for f in (0, 1, 2)
    ]
    chat.store.on("history_page_request", say("history_page_reply", messages=lines))
    shown = anna.get(f"/conversations/{CONVERSATION}").json()["chat_history"]
    assert [line["feedback"] for line in shown] == [0, 1, -1]
