"""What the stand-in promises: OpenRouter's bytes, every scenario, a journal that can be trusted."""

import json
import re
import subprocess
import time

import pytest

from standin_client import HERE, KEY, PROGRAM, Standin, wait_until

TEXT = ("Check the oil with the engine cold – at 2 °C or 30 °C, it's no naïve guess. 🚗 Park level, "
        "wait ten minutes, then read the dipstick.")
COMPLETIONS = "/api/v1/chat/completions"
COMMENT = b": OPENROUTER PROCESSING\n\n"


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    with Standin(tmp_path_factory.mktemp("standin"), "--key", KEY, "--key", "paid,management",
                 "--key", "spent,spent", "--key", "broke,broke", "--key", "free,free-tier",
                 "--key", "failing,failing") as running:
        yield running


# --- the key comes first ---------------------------------------------------------------------

@pytest.mark.parametrize("path", [COMPLETIONS, "/api/v1/key"])
def test_a_missing_key_is_named(standin, path):
    method = "POST" if path == COMPLETIONS else "GET"
    for key in (None, "", "  "):
        reply = standin.get(path, key, method, b"not json")
        assert reply.status == 401
        assert reply.body == b'{"error":{"message":"Missing Authentication header","code":401}}'
        assert reply.headers["content-type"] == "application/json"


def test_an_unknown_key_is_no_user(standin):
    reply = standin.get("/api/v1/key", "sk-or-v1-nobody")
    assert (reply.status, reply.body) == (
        401, b'{"error":{"message":"User not found.","code":401}}')


def test_a_known_key_has_its_user_beside_the_error(standin):
    for body in (b"", b"not json", b"[]", b"{}", b'{"messages":[]}', b'{"messages":"hi"}'):
        reply = standin.get(COMPLETIONS, KEY, "POST", body)
        assert reply.status == 400
        assert reply.body.startswith(
            b'{"error":{"message":"Invalid request parameters","code":400}')
        assert reply.json()["user_id"].startswith("user_")


@pytest.mark.parametrize("key, status", [("spent", 403), ("broke", 402), ("paid", 403)])
def test_special_keys_cannot_ask(standin, key, status):
    body = b'{"model":"standin/ok","messages":[{"role":"user","content":"hi"}]}'
    reply = standin.get(COMPLETIONS, key, "POST", body)
    assert (reply.status, reply.json()["error"]["code"]) == (status, status)


# --- small addresses -------------------------------------------------------------------------

def test_key_tells_about_itself(standin):
    data = standin.get("/api/v1/key").json()["data"]
    assert data["label"] == KEY[:12] + "..." + KEY[-3:]
    assert (data["limit"], data["limit_remaining"], data["is_free_tier"]) == (100, 74.5, False)
    assert data["rate_limit"]["requests"] == -1
    assert standin.get("/api/v1/auth/key").json()["data"] == data
    free = standin.get("/api/v1/key", "free").json()["data"]
    assert (free["limit"], free["is_free_tier"]) == (None, True)
    assert standin.get("/api/v1/key", "spent").json()["data"]["limit_remaining"] == 0
    assert standin.get("/api/v1/key", "failing").status == 500


def test_models_are_public_with_prices_as_text(standin):
    listed = standin.get("/api/v1/models", None).json()
    models = {model["id"]: model for model in listed["data"]}
    assert listed["total_count"] == len(models)
    assert models["openrouter/free"]["pricing"] == {"prompt": "0", "completion": "0"}
    paid = models["deepseek/deepseek-chat-v3-0324"]
    assert paid["context_length"] == 163840
    assert paid["pricing"] == {"prompt": "0.0000002", "completion": "0.00000077"}
    one = standin.get("/api/v1/model/deepseek/deepseek-chat-v3-0324", None).json()
    assert one["data"] == paid
    assert standin.get("/api/v1/model/nobody/nothing", None).status == 404


def test_credits_want_a_management_key(standin):
    assert standin.get("/api/v1/credits").status == 403
    assert standin.get("/api/v1/credits", "paid").json()["data"]["total_credits"] == 100.5


