"""What the gateway promises about sessions, keys and its own configuration."""

import signal
import uuid

import nacl.public
import pytest

from support.bus import error, in_turn, say
from support.gateway import CONVERSATION
from support.wait import wait_until

KEY = "sk-or-v1-" + "5ca1ab1e" * 8
HINT = "sk-or-v1-5ca...b1e"


def code(response):
    return response.json()["error"]["code"]


@pytest.fixture
def anna(chat):
    return chat.client()


def opened(keys, sealed):
    """What a worker reads out of a sealed key."""
    id_length = sealed[0]
    assert sealed[1:1 + id_length] == b"k1"
    secret = nacl.public.PrivateKey(keys.seal_secret)
    return nacl.public.SealedBox(secret).decrypt(sealed[1 + id_length:]).decode()


# ---- coming -------------------------------------------------------------------------------


def test_the_first_visit_makes_a_session(chat):
    anna = chat.stranger()
    data = anna.open()
    asked = chat.store.wait_request("session_open_request")
    assert asked.create == 1 and anna.http.cookies["session"].startswith(asked.session)
    assert data.pop("csrf_token")
    assert data == {
        "session": {
            "created_at": "2023-11-14T22:13:20.000Z",
            "expires_at": "2023-11-14T22:15:00.000Z",
            "signed_in": False,
        },
        "model": "openrouter/free",
        "has_api_key": False,
        "api_key_hint": None,
        "demo": False,
        "conversation_id": None,
        "chat_history": [],
        "branches": [],
        "more": None,
        "running_turn": None,
        "limits": {"messages_per_minute": 20, "remaining": 19},
        "budget": None,
    }
    anna.open()
    again = chat.store.wait_request("session_open_request", 2)
    assert (again.create, again.session) == (0, asked.session)


def test_what_is_left_of_a_budget_is_told(chat, anna):
    chat.store.on("session_open_request", say("session_open_reply", has_budget=1, budget_left=0.42))
    assert anna.open()["budget"] == {"left": 0.42}


def test_a_session_comes_with_its_chat(chat):
    turn = str(uuid.uuid4())
    lines = [
        {"turn_id": turn, "seq": 1, "by_user": 1, "text": "Brakes?", "at": 1_700_000_000_123},
        {
            "turn_id": turn,
            "seq": 1,
            "by_user": 0,
            "text": "Pads.",
            "at": 1_700_000_001_000,
            "model": "m",
            "status": "stopped",
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "cost": 0.25,
            "feedback": 2,
        },
    ]
    chat.store.on(
        "session_open_request",
        say(
            "session_open_reply",
            model="my/model",
            sealed_key=b"sealed",
            key_hint=HINT,
            conversation=CONVERSATION,
            running_turn=turn,
            running_text="And the discs?",
            messages=lines,
            more_before=17,
            from_cache=1,
            branches=[{"seq": 1, "conversation": CONVERSATION, "shown": 1}],
        ),
    )
    data = chat.client().open()
    assert (data["model"], data["has_api_key"], data["api_key_hint"]) == ("my/model", True, HINT)
    assert (data["conversation_id"], data["running_turn"]) == (
        CONVERSATION, {"turn_id": turn, "text": "And the discs?"})
    assert (data["more"], data["from_cache"]) == ("17", True)
    assert data["chat_history"] == [
        {
            "turn_id": turn,
            "seq": 1,
            "role": "user",
            "content": "Brakes?",
            "at": "2023-11-14T22:13:20.123Z",
        },
        {
            "turn_id": turn,
            "seq": 1,
            "role": "assistant",
            "content": "Pads.",
            "at": "2023-11-14T22:13:21.000Z",
            "model": "m",
            "status": "stopped",
            "usage": {"prompt_tokens": 5, "completion_tokens": 3, "cost": 0.25},
            "feedback": -1,
        },
    ]
    assert data["branches"] == [{"seq": 1, "conversation_id": CONVERSATION, "shown": True}]


