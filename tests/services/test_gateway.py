"""What the gateway promises about turns, with fake backends on a real bus."""

import signal
import threading
import uuid

import pytest

from support import wire
from support.bus import busy, error, in_turn, never, say, stream
from support.gateway import CONVERSATION, read_reply, status_of
from support.wait import wait_until

HELLO = "My brakes squeal when I stop. Why?"


def code(response):
    return response.json()["error"]["code"]


def granted(**fields):
    return say("turn_begin_reply", conversation=CONVERSATION, epoch=7, seq=1, **fields)


def held(chat):
    """Makes the worker wait for the test: the test answers asked by itself."""
    chat.worker.on("llm_answer_request", never)


# ---- the happy path ------------------------------------------------------------------------


def test_a_message_is_answered_as_json(chat):
    turn = str(uuid.uuid4())
    answer = chat.client().say(HELLO, turn_id=turn)
    assert answer == {
        "response": "Check the pads.",
        "turn_id": turn,
        "conversation_id": CONVERSATION,
        "seq": 1,
        "model": "test/model",
        "status": "committed",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 5, "completion_tokens": 3, "cost": 0.25},
        "budget": None,
    }
    commit = chat.store.wait_request("turn_commit_request")
    assert (commit.user_text, commit.answer, commit.epoch, commit.seq) == (
        HELLO,
        "Check the pads.",
        7,
        1,
    )
    assert (commit.turn_id, commit.conversation, commit.verdict) == (turn, CONVERSATION, 2)


def test_a_message_is_answered_as_a_stream(chat):
    events = chat.client().stream(HELLO, turn_id=(turn := str(uuid.uuid4())))
    events.wait_end()
    assert [(e.name, e.id) for e in events.events] == [
        ("started", f"{turn}:0"),
        ("delta", f"{turn}:6"),
        ("delta", f"{turn}:15"),
        ("done", f"{turn}:15"),
    ]
    assert events.events[0].data == {
        "turn_id": turn,
        "conversation_id": CONVERSATION,
        "model": "test/model",
    }
    assert events.find("done").data == {
        "status": "committed", "seq": 1, "finish_reason": "stop", "model": "test/model",
        "usage": {"prompt_tokens": 5, "completion_tokens": 3, "cost": 0.25}, "budget": None}
    assert events.comments
    headers = events.response.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert headers["X-Accel-Buffering"] == "no"


def test_words_arrive_as_they_are_written(chat):
    held(chat)
    events = chat.client().stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    for count, word in enumerate(["Check ", "the ", "pads."], start=1):
        asked.chunk("llm_chunk", text=word, model="m")
        wait_until(lambda: sum(e.name == "delta" for e in events.events) == count, f"word {count}")
    asked.final("llm_answer_reply", model="m", finish_reason="stop")
    events.wait_end()
    assert events.text == "Check the pads."