def test_a_generation_is_remembered(standin):
    reply = standin.ask("standin/ok@tokens=5")
    name = reply.headers["x-generation-id"]
    wait_until(lambda: standin.get("/api/v1/generation?id=" + name).status == 200)
    data = standin.get("/api/v1/generation?id=" + name).json()["data"]
    assert (data["id"], data["tokens_completion"], data["cancelled"]) == (name, 5, False)
    assert standin.get("/api/v1/generation?id=gen-unknown").status == 404


def test_unknown_addresses_get_a_page(standin):
    for method, path in (("GET", "/"), ("GET", "/api/v1/nothing"), ("GET", COMPLETIONS)):
        reply = standin.get(path, KEY, method)
        assert (reply.status, reply.body[:9]) == (404, b"<!DOCTYPE")
        assert reply.headers["content-type"].startswith("text/html")


def test_odd_bytes_harm_nobody(standin):
    """What is no UTF-8 cannot be JSON, neither in the journal nor in an error."""
    for path in ("/%ff", "/api/v1/model/%ff", "/api/v1/generation?id=%ff", "/a%00b"):
        assert standin.get(path).status == 404
    line = standin.line()
    line.socket.sendall(b"GET /api/v1/key HTTP/1.1\r\nHost: a\r\nX-\xff: b\r\nX-Odd: \xff\r\n"
                        b"Authorization: Bearer \xff\r\n\r\n")
    assert line.read_head().status in (400, 401)
    line.close()
    assert standin.get("/api/v1/key").status == 200


def test_an_unknown_model_is_named(standin):
    for model in ("acme/x", "standin/nothing", "standin/ok@colour=1", "standin/ok@tokens=many"):
        error = standin.ask(model).json()["error"]
        assert error == {"message": f"{model} is not a valid model ID", "code": 400}


def test_the_dead_free_model_names_a_living_one(standin):
    reply = standin.ask("deepseek/deepseek-chat-v3-0324:free")
    error = reply.json()["error"]
    assert (reply.status, error["code"]) == (404, 404)
    assert error["message"] == "No endpoints found for deepseek/deepseek-chat-v3-0324:free."
    assert error["availability"]["fallback_models"] == ["openrouter/free"]


def test_a_body_without_end_is_refused(standin):
    reply = standin.get(COMPLETIONS, KEY, "POST", b"x" * (4 << 20) + b"x")
    assert reply.status == 413


# --- the good answer, byte for byte ------------------------------------------------------------

def test_a_stream_has_these_bytes(standin):
    reply = standin.ask("standin/ok@tokens=2,comments=2")
    name = reply.headers["x-generation-id"]
    assert re.fullmatch(r"gen-\d{10}-[A-Za-z0-9]{20}", name)
    created = name[4:14]

    def chunk(content, finish):
        return (f'data: {{"id":"{name}","object":"chat.completion.chunk","created":{created},'
                f'"model":"standin/ok@tokens=2,comments=2","provider":"Stand-in","choices":['
                f'{{"index":0,"delta":{{"content":"{content}","role":"assistant"}},'
                f'"finish_reason":{finish},"native_finish_reason":{finish}}}]}}\n\n').encode()

    body = reply.body
    begin = (COMMENT * 2 + chunk("", "null") + chunk("Check", "null") + chunk(" the", "null") +
             chunk("", '"stop"'))
    assert body.startswith(begin)
    usage, rest = body.removeprefix(begin).split(b"\n\n", 1)
    assert rest == b"data: [DONE]\n\n"
    assert b'"choices":[],"usage":{"prompt_tokens":' in usage
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.ended == "well"


def test_a_plain_answer_is_padding_and_json(standin):
    reply = standin.ask("standin/ok@pads=3", stream=False)
    body = reply.body
    assert body.startswith(b"\n         \n" * 3 + b'{"id":"gen-') and body.endswith(b"}}")
    answer = reply.json()
    assert answer["choices"][0]["message"]["content"] == TEXT
    assert answer["object"] == "chat.completion"
    assert answer["usage"]["total_tokens"] == (answer["usage"]["prompt_tokens"] +
                                               answer["usage"]["completion_tokens"])
    assert reply.headers["content-type"] == "application/json"
    assert "cache-control" not in reply.headers


