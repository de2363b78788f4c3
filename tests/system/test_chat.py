"""A person chats: whole answers, streams, follow-ups, a fresh start."""

import uuid

import pytest

from support.standin import ANSWER, KEY, OTHER_KEY

BRAKES = "My brakes squeal"
LONG = "standin/ok@tokens=500,delay=20"


def test_an_answer_as_json(client):
    said = client.say(BRAKES)
    assert (said["response"], said["status"], said["finish_reason"]) == (
        ANSWER,
        "committed",
        "stop",
    )
    assert said["model"] == "standin/ok" and said["usage"]["completion_tokens"] > 0
    assert client.history == [("user", BRAKES), ("assistant", ANSWER)]


def test_an_answer_as_a_stream(client):
    stream = client.stream(BRAKES)
    end = stream.wait_end()
    assert (end.name, end.data["status"], end.data["finish_reason"]) == (
        "done",
        "committed",
        "stop",
    )
    assert stream.text == ANSWER
    assert client.history == [("user", BRAKES), ("assistant", ANSWER)]


def test_every_event_tells_where_the_answer_stands(client):
    turn_id = str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id)
    stream.wait_end()
    offset = 0
    for event in stream.events:
        if event.name == "delta":
            offset += len(event.data["text"].encode())
            assert event.id == f"{turn_id}:{offset}"
    assert offset == len(ANSWER.encode())


def test_an_answer_comes_in_pieces_as_they_are_made(client):
    stream = client.stream(BRAKES, model="standin/ok@tokens=30,delay=50")
    stream.wait_for("delta")
    assert not stream.find("done"), "the first piece came only with the last"
    assert stream.wait_end().name == "done"
    assert sum(event.name == "delta" for event in stream.events) > 5


def test_the_model_hears_the_talk_so_far(client, standin):
    client.say(BRAKES)
    client.say("And how much is that?")
    messages = standin.completions[-1]["messages"]
    assert messages[0]["role"] == "system"
    assert [(m["role"], m["content"]) for m in messages[1:]] == [
        ("user", BRAKES), ("assistant", ANSWER), ("user", "And how much is that?")]


def test_the_operator_key_is_used_and_then_the_persons_own(client, standin):
    client.say(BRAKES)
    saved = client.post("/save_settings", {"api_key": OTHER_KEY})
    assert saved.status_code == 200 and saved.json()["has_api_key"]
    client.open()
    client.say(BRAKES)
    sent = [line["headers"]["authorization"] for line in standin.journal("request", method="POST")]
    assert sent == [f"Bearer {KEY}", f"Bearer {OTHER_KEY}"]


def test_a_long_history_comes_in_pages(system):
    system.start(workers=1, HISTORY_PAGE=4)
    client = system.client()
    for number in range(5):
        client.say(f"Tyre question {number}")
    assert len(client.open()["chat_history"]) == 4
    assert [text for role, text in client.history if role == "user"] == [
        f"Tyre question {number}" for number in range(5)]


# ---- the same turn again ------------------------------------------------------------------


def test_the_same_turn_again_is_replayed(client, standin):
    turn_id = str(uuid.uuid4())
    first = client.say(BRAKES, turn_id=turn_id)
    again = client.say(BRAKES, turn_id=turn_id)
    assert again["response"] == first["response"] and again["status"] == "committed"
    stream = client.stream(BRAKES, turn_id=turn_id)
    assert stream.wait_end().name == "done" and stream.text == ANSWER
    assert len(standin.completions) == 1
    assert client.history == [("user", BRAKES), ("assistant", ANSWER)]


def test_a_turn_id_is_good_for_one_text(client):
    turn_id = str(uuid.uuid4())
    client.say(BRAKES, turn_id=turn_id)
    refused = client.chat("My engine knocks", turn_id=turn_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "turn_id_reused")
    assert client.history == [("user", BRAKES), ("assistant", ANSWER)]


# ---- the subject --------------------------------------------------------------------------


def test_another_subject_is_refused_and_the_text_given_back(client, standin):
    text = "Give me a recipe with olive oil"
    refused = client.chat(text)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["text"]) == (422, "off_topic", text)
    stream = client.stream(text)
    end = stream.wait_end()
    assert (end.name, end.data["code"], end.data["text"]) == ("error", "off_topic", text)
    assert client.history == [] and standin.completions == []


def test_a_greeting_passes(client):
    assert client.say("Hello!")["status"] == "committed"