def test_older_messages_come_by_the_cursor(chat, anna):
    lines = [{"turn_id": str(uuid.uuid4()), "seq": 3, "by_user": 1, "text": "Older", "at": 1}]
    chat.store.on(
        "history_page_request",
        in_turn(
            say("history_page_reply", messages=lines, more_before=3),
            say("history_page_reply"),
            error("not_found"),
        ),
    )
    page = anna.get(f"/conversations/{CONVERSATION}?cursor=17").json()
    assert page["chat_history"][0]["content"] == "Older"
    assert (page["more"], page["conversation_id"]) == ("3", CONVERSATION)
    asked = chat.store.wait_request("history_page_request")
    assert (asked.conversation, asked.before) == (CONVERSATION, 17)
    assert anna.get(f"/conversations/{CONVERSATION}").json()["more"] is None
    assert anna.get(f"/conversations/{CONVERSATION}").status_code == 404  # somebody else's
    assert anna.get("/conversations/nonsense").status_code == 404
    assert anna.get(f"/conversations/{CONVERSATION}?cursor=x").status_code == 400


def test_a_session_that_has_run_out_becomes_a_new_one(chat, anna):
    before = anna.http.cookies["session"]
    chat.store.on("session_open_request", in_turn(error("signed_out"), say("session_open_reply")))
    assert anna.open()["csrf_token"]
    assert anna.http.cookies["session"] != before


def test_new_sessions_of_an_address_are_limited(start_gateway):
    chat = start_gateway(SESSIONS_PER_MINUTE=2)
    somebody = chat.client()
    assert chat.stranger().get("/get_session_data").status_code == 200
    response = chat.stranger().get("/get_session_data")
    assert (response.status_code, code(response)) == (429, "limited")
    assert int(response.headers["Retry-After"]) > 0
    assert somebody.get("/get_session_data").status_code == 200  # who is known stays welcome


def test_without_a_store_nobody_comes_in(chat):
    chat.store.on("session_open_request", error("store_down", 0, 3000))
    response = chat.stranger().get("/get_session_data")
    assert (response.status_code, code(response)) == (503, "store_down")
    assert response.headers["Retry-After"] == "3"


# ---- settings -----------------------------------------------------------------------------


def test_a_key_is_sealed_the_moment_it_comes(chat, anna, keys):
    chat.store.on(
        "session_open_request",
        say("session_open_reply", sealed_key=b"x", key_hint=HINT, model="a/b"),
    )
    response = anna.post("/save_settings", {"api_key": f'  "{KEY}"\n', "model": "a/b"})
    assert response.json() == {
        "has_api_key": True,
        "api_key_hint": HINT,
        "model": "a/b",
        "csrf_token": anna.csrf,
    }
    asked = chat.store.wait_request("session_save_request")
    assert (asked.key_change, asked.key_hint, asked.remember) == (1, HINT, 1)
    assert (asked.model_change, asked.model) == (1, "a/b")
    assert opened(keys, asked.sealed_key) == KEY
    assert KEY not in chat.process.log_text
    assert not any(KEY.encode() in frame.body for frame in chat.store.frames)


@pytest.mark.parametrize("body, change, remember, model", [
    ({"api_key": None}, 2, 1, None), ({"model": "a/b"}, 0, 1, "a/b"), ({"model": ""}, 0, 1, ""),
    ({"api_key": KEY, "remember": False}, 1, 0, None), ({}, 0, 1, None)])
def test_only_what_was_sent_is_changed(chat, anna, body, change, remember, model):
    assert anna.post("/save_settings", body).status_code == 200
    asked = chat.store.wait_request("session_save_request")
    assert (asked.key_change, asked.remember) == (change, remember)
    assert (asked.model_change, asked.model) == (0 if model is None else 1, model or "")


@pytest.mark.parametrize("key", [KEY[:-1], KEY.upper(), "sk-proj-1234567890", "x"])
def test_an_unusual_key_is_kept_with_a_warning(chat, anna, key):
    saved = anna.post("/save_settings", {"api_key": key})
    assert saved.status_code == 200 and "does not look like" in saved.json()["warning"]
    assert chat.store.wait_request("session_save_request").key_change == 1


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": ""},
        {"api_key": " "},
        {"api_key": 7},
        {"api_key": "a b"},
        {"api_key": "ä" * 20},
        {"api_key": "x" * 257},
        {"api_key": "x" * 5000},
        {"model": "a b"},
        {"model": 7},
        {"remember": "yes"},
        {"api_key": "sk\r\nX-Header: 1"},
    ],
)
def test_settings_that_cannot_be_are_refused(chat, anna, body):
    response = anna.post("/save_settings", body)
    assert (response.status_code, code(response)) == (400, "bad_request")
    assert not any(asked.name == "session_save_request" for asked in chat.store.asked)