def test_a_router_answers_in_the_name_of_another(standin):
    event = standin.ask("openrouter/free").events()[0]
    assert event["model"] == "meta-llama/llama-3.3-70b-instruct:free"
    assert standin.ask("openrouter/free").usage()[0]["cost"] == 0


def test_a_paid_model_costs_its_price(standin):
    usage = standin.ask("anthropic/claude-sonnet-4.6").usage()[0]
    cost = usage["prompt_tokens"] * 0.000003 + usage["completion_tokens"] * 0.000015
    assert usage["cost"] == pytest.approx(cost) and cost > 0


def test_fallback_models_are_tried_in_order(standin):
    reply = standin.ask("standin/503", models=["standin/429", "standin/ok@tokens=1", "standin/402"])
    assert reply.events()[0]["model"] == "standin/ok@tokens=1"
    reply = standin.ask("standin/503", models=["standin/429", "standin/402"])
    assert reply.status == 402


def test_a_talk_too_long_for_the_model_is_refused(standin):
    question = "oil " * 40
    assert standin.ask("standin/ok@context=100", question=question, max_tokens=56).status == 200
    reply = standin.ask("standin/ok@context=100", question=question, max_tokens=57)
    assert reply.json()["error"]["metadata"]["error_type"] == "context_length_exceeded"
    for odd in (-1, 1 << 40):
        assert standin.ask("standin/ok", max_tokens=odd).json()["error"]["code"] == 400
    usage = standin.ask("standin/ok@chars=2", question=question).usage()[0]
    assert usage["prompt_tokens"] == 84


def test_what_fails_a_few_times_is_well_then(standin):
    for model in ("standin/503@times=2", "standin/cut@times=2"):
        good = [standin.ask(model).body.endswith(b"[DONE]\n\n") for _ in range(4)]
        assert good == [False, False, True, True]
    assert standin.ask("standin/503@times=2,tag=1").status == 503


def test_a_numbered_echo_tells_two_answers_apart(standin):
    texts = [standin.ask("standin/echo@numbered=1").text() for _ in range(2)]
    numbers = [re.fullmatch(r"#(\d+) How do I check the oil\? #\1", text)[1] for text in texts]
    assert int(numbers[1]) == int(numbers[0]) + 1


# --- every scenario ----------------------------------------------------------------------------

def is_good(reply, text=TEXT):
    return (reply.status == 200 and reply.text() == text and reply.is_done() and
            reply.finishes() == ["stop"] and len(reply.usage()) == 1 and reply.ended == "well")


def refuses(status, message, **headers):
    """A refusal with this status, code and message, and with these headers (None: without)."""
    def check(reply):
        error = reply.json()["error"]
        found = {name: reply.headers.get(name.replace("_", "-")) for name in headers}
        for name, value in headers.items():
            assert (found[name] is None) == (value is None)
            assert value is None or re.fullmatch(value, found[name])
        return (reply.status == error["code"] == status and message in error["message"] and
                list(error)[0] == "message" and reply.headers["content-type"] == "application/json")
    return check


def is_raw(status, begin, kind="application/json"):
    return lambda reply: (reply.status == status and reply.body.startswith(begin) and
                          reply.headers["content-type"].startswith(kind))


MS = r"\d{13}"
LIMITS = {"x_ratelimit_limit": "1", "x_ratelimit_remaining": "0", "x_ratelimit_reset": MS}
NO_LIMITS = {"x_ratelimit_reset": None, "retry_after": None}
FIRST_WORDS = "Check the oil"