def test_a_follow_up_needs_a_talk_about_cars(client):
    follow_up = "And how much is that?"
    assert client.chat(follow_up).json()["error"]["code"] == "off_topic"
    client.say("Hello!")
    assert client.chat(follow_up).json()["error"]["code"] == "off_topic"
    client.say(BRAKES)
    assert client.say(follow_up)["status"] == "committed"


# ---- start afresh -------------------------------------------------------------------------


def test_a_fresh_chat_begins_empty(client, standin):
    client.say(BRAKES)
    assert client.post("/clear_chat").status_code == 200
    assert client.history == []
    client.say("My engine knocks")
    assert len(standin.completions[-1]["messages"]) == 2  # system and question
    assert client.history[0] == ("user", "My engine knocks")


def test_a_cleared_session_is_forgotten(client, postgres):
    client.say(BRAKES)
    client.post("/save_settings", {"api_key": OTHER_KEY})
    client.open()
    before = client.http.cookies.get_dict()
    assert client.post("/clear_session").status_code == 200
    session = client.open()
    assert session["chat_history"] == [] and not session["has_api_key"]
    assert client.http.cookies.get_dict() != before
    assert BRAKES not in postgres.dump()


# ---- settings and health ------------------------------------------------------------------


def test_a_key_is_shown_as_a_hint_only(client):
    client.post("/save_settings", {"api_key": OTHER_KEY})
    response = client.get("/get_session_data")
    session = response.json()
    assert session["has_api_key"] and session["api_key_hint"].startswith("sk-or-v1")
    assert OTHER_KEY not in response.text and len(session["api_key_hint"]) < 25
    client.csrf = session["csrf_token"]
    client.post("/save_settings", {"api_key": None})
    assert not client.open()["has_api_key"]


def test_a_model_once_chosen_is_kept(client, standin):
    client.post("/save_settings", {"model": "standin/usage-1"})
    assert client.open()["model"] == "standin/usage-1"
    client.say(BRAKES)
    assert standin.completions[-1]["model"] == "standin/usage-1"


@pytest.mark.parametrize("key, ok", [(OTHER_KEY, True), ("sk-or-v1-" + "0" * 64, False)])
def test_a_key_can_be_tried(client, key, ok):
    response = client.post("/test_openrouter", {"api_key": key})
    if ok:
        assert response.status_code == 200 and response.json()["ok"]
    else:
        assert response.json()["error"]["code"] == "upstream_key"
    assert not client.open()["has_api_key"]


def test_health_counts_the_services(system):
    system.start(workers=2)
    health = system.health()
    assert health["status"] == "ok"
    assert health["services"] == {"filter": 1, "llm-worker": 2, "store": 1}
    system.filters[0].kill()
    system.wait_services(filter=0)
    assert system.health()["status"] == "degraded"


# ---- two at once --------------------------------------------------------------------------


def test_a_chat_takes_one_message_at_a_time(client):
    first = client.stream(BRAKES, model=LONG)
    first.wait_for("delta")
    here = first.find("started").data["conversation_id"]
    refused = client.chat("My engine knocks", conversation_id=here)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "busy")
    assert refused.json()["error"]["text"] == "My engine knocks"
    client.stop(first.find("started").data["turn_id"])
    first.wait_end()
    assert client.say("My engine knocks", conversation_id=here)["status"] == "committed"


def test_a_reloaded_page_follows_the_running_answer(client):
    turn_id = str(uuid.uuid4())
    first = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=40,delay=30")
    first.wait_for("delta")
    first.hang_up()
    assert client.open()["running_turn"]["turn_id"] == turn_id
    followed = client.follow(turn_id)
    assert followed.wait_end().data["status"] == "committed"
    assert client.history == [("user", BRAKES), ("assistant", followed.text)]


def test_an_answer_can_be_stopped_from_another_gateway(system, standin):
    system.start(workers=1, gateways=2)
    client = system.client(0)
    stream = client.stream(BRAKES, model=LONG)
    stream.wait_for("delta")
    client.url = system.url(1)
    assert client.stop(stream.find("started").data["turn_id"]).status_code == 202
    assert stream.wait_end().data["status"] == "stopped"
    standin.wait_journal("end", end="peer closed")


def test_the_same_turn_at_two_gateways_asks_the_model_once(system, standin):
    system.start(workers=1, gateways=2)
    client = system.client(0)
    turn_id = str(uuid.uuid4())
    stream = client.stream(BRAKES, turn_id=turn_id, model="standin/ok@tokens=20,delay=30")
    stream.wait_for("delta")
    client.url = system.url(1)
    again = client.say(BRAKES, turn_id=turn_id)
    stream.wait_end()
    assert again["response"] == stream.text
    assert len(standin.completions) == 1
