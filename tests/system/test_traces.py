"""A turn as a trace: from a client's traceparent through all services to OpenRouter, and to a
collector."""

import threading
import uuid

import pytest

from support.collector import Collector
from support.processes import free_port
from support.standin import KEY
from support.wait import wait_until

pytestmark = pytest.mark.timeout(60)
MODEL = "standin/ok@tokens=12,delay=5"
CLIENTS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOPS = (
    "POST /chat",
    "limit_take_request",
    "filter_check_request",
    "turn_begin_request",
    "llm_answer_request",
    "filter_review_request",
    "turn_commit_request",
    f"chat {MODEL}",
)


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture
def traced(system, collector):
    system.start(workers=1, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    return system


def say(person, traceparent=None, model=MODEL):
    """A turn: its id, and the answer to it."""
    turn_id = str(uuid.uuid4())
    headers = {} if traceparent is None else {"traceparent": traceparent}
    return turn_id, person.post(
        "/chat", {"message": "My brakes squeal", "turn_id": turn_id, "model": model}, headers
    )


def one(spans, service, name):
    found = [span for span in spans if (span.service, span.name) == (service, name)]
    assert len(found) == 1, f"{len(found)} x {service} {name} in {spans}"
    return found[0]


def upstream_trace(standin):
    return standin.wait_journal("request", method="POST")["headers"]["traceparent"]


def test_a_turn_is_one_trace_from_the_client_to_openrouter(traced, collector, standin):
    person = traced.client()
    turn_id, answer = say(person, CLIENTS)
    assert answer.status_code == 200
    spans = collector.wait_trace(turn_id, *HOPS)
    wait_until(lambda: len(collector.trace_of(turn_id)) >= 14, "both ends of every hop")
    spans = collector.trace_of(turn_id)

    root = one(spans, "gateway", "POST /chat")
    assert (root.trace, root.parent, root.kind) == (CLIENTS.split("-")[1], CLIENTS.split("-")[2], 2)
    assert root.attributes["chat.turn.outcome"] == "committed" and not root.is_error
    for service, name in (("store", "limit_take_request"), ("filter", "filter_check_request"),
                          ("store", "turn_begin_request"), ("llm-worker", "llm_answer_request"),
                          ("filter", "filter_review_request"), ("store", "turn_commit_request")):
        asked, served = one(spans, "gateway", name), one(spans, service, name)
        assert (asked.kind, asked.parent) == (3, root.id)
        assert (served.kind, served.parent) == (2, asked.id)
        assert root.begin <= asked.begin <= asked.end <= root.end
        assert served.end - served.begin <= asked.end - asked.begin

    model = one(spans, "llm-worker", f"chat {MODEL}")
    assert (model.kind, model.parent) == (3, one(spans, "llm-worker", "llm_answer_request").id)
    wanted = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openrouter",
              "gen_ai.request.model": MODEL, "gen_ai.response.model": MODEL,
              "gen_ai.response.finish_reasons": ["stop"], "gen_ai.usage.output_tokens": 12,
              "http.response.status_code": 200, "server.address": "127.0.0.1"}
    assert wanted.items() <= model.attributes.items()
    assert (
        model.attributes["gen_ai.usage.input_tokens"] > 0 and model.attributes["gen_ai.response.id"]
    )
    assert upstream_trace(standin) == f"00-{model.trace}-{model.id}-01"

    told = "".join(collector.texts)
    assert (
        KEY not in told and "brakes" not in told.lower() and answer.json()["response"] not in told
    )
    wait_until(
        lambda: all(p.metrics().sum("chat_spans_total", outcome="sent") for p in traced.services),
        "the spans to be counted",
    )


def test_without_a_traceparent_that_can_be_used_a_trace_begins(traced, collector):
    person = traced.client()
    for traceparent in (
        None,
        "",
        "nonsense",
        CLIENTS.upper(),
        CLIENTS + "-more",
        "ff" + CLIENTS[2:],
        CLIENTS.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
    ):
        turn_id, answer = say(person, traceparent)
        assert answer.status_code == 200
        root = one(collector.wait_trace(turn_id, "POST /chat"), "gateway", "POST /chat")
        assert (root.trace, root.parent) == (turn_id.replace("-", ""), None), traceparent


def test_what_a_client_does_not_sample_is_not_sent(traced, collector, standin):
    person = traced.client()
    turn_id, answer = say(person, CLIENTS[:-1] + "0")
    assert answer.status_code == 200 and upstream_trace(standin).endswith("-00")
    later, _ = say(person)
    collector.wait_trace(later, *HOPS)
    assert not collector.trace_of(turn_id)


def test_a_failure_is_told_where_it_happened(traced, collector):
    model = "standin/error-e"
    turn_id, answer = say(traced.client(), model=model)
    assert answer.status_code == 502
    spans = collector.wait_trace(turn_id, "POST /chat", f"chat {model}", "turn_abort_request")
    failed = {span.name for span in spans if span.is_error}
    assert {"POST /chat", f"chat {model}", "llm_answer_request"} == failed
    calls = [span for span in spans if span.name == f"chat {model}"]
    # an event said 429
    assert {span.attributes["http.response.status_code"] for span in calls} == {200}
    assert (
        one(spans, "gateway", "POST /chat").attributes["error.type"]
        == answer.json()["error"]["code"]
    )