STREAMS = {
    "ok": is_good,
    "echo": lambda r: is_good(r, "How do I check the oil?"),
    "usage-1": lambda r: is_good(r) and r.events()[-1]["choices"][0]["delta"]["content"] == ""
               and list(r.events()[0])[1] == "provider" and b'"logprobs":null' in r.body,
    "usage-2": lambda r: is_good(r) and r.events()[-1]["choices"] == [],
    "usage-3": lambda r: r.finishes() == ["stop", "stop"] and "usage" in r.events()[-1]
               and r.events()[-1]["service_tier"] == "default" and r.is_done(),
    "usage-none": lambda r: r.text() == TEXT and r.usage() == [] and r.is_done(),
    "usage-odd": lambda r: r.usage() == [{"prompt_tokens": 7}],
    "usage-wild": lambda r: r.usage()[0]["cost"] == 4711.5,
    "double-finish": lambda r: r.finishes() == ["stop", "stop"] and len(r.usage()) == 1,
    "finish-on-last": lambda r: is_good(r) and [e for e in r.events() if e["choices"]][-1]
                      ["choices"][0]["delta"]["content"] == " dipstick.",
    "no-finish": lambda r: r.text() == TEXT and r.finishes() == [] and r.is_done(),
    "no-done": lambda r: r.finishes() == ["stop"] and not r.is_done() and r.ended == "well",
    "length": lambda r: r.text() == FIRST_WORDS and r.finishes() == ["length"],
    "content-filter": lambda r: r.text() == FIRST_WORDS and r.finishes() == ["content_filter"],
    "reasoning": lambda r: is_good(r) and "".join(d.get("reasoning", "") for d in r.deltas()) ==
                 "The person asks about oil. Cold engine first.",
    "reasoning-only": lambda r: r.text() == "" and r.usage()[0]["completion_tokens"] == 7
                      and r.usage()[0]["completion_tokens_details"]["reasoning_tokens"] == 7,
    "tool-call": lambda r: "".join(c["function"]["arguments"] for d in r.deltas()
                                   for c in d.get("tool_calls", [])) == '{"part":"oil"}'
                 and r.deltas()[0]["content"] is None and r.finishes() == ["tool_calls"],
    "metadata": lambda r: is_good(r) and "debug" in r.events()[0],
    "null-content": lambda r: [d["content"] for d in r.deltas()] == [None] and r.is_done(),
    "no-words": lambda r: r.text() == "" and r.usage()[0]["completion_tokens"] == 0,
    "silent-failure": lambda r: b'"native_finish_reason":"network_error"' in r.body
                      and r.finishes() == ["stop"] and r.text() == "",
    "200-no-choices": lambda r: is_raw(200, b"\n")(r) and r.json()["choices"] == [],
    "200-null-choices": lambda r: is_raw(200, b"\n")(r) and r.json()["choices"] is None,
    "200-empty": lambda r: (r.status, r.body, r.ended) == (200, b"", "well"),
    "only-done": lambda r: r.body == b"data: [DONE]\n\n",
    "in-band-error": lambda r: r.text() == FIRST_WORDS and r.finishes() == ["error"]
                     and r.error()[0]["code"] == 429 and not r.is_done() and r.ended == "well",
    "error-e": lambda r: r.text() == "" and r.error()[0]["code"] == 429 and not r.is_done(),
    "error-f": lambda r: r.events()[0]["choices"] == [] and r.error()[0]["code"] == 429,
    "error-g": lambda r: r.error()[0]["code"] == 400 and r.finishes() == [] and r.is_done()
               and "usage" in r.events()[-1],
    "error-string": lambda r: r.error()[0]["code"] == "server_error",
    "error-502": lambda r: r.text() == FIRST_WORDS and r.error()[0]["code"] == 502 and r.is_done(),
    "error-502-first": lambda r: r.text() == "" and r.error()[0]["code"] == 502,
    "200-error": lambda r: is_raw(200, b"\n")(r) and r.json()["error"]["code"] == 502,
    "200-html": is_raw(200, b"<!DOCTYPE", "text/html"),
    "cut": lambda r: r.text() == FIRST_WORDS and r.ended == "fin" and not r.finishes(),
    "cut-reset": lambda r: r.text() == FIRST_WORDS and r.ended == "rst",
    "cut-clean": lambda r: r.text() == FIRST_WORDS and r.ended == "well" and not r.is_done(),
    "cut-in-event": lambda r: r.body.endswith(b'"del') and r.ended == "fin",
    "cut-first": lambda r: (r.status, r.body, r.ended) == (200, b"", "fin"),
    "comment-between": lambda r: is_good(r) and b"\n\n" + COMMENT * 2 + b"data:" in r.body,
    "many-comments": lambda r: is_good(r) and r.body.startswith(COMMENT * 30 + b"data"),
    "crlf": lambda r: is_good(r) and r.body.count(b"\n") == r.body.count(b"\r\n") > 9,
    "cr": lambda r: is_good(r) and b"\n" not in r.body and r.body.count(b"\r") > 9,
    "many-lines": lambda r: is_good(r) and b',\ndata: "choices":' in r.body,
    "no-space": lambda r: is_good(r) and b"data: " not in r.body,
    "other-fields": lambda r: is_good(r) and r.body.startswith(b"retry: 3000\n\nevent: message\n"),
    "bom": lambda r: is_good(r) and r.body.startswith(b"\xef\xbb\xbfdata: "),
    "huge-line": lambda r: max(map(len, r.data())) > 65536 and r.is_done(),
    "not-json": lambda r: [d for d in r.data() if not d.endswith(("}", "]"))] ==
                ['{"id":"gen-x",oops', ": OPENROUTER PROCESSING"] and r.is_done(),
    "not-json-only": lambda r: r.data() == ["oops", "17", "[]", "{}", "null", "[DONE]"],
    "split": lambda r: is_good(r) and {len(c) for c in r.chunks} == {1},
    "split-3": lambda r: is_good(r) and max(map(len, r.chunks)) == 3,
    "split-random": lambda r: is_good(r) and max(map(len, r.chunks)) <= 40
                    and len({len(c) for c in r.chunks}) > 20,
    "400": refuses(400, "Invalid request parameters"),
    "400-context": refuses(400, "maximum context length is 8192"),
    "401": refuses(401, "User not found."),
    "402": refuses(402, "Insufficient credits"),
    "402-afford": refuses(402, "can only afford 3395"),
    "403": lambda r: refuses(403, "standin/403 requires moderation")(r)
           and r.json()["error"]["metadata"]["reasons"] == ["violence"],
    "403-key-limit": refuses(403, "Key limit exceeded"),
    "403-guardrail": refuses(403, "prompt injection"),
    "404": refuses(404, "No endpoints found for standin/404."),
    "404-policy": refuses(404, "data policy"),
    "404-ended": lambda r: refuses(404, "No endpoints found for standin/404-ended.")(r)
                 and r.json()["error"]["availability"]["code"] == "free_variant_ended",
    "408": refuses(408, "Operation timed out"),
    "412": refuses(412, "Precondition"),
    "413": refuses(413, "Too Large"),
    "413-html": is_raw(413, b"<!DOCTYPE", "text/html"),
    "422": refuses(422, "Unprocessable"),
    "429": lambda r: refuses(429, "limit_rpm/standin/429", retry_after=None, **LIMITS)(r)
           and r.json()["error"]["metadata"]["headers"]["X-RateLimit-Reset"] ==
           r.headers["x-ratelimit-reset"] and int(r.headers["x-ratelimit-reset"]) % 60000 == 0,
    "429-retry-after": refuses(429, "Rate limit", retry_after="1", x_ratelimit_reset=None),
    "429-both": refuses(429, "Rate limit", retry_after="1", **LIMITS),
    "429-provider": refuses(429, "Provider returned error", **NO_LIMITS),
    "429-daily": refuses(429, "free-models-per-day", **LIMITS),
    "429-capacity": lambda r: refuses(429, "No capacity", **NO_LIMITS)(r)
                    and r.json()["error"]["availability"]["retry_after"] == 1,
    "500": refuses(500, "Internal Server Error"),
    "502": refuses(502, "Provider returned error"),
    "502-html": is_raw(502, b"<!DOCTYPE", "text/html"),
    "503": refuses(503, "temporarily unavailable", **NO_LIMITS),
    "503-retry-after": refuses(503, "temporarily unavailable", retry_after="1"),
    "504": refuses(504, "timeout"),
    "524": refuses(524, "Request timed out"),
    "524-html": is_raw(524, b"<!DOCTYPE", "text/html"),
    "529": refuses(529, "Provider returned error"),
    "fail-then-ok": refuses(503, "temporarily unavailable"),
    "500-code-string": lambda r: r.status == 500 and r.json()["error"]["code"] == "server_error",
    "402-nested": lambda r: r.status == 402 and r.json()["error"]["error"]["code"] == 402,
    "400-list": lambda r: isinstance(json.loads(r.json()["error"]["message"]), list),
    "500-not-object": lambda r: (r.status, r.json()) == (500, "broken"),
    "500-empty": lambda r: (r.status, r.body) == (500, b""),
    "500-cut": is_raw(500, b'{"error":{"message":"Som'),
}