TESTED = {"label": "sk-or-v1-au7...890", "has_limit": 1, "limit_remaining": 74.5, "is_free_tier": 0,
          "has_free_requests": 1, "free_requests_left": 38}


def test_a_key_is_tested_and_not_kept(chat, anna, keys):
    chat.worker.on("key_test_request", say("key_test_reply", **TESTED))
    assert anna.post("/test_openrouter", {"api_key": KEY}).json() == {
        "ok": True, "label": "sk-or-v1-au7...890", "limit_remaining": 74.5, "is_free_tier": False,
        "free_requests_left": 38}
    assert opened(keys, chat.worker.wait_request("key_test_request").sealed_key) == KEY
    limit = chat.store.wait_request("limit_take_request")
    assert limit.what == "key_test" and limit.session
    assert not any(asked.name == "session_save_request" for asked in chat.store.asked)


def test_the_kept_key_is_tested_when_none_is_given(chat, anna):
    chat.store.on("session_open_request", say("session_open_reply", sealed_key=b"as it lies there"))
    chat.worker.on("key_test_request", say("key_test_reply", label="mine"))
    assert anna.post("/test_openrouter").json() == {
        "ok": True,
        "label": "mine",
        "limit_remaining": None,
        "is_free_tier": False,
        "free_requests_left": None,
    }
    assert chat.worker.wait_request("key_test_request").sealed_key == b"as it lies there"


@pytest.mark.parametrize(
    "says, status", [("upstream_key", 502), ("no_key", 422), ("upstream_timeout", 504)]
)
def test_what_openrouter_says_of_a_bad_key_is_told(chat, anna, says, status):
    chat.worker.on("key_test_request", error(says, 0, 0, "No auth credentials found"))
    response = anna.post("/test_openrouter", {"api_key": KEY})
    assert (response.status_code, code(response)) == (status, says)
    assert "No auth credentials found" in response.json()["error"]["message"]
    assert KEY not in response.text


