"""What the llm-worker promises, alone on a real bus with the stand-in for OpenRouter."""

import http.server
import ssl
import subprocess
import threading
import time
from pathlib import Path

import msgpack
import nacl.public
import pytest

from support.bus import BusError, FakeGateway
from support.standin import KEY
from support.wait import at_this_load, wait_until
from support.wire import Frame

TEXT = ("Check the oil with the engine cold – at 2 °C or 30 °C, it's no naïve guess. 🚗 Park level, "
        "wait ten minutes, then read the dipstick.")
PERSON = "sk-or-v1-" + "0ddba11c" * 8  # a key of a user
SHORT = {"FIRST_TOKEN_TIMEOUT_MS": 400, "IDLE_TIMEOUT_MS": 400, "TOTAL_TIMEOUT_MS": 3000}


@pytest.fixture
def worker(harness, keys, gateway, standin):
    """worker(SETTING=value) starts one and waits until the gateway has it."""
    count = 0

    def start(**settings):
        nonlocal count
        count += 1
        process = harness.start("llm-worker", label=f"llm-worker-{count}", env={
            "BUS_GATEWAYS": gateway.address, **keys.backend_env("llm-worker"),
            "SEAL_SECRET_KEYS_FILE": keys.path("seal.secret"),
            "OPENROUTER_BASE_URL": standin.url, "OPENROUTER_API_KEY": KEY,
            "DEFAULT_MODEL": "standin/ok",
            # So that a failure stays one, and only what a test asks for goes up.
            "FALLBACK_MODELS": "none", "MODELS_REFRESH_MS": 0, **settings})
        gateway.wait_peer("llm-worker", count)
        return process
    return start


def said(*texts):
    """A conversation in turns whose last message is the user's."""
    first = len(texts) % 2
    return [{"by_user": (first + at) % 2, "text": text} for at, text in enumerate(texts)]


def ask(gateway, model="", context=None, **fields):
    extra = {key: fields.pop(key) for key in ("ttl_ms", "auto_credit", "to", "timeout", "trace")
             if key in fields}
    fields.setdefault("turn_id", "11111111-2222-4333-8444-555555555555")
    return gateway.send("llm_answer_request", model=f"standin/{model}" if model else "",
                        context=context or said("How do I check the oil?"), **fields, **extra)


def refused(request, timeout=10.0):
    with pytest.raises(BusError) as why:
        request.wait(timeout)
    return why.value


def seal(keys, secret, key_id=b"k1"):
    """A sealed key, made without our code: libsodium's sealed box behind its key id."""
    box = nacl.public.SealedBox(nacl.public.PublicKey(keys.seal_public)).encrypt(secret.encode())
    return bytes([len(key_id)]) + key_id + box


# ---- good answers --------------------------------------------------------------------------