# What does not end by itself: how the stream begins, as one chunk per piece.
ENDLESS = {
    "after-done": lambda chunks: b"data: [DONE]\n\n" in chunks and chunks[-1] == COMMENT,
    "hang": lambda chunks: chunks == [COMMENT],
    "hang-silent": lambda chunks: chunks == [],
    "hang-after": lambda chunks: len(chunks) == 5,
    "comments-forever": lambda chunks: chunks[:3] == [COMMENT] * 3,
}
ELSEWHERE = {"no-reply", "drip"}


def scenarios():
    printed = subprocess.run([PROGRAM, "--scenarios"], capture_output=True, text=True, check=True)
    return printed.stdout


def test_every_scenario_is_tested_here():
    named = set(re.findall(r"^\| `([^`]+)` \| .* \|$", scenarios().split("### Knobs")[0], re.M))
    assert named == set(STREAMS) | set(ENDLESS) | ELSEWHERE


@pytest.mark.parametrize("name", STREAMS)
def test_stream(standin, name):
    reply = standin.ask("standin/" + name)
    assert STREAMS[name](reply), reply.body


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_stream_until_its_peer_leaves(standin, name):
    line = standin.line()
    line.ask(f"standin/{name}@delay=5")
    reply = line.read_head()
    line.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        while len(reply.chunks) < 60:
            assert line.read_chunk(reply), reply.ended
        raise TimeoutError
    assert reply.status == 200 and ENDLESS[name](reply.chunks)
    line.close()
    assert standin.end_of(f"standin/{name}@delay=5")["end"] == "peer closed"