def test_key_tests_are_limited(chat, anna):
    chat.store.on("limit_take_request", say("limit_take_reply", allowed=0, retry_after_ms=900))
    assert anna.post("/test_openrouter", {"api_key": KEY}).status_code == 429
    chat.store.on("limit_take_request", say("limit_take_reply", allowed=1, limits_unavailable=1))
    chat.worker.on("key_test_request", say("key_test_reply"))
    statuses = [anna.post("/test_openrouter", {"api_key": KEY}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_models_are_listed(chat, anna):
    chat.worker.on(
        "models_list_request",
        say(
            "models_list_reply",
            at=1,
            models=[
                {"id": "a/free", "name": "A", "context": 8192},
                {"id": "b/paid", "name": "B", "prompt_price": 0.0000004},
                {"id": "c/request", "name": "C", "request_price": 0.005},
            ],
        ),
    )
    response = anna.get("/models")
    assert '"prompt_price":4e-7' in response.text  # not 3.9999999999999998e-7
    assert response.json() == {
        "models": [
            {
                "id": "a/free",
                "name": "A",
                "context": 8192,
                "prompt_price": 0.0,
                "completion_price": 0.0,
                "request_price": 0.0,
                "free": True,
            },
            {
                "id": "b/paid",
                "name": "B",
                "context": None,
                "prompt_price": 4e-7,
                "completion_price": 0.0,
                "request_price": 0.0,
                "free": False,
            },
            {
                "id": "c/request",
                "name": "C",
                "context": None,
                "prompt_price": 0.0,
                "completion_price": 0.0,
                "request_price": 0.005,
                "free": False,
            },
        ]
    }


def test_models_are_asked_for_once_a_minute(chat, anna):
    chat.worker.on("models_list_request", error("worker_down", 0, 0))
    assert (anna.get("/models").status_code, code(anna.get("/models"))) == (503, "worker_down")
    chat.worker.on("models_list_request", say("models_list_reply", at=1, models=[{"id": "a/free"}]))
    first = anna.get("/models").json()
    chat.worker.on("models_list_request", say("models_list_reply", at=2))
    assert anna.get("/models").json() == chat.client().get("/models").json() == first
    assert sum(asked.name == "models_list_request" for asked in chat.worker.asked) == 3


# ---- starting afresh and going ------------------------------------------------------------


@pytest.mark.parametrize(
    "body, deletes", [({}, 0), ({"delete": True}, 1), ({"delete": False}, 0), (None, 0)]
)
def test_a_chat_is_cleared(chat, anna, body, deletes):
    assert anna.post("/clear_chat", body).json() == {}
    assert chat.store.wait_request("conversation_clear_request").delete == deletes
    assert anna.post("/clear_chat", {"delete": "yes"}).status_code == 400


def test_a_session_is_cleared_and_a_new_one_begins(chat, anna):
    before = anna.http.cookies["session"]
    response = anna.post("/clear_session")
    assert response.status_code == 200
    cleared = chat.store.wait_request("session_clear_request")
    assert before.startswith(cleared.session) and len(cleared.address_hash) == 32
    anna.csrf = response.json()["csrf_token"]
    assert anna.http.cookies["session"] != before
    assert anna.chat("My brakes squeal").status_code == 200


def test_a_client_that_leaves_drops_its_question(chat, anna):
    chat.store.on("session_open_request", lambda asked: None)
    with pytest.raises(Exception, match="timed out"):
        anna.http.get(chat.url + "/get_session_data", timeout=0.2)
    asked = chat.store.wait_request("session_open_request", 2)
    chat.store.wait_cancel(asked)


# ---- configuration ------------------------------------------------------------------------


def test_all_faults_are_told_at_once(harness):
    status, text = harness.run(
        "gateway",
        env={
            "HTTP_PORT": "99999",
            "DEMO": "yes",
            "TRUSTED_PROXIES": "10.0.0.0/8,somewhere",
            "COOKIE_KEYS": "c1 short",
            "PUBLIC_ORIGIN": "chat.example/path",
            "WEB_ROOT": "/nowhere",
            "LOG_LEVEL": "loud",
            "TURNS_MAX": "0",
        },
    )
    assert status == 78
    for name in (
        "HTTP_PORT",
        "DEMO",
        "TRUSTED_PROXIES",
        "COOKIE_KEYS",
        "PUBLIC_ORIGIN",
        "WEB_ROOT",
        "LOG_LEVEL",
        "TURNS_MAX",
        "BUS_SECRET_KEY",
        "BUS_ALLOW_FILE",
        "SEAL_PUBLIC_KEYS",
    ):
        assert f"  {name}" in text, text


def test_a_good_configuration_is_shown_without_secrets(chat):
    env = {key: str(value) for key, value in chat.env.items()}
    status, text = chat.harness.run("gateway", "--check-config", env=env)
    assert status == 0 and "HTTP_PORT=0" in text and "COOKIE_KEYS=(set)" in text
    for ring in ("cookie.keys", "seal.public", "gateway.secret"):
        assert (chat.keys.folder / ring).read_text().split()[-1] not in text


def test_a_taken_port_is_one_clear_line(chat):
    env = {key: str(value) for key, value in chat.env.items()}
    status, text = chat.harness.run(
        "gateway", env={**env, "HTTP_PORT": str(chat.port), "BUS_BIND": "tcp://127.0.0.1:*"}
    )
    assert status == 69
    lines = [line for line in text.splitlines() if '"error"' in line]
    assert len(lines) == 1 and "http.cannot_listen" in lines[0] and "in use" in lines[0]
    assert str(chat.port) in lines[0]


def test_a_hangup_takes_away_the_trust_in_a_key(chat):
    chat.keys.write_allow(
        {name: [chat.keys.pairs[name].public] for name in ("filter", "llm-worker")}
    )
    chat.process.signal(signal.SIGHUP)
    wait_until(lambda: chat.stranger().get("/health").json()["services"]["store"] == 0, "no store")
    assert chat.stranger().get("/health").json()["services"]["filter"] == 1