def test_an_answer_comes_in_chunks(worker, gateway, standin):
    process = worker()
    request = ask(gateway, "ok@delay=2",
                  trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    say = request.wait()
    assert request.text == TEXT and len(request.chunks) > 3
    assert (say.text, say.finish_reason, say.model) == ("", "stop", "standin/ok@delay=2")
    assert say.prompt_tokens > 0 and say.completion_tokens > 0 and say.cost > 0
    assert say.generation_id == standin.wait_journal("end")["generation"]
    assert [chunk.model for chunk in request.chunks if chunk.model] == [say.model]
    assert request.chunks[0].model == say.model
    line = process.wait_for_event("answer.end", outcome="ok")
    assert line["trace"] == request.frame.trace
    assert line["generation"] == say.generation_id and line["http"] == "200"


def test_the_same_answer_comes_twice(worker, gateway):
    worker()
    request = ask(gateway, "ok")
    say = request.wait()
    assert say.text == "" and request.text == TEXT
    again = ask(gateway, "ok").wait()
    for field in ("finish_reason", "model", "prompt_tokens", "completion_tokens", "cost"):
        assert say[field] == again[field]


def test_chunks_come_while_the_model_generates(worker, gateway, standin):
    worker()
    request = ask(gateway, "ok@delay=50")
    request.wait_chunks(2)
    assert not standin.journal("end")
    request.wait()


GOOD = {  # scenario: text, finish reason
    "usage-1": (TEXT, "stop"), "usage-2": (TEXT, "stop"), "usage-3": (TEXT, "stop"),
    "usage-none": (TEXT, "stop"), "usage-odd": (TEXT, "stop"), "usage-wild": (TEXT, "stop"),
    "double-finish": (TEXT, "stop"), "finish-on-last": (TEXT, "stop"), "no-finish": (TEXT, "stop"),
    "no-done": (TEXT, "stop"), "after-done": (TEXT, "stop"), "length": ("Check the oil", "length"),
    "content-filter": ("Check the oil", "content_filter"), "reasoning": (TEXT, "stop"),
    "reasoning-only": ("", "stop"), "tool-call": ("", "tool_calls"), "metadata": (TEXT, "stop"),
    "comment-between": (TEXT, "stop"), "many-comments": (TEXT, "stop"), "crlf": (TEXT, "stop"),
    "cr": (TEXT, "stop"), "many-lines": (TEXT, "stop"), "no-space": (TEXT, "stop"),
    "other-fields": (TEXT, "stop"), "bom": (TEXT, "stop"), "not-json": (TEXT, "stop"),
    "split": (TEXT, "stop"), "split-3": (TEXT, "stop"), "split-random@seed=7": (TEXT, "stop"),
}


def test_every_good_scenario_gives_the_answer(worker, gateway):
    worker()
    requests = {name: ask(gateway, name) for name in GOOD}
    wrong = {}
    for name, expected in GOOD.items():
        say = requests[name].wait()
        got = (requests[name].text, say.finish_reason)
        if got != expected:
            wrong[name] = got
    assert wrong == {}


def test_reasoning_is_separate_from_the_answer(worker, gateway):
    worker()
    request = ask(gateway, "reasoning")
    request.wait()
    assert request.text == TEXT
    assert "".join(chunk.reasoning for chunk in request.chunks).strip()


def test_a_huge_answer_is_cut_at_the_limit(worker, gateway, standin):
    worker()
    request = ask(gateway, "huge-line@size=70000")
    assert request.wait().finish_reason == "length"
    assert all(len(chunk.text.encode()) <= 16384 for chunk in request.chunks)
    assert 65536 - 4 < len(request.text.encode()) <= 65536


# ---- the request ---------------------------------------------------------------------------


def test_the_request_is_what_openrouter_wants(worker, gateway, standin):
    worker(OPENROUTER_HTTP_REFERER="https://cars.example/", OPENROUTER_APP_TITLE="Cars",
           SYSTEM_PROMPT="Speak of cars.")
    ask(gateway, "ok", context=said("One?", "One.", "Two? ü 🚗"), user="f00dcafe").wait()
    line = standin.wait_journal("request")
    assert line["body"] == {
        "model": "standin/ok", "stream": True, "max_tokens": 1000, "temperature": 0.7,
        "user": "f00dcafe",
        "messages": [{"role": "system", "content": "Speak of cars."},
                     {"role": "user", "content": "One?"}, {"role": "assistant", "content": "One."},
                     {"role": "user", "content": "Two? ü 🚗"}]}
    headers = line["headers"]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "text/event-stream"
    assert (headers["http-referer"], headers["x-openrouter-title"]) == ("https://cars.example/", "Cars")
    assert "expect" not in headers and "accept-encoding" not in headers


def test_without_a_model_the_default_is_asked(worker, gateway, standin):
    worker(DEFAULT_MODEL="standin/echo")
    request = ask(gateway, context=said("Which oil?"))
    request.wait()
    assert request.text == "Which oil?"
    system = standin.completions[0]["messages"][0]
    assert system["role"] == "system" and "cars" in system["content"]


def test_the_context_is_twenty_messages_in_whole_exchanges(worker, gateway, standin):
    worker()
    ask(gateway, "ok", context=said(*[f"m{number}" for number in range(41)])).wait()
    sent = [message["content"] for message in standin.completions[0]["messages"][1:]]
    assert sent == [f"m{number}" for number in range(22, 41)]


def test_a_sealed_key_is_opened_here(worker, gateway, standin, keys):
    process = worker()
    ask(gateway, "ok", sealed_key=seal(keys, f' "{KEY}"\n')).wait()
    assert standin.wait_journal("request")["headers"]["authorization"] == f"Bearer {KEY}"
    failed = refused(ask(gateway, "ok", sealed_key=seal(keys, PERSON)))
    assert (failed.code, failed.retryable) == ("upstream_key", False)
    assert standin.wait_journal("request", 2)["headers"]["authorization"] == f"Bearer {PERSON}"
    process.stop()
    for secret in (KEY, PERSON):
        assert secret not in process.log_text and secret[12:-3] not in process.log_text
    assert "check the oil" not in process.log_text.lower()


def test_a_key_that_cannot_be_opened_is_not_sent(worker, gateway, standin, keys):
    worker()
    broken = bytearray(seal(keys, PERSON))
    broken[-1] ^= 1
    for sealed in (bytes(broken), seal(keys, PERSON, b"other"), b"\x02k1", b"\xff",
                   seal(keys, "two\r\nlines")):
        failed = refused(ask(gateway, "ok", sealed_key=sealed))
        assert failed.code == "upstream_key" and failed.detail
    assert standin.journal() == []


def test_without_any_key_nothing_is_asked(worker, gateway, standin):
    worker(OPENROUTER_API_KEY="")
    assert refused(ask(gateway, "ok")).code == "no_key"
    assert standin.journal() == []


def test_an_invalid_request_is_rejected(worker, gateway, standin):
    worker()
    assert refused(gateway.send("llm_answer_request", turn_id="t")).code == "bad_request"
    answer_last = [{"by_user": 0, "text": "I said"}]
    assert refused(ask(gateway, "ok", context=answer_last)).code == "bad_request"
    assert standin.journal() == []
    assert ask(gateway, "ok").wait().finish_reason == "stop"


# ---- failures ------------------------------------------------------------------------------

BAD = {  # scenario: code, retryable, words of the detail
    "null-content": ("upstream_error", 1, "empty answer"),
    "no-words": ("upstream_error", 1, "empty answer"),
    "silent-failure": ("upstream_error", 1, "lost the connection"),
    "200-no-choices": ("upstream_error", 1, "empty answer"),
    "200-null-choices": ("upstream_error", 1, "empty answer"),
    "200-empty": ("upstream_truncated", 1, ""),
    "only-done": ("upstream_error", 1, "empty answer"),
    "in-band-error": ("upstream_rate_limited", 1, "Rate limit exceeded"),
    "error-e": ("upstream_rate_limited", 1, "Rate limit exceeded"),
    "error-f": ("upstream_rate_limited", 1, "Rate limit exceeded"),
    "error-g": ("upstream_context_length", 0, "Token limit reached"),
    "error-string": ("upstream_error", 1, ""),
    "error-502": ("upstream_error", 1, ""),
    "error-502-first": ("upstream_error", 1, ""),
    "200-error": ("upstream_error", 1, ""),
    "200-html": ("upstream_error", 1, "a web page"),
    "cut": ("upstream_truncated", 1, ""),
    "cut-reset": ("upstream_truncated", 1, ""),
    "cut-clean": ("upstream_truncated", 1, ""),
    "cut-in-event": ("upstream_truncated", 1, ""),
    "cut-first": ("upstream_truncated", 1, ""),
    "no-reply": ("upstream_truncated", 1, ""),
    "not-json-only": ("upstream_error", 1, "could not be read"),
    "400": ("upstream_refused", 0, ""),
    "400-context": ("upstream_context_length", 0, "context"),
    "401": ("upstream_key", 0, "User not found."),
    "402": ("upstream_credit", 0, "Insufficient credits"),
    "402-afford": ("upstream_credit", 0, "can only afford"),
    "403": ("upstream_moderated", 0, "flagged"),
    "403-key-limit": ("upstream_credit", 0, "Key limit exceeded"),
    "403-guardrail": ("upstream_moderated", 0, "prompt injection"),
    "404": ("upstream_model", 0, "No endpoints found"),
    "404-policy": ("upstream_privacy", 0, "data policy"),
    "404-ended": ("upstream_model", 0, ""),
    "408": ("upstream_timeout", 1, "timed out"),
    "412": ("upstream_refused", 0, ""),
    "413": ("upstream_context_length", 0, ""),
    "413-html": ("upstream_context_length", 0, "status 413 and a web page"),
    "422": ("upstream_refused", 0, ""),
    "429": ("upstream_rate_limited", 1, "requests per minute"),
    "429-retry-after": ("upstream_rate_limited", 1, ""),
    "429-both": ("upstream_rate_limited", 1, ""),
    "429-provider": ("upstream_rate_limited", 1, "temporarily rate-limited upstream"),
    "429-daily": ("upstream_daily_limit", 0, "per-day"),
    "429-capacity": ("upstream_rate_limited", 1, ""),
    "500": ("upstream_error", 1, "Internal Server Error"),
    "502": ("upstream_error", 1, ""),
    "502-html": ("upstream_error", 1, "status 502 and a web page"),
    "503": ("upstream_error", 1, ""),
    "503-retry-after": ("upstream_error", 1, ""),
    "504": ("upstream_timeout", 1, ""),
    "524": ("upstream_timeout", 1, "timed out"),
    "524-html": ("upstream_timeout", 1, "status 524 and a web page"),
    "529": ("upstream_error", 1, ""),
    "500-code-string": ("upstream_error", 1, ""),
    "402-nested": ("upstream_credit", 0, ""),
    "400-list": ("upstream_refused", 0, ""),
    "500-not-object": ("upstream_error", 1, ""),
    "500-empty": ("upstream_error", 1, "status 500 and nothing else"),
    "500-cut": ("upstream_error", 1, ""),
}


def test_every_bad_scenario_has_its_error_code(worker, gateway):
    worker(SLOTS=64)
    requests = {name: ask(gateway, name) for name in BAD}
    wrong = {}
    for name, (code, retryable, words) in BAD.items():
        failed = refused(requests[name])
        if ((failed.code, failed.retryable) != (code, bool(retryable))
                or words not in failed.detail or "<" in failed.detail):
            wrong[name] = (failed.code, failed.retryable, failed.detail)
    assert wrong == {}


def test_every_scenario_of_the_standin_is_known_here(harness):
    _, printed = harness.run("tests/openrouter/openrouter-standin", "--scenarios")
    rows = [line.split("`")[1] for line in printed.splitlines() if line.startswith("| `")]
    named = {name for name in rows if not name.startswith("standin/")}
    here = {name.split("@")[0] for name in [*GOOD, *BAD, "ok", "echo", *ELSEWHERE]}
    knobs = named - here
    assert here <= named and knobs <= KNOBS, f"not tried: {sorted(knobs - KNOBS)}"


ELSEWHERE = ["hang", "hang-silent", "hang-after", "comments-forever", "huge-line", "drip",
             "fail-then-ok"]
KNOBS = {"tokens", "delay", "first", "comments", "pads", "after", "times", "split", "seed", "gap",
         "usage",
         "size", "retry", "reset", "chars", "context", "tag", "numbered"}


def test_words_before_a_failure_are_delivered(worker, gateway):
    worker()
    for scenario in ("in-band-error", "cut", "error-502"):
        request = ask(gateway, f"{scenario}@after=3")
        refused(request)
        assert request.text and TEXT.startswith(request.text)


def test_the_wait_before_a_retry_is_reported(worker, gateway):
    worker()
    assert refused(ask(gateway, "429-retry-after@retry=7")).retry_after_ms == 7000
    assert refused(ask(gateway, "503-retry-after@retry=2")).retry_after_ms == 2000
    assert 20000 < refused(ask(gateway, "429@reset=30000")).retry_after_ms <= 30000
    assert refused(ask(gateway, "429-provider")).retry_after_ms == 0
    assert refused(ask(gateway, "429-daily")).retry_after_ms == 0


def test_an_unavailable_upstream_is_reported(worker, gateway, standin):
    worker()
    standin.stop()
    failed = refused(ask(gateway, "ok"))
    assert (failed.code, failed.retryable) == ("upstream_error", True)
    assert (failed.detail, failed.local) == ("OpenRouter could not be reached.", 0)
    standin.start()
    assert ask(gateway, "ok").wait().finish_reason == "stop"


def test_after_a_failure_the_next_request_works(worker, gateway):
    worker()
    assert refused(ask(gateway, "fail-then-ok")).retryable
    assert ask(gateway, "fail-then-ok").wait().finish_reason == "stop"


@pytest.mark.parametrize("model", ["a b", "\0", "\0standin/ok", "standin/ok\n", "mod\u00e8le", KEY])
def test_a_bad_model_name_is_rejected_and_not_logged(worker, gateway, standin, model):
    process = worker()
    failed = refused(gateway.send("llm_answer_request", model=model, context=said("Which oil?")))
    assert (failed.code, failed.retryable) == ("bad_request", False)
    assert not standin.completions and KEY not in process.log_text


# ---- other models --------------------------------------------------------------------------

DEAD = "deepseek/deepseek-chat-v3-0324:free"  # the free default of 2025


def test_the_operator_key_has_fallback_models(worker, gateway, standin):
    worker(FALLBACK_MODELS="standin/503@tag=1, standin/echo,standin/echo")
    request = ask(gateway, "429", context=said("Which oil?"))
    say = request.wait()
    assert request.text == "Which oil?" and say.model == "standin/echo"
    assert request.chunks[0].model == "standin/echo"
    assert ask(gateway, "echo").wait().model == "standin/echo"
    bodies = standin.completions
    assert bodies[0]["model"] == "standin/429"
    assert bodies[0]["models"] == ["standin/503@tag=1", "standin/echo"]
    assert (bodies[1]["model"], bodies[1]["models"]) == ("standin/echo", ["standin/503@tag=1"])


def test_by_default_the_free_router_is_the_fallback(worker, gateway, standin):
    worker(FALLBACK_MODELS="")
    request = gateway.send("llm_answer_request", model=DEAD, context=said("Which oil?"))
    say = request.wait()
    assert request.text and say.model == "meta-llama/llama-3.3-70b-instruct:free"
    assert standin.completions[0]["models"] == ["openrouter/free"]
    gateway.send("llm_answer_request", model="openrouter/free", context=said("Which oil?")).wait()
    assert "models" not in standin.completions[1]


def test_the_error_about_a_model_that_is_gone_names_another(worker, gateway):
    worker(MODELS_REFRESH_MS=3600000)
    failed = refused(gateway.send("llm_answer_request", model=DEAD, context=said("Which oil?")))
    assert (failed.code, failed.retryable) == ("upstream_model", False)
    assert "openrouter/free" in failed.detail and f"No endpoints found for {DEAD}." in failed.detail
    gateway.ask("models_list_request")  # now it is sure to know them
    failed = refused(ask(gateway, "404"))
    assert "One that is: openrouter/free. " in failed.detail  # which the refusal did not name
    assert "One that is" not in refused(ask(gateway, "404-policy")).detail


def test_without_a_list_the_error_names_the_default_model(worker, gateway):
    worker(DEFAULT_MODEL="standin/ok@tag=5")
    assert "One that is: standin/ok@tag=5." in refused(ask(gateway, "404")).detail


# ---- circuit breaker -----------------------------------------------------------------------


def test_a_failing_model_gets_a_cooldown(worker, gateway, standin):
    worker(BREAKER_FAILURES=2, BREAKER_COOLDOWN_MS=600)
    for _ in range(2):
        assert refused(ask(gateway, "503@times=3")).detail != ""
    rested = refused(ask(gateway, "503@times=3"))
    assert (rested.code, rested.retryable) == ("upstream_error", True)
    assert 0 < rested.retry_after_ms <= 600 and len(standin.completions) == 2
    assert rested.local == 1  # another worker may find otherwise
    assert ask(gateway, "ok").wait().finish_reason == "stop"  # the others do not suffer

    def tried():
        failed = refused(ask(gateway, "503@times=3"))
        return len(standin.completions) == 4 and failed
    wait_until(tried, "the probe after the cooldown, which fails")
    rested = refused(ask(gateway, "503@times=3"))
    assert rested.retry_after_ms > 0 and len(standin.completions) == 4

    def answered():
        request = ask(gateway, "503@times=3")
        end = request.wait_end()
        return end.type == "FINAL"
    wait_until(answered, "the try that works")
    assert ask(gateway, "503@times=3").wait().finish_reason == "stop"


def test_the_first_token_after_a_cooldown_closes_the_breaker(worker, gateway, standin):
    worker(BREAKER_FAILURES=1, BREAKER_COOLDOWN_MS=100, SLOTS=2)
    slow = "503@times=1,tokens=30,delay=100"
    refused(ask(gateway, slow))

    def answers():
        request = ask(gateway, slow)
        wait_until(lambda: request.end or request.chunks, "an end or a word")
        return None if request.end else request
    first = wait_until(answers, "the probe after the cooldown")
    second = ask(gateway, slow)
    wait_until(lambda: second.end or second.chunks, "an end or a word")
    assert second.chunks and not first.end  # nobody waits for the end of the answer that tries
    first.cancel()
    second.cancel()


def test_an_answer_truncated_after_the_first_token_is_a_failure(worker, gateway, standin):
    worker(BREAKER_FAILURES=2, BREAKER_COOLDOWN_MS=1000)
    for _ in range(2):
        assert refused(ask(gateway, "cut")).code == "upstream_truncated"
    assert "failed several times in a row" in refused(ask(gateway, "cut")).detail

    def tried():
        request = ask(gateway, "cut")
        return request.wait_end() and request.chunks
    wait_until(tried, "the probe after the cooldown")
    # That was the first one of two.
    assert "failed several times in a row" not in refused(ask(gateway, "cut")).detail
    assert "failed several times in a row" in refused(ask(gateway, "cut")).detail


def test_after_a_cancelled_probe_the_next_request_is_the_probe(worker, gateway, standin):
    worker(BREAKER_FAILURES=1, BREAKER_COOLDOWN_MS=100, FIRST_TOKEN_TIMEOUT_MS=500)
    refused(ask(gateway, "hang"))

    def goes_up():
        asked = len(standin.completions)
        request = ask(gateway, "hang")
        wait_until(lambda: request.end or len(standin.completions) > asked,
                   "an end or a request upstream")
        return None if request.end else request
    wait_until(goes_up, "the probe after the cooldown").cancel()
    wait_until(goes_up, "the next try").cancel()


def test_during_a_cooldown_another_model_is_asked_first(worker, gateway, standin):
    worker(BREAKER_FAILURES=1, BREAKER_COOLDOWN_MS=60000,
           FALLBACK_MODELS="standin/hang,standin/echo",
           **SHORT)
    refused(ask(gateway, "hang@tag=1"))
    refused(ask(gateway, "hang@tag=1"))
    assert ask(gateway, "hang@tag=1").wait().model == "standin/echo"
    assert [(body["model"], body["models"]) for body in standin.completions] == [
        ("standin/hang@tag=1", ["standin/hang", "standin/echo"]),
        ("standin/hang", ["standin/echo", "standin/hang@tag=1"]),
        ("standin/echo", ["standin/hang@tag=1", "standin/hang"])]


def test_a_limit_of_one_key_does_not_open_a_breaker(worker, gateway, standin):
    worker(BREAKER_FAILURES=1)
    for _ in range(3):
        refused(ask(gateway, "429@reset=1000"))
    assert len(standin.completions) == 3


# ---- context -------------------------------------------------------------------------------


def conversation_of(messages, size):
    """Exchanges of messages with `size` bytes each; the question is short."""
    return said(*[f"{number:04}" + "x" * (size - 4) for number in range(messages - 1)],
                "Which oil?")


def sent(standin):
    return [message["content"][:4] for message in standin.completions[-1]["messages"][1:]]


def test_of_a_long_conversation_as_much_is_sent_as_fits(worker, gateway, standin):
    worker(MODELS_REFRESH_MS=3600000, SYSTEM_PROMPT="Speak of cars.", HISTORY_MESSAGES=64)
    gateway.ask("models_list_request")
    context = conversation_of(17, 4000)  # 1004 tokens each; standin/ok: 8192, 1000 for the answer
    gateway.send("llm_answer_request", model="standin/ok", context=context).wait()
    assert sent(standin) == [f"{number:04}" for number in range(10, 16)] + ["Whic"]
    gateway.send("llm_answer_request", model="openrouter/free", context=context).wait()
    assert len(sent(standin)) == 17


def test_an_unlisted_model_is_assumed_to_be_small(worker, gateway, standin):
    worker(CONTEXT_TOKENS=4096)
    ask(gateway, "ok@context=4096", context=conversation_of(17, 4000)).wait()
    assert len(sent(standin)) == 3


def test_a_question_that_cannot_fit_is_refused_at_once(worker, gateway, standin):
    worker(CONTEXT_TOKENS=2048)
    failed = refused(ask(gateway, "ok", context=said("x" * 5000)))
    assert (failed.code, failed.retryable) == ("too_long", False)
    assert "Shorten it" in failed.detail and standin.journal() == []


def test_the_tokens_per_byte_of_a_model_are_learned(worker, gateway, standin):
    worker(CONTEXT_TOKENS=8192, SYSTEM_PROMPT="Cars.")
    model, context = "ok@chars=2,context=100000", conversation_of(17, 2000)
    ask(gateway, model, context=context).wait()
    first = len(sent(standin))
    for _ in range(40):
        ask(gateway, model, context=context).wait()
    assert (first, len(sent(standin))) == (15, 7)  # 504 tokens a message were 1004 in truth
    ask(gateway, "ok@context=100000", context=context).wait()
    assert len(sent(standin)) == 15  # what one model taught says nothing of another


# ---- cost ----------------------------------------------------------------------------------


def test_an_unknown_cost_is_marked(worker, gateway):
    worker(MODELS_REFRESH_MS=3600000)
    gateway.ask("models_list_request")
    for model, is_free in (("openrouter/free", 1), ("standin/ok", 0), ("standin/usage-none", 0)):
        request = gateway.send("llm_answer_request", model=model, context=said("Which oil?"))
        assert request.wait().cost_unknown == (model == "standin/usage-none")
        assert [piece.is_free for piece in request.chunks if piece.model] == [is_free]


def test_a_cost_that_the_prices_do_not_explain_is_bounded(worker, gateway):
    process = worker(MODELS_REFRESH_MS=3600000)
    gateway.ask("models_list_request")
    say = ask(gateway, "usage-wild").wait()  # is not listed: at most 0.001 USD a token
    assert say.cost == pytest.approx(0.027) and say.cost_implausible == 1
    line = process.wait_for_event("answer.cost_implausible")
    assert (line["level"], line["reported"]) == ("warn", "4711.5")
    for model in ("standin/ok", "openrouter/free"):
        say = gateway.send("llm_answer_request", model=model, context=said("Which oil?")).wait()
        assert say.cost_implausible == 0
        assert say.cost == pytest.approx(say.prompt_tokens * 1e-6 + say.completion_tokens * 2e-6
                                         if model == "standin/ok" else 0)


# ---- time ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["hang", "hang-silent", "comments-forever", "ok@first=60000"])
def test_a_model_that_never_begins_times_out(worker, gateway, standin, scenario):
    worker(**SHORT)
    failed = refused(ask(gateway, scenario))
    assert (failed.code, failed.retryable) == ("upstream_timeout", False)
    assert standin.wait_journal("end")["end"] == "peer closed"


def test_a_model_that_stalls_times_out(worker, gateway, standin):
    worker(**SHORT)
    request = ask(gateway, "hang-after")
    assert refused(request).code == "upstream_timeout"
    assert request.text and TEXT.startswith(request.text)
    assert standin.wait_journal("end")["end"] == "peer closed"


def test_a_model_that_takes_too_long_times_out(worker, gateway, standin):
    worker(**{**SHORT, "TOTAL_TIMEOUT_MS": 900})
    request = ask(gateway, "ok@tokens=1000,delay=100")
    failed = refused(request)
    assert (failed.code, failed.retryable) == ("upstream_timeout", False)
    assert len(request.chunks) > 2
    assert standin.wait_journal("end")["end"] == "peer closed"


def test_a_slow_model_that_keeps_sending_is_not_cut(worker, gateway):
    worker(**SHORT)
    request = ask(gateway, "ok@delay=60")  # longer in all than the first two limits together
    assert request.wait().finish_reason == "stop"
    assert request.text == TEXT


def test_the_gateway_may_lower_the_limit(worker, gateway):
    worker()
    assert refused(ask(gateway, "hang", total_ms=200)).code == "upstream_timeout"
    assert refused(ask(gateway, "hang-after", total_ms=400)).code == "upstream_timeout"
    assert refused(ask(gateway, "ok@tokens=1000,delay=50", total_ms=500)).code == "upstream_timeout"
    assert refused(ask(gateway, "hang", ttl_ms=800)).code == "upstream_timeout"


def test_the_gateway_cannot_raise_a_limit(worker, gateway):
    worker(**SHORT)
    assert refused(ask(gateway, "hang", total_ms=60000), timeout=5).code == "upstream_timeout"


def test_an_answer_in_single_bytes_is_read(worker, gateway):
    worker()
    request = ask(gateway, "drip@tokens=8,gap=1")
    assert request.wait(60).finish_reason == "stop"  # takes 10 s on a quiet machine


# ---- stop ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["ok@tokens=1000,delay=20", "hang", "ok@first=60000"])
def test_cancel_closes_the_upstream_within_a_second(worker, gateway, standin, scenario):
    worker()
    request = ask(gateway, scenario)
    standin.wait_journal("request")
    if "delay" in scenario:
        request.wait_chunks(3)
    asked = time.monotonic()
    request.cancel()
    assert request.wait_end().type == "CANCELLED"
    assert standin.wait_journal("end", timeout=1.0)["end"] == "peer closed"
    assert time.monotonic() - asked < at_this_load(1.0)


def test_a_turn_is_stopped_by_its_id(worker, gateway, standin):
    worker()
    turn, other = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
    request, kept = ask(gateway, "hang", turn_id=turn), ask(gateway, "ok@delay=50", turn_id=other)
    standin.wait_journal("request", 2)
    gateway.cancel_turn("")
    gateway.cancel_turn(turn)
    stopped = refused(request)
    assert (stopped.code, stopped.retryable) == ("stopped", False)
    assert standin.wait_journal("end", timeout=1.0)["end"] == "peer closed"
    assert kept.wait().finish_reason == "stop"


def test_a_gateway_that_dies_stops_its_answers(harness, keys, standin):
    gateway = FakeGateway(keys)
    harness.start("llm-worker", {
        "BUS_GATEWAYS": gateway.address, **keys.backend_env("llm-worker"),
        "SEAL_SECRET_KEYS_FILE": keys.path("seal.secret"), "OPENROUTER_BASE_URL": standin.url,
        "OPENROUTER_API_KEY": KEY, "MODELS_REFRESH_MS": 0})
    ask(gateway, "ok@tokens=10000,delay=20").wait_chunks(2)
    gateway.kill()
    assert standin.wait_journal("end", timeout=15)["end"] == "peer closed"


def keepalive_timers(port):
    """The timers of the connections to that port (2: keep-alive)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[5].split(":")[0] for row in rows
            if row[2].endswith(f":{port:04X}") and row[3] == "01"]


def test_tcp_keepalive_watches_an_idle_connection(worker, gateway, standin):
    worker()
    request = ask(gateway, "hang")
    standin.wait_journal("request")
    wait_until(lambda: keepalive_timers(standin.port) == ["02"], "the keepalive timer")
    request.cancel()


# ---- flow ----------------------------------------------------------------------------------


def test_without_credit_the_upstream_is_paused(worker, gateway, standin):
    worker(IDLE_TIMEOUT_MS=300)
    held, stopped = [ask(gateway, "ok@tokens=60000", auto_credit=False, ttl_ms=20000)
                     for _ in range(2)]
    for request in (held, stopped):
        gateway.wait(lambda: request._came >= 65536, "a full window")
    came = held._came
    for _ in range(2):  # each takes as long as IDLE_TIMEOUT_MS, which must not end the paused one
        assert refused(ask(gateway, "hang-after")).code == "upstream_timeout"
    assert held._came == came < 65536 + 17000 and not held.end
    standin.wait_journal("end", count=2)
    assert len(standin.journal("end")) == 2  # of hang-after; the others are not even sent
    stopped.cancel()
    assert stopped.wait_end().type == "CANCELLED"

    held.auto_credit = True
    held.credit()
    assert held.wait().finish_reason == "length"
    assert len(held.text.encode()) == 65536


def test_connections_are_reused(worker, gateway, standin):
    worker()
    for number, model in enumerate(["ok", "ok", "ok@tokens=4,split=1,gap=1", "reasoning", "crlf"]):
        ask(gateway, model).wait()
        standin.wait_journal("end", count=number + 1)  # an answer is over before its body is
    connections = {line["connection"] for line in standin.journal("request")}
    assert len(connections) == 1
    refused(ask(gateway, "503"))
    refused(ask(gateway, "cut"))  # this one cannot be kept
    ask(gateway, "ok").wait()
    assert len({line["connection"] for line in standin.journal("request")}) == 2


def test_an_answer_ends_at_done_even_if_the_body_goes_on(worker, gateway, standin):
    worker()
    ask(gateway, "after-done").wait(2.0)
    assert standin.wait_journal("end", timeout=5)["end"] == "peer closed"
    ask(gateway, "ok").wait()


class LateEnd(http.server.BaseHTTPRequestHandler):
    """Sends [DONE], and ends the body only when the test allows it."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.peers.append(self.client_address)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'
        self.wfile.write(b"%x\r\n%s\r\n" % (len(events), events))
        self.server.may_end.acquire(timeout=5)
        self.wfile.write(b"0\r\n\r\n")
        self.server.ended.release()

    def log_message(self, *words):
        pass


def test_a_body_that_ends_a_little_late_keeps_its_connection(worker, gateway):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), LateEnd)
    server.peers, server.may_end, server.ended = [], threading.Semaphore(0), threading.Semaphore(0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    worker(OPENROUTER_BASE_URL=f"http://127.0.0.1:{server.server_port}")
    for _ in range(5):
        request = ask(gateway, "ok")
        request.wait()
        assert request.text == "a"
        server.may_end.release()
        assert server.ended.acquire(timeout=5)
    server.shutdown()
    thread.join()
    server.server_close()
    assert len(set(server.peers)) < 5  # the next request may still overtake the end, but not always


def test_slots_limit_concurrent_answers(worker, gateway, standin):
    worker(SLOTS=3)
    running = [ask(gateway, "hang") for _ in range(3)]
    standin.wait_journal("request", 3)
    peer = gateway.wait_peer("llm-worker")
    assert peer.slots == 3 and not peer.offers
    running[0].cancel()
    running[0].wait_end()
    gateway.wait_offer()
    assert ask(gateway, "ok").wait().finish_reason == "stop"
    for one in running[1:]:
        one.cancel()


def test_concurrent_answers_do_not_mix(worker, gateway):
    worker()
    requests = [ask(gateway, "echo@split=7,delay=1",
                    context=said(f"Question {number} " + "ü🚗" * 20))
                for number in range(100)]
    for number, request in enumerate(requests):
        request.wait(20)
        assert request.text == f"Question {number} " + "ü🚗" * 20


# ---- network -------------------------------------------------------------------------------


@pytest.fixture
def https(proxy, standin, tmp_path):
    """The stand-in behind TLS; its certificate is for localhost, with the CA in the file .ca."""
    key, ca = tmp_path / "tls.key", tmp_path / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", key, "-out", ca],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, key)
    made = proxy(standin.port, tls=context)
    made.ca = ca
    return made


def test_tls_connections_are_reused(worker, gateway, standin, https):
    worker(OPENROUTER_BASE_URL=f"https://localhost:{https.port}/api/v1", OPENROUTER_CA_FILE=https.ca)
    for _ in range(3):
        request = ask(gateway, "split-3")
        request.wait()
        assert request.text == TEXT
    assert https.accepted == 1


@pytest.mark.parametrize("host, trusted", [("localhost", False), ("127.0.0.1", True)])
def test_an_untrusted_certificate_is_rejected(worker, gateway, standin, https, host,
                                                      trusted):
    worker(OPENROUTER_BASE_URL=f"https://{host}:{https.port}/api/v1",
           OPENROUTER_CA_FILE=https.ca if trusted else "")
    failed = refused(ask(gateway, "ok"))
    assert (failed.code, failed.retryable) == ("upstream_error", False)
    assert "certificate" in failed.detail
    assert standin.journal() == []


def test_a_proxy_of_the_environment_is_used(worker, gateway, standin):
    worker(OPENROUTER_BASE_URL="http://openrouter.invalid/api/v1",
           http_proxy=f"http://127.0.0.1:{standin.port}")
    refused(ask(gateway, "ok"))  # the stand-in is no proxy, but it tells what it was asked
    assert standin.wait_journal("request")["path"] == "http://openrouter.invalid/api/v1/chat/completions"


def test_a_wrong_base_url_is_not_reported_as_a_missing_model(worker, gateway, standin):
    worker(OPENROUTER_BASE_URL=standin.url + "/nowhere")
    failed = refused(ask(gateway, "ok"))
    assert (failed.code, failed.retryable) == ("upstream_error", False)
    assert failed.detail == "OpenRouter answered with status 404 and a web page."


def test_an_unknown_host_name_is_reported(worker, gateway):
    worker(OPENROUTER_BASE_URL="http://openrouter.invalid/api/v1")
    failed = refused(ask(gateway, "ok"), timeout=15)
    assert (failed.code, failed.retryable) == ("upstream_error", True)


def test_connecting_has_a_timeout(worker, gateway, proxy, standin):
    stalled = proxy(standin.port)
    stalled.stall()
    worker(OPENROUTER_BASE_URL=f"http://127.0.0.1:{stalled.port}/api/v1", **SHORT)
    assert refused(ask(gateway, "ok")).code == "upstream_timeout"
    stalled.resume()
    assert ask(gateway, "ok").wait().finish_reason == "stop"


def test_a_dead_idle_connection_is_replaced_silently(worker, gateway, proxy, standin):
    between = proxy(standin.port)
    worker(OPENROUTER_BASE_URL=f"http://127.0.0.1:{between.port}/api/v1")
    for _ in range(3):
        assert ask(gateway, "ok").wait().finish_reason == "stop"
        between.cut()
    assert between.accepted == 3


# ---- keys and models -----------------------------------------------------------------------


def test_a_key_is_tested(worker, gateway, standin, keys):
    worker()
    say = gateway.ask("key_test_request", sealed_key=seal(keys, KEY))
    assert say.label.startswith(KEY[:12]) and say.label.endswith(KEY[-3:])
    assert standin.wait_journal("request")["path"] == "/api/v1/key"
    assert gateway.ask("key_test_request").label == say.label  # the operator key
    failed = refused(gateway.send("key_test_request", sealed_key=seal(keys, PERSON)))
    assert (failed.code, failed.retryable) == ("upstream_key", False)
    assert "not found" in failed.detail


def test_models_are_listed(worker, gateway, standin):
    worker()
    before = time.time() * 1000
    say = gateway.ask("models_list_request")
    ids = {model["id"]: model for model in say.models}
    assert "openrouter/free" in ids and ids["standin/ok"]["context"] == 8192
    assert ids["standin/ok"]["completion_price"] == pytest.approx(0.000002)
    assert before - 1000 <= say.at <= time.time() * 1000 + 1000
    assert "authorization" not in standin.wait_journal("request")["headers"]


def test_the_list_of_models_is_kept(worker, gateway, standin):
    worker(MODELS_REFRESH_MS=3600000)
    first = gateway.ask("models_list_request")
    again = gateway.ask("models_list_request")
    assert (first.at, first.models) == (again.at, again.models)
    assert len(standin.journal("request", path="/api/v1/models")) == 1
    standin.stop()
    assert gateway.ask("models_list_request").models == first.models


def test_the_list_is_reloaded_in_the_background(worker, gateway, standin):
    process = worker(MODELS_REFRESH_MS=1000)
    first = gateway.ask("models_list_request")
    wait_until(lambda: gateway.ask("models_list_request").at > first.at, "a newer list")
    standin.stop()
    process.wait_for_event("models.load_failed")
    old = gateway.ask("models_list_request")
    assert old.models == first.models
    standin.start()
    wait_until(lambda: gateway.ask("models_list_request").at > old.at, "a newer list")


def test_an_old_list_is_better_than_none(worker, gateway, standin):
    worker()  # here it is loaded each time somebody asks
    first = gateway.ask("models_list_request")
    standin.stop()
    assert gateway.ask("models_list_request").models == first.models
    standin.start()
    assert gateway.ask("models_list_request").at > first.at


def test_many_who_ask_at_once_are_served_by_one_load(worker, gateway, standin):
    worker(MODELS_REFRESH_MS=3600000)
    asked = [gateway.send("models_list_request") for _ in range(10)]
    assert all(request.wait().models for request in asked)
    assert len(standin.journal("request", path="/api/v1/models")) == 1


def test_a_failed_first_load_is_reported(worker, gateway, standin):
    worker(MODELS_REFRESH_MS=3600000)
    standin.stop()
    failed = refused(gateway.send("models_list_request"))
    assert (failed.code, failed.retryable) == ("upstream_error", True)
    standin.start()
    assert gateway.ask("models_list_request").models


def test_an_answer_does_not_wait_for_the_list(worker, gateway, standin):
    worker(MODELS_REFRESH_MS=3600000)
    assert ask(gateway, "ok").wait().finish_reason == "stop"
    standin.wait_journal("request", path="/api/v1/models")


def test_an_unusual_key_is_warned_about_but_not_logged(worker, gateway):
    process = worker(OPENROUTER_API_KEY=" 'sk-or-odd-key' ")
    line = process.wait_for_event("config.unusual_key")
    assert line["level"] == "warn" and "odd-key" not in process.log_text
    assert refused(ask(gateway, "ok")).code == "upstream_key"


# ---- life ----------------------------------------------------------------------------------


def test_drain_finishes_what_runs(worker, gateway, standin):
    process = worker()
    request = ask(gateway, "ok@delay=60")
    request.wait_chunks(2)
    process.signal(15)
    gateway.wait_frame("DRAIN")
    assert request.wait().finish_reason == "stop" and request.text == TEXT
    assert process.wait() == 0
    gateway.wait_frame("BYE")


def test_a_drain_has_an_end(worker, gateway, standin):
    process = worker(DRAIN_MS=1000)
    ask(gateway, "hang")
    standin.wait_journal("request")
    process.signal(15)
    assert process.wait(10) == 0
    assert process.find_events("worker.drain_timeout")
    assert standin.wait_journal("end")["end"] == "peer closed"
    gateway.wait_frame("BYE")


def test_an_idle_worker_ends_at_once(worker):
    process = worker()
    began = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - began < at_this_load(5)


def test_a_second_signal_ends_at_once(worker, gateway, standin):
    process = worker()
    ask(gateway, "hang")
    standin.wait_journal("request")
    process.signal(15)
    gateway.wait_frame("DRAIN")
    process.signal(15)
    assert process.wait(5) == 0
    assert standin.wait_journal("end")["end"] == "peer closed"


def test_an_unknown_request_is_rejected(worker, gateway):
    """A newer gateway may send a request that this worker does not know."""
    worker()
    peer = gateway.wait_offer()
    with gateway.lock:
        offer = peer.offers.popleft()
    frame = Frame("REQUEST", id=4711, attempt=1, sequence=offer, ttl_ms=5000,
                  body=msgpack.packb([95]))
    gateway.send_frame(peer, frame)
    answer = gateway.wait_frame("ERROR", peer, id=4711)
    assert answer.message.code == "bad_frame"


def test_a_bad_configuration_lists_all_its_errors(harness, keys):
    status, printed = harness.run("llm-worker", env={
        "BUS_GATEWAYS": "127.0.0.1:1", **keys.backend_env("llm-worker"),
        "SEAL_SECRET_KEYS": "k1 c2hvcnQ=", "OPENROUTER_BASE_URL": "ftp://example/", "SLOTS": "0",
        "OPENROUTER_APP_TITLE": "Caf\u00e9", "SYSTEM_PROMPT": "x" * 4097,
        "OPENROUTER_API_KEY": "a b",
        "DEFAULT_MODEL": KEY, "FALLBACK_MODELS": f"a/b,{KEY}",
        "TEMPERATURE": "3", "LOG_LEVEL": "loud", "FIRST_TOKEN_TIMEOUT_MS": "soon"})
    assert status == 78 and KEY not in printed
    for name in ("SEAL_SECRET_KEYS", "OPENROUTER_BASE_URL", "SLOTS", "OPENROUTER_APP_TITLE",
                 "DEFAULT_MODEL", "FALLBACK_MODELS", "SYSTEM_PROMPT", "OPENROUTER_API_KEY",
                 "TEMPERATURE", "LOG_LEVEL", "FIRST_TOKEN_TIMEOUT_MS"):
        assert f"  {name}: " in printed


def test_settings_are_shown_without_secrets(harness, keys):
    status, printed = harness.run("llm-worker", "--check-config", env={
        "BUS_GATEWAYS": "127.0.0.1:1", **keys.backend_env("llm-worker"),
        "SEAL_SECRET_KEYS_FILE": keys.path("seal.secret"), "OPENROUTER_API_KEY": KEY})
    assert status == 0
    assert "DEFAULT_MODEL=openrouter/free" in printed and KEY not in printed
    assert "OPENROUTER_API_KEY=(set)" in printed