def test_padding_forever_is_no_json(standin):
    line = standin.line()
    line.ask("standin/comments-forever@delay=5", stream=False)
    reply = line.read_head()
    while len(reply.chunks) < 10:
        assert line.read_chunk(reply)
    line.close()
    assert reply.body == b"\n         \n" * 10


def test_no_reply_closes_without_a_byte(standin):
    line = standin.line()
    line.ask("standin/no-reply")
    assert line.socket.recv(1) == b""
    line.close()
    assert standin.end_of("standin/no-reply")["end"] == "no reply"


PLAIN = {
    "length": lambda r: r.json()["choices"][0]["finish_reason"] == "length",
    "reasoning": lambda r: r.json()["choices"][0]["message"]["reasoning"],
    "reasoning-only": lambda r: r.json()["usage"]["completion_tokens"] == 7
                      and r.json()["choices"][0]["message"]["content"] == "",
    "tool-call": lambda r: r.json()["choices"][0]["message"]["content"] is None,
    "null-content": lambda r: r.json()["choices"][0]["message"]["content"] is None,
    "no-words": lambda r: r.json()["usage"]["completion_tokens"] == 0,
    "silent-failure": lambda r: b'"network_error"' in r.body,
    "200-no-choices": lambda r: r.json()["choices"] == [],
    "200-empty": lambda r: r.body == b"",
    "in-band-error": lambda r: r.json()["choices"][0]["error"]["code"] == 429,
    "error-f": lambda r: r.status == 200 and r.json()["error"]["code"] == 429,
    "200-error": lambda r: r.status == 200 and r.json()["error"]["code"] == 502,
    "cut": lambda r: r.body.startswith(b'\n         \n{"id"') and r.ended == "fin",
    "cut-reset": lambda r: r.ended == "rst",
    "cut-clean": lambda r: r.ended == "well" and not r.body.endswith(b"}"),
    "many-comments": lambda r: r.body.startswith(b"\n         \n" * 66 + b"{"),
    "503": lambda r: r.status == 503,
    "split": lambda r: {len(c) for c in r.chunks} == {1} and r.json()["usage"],
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain(standin, name):
    reply = standin.ask("standin/" + name, stream=False)
    assert PLAIN[name](reply), reply.body


# --- time --------------------------------------------------------------------------------------

def seconds(standin, model):
    begin = time.monotonic()
    assert is_good(standin.ask(model), " ".join(TEXT.split()[:5]))
    return time.monotonic() - begin


def test_words_and_writes_take_their_time(standin):
    assert seconds(standin, "standin/ok@tokens=5,delay=50") >= 0.25
    assert seconds(standin, "standin/ok@tokens=5,first=300,comments=3") >= 0.3
    drip = standin.ask("standin/drip@tokens=1,gap=1")
    assert {len(c) for c in drip.chunks} == {1} and drip.text() == "Check"


def test_streams_do_not_wait_for_each_other(standin):
    """A hundred slow streams take their time, but not a hundred times that of one."""
    lines = [standin.line() for _ in range(100)]
    alone = seconds(standin, "standin/ok@tokens=5,delay=100")
    begin = time.monotonic()
    for line in lines:
        line.ask("standin/ok@tokens=5,delay=100")
    assert all(line.read().is_done() for line in lines)
    assert 0.5 <= time.monotonic() - begin < 10 * alone
    for line in lines:
        line.close()


# --- connections and the journal -----------------------------------------------------------------

def test_a_connection_is_used_again(standin):
    line = standin.line()
    for model in ("standin/ok@tag=71", "standin/429@tag=72", "standin/ok@tag=73"):
        line.ask(model)
        assert line.read().ended == "well"
    port = line.socket.getsockname()[1]
    line.close()
    asked = [entry for entry in standin.journal("request")
             if re.search("tag=7[123]", str(entry["body"]))]
    assert [entry["nth"] for entry in asked] == [1, 2, 3]
    assert {entry["connection"] for entry in asked} == {asked[0]["connection"]}
    assert {entry["peer_port"] for entry in asked} == {port}


def test_the_journal_has_what_was_sent(standin):
    line = standin.line()
    body = (b'{"model":"standin/ok@tag=74","stream":true,'
            b'"messages":[{"role":"user","content":"\xc3\xa9"}]}')
    line.send("POST", COMPLETIONS, body, None, [
        f"AUTHORIZATION:  Bearer {KEY}", "HTTP-Referer: https://cars.example",
        "X-OpenRouter-Title: Cars", "Accept: text/event-stream"])
    reply = line.read()
    line.close()
    end = standin.end_of("standin/ok@tag=74")
    entry = [e for e in standin.journal("request") if e["request"] == end["request"]][0]
    assert entry["headers"]["authorization"] == f"Bearer {KEY}"
    assert entry["headers"]["http-referer"] == "https://cars.example"
    assert entry["headers"]["x-openrouter-title"] == "Cars"
    assert entry["headers"]["accept"] == "text/event-stream"
    assert entry["body"] == json.loads(body) and entry["bytes"] == len(body)
    assert (end["status"], end["scenario"], end["end"]) == (200, "ok", "completed")
    assert end["bytes"] == len(reply.body)
    assert end["generation"] == reply.headers["x-generation-id"]


def test_a_body_that_is_not_json_is_null_in_the_journal(standin):
    standin.get(COMPLETIONS, KEY, "POST", b"\xff{")
    entry = standin.journal("request")[-1]
    assert (entry["body"], entry["bytes"]) == (None, 2)


def test_leaving_between_words_is_seen(standin):
    line = standin.line()
    line.ask("standin/ok@tokens=1000,delay=60000")
    reply = line.read_head()
    assert line.read_chunk(reply) and line.read_chunk(reply)
    line.close()
    end = standin.end_of("standin/ok@tokens=1000,delay=60000")
    assert (end["end"], end["tokens"]) == ("peer closed", 1)
    data = standin.get("/api/v1/generation?id=" + end["generation"]).json()["data"]
    assert data["cancelled"] is True


def test_leaving_in_full_flow_is_seen(standin):
    line = standin.line()
    line.ask("standin/ok@tokens=100000000")
    assert line.read_chunk(line.read_head())
    line.close()
    assert standin.end_of("standin/ok@tokens=100000000")["end"] == "peer closed"


def test_many_leave_at_once(standin):
    lines = [standin.line() for _ in range(200)]
    for line in lines:
        line.ask("standin/hang@tag=75")
    for line in lines:
        line.read_head()
    for line in lines:
        line.close()
    asked = {e["request"] for e in standin.journal("request") if "tag=75" in str(e["body"])}
    assert len(asked) == 200
    wait_until(lambda: asked <= {e["request"] for e in standin.journal("end")
                                 if e["end"] == "peer closed"})


# --- the program ---------------------------------------------------------------------------------

def test_it_ends_while_streams_wait(tmp_path):
    with Standin(tmp_path, "--key", KEY) as running:
        lines = [running.line() for _ in range(3)]
        for line, model in zip(lines, ("hang", "ok@delay=60000", "comments-forever")):
            line.ask("standin/" + model)
            line.read_head()
        running.stop()
        assert [entry["end"] for entry in running.journal("end")] == ["shutdown"] * 3
        for line in lines:
            line.close()


def fails(*options):
    ended = subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=20)
    return ended.returncode, ended.stderr


