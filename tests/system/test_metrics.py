"""What the services tell machines: that they live, whether they are ready, and what they count."""

import subprocess
import uuid

from support.wait import wait_until

MODEL = "standin/ok@tokens=12,delay=5"


def count(process, name, **labels):
    return process.metrics().sum(name, **labels)


def test_metrics_tell_of_a_chat(system):
    system.start(workers=1)
    gateway, filter_, worker, store = system.services
    person = system.client()
    assert person.say("My brakes squeal", model=MODEL)["status"] == "committed"
    assert person.chat("Write me a poem about the sea", model=MODEL).status_code == 422

    told = gateway.metrics()
    assert told.sum("chat_http_requests_total", route="/chat", outcome="ok") == 1
    assert told.sum("chat_http_requests_total", route="/chat", outcome="refused") == 1
    assert told.sum("chat_turns_total", outcome="committed", fault="none") == 1
    assert told.sum("chat_turns_total", outcome="off_topic", fault="client") == 1
    assert (
        told.sum("chat_turn_first_token_seconds_count") == told.sum("chat_turn_seconds_count") == 1
    )
    assert 0 < told.sum("chat_turn_first_token_seconds_sum") <= told.sum("chat_turn_seconds_sum")
    for ask in ("filter_check_request", "turn_begin_request"):
        assert told.sum("chat_bus_reply_seconds_count", request=ask, outcome="ok") == 2
    for ask in ("llm_answer_request", "turn_commit_request"):
        assert told.sum("chat_bus_reply_seconds_count", request=ask, outcome="ok") == 1
    assert told.sum("chat_bus_wait_seconds_count", service="llm-worker") == 1
    assert told.find("chat_bus_instances") == [1, 1, 1]
    assert told.find("chat_bus_queued") == [0, 0, 0]

    told = filter_.metrics()
    assert told.sum("chat_filter_verdicts_total", verdict="on") == 1
    assert told.sum("chat_filter_verdicts_total", verdict="off", reason="other_subject") == 1
    assert told.sum("chat_filter_seconds_count", request="filter_check_request") == 2

    told = worker.metrics()
    assert told.sum("chat_upstream_answers_total", model=MODEL, outcome="ok") == 1
    assert told.sum("chat_upstream_tokens_total", model=MODEL, kind="completion") == 12
    assert told.sum("chat_upstream_cost_dollars_total", model=MODEL) > 0
    assert told.sum("chat_upstream_tokens_per_second_count") == 1
    assert told.sum("chat_worker_slots") == 32
    assert told.find("chat_bus_gateways") == [1]

    told = store.metrics()
    assert (
        told.sum("chat_commits_total", outcome="committed") == told.sum("chat_commits_total") == 1
    )
    assert told.sum("chat_store_seconds_count", request="turn_abort_request", outcome="ok") == 1
    assert told.sum("chat_pg_connections", state="up") == 4
    assert told.find("chat_redis_up") == [1]

    for process in system.services:
        told = process.metrics()
        assert told.find("chat_ready") == [1]
        assert told.sum("process_resident_memory_bytes") > 1e6
        wait_until(
            lambda one=process: count(one, "chat_loop_lag_seconds_count") > 1, "looks at the clock"
        )
        lint = subprocess.run(
            ["promtool", "check", "metrics"], input=told.text, capture_output=True, text=True
        )
        assert lint.returncode == 0 and not lint.stderr, lint.stderr


def bill(worker, model):
    """Dollars, tokens of prompts and completions, and the answers whose cost nobody said."""
    told = worker.metrics()
    return (told.sum("chat_upstream_cost_dollars_total", model=model),
            told.sum("chat_upstream_tokens_total", model=model, kind="prompt"),
            told.sum("chat_upstream_tokens_total", model=model, kind="completion"),
            told.sum("chat_upstream_cost_unknown_total", model=model))


def test_what_did_not_end_whole_is_billed_as_far_as_anybody_said(system):
    system.start(workers=1)
    person, worker = system.client(), system.workers[0]

    # usage, and an error
    assert person.chat("My brakes squeal", model="standin/error-g").status_code >= 400
    dollars, prompt, _, unknown = bill(worker, "standin/error-g")
    assert dollars > 0 and prompt > 0 and unknown == 0

    slow, turn_id = "standin/ok@tokens=500,delay=20", str(uuid.uuid4())
    stream = person.stream("My brakes squeal", turn_id=turn_id, model=slow)
    stream.wait_for("delta")
    person.stop(turn_id)
    assert stream.wait_end().data["status"] == "stopped"
    wait_until(lambda: bill(worker, slow) == (0, 0, 0, 1), "the stopped answer to be counted")

    assert person.stream("My brakes squeal", model="standin/cut").wait_end().name == "error"
    assert bill(worker, "standin/cut") == (0, 0, 0, 1)
    assert person.say("My brakes squeal", model="standin/usage-none")["status"] == "committed"
    assert bill(worker, "standin/usage-none") == (0, 0, 0, 1)
    assert count(worker, "chat_upstream_tokens_per_second_count") == 0

    unknown = count(worker, "chat_upstream_cost_unknown_total")
    assert person.chat("My brakes squeal", model="standin/402").status_code >= 400  # never at work
    assert count(worker, "chat_upstream_cost_unknown_total") == unknown
    assert count(worker, "chat_upstream_first_token_seconds_count", model="none") == 0


def test_a_model_at_rest_is_counted(system):
    # too long for anybody to wait
    system.start(workers=1, BREAKER_FAILURES=2, BREAKER_COOLDOWN_MS=3600000)
    person, worker = system.client(), system.workers[0]
    assert person.chat("My brakes squeal", model="standin/error-502-first").status_code >= 500
    assert count(worker, "chat_breaker_models", state="open") == 1
    assert count(worker, "chat_breaker_state", model="standin/error-502-first", state="open") == 1
    assert count(worker, "chat_breaker_opened_total") == 1
    assert count(system.gateways[0], "chat_bus_retries_total", service="llm-worker") >= 1
    assert count(system.gateways[0], "chat_turns_total", fault="server") == 1