def test_the_worker_is_asked_with_the_talk(chat):
    chat.store.on("turn_begin_request", granted(
        sealed_key=b"sealed", model="chosen/model",
        context=[{"by_user": 1, "text": "Hi"}, {"by_user": 0, "text": "Hello"}]))
    chat.client().say(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    assert [(one["by_user"], one["text"]) for one in asked.context] == [
        (1, "Hi"),
        (0, "Hello"),
        (1, HELLO),
    ]
    assert (asked.model, asked.sealed_key) == ("chosen/model", b"sealed")


def test_a_model_may_be_wished_for_one_turn(chat):
    chat.client().say(HELLO, model="other/model:free")
    assert chat.worker.wait_request("llm_answer_request").model == "other/model:free"
    assert chat.store.wait_request("turn_begin_request").model == "other/model:free"


def test_an_idempotency_key_names_the_turn(chat):
    anna, key = chat.client(), str(uuid.uuid4())
    assert anna.post("/chat", {"message": HELLO}, {"Idempotency-Key": key}).json()["turn_id"] == key
    first, second = (
        anna.post("/chat", {"message": HELLO}, {"Idempotency-Key": "order 66"}).json()["turn_id"]
        for _ in range(2)
    )
    assert first == second and uuid.UUID(first)
    assert chat.client().post("/chat", {"message": HELLO},
                              {"Idempotency-Key": "order 66"}).json()["turn_id"] != first


# ---- refusals and failures: the text comes back, history stays ----------------------------


def no_commit(chat):
    return not any(asked.name == "turn_commit_request" for asked in chat.store.asked)


def test_off_topic_is_refused(chat):
    chat.filter.on("filter_check_request", say("filter_check_reply", verdict=0))
    response = chat.client().chat(HELLO, turn_id=(turn := str(uuid.uuid4())))
    assert response.status_code == 422
    assert response.json()["error"] == {
        "code": "off_topic", "message": "I only answer questions about cars and driving.",
        "turn_id": turn, "text": HELLO}
    assert chat.store.wait_request("turn_abort_request").reason == "off_topic"
    assert not any(asked.name == "llm_answer_request" for asked in chat.worker.asked)


@pytest.mark.parametrize("on_topic, greeting, status", [(0, 0, 422), (1, 0, 200), (0, 1, 200)])
def test_what_depends_needs_a_talk_about_cars(chat, on_topic, greeting, status):
    chat.filter.on("filter_check_request", say("filter_check_reply", verdict=1, greeting=greeting))
    chat.store.on("turn_begin_request", granted(on_topic=on_topic))
    assert chat.client().chat("and how much is that?").status_code == status


@pytest.mark.parametrize("stream_wanted", [False, True])
@pytest.mark.parametrize(
    "failing, status, retryable",
    [
        ("upstream_error", 502, True),
        ("upstream_timeout", 504, True),
        ("upstream_credit", 402, False),
    ],
)
def test_a_failing_model_gives_the_text_back(chat, failing, status, retryable, stream_wanted):
    chat.worker.on("llm_answer_request", error(failing, 0, 2500, "Provider said no"))
    anna = chat.client()
    if stream_wanted:
        end = anna.stream(HELLO).wait_end()
        assert end.name == "error"
        data = end.data
        assert data["retryable"] is retryable
    else:
        response = anna.chat(HELLO)
        assert response.status_code == status
        assert response.headers["Retry-After"] == "3"
        data = response.json()["error"]
    assert (data["code"], data["text"], data["retry_after"]) == (failing, HELLO, 3)
    assert data["message"].endswith("(Provider said no)")
    assert chat.store.wait_request("turn_abort_request").reason == failing
    assert no_commit(chat)


@pytest.mark.parametrize("failing, rest_ms, times", [
    ("upstream_rate_limited", 100, 2), ("upstream_rate_limited", 175_000, 1)])
def test_nobody_waits_for_another_try_that_comes_too_late(chat, failing, rest_ms, times):
    answered = say("llm_answer_reply", text="Check the pads.", finish_reason="stop")
    chat.worker.on("llm_answer_request", in_turn(error(failing, 1, rest_ms), answered))
    response = chat.client().chat(HELLO)
    assert response.ok == (times == 2)
    assert sum(asked.name == "llm_answer_request" for asked in chat.worker.asked) == times


def test_an_answer_that_breaks_off_is_an_error_not_an_end(chat):
    held(chat)
    events = chat.client().stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    asked.chunk("llm_chunk", text="Check the", model="m")
    events.wait_for("delta")
    chat.worker.kill()
    assert events.wait_end().name == "error"
    chat.store.wait_request("turn_abort_request")
    assert no_commit(chat)


def test_an_unfit_answer_is_retracted(chat):
    chat.filter.on("filter_review_request", say("filter_review_reply", accepted=0))
    anna = chat.client()
    end = anna.stream(HELLO).wait_end()
    assert (end.name, end.data["text"]) == ("retracted", HELLO)
    assert end.data["reason"]
    response = anna.chat(HELLO)
    assert (response.status_code, code(response)) == (502, "retracted")
    assert no_commit(chat)


def test_an_answer_is_reviewed_while_it_is_written(chat):
    held(chat)
    chat.filter.on(
        "filter_review_request",
        in_turn(say("filter_review_reply", accepted=1), say("filter_review_reply", accepted=0)),
    )
    events = chat.client().stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    for count in (1, 2):
        asked.chunk("llm_chunk", text="This is about something else. " * 8, model="m")
        chat.filter.wait_request("filter_review_request", count)
    assert events.wait_end().name == "retracted"
    chat.worker.wait_cancel(asked)  # the upstream is closed, not read to its end


def test_without_a_filter_nothing_passes(start_gateway, backend):
    chat = start_gateway(BUS_HEARTBEAT_MS=50)
    anna = chat.client()
    chat.filter.close()
    wait_until(
        lambda: chat.stranger().get("/health").json()["services"]["filter"] == 0, "no filter"
    )
    response = anna.chat(HELLO)
    assert (response.status_code, code(response)) == (503, "filter_down")
    assert response.json()["error"]["text"] == HELLO
    assert no_commit(chat)


@pytest.mark.parametrize("store_says, status", [
    ("limited", 429), ("busy", 409), ("conflict", 409), ("not_found", 404), ("signed_out", 401),
    ("turn_id_reused", 422), ("store_down", 503)])
def test_what_the_store_refuses_is_told(chat, store_says, status):
    chat.store.on("turn_begin_request", error(store_says, 1, 12_000))
    response = chat.client().chat(HELLO)
    assert (response.status_code, code(response)) == (status, store_says)
    assert response.json()["error"]["retry_after"] == 12
    assert response.json()["error"]["text"] == HELLO
    assert not any(
        asked.name in ("turn_abort_request", "turn_commit_request") for asked in chat.store.asked
    )


def test_an_address_has_a_limit(chat):
    chat.store.on("limit_take_request", say("limit_take_reply", allowed=0, retry_after_ms=4200))
    response = chat.client().chat(HELLO)
    assert (response.status_code, code(response)) == (429, "limited")
    assert response.headers["Retry-After"] == "5"
    asked = chat.store.wait_request("limit_take_request")
    assert asked.what == "chat" and len(asked.address_hash) == 32
    assert not chat.filter.asked


def test_the_gateway_counts_while_the_store_cannot(start_gateway):
    chat = start_gateway(ADDRESS_PER_MINUTE=100, MESSAGES_PER_MINUTE=2)
    chat.store.on("limit_take_request", say("limit_take_reply", allowed=1, limits_unavailable=1))
    chat.store.on("turn_begin_request", granted(limits_unavailable=1))
    anna, berta = chat.client(), chat.client()
    assert [anna.chat(HELLO).status_code for _ in range(3)] == [200, 200, 429]
    assert berta.chat(HELLO).status_code == 200
    assert chat.store.wait_request("turn_abort_request").reason == "limited"


# ---- the same turn again ------------------------------------------------------------------


def test_a_kept_turn_is_replayed_in_both_forms(chat):
    chat.store.on(
        "turn_begin_request",
        say(
            "turn_begin_reply",
            outcome=2,
            conversation=CONVERSATION,
            seq=4,
            text="As said.",
            status="stopped",
            model="old/model",
            finish_reason="stop",
            prompt_tokens=1,
            completion_tokens=2,
            cost=0.5,
        ),
    )
    anna, turn = chat.client(), str(uuid.uuid4())
    answer = anna.say(HELLO, turn_id=turn)
    assert (answer["response"], answer["status"], answer["model"]) == (
        "As said.",
        "stopped",
        "old/model",
    )
    events = anna.stream(HELLO, turn_id=turn)
    assert events.wait_end().data["usage"]["cost"] == 0.5
    assert answer["seq"] == events.wait_end().data["seq"] == 4
    assert events.text == "As said."
    assert not chat.worker.asked and no_commit(chat)


def test_a_running_turn_is_joined_not_asked_again(chat):
    held(chat)
    kept = say(
        "turn_begin_reply",
        outcome=2,
        conversation=CONVERSATION,
        text="Check the pads.",
        status="committed",
    )
    # should the last one come too late to join
    chat.store.on("turn_begin_request", in_turn(granted(), kept))
    anna, turn = chat.client(), str(uuid.uuid4())
    first = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    asked.chunk("llm_chunk", text="Check ", model="m")
    first.wait_for("delta")
    second = anna.stream(HELLO, turn_id=turn)
    third = anna.follow(turn, after=3)
    answers = []
    fourth = threading.Thread(target=lambda: answers.append(anna.say(HELLO, turn_id=turn)))
    fourth.start()
    assert second.wait_for("delta").data["text"] == "Check "
    assert third.wait_for("delta").data["text"] == "ck "
    asked.chunk("llm_chunk", text="the pads.", model="m")
    asked.final("llm_answer_reply", model="m", finish_reason="stop")
    for subscriber in (first, second, third):
        assert subscriber.wait_end().data["status"] == "committed"
    fourth.join(10)
    assert first.text == second.text == answers[0]["response"] == "Check the pads."
    assert sum(one.name == "llm_answer_request" for one in chat.worker.asked) == 1


def test_the_same_id_with_another_text_is_refused(chat):
    held(chat)
    anna, turn = chat.client(), str(uuid.uuid4())
    first = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    response = anna.chat("Something else about brakes", turn_id=turn)
    assert (response.status_code, code(response)) == (422, "turn_id_reused")
    other = chat.client()
    assert other.follow(turn).status == 404  # and nobody else's turn can be followed
    asked.final("llm_answer_reply", text="Pads.", model="m")
    first.wait_end()


RUNS, KEPT, ABORTED, INTERRUPTED = range(4)


def said(outcome, text="", **fields):
    return say(
        "turn_follow_reply",
        outcome=outcome,
        conversation=CONVERSATION,
        text=text,
        model="there/model",
        **fields,
    )


def test_a_turn_that_runs_at_another_gateway_is_followed(chat):
    chat.store.on(
        "turn_begin_request", say("turn_begin_reply", outcome=1, conversation=CONVERSATION)
    )
    follow = in_turn(
        said(RUNS),
        said(RUNS, "Check "),
        said(KEPT, "the pads.", status="committed", cost=0.5, seq=4),
    )
    chat.store.on("turn_follow_request", follow)
    events = chat.client().stream(HELLO)
    end = events.wait_end()
    assert (events.text, end.data["status"], end.data["usage"]["cost"]) == (
        "Check the pads.",
        "committed",
        0.5,
    )
    assert end.data["seq"] == 4
    assert [one.after for one in chat.store.asked if one.name == "turn_follow_request"] == [0, 0, 6]
    assert not chat.worker.asked and no_commit(chat)


def test_a_turn_that_died_at_another_gateway_is_answered_here(chat):
    chat.store.on(
        "turn_begin_request",
        in_turn(say("turn_begin_reply", outcome=1, conversation=CONVERSATION), granted()),
    )
    chat.store.on("turn_follow_request", said(INTERRUPTED))
    assert chat.client().say(HELLO)["response"] == "Check the pads."


def test_who_only_listens_hears_how_it_ends_elsewhere(chat):
    anna, turn = chat.client(), str(uuid.uuid4())
    for outcome, code_ in ((ABORTED, "worker_down"), (INTERRUPTED, "interrupted")):
        chat.store.on(
            "turn_follow_request",
            in_turn(
                said(RUNS),
                said(RUNS, "Check", question=HELLO),
                said(outcome, code="worker_down", question=HELLO),
            ),
        )
        events = anna.follow(turn)
        end = events.wait_end()
        assert (end.name, end.data["code"], end.data["text"], events.text) == (
            "error",
            code_,
            HELLO,
            "Check",
        )
        assert end.data["retryable"] is True


# ---- an answer belongs to its turn --------------------------------------------------------


def test_an_answer_goes_on_when_its_browser_leaves(chat):
    held(chat)
    anna, turn = chat.client(), str(uuid.uuid4())
    events = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    asked.chunk("llm_chunk", text="Check ", model="m")
    events.wait_for("delta")
    events.hang_up()
    chat.process.wait_for_event("http.done", route="/chat")
    again = anna.follow(turn)
    assert again.wait_for("delta").data["text"] == "Check "
    again.hang_up()
    asked.chunk("llm_chunk", text="the pads.", model="m")
    asked.final("llm_answer_reply", model="m", finish_reason="stop")
    assert chat.store.wait_request("turn_commit_request").answer == "Check the pads."
    assert not asked.cancelled_by_gateway


def test_a_json_client_may_leave_too(chat):
    held(chat)
    anna = chat.client()
    with pytest.raises(Exception, match="timed out"):
        anna.http.post(chat.url + "/chat", json={"message": HELLO}, timeout=0.5,
                       headers={"X-CSRF-Token": anna.csrf})
    chat.process.wait_for_event("http.done", route="/chat")
    chat.worker.wait_request("llm_answer_request").final(
        "llm_answer_reply", text="Pads.", model="m"
    )
    assert chat.store.wait_request("turn_commit_request").answer == "Pads."


def test_a_finished_answer_is_replayed(chat):
    turn = str(uuid.uuid4())
    chat.store.on("turn_follow_request", said(KEPT, "Check the pads.", status="committed"))
    events = chat.client().follow(turn, after=6)
    end = events.wait_end()
    assert (end.data["status"], end.id, events.text) == ("committed", f"{turn}:15", "the pads.")
    chat.store.on("turn_follow_request", error("not_found"))
    assert chat.client().follow(str(uuid.uuid4())).status == 404


def test_a_reader_may_say_where_it_was(chat):
    held(chat)
    anna, turn = chat.client(), str(uuid.uuid4())
    first = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    asked.chunk("llm_chunk", text="Check ", model="m")
    first.wait_for("delta")
    path = f"/chat/events/{turn}"
    with anna.get(path, headers={"Last-Event-ID": f"{turn}:4"}, stream=True) as response:
        assert b'{"text":"k "}' in next(
            part for part in response.iter_content(4096) if b"delta" in part
        )
    assert anna.get(path, headers={"Last-Event-ID": "nonsense"}).status_code == 400
    assert anna.get(path + "?after=x").status_code == 400
    assert anna.get("/chat/events/nonsense").status_code == 404
    asked.final("llm_answer_reply", model="m")
    first.wait_end()


def test_a_worker_that_dies_is_noticed_because_it_takes_no_frames(start_gateway):
    chat = start_gateway(BUS_HEARTBEAT_MS=10000)  # its silence alone would tell after 50 s
    held(chat)
    events = chat.client().stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    asked.chunk("llm_chunk", text="Check ", model="m")
    events.wait_for("delta")
    chat.worker.kill()
    assert events.wait_end().data["code"] == "interrupted"


# ---- stop ---------------------------------------------------------------------------------


def test_stop_keeps_what_there_is(chat):
    held(chat)
    anna, turn = chat.client(), str(uuid.uuid4())
    events = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    asked.chunk("llm_chunk", text="Check the", model="m")
    events.wait_for("delta")
    assert anna.stop(turn).status_code == 202
    assert events.wait_end().data["status"] == "stopped"
    chat.worker.wait_cancel(asked)
    commit = chat.store.wait_request("turn_commit_request")
    assert (commit.answer, commit.status) == ("Check the", "stopped")


def test_stop_before_the_first_word_gives_the_text_back(chat):
    held(chat)
    anna, turn = chat.client(), str(uuid.uuid4())
    events = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    assert anna.stop(turn).status_code == 202
    assert events.wait_end().data["text"] == HELLO
    chat.worker.wait_cancel(asked)
    assert chat.store.wait_request("turn_abort_request").reason == "stopped"


def test_stop_of_a_turn_elsewhere_goes_through_the_store(chat):
    anna, turn = chat.client(), str(uuid.uuid4())
    assert anna.stop(turn).status_code == 202
    assert chat.store.wait_request("turn_stop_request").turn_id == turn
    chat.store.on("turn_stop_request", error("not_found"))
    assert anna.stop(turn).status_code == 202, "it has ended, which is what was wanted"
    chat.store.on("turn_stop_request", error("store_down"))
    assert anna.stop(turn).status_code == 202
    told = chat.worker.wait(lambda: [f for f in chat.worker.frames if f.type == "CANCEL"], "CANCEL")
    assert told[0].message.turn_id == turn
    assert anna.post("/chat/stop", {}).status_code == 400
    assert anna.post("/chat/stop", {"turn_id": "x"}).status_code == 400


def test_nobody_stops_another_person_s_turn(chat):
    held(chat)
    anna, turn = chat.client(), str(uuid.uuid4())
    events = anna.stream(HELLO, turn_id=turn)
    asked = chat.worker.wait_request("llm_answer_request")
    chat.client().stop(turn)
    asked.final("llm_answer_reply", text="Pads.", model="m")
    assert events.wait_end().data["status"] == "committed"


def test_the_lease_is_renewed_and_carries_a_stop(chat):
    held(chat)
    events = chat.client().stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    renewed = chat.store.wait_request("turn_renew_request")
    assert (renewed.epoch, renewed.conversation) == (7, CONVERSATION)
    chat.store.on("turn_append_request", say("turn_renew_reply", stop=1))
    asked.chunk("llm_chunk", text="Check", model="m")
    assert events.wait_end().data["status"] == "stopped"
    appended = chat.store.wait_request("turn_append_request")
    assert (appended.epoch, appended.offset, appended.text, appended.model) == (7, 0, "Check", "m")


# ---- keeping it ---------------------------------------------------------------------------


@pytest.mark.parametrize("outcome, status", [(0, "committed"), (1, "committed"), (2, "spooled")])
def test_the_store_says_what_became_of_it(chat, outcome, status):
    chat.store.on("turn_commit_request", say("turn_commit_reply", outcome=outcome))
    assert chat.client().say(HELLO)["status"] == status


def test_an_answer_that_cannot_be_kept_is_unsaved(chat):
    chat.store.on("turn_commit_request", error("store_down"))
    anna, turn = chat.client(), str(uuid.uuid4())
    answer = anna.say(HELLO, turn_id=turn)
    assert (answer["status"], answer["response"], answer["turn_id"]) == (
        "unsaved",
        "Check the pads.",
        turn,
    )
    assert anna.stream(HELLO).wait_end().data["status"] == "unsaved"


def test_a_commit_is_tried_at_another_store(chat, backend):
    chat.store.on("turn_commit_request", busy)
    second = (
        backend("store", chat.bus)
        .on("turn_commit_request", say("turn_commit_reply"))
        .wait_welcome()
    )
    for message in (
        "limit_take_request",
        "turn_begin_request",
        "turn_renew_request",
        "session_open_request",
    ):
        second.on(message, chat.store._scripts[message])
    for _ in range(4):  # whichever of the two is asked first
        assert chat.client().say(HELLO)["status"] == "committed"
    assert any(one.name == "turn_commit_request" for one in second.asked)


def test_a_fenced_commit_is_a_conflict_with_the_text_back(chat):
    chat.store.on("turn_commit_request", error("conflict"))
    response = chat.client().chat(HELLO)
    assert (response.status_code, code(response)) == (409, "conflict")
    assert response.json()["error"]["text"] == HELLO


# ---- lines --------------------------------------------------------------------------------


def test_the_place_in_line_is_told(chat):
    held(chat)
    anna = chat.client()
    running = [anna.stream(HELLO) for _ in range(4)]
    asked = [chat.worker.wait_request("llm_answer_request", count) for count in range(1, 5)]
    waiting = anna.stream(HELLO)
    assert waiting.wait_for("queued").data == {"position": 1}
    for one in asked:
        one.final("llm_answer_reply", text="Pads.", model="m")
    chat.worker.wait_request("llm_answer_request", 5).final(
        "llm_answer_reply", text="Pads.", model="m"
    )
    for events in (*running, waiting):
        assert events.wait_end().name == "done"


def test_a_rest_is_told_and_the_model_asked_again(chat):
    chat.worker.on(
        "llm_answer_request",
        in_turn(
            error("upstream_rate_limited", retryable=1, retry_after_ms=1900), stream(["Pads."])
        ),
    )
    events = chat.client().stream(HELLO)
    assert events.wait_for("waiting").data["retry_after"] in (1, 2)
    assert events.wait_end().name == "done"
    assert [event.name for event in events.events] == ["waiting", "started", "delta", "done"]


def test_what_one_worker_says_of_itself_is_no_wait(chat, backend):
    """Its breaker is open; another worker's is not."""
    chat.worker.on(
        "llm_answer_request",
        lambda asked: asked.finish(
            "ERROR",
            wire.encode(
                "error", code="upstream_error", retryable=1, retry_after_ms=60_000, local=1
            ),
        ),
    )
    second = (
        backend("llm-worker", chat.bus, slots=4)
        .on("llm_answer_request", stream(["Pads."]))
        .wait_welcome()
    )
    anna = chat.client()
    while not (chat.worker.asked and second.asked):  # whichever of the two is asked first
        events = anna.stream(HELLO)
        assert events.wait_end().name == "done"
        assert "waiting" not in [event.name for event in events.events]


def test_overload_is_said_before_a_turn_begins(start_gateway):
    chat = start_gateway(BUS_QUEUE=1)
    held(chat)
    anna = chat.client()
    streams = [anna.stream(HELLO) for _ in range(4)]
    asked = [chat.worker.wait_request("llm_answer_request", count) for count in range(1, 5)]
    streams.append(anna.stream(HELLO))
    streams[4].wait_for("queued")
    begun = sum(one.name == "turn_begin_request" for one in chat.store.asked)
    response = anna.chat(HELLO)
    assert (response.status_code, code(response)) == (503, "overloaded")
    assert sum(one.name == "turn_begin_request" for one in chat.store.asked) == begun
    for one in asked:
        one.final("llm_answer_reply", text="Pads.", model="m")
    chat.worker.wait_request("llm_answer_request", 5).final(
        "llm_answer_reply", text="Pads.", model="m"
    )
    for events in streams:
        events.wait_end()


# ---- ending -------------------------------------------------------------------------------


def test_sigterm_lets_running_turns_finish(chat):
    held(chat)
    anna = chat.client()
    events = anna.stream(HELLO)
    asked = chat.worker.wait_request("llm_answer_request")
    kept_alive = chat.connect()
    kept_alive.sendall(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
    assert status_of(read_reply(kept_alive)) == 200
    chat.process.signal(signal.SIGTERM)
    chat.process.wait_for_event("gateway.draining")
    kept_alive.sendall(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
    reply = read_reply(kept_alive)  # its client could not know
    assert status_of(reply) == 200 and b"Connection: close" in reply
    with pytest.raises(OSError):
        chat.connect()
    asked.chunk("llm_chunk", text="Check the pads.", model="m")
    asked.final("llm_answer_reply", model="m", finish_reason="stop")
    assert events.wait_end().data["status"] == "committed"
    assert chat.process.wait() == 0


def test_a_drain_has_an_end(start_gateway):
    chat = start_gateway(DRAIN_MS=1000)
    held(chat)
    events = chat.client().stream(HELLO)
    chat.worker.wait_request("llm_answer_request")
    assert chat.process.stop() == 0
    assert events.closed.wait(5)
    assert chat.process.find_events("gateway.drain_cut", turns=1)


def test_a_second_signal_ends_at_once(chat):
    held(chat)
    chat.client().stream(HELLO)
    chat.worker.wait_request("llm_answer_request")
    chat.process.signal(signal.SIGTERM)
    chat.process.wait_for_event("gateway.draining")
    assert chat.process.stop() == 0


# ---- what the log knows -------------------------------------------------------------------


def test_the_log_tells_of_turns_and_requests_but_not_of_words(start_gateway):
    chat = start_gateway(LOG_LEVEL="trace")
    anna = chat.client()
    anna.say("My SECRETWORD brakes squeal")
    anna.get("/SECRETWORD?q=SECRETWORD")
    anna.post("/save_settings", {"api_key": "sk-or-v1-SECRETWORD" + "0" * 53})
    done = chat.process.wait_for_event("turn.done")
    assert (done["code"], done["status"], done["bytes"]) == ("ok", "committed", "15")
    assert chat.process.wait_for_event("http.done", route="/chat", status=200)
    assert chat.process.wait_for_event("http.done", route="-", status=404)
    chat.process.stop()
    text = chat.process.log_text
    assert "SECRETWORD" not in text
    assert anna.csrf not in text and anna.http.cookies["session"] not in text


# ---- money --------------------------------------------------------------------------------


def test_what_is_left_of_a_budget_comes_with_the_answer(chat):
    chat.store.on("turn_begin_request", granted(has_budget=1, budget_left=0.4))
    chat.store.on("turn_commit_request", say("turn_commit_reply", has_budget=1, budget_left=0.415))
    assert chat.client().say(HELLO)["budget"] == {"left": 0.415}
    assert chat.client().stream(HELLO).wait_end().data["budget"] == {"left": 0.415}


def test_where_the_store_cannot_count_what_it_said_first_stands(chat):
    chat.store.on("turn_begin_request", granted(has_budget=1, budget_left=0.4))
    chat.store.on("turn_commit_request", say("turn_commit_reply", outcome=2))
    assert chat.client().say(HELLO)["budget"] == {"left": 0.4}


def test_a_replay_tells_what_is_left_too(chat):
    chat.store.on(
        "turn_begin_request",
        granted(
            outcome=2, text="Pads.", status="committed", cost=0.1, has_budget=1, budget_left=0.4
        ),
    )
    answer = chat.client().say(HELLO)
    assert (answer["usage"]["cost"], answer["budget"]) == (0.1, {"left": 0.4})


def test_a_used_up_budget_is_402_and_gives_the_text_back(chat):
    chat.store.on("turn_begin_request", error("budget"))
    refused = chat.client().chat(HELLO)
    assert (refused.status_code, code(refused), refused.json()["error"]["text"]) == (
        402,
        "budget",
        HELLO,
    )
    end = chat.client().stream(HELLO).wait_end()
    assert (end.name, end.data["code"], end.data["text"]) == ("error", "budget", HELLO)
    assert not end.data["retryable"]
    assert not any(asked.name == "llm_answer_request" for asked in chat.worker.asked)