def test_bad_options_are_named(standin, tmp_path):
    bad = {
        "--port": ["--key", "k"],
        "--key or --keys": ["--port", "0"],
        "--pace-ms": ["--port", "0", "--demo", "--pace-ms", "fast"],
        "not a key of": ["--port", "0", "--key", "k,unheard-of"],
        str(tmp_path / "none"): ["--port", "0", "--keys", str(tmp_path / "none")],
        f"127.0.0.1:{standin.port}": ["--port", str(standin.port), "--demo"],
    }
    for named, options in bad.items():
        code, errors = fails(*options)
        assert code == 78 and named in errors and errors.count("\n") == 1


def test_keys_come_from_a_file(tmp_path):
    (tmp_path / "keys").write_text("# two\n\nfirst\nsecond,free-tier\n")
    with Standin(tmp_path, "--keys", str(tmp_path / "keys")) as running:
        assert running.get("/api/v1/key", "first").json()["data"]["is_free_tier"] is False
        assert running.get("/api/v1/key", "second").json()["data"]["is_free_tier"] is True
        assert running.get("/api/v1/key", "# two").status == 401


def test_the_demo_answers_about_cars_for_any_key(tmp_path):
    with Standin(tmp_path, "--demo", "--pace-ms", "0") as running:
        asked = {
            "Why do my BRAKES squeal?": "**Brakes",
            "how do i check the oil": "engine oil",
            "What tyre pressure should I use?": "**Tyres",
            "My battery is flat, how do I jump start?": "12 V battery",
            "How long does charging an EV take?": "**Electric cars",
            "There is a rattling noise": "**Finding a noise**",
            "A yellow warning light came on": "**Warning lights",
            "I want to buy a used car": "**Buying a used car",
            "hello": "Hello!",
            "Every evening everything is different": "the same order helps",
        }
        for question, part in asked.items():
            text = running.ask("openrouter/free", question=question).text()
            assert text.startswith("*Sample answer") and part in text
        for entry in running.journal("request"):
            assert entry["body"] is None and "authorization" not in entry["headers"]
        assert running.get("/api/v1/key", "demo").status == 200
        assert running.get("/api/v1/key", None).status == 401


def test_the_demo_speaks_at_a_human_pace(tmp_path):
    with Standin(tmp_path, "--demo") as running:
        begin = time.monotonic()
        text = running.ask("openrouter/free", question="hello").text()
        assert len(text.split()) / (time.monotonic() - begin) < 40


def test_readme_lists_every_scenario():
    readme = (HERE / "README.md").read_text()
    assert readme.split("<!-- scenarios -->\n", 1)[1] == scenarios(), (
        "README.md is stale: put what --scenarios prints behind <!-- scenarios -->")
    assert TEXT in readme.replace("\n> ", " ")
