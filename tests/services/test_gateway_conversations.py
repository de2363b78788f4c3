"""What the gateway promises about several chats, with a fake store."""

import uuid

import pytest

from support.bus import error, in_turn, say
from support.gateway import CONVERSATION

HELLO = "My brakes squeal when I stop. Why?"
OTHER = "c0ffee00-0000-4000-8000-000000000002"


@pytest.fixture
def anna(chat):
    return chat.client()


def patch(somebody, path, body):
    return somebody.http.patch(
        somebody.url + path, json=body, headers={"X-CSRF-Token": somebody.csrf}
    )


def delete(somebody, path):
    return somebody.http.delete(somebody.url + path, headers={"X-CSRF-Token": somebody.csrf})


def test_chats_are_listed_page_by_page(chat, anna):
    chats = [
        {
            "conversation": CONVERSATION,
            "title": "Brakes",
            "created_at": 1_700_000_000_123,
            "touched_at": 1_700_000_001_000_456,
            "last_seq": 3,
        },
        {
            "conversation": OTHER,
            "title": "Oil",
            "created_at": 1_700_000_000_123,
            "touched_at": 1_700_000_001_000_455,
            "last_seq": 2,
            "forked_from": CONVERSATION,
            "forked_at_seq": 1,
        },
    ]
    chat.store.on(
        "conversation_list_request",
        in_turn(
            say("conversation_list_reply", conversations=chats, more=1),
            say("conversation_list_reply"),
        ),
    )
    page = anna.get("/conversations").json()
    assert page["conversations"] == [
        {
            "conversation_id": CONVERSATION,
            "title": "Brakes",
            "created_at": "2023-11-14T22:13:20.123Z",
            "touched_at": "2023-11-14T22:13:21.000Z",
            "turns": 3,
            "forked_from": None,
            "forked_at_seq": None,
        },
        {
            "conversation_id": OTHER,
            "title": "Oil",
            "created_at": "2023-11-14T22:13:20.123Z",
            "touched_at": "2023-11-14T22:13:21.000Z",
            "turns": 2,
            "forked_from": CONVERSATION,
            "forked_at_seq": 1,
        },
    ]
    assert anna.get(f"/conversations?cursor={page['more']}").json() == {
        "conversations": [],
        "more": None,
    }
    asked = [one for one in chat.store.asked if one.name == "conversation_list_request"]
    assert [(one.after_at, one.after_id) for one in asked] == [
        (0, ""),
        (1_700_000_001_000_455, OTHER),
    ]


@pytest.mark.parametrize(
    "cursor", ["x", "17", "-", f"0-{OTHER}", f"x-{OTHER}", "17-x", f"{'9' * 19}-{OTHER}"]
)
def test_a_cursor_that_makes_no_sense_is_refused(anna, cursor):
    assert anna.get(f"/conversations?cursor={cursor}").status_code == 400


def test_a_page_tells_of_its_chat_and_of_branches(chat, anna):
    chat.store.on(
        "history_page_request",
        say(
            "history_page_reply",
            title="Brakes",
            forked_from=OTHER,
            forked_at_seq=0,
            branches=[
                {"seq": 1, "conversation": CONVERSATION, "shown": 1},
                {"seq": 1, "conversation": OTHER},
            ],
        ),
    )
    assert anna.get(f"/conversations/{CONVERSATION}").json() == {
        "conversation_id": CONVERSATION,
        "title": "Brakes",
        "forked_from": OTHER,
        "forked_at_seq": 0,
        "branches": [
            {"seq": 1, "conversation_id": CONVERSATION, "shown": True},
            {"seq": 1, "conversation_id": OTHER, "shown": False},
        ],
        "chat_history": [],
        "more": None,
    }
    assert chat.store.wait_request("history_page_request").open == 0


def test_a_chat_is_opened_by_post(chat, anna):
    chat.store.on("history_page_request", say("history_page_reply", title="Brakes"))
    assert anna.post(f"/conversations/{CONVERSATION}").json()["title"] == "Brakes"
    asked = chat.store.wait_request("history_page_request")
    assert (asked.open, asked.conversation) == (1, CONVERSATION)


@pytest.mark.parametrize(
    "title, kept", [("  Brakes ", "Brakes"), ("ö" * 80, "ö" * 80), ("🚗" * 80, "🚗" * 80)]
)
def test_a_chat_is_renamed(chat, anna, title, kept):
    chat.store.on("conversation_rename_request", say("done_reply"))
    assert patch(anna, f"/conversations/{CONVERSATION}", {"title": title}).json() == {"title": kept}
    asked = chat.store.wait_request("conversation_rename_request")
    assert (asked.conversation, asked.title) == (CONVERSATION, kept)


@pytest.mark.parametrize(
    "title", [None, "", "  ", "x" * 81, "ö" * 81, "a\nb", "a\x7fb", "a\u0085b", 3]
)
def test_a_title_that_makes_no_sense_is_refused(anna, title):
    assert patch(anna, f"/conversations/{CONVERSATION}", {"title": title}).status_code == 400


def test_a_chat_is_deleted(chat, anna):
    chat.store.on("conversation_delete_request", in_turn(say("done_reply"), error("not_found")))
    assert delete(anna, f"/conversations/{CONVERSATION}").json() == {}
    asked = chat.store.wait_request("conversation_delete_request")
    assert asked.conversation == CONVERSATION and asked.address_hash
    assert delete(anna, f"/conversations/{CONVERSATION}").status_code == 404


def test_whatever_changes_a_chat_is_guarded(chat, anna):
    path = f"{anna.url}/conversations/{CONVERSATION}"
    for send in (anna.http.post, anna.http.patch, anna.http.delete):
        assert send(path, json={"title": "x"}).status_code == 403
    assert chat.stranger().get("/conversations").status_code == 401
    for send in (
        anna.post,
        lambda at: patch(anna, at, {"title": "x"}),
        lambda at: delete(anna, at),
    ):
        assert send("/conversations/nonsense").status_code == 404


@pytest.mark.parametrize(
    "place, fresh, branch, after",
    [
        ({}, 0, 0, 0),
        ({"conversation_id": OTHER}, 0, 0, 0),
        ({"conversation_id": None}, 1, 0, 0),
        ({"conversation_id": OTHER, "after_seq": 0}, 0, 1, 0),
        ({"conversation_id": OTHER, "after_seq": 7}, 0, 1, 7),
    ],
)
def test_a_message_goes_where_it_is_meant_to(chat, anna, place, fresh, branch, after):
    assert anna.say(HELLO, **place)["conversation_id"] == CONVERSATION
    asked = chat.store.wait_request("turn_begin_request")
    assert (asked.conversation, asked.new_conversation, asked.branch, asked.after_seq) == (
        place.get("conversation_id") or "", fresh, branch, after)
    assert chat.store.wait_request("turn_commit_request").conversation == CONVERSATION


@pytest.mark.parametrize("code, status", [("not_found", 404), ("busy", 409), ("too_deep", 422)])
def test_a_branch_that_cannot_be_gives_the_text_back(chat, anna, code, status):
    chat.store.on("turn_begin_request", error(code))
    response = anna.chat(
        HELLO, conversation_id=OTHER, after_seq=3, turn_id=(turn := str(uuid.uuid4()))
    )
    failure = response.json()["error"]
    assert (response.status_code, failure["code"], failure["text"], failure["turn_id"]) == (
        status, code, HELLO, turn)