def call(spans):
    """The call of OpenRouter: the span below the worker's."""
    served = one(spans, "llm-worker", "llm_answer_request")
    (found,) = [span for span in spans if span.parent == served.id]
    return found


UNTOLD = {
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.response.finish_reasons",
    "chat.cost_dollars",
}


def test_what_openrouter_did_not_tell_is_not_in_the_span(traced, collector):
    person = traced.client()
    turn_id, answer = say(person, model="standin/400")
    assert answer.status_code >= 400
    refused = call(collector.wait_trace(turn_id, "POST /chat", "llm_answer_request", "chat"))
    assert refused.is_error and refused.attributes["error.type"] == answer.json()["error"]["code"]
    assert refused.attributes["gen_ai.request.model"] == "standin/400"
    assert refused.attributes["http.response.status_code"] == 400
    assert not refused.attributes.keys() & (
        UNTOLD | {"gen_ai.response.model", "chat.first_token_ms"}
    )

    turn_id, answer = say(person, model="standin/cut")
    cut = call(
        collector.wait_trace(turn_id, "POST /chat", "llm_answer_request", "chat standin/cut")
    )
    assert cut.is_error and not cut.attributes.keys() & UNTOLD
    assert cut.attributes["error.type"] == answer.json()["error"]["code"] == "upstream_truncated"
    assert cut.attributes["gen_ai.response.id"]

    # of the greatest length, and no model
    turn_id, answer = say(person, model="nobody/" + "x" * 121)
    assert answer.status_code >= 400
    spans = collector.wait_trace(turn_id, "POST /chat", "llm_answer_request", "chat")
    assert call(spans).attributes["gen_ai.request.model"] == "nobody/" + "x" * 121
    assert not [span for span in collector.spans if "nobody" in span.name]


def test_a_stop_is_no_error(traced, collector):
    person, turn_id, model = traced.client(), str(uuid.uuid4()), "standin/ok@tokens=500,delay=20"
    stream = person.stream("My brakes squeal", turn_id=turn_id, model=model)
    stream.wait_for("delta")
    person.stop(turn_id)
    assert stream.wait_end().data["status"] == "stopped"
    stopped = call(
        collector.wait_trace(turn_id, "POST /chat", "llm_answer_request", f"chat {model}")
    )
    assert stopped.attributes["chat.outcome"] == "cancelled" and not stopped.is_error
    assert not stopped.attributes.keys() & (UNTOLD | {"error.type"})
    assert stopped.attributes["chat.first_token_ms"] >= 0


def dropped(process):
    return process.metrics().sum("chat_spans_total", outcome="dropped")


def stood_still(process):
    """How often something kept its loop for longer than a busy machine does; a request to the
    collector may take 5 s."""
    metrics = process.metrics()
    all_looks = metrics.sum("chat_loop_lag_seconds_count")
    assert all_looks
    return all_looks - metrics.sum("chat_loop_lag_seconds_bucket", le="2.5")


def test_a_collector_that_is_away_or_slow_costs_nobody_an_answer(traced, collector):
    person, gateway = traced.client(), traced.gateways[0]
    collector.hold = threading.Event()  # it takes requests and says nothing
    assert say(person)[1].status_code == 200
    wait_until(
        lambda: collector.buffered == {"gateway", "filter", "llm-worker", "store"},
        "all to wait for the collector",
    )
    assert say(person)[1].status_code == 200
    assert not any(stood_still(process) for process in traced.services)
    collector.hold.set()
    collector.hold, collector.status = None, 503
    turn_id, answer = say(person)
    assert answer.status_code == 200
    wait_until(
        lambda: gateway.metrics().sum("chat_spans_total", outcome="refused"),
        "a refusal to be counted",
    )
    gateway.wait_for_event("otlp.unavailable")
    collector.status = 200
    for _ in range(2):
        turn_id, answer = say(person)
        assert answer.status_code == 200
    collector.wait_trace(turn_id, *HOPS)
    gateway.wait_for_event("otlp.back")


def test_without_a_collector_spans_are_dropped_and_counted(system):
    system.start(workers=1, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    person, gateway = system.client(), system.gateways[0]
    assert say(person)[1].status_code == 200
    wait_until(lambda: dropped(gateway) >= 7, "the spans to be counted")
    assert len(gateway.find_events("otlp.unavailable")) == 1


def test_the_last_spans_are_brought_along_at_the_end(traced, collector):
    turn_id, answer = say(traced.client())
    assert answer.status_code == 200
    assert all(process.stop() == 0 for process in traced.services)
    assert {"POST /chat", f"chat {MODEL}"} <= {span.name for span in collector.trace_of(turn_id)}
