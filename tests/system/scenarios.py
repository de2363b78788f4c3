"""What OpenRouter may send, what the user then sees, and what the conversation holds: a line each.

tests/system/test_scenarios.py plays every line through the whole chat, once for an answer as JSON
and once as events.  Run as a program this prints the tables of docs/upstream.md.

A line begins with the stand-in's name for the scenario (tests/openrouter/README.md); `times=2` in
it means that it goes wrong twice and then well.  `calls` is how often OpenRouter is asked.
"""

from typing import NamedTuple

ANSWER = ("Check the oil with the engine cold – at 2 °C or 30 °C, it's no naïve guess. 🚗"
          " Park level, wait ten minutes, then read the dipstick.")
SOME = "Check the oil"  # what was said before it went wrong
QUESTION = "My brakes squeal"

# What the user reads, by code; the upstream's own message follows in brackets.
SAYS = {
    "upstream_key": (502, "OpenRouter did not accept the key. Check it in the settings."),
    "upstream_credit": (
        402,
        "Your OpenRouter account does not have enough credit. Add credit, or"
        " choose a free model.",
    ),
    "upstream_refused": (
        502,
        "OpenRouter rejected the request. Choose another model in the settings.",
    ),
    "upstream_moderated": (
        502,
        "The model provider rejected this message. Rephrase it and try again.",
    ),
    "upstream_context_length": (502, "This chat is too long for the model. Start a new chat."),
    "upstream_model": (502, "This model is not available. Choose another one in the settings."),
    "upstream_privacy": (502, "The privacy settings of the OpenRouter account do not allow this"
                              " model. Choose another one in the settings."),
    "upstream_rate_limited": (502, "The model is receiving too many requests. Try again shortly."),
    "upstream_daily_limit": (502, "The OpenRouter account has no free messages left today. Try"
                                  " again tomorrow, or choose a paid model."),
    "upstream_error": (502, "The model provider returned an error. Try again."),
    "upstream_truncated": (502, "The answer was cut off. Try again."),
    "upstream_timeout": (504, "The model took too long to answer. Try again."),
}


class Line(NamedTuple):
    model: str
    sends: str
    text: str      # what the stream shows; for an answer also what history holds
    code: str      # of the error, "" for an answer
    end: str       # an answer's finish reason; an error's words in brackets
    calls: int

    @property
    def name(self):
        return self.model.partition("@")[0]

    @property
    def status(self):
        return SAYS[self.code][0] if self.code else 200

    def message(self, model):
        """The sentence of an error."""
        words = f" ({self.end})" if self.end else ""
        return SAYS[self.code][1] + words.replace("$model", model)


def answers(model, sends, text=ANSWER, end="stop", calls=1):
    return Line(model, sends, text, "", end, calls)


def fails(model, sends, code, end="", text="", calls=1):
    return Line(model, sends, text, code, end, calls)


BUSY = "Rate limit exceeded"
AWAY = "Service temporarily unavailable"
EMPTY = "The model gave an empty answer."
MUTE = "The model returned an empty answer."
LIVING = "One that is: openrouter/free. No endpoints found for $model."
CREDITS = "https://openrouter.ai/settings/credits"

SCENARIOS = {
    "Good answers": [
        answers("ok", "a comment, a chunk per word, finish, usage, `[DONE]`"),
        answers("echo", "the same, with the question as the answer", QUESTION),
        answers("usage-1", "usage on an empty delta, as in 2025"),
        answers("usage-2", "usage with `choices: []`"),
        answers("usage-3", "usage beside the finish reason, repeated"),
        answers("usage-none", "no usage"),
        answers("usage-odd", "usage with one of its counts only"),
        answers("usage-wild", "a cost of 4711 USD"),
        answers("double-finish", "two finish chunks"),
        answers("finish-on-last", "the finish reason beside the last word"),
        answers("no-finish", "no finish reason, but `[DONE]`"),
        answers("no-done", "a finish reason, but no `[DONE]`"),
        answers("after-done", "bytes behind `[DONE]`, and no end"),
        answers("length", "`max_tokens` reached", SOME, "length"),
        answers("content-filter", "the provider's filter ends the answer", SOME, "content_filter"),
        answers("reasoning", "thoughts first"),
        answers("metadata", "members nobody knows, and a debug chunk"),
        answers("ok@split=3,tokens=40", "forty words, three bytes at a time",
                " ".join((ANSWER.split() * 2)[:40])),
        fails("reasoning-only", "thoughts, and no word", "upstream_error", MUTE),
        fails("tool-call", "a call of a tool nobody offered", "upstream_error", MUTE),
    ],
    "Framing": [
        answers("comment-between", "comments between the chunks"),
        answers("many-comments", "thirty comments first"),
        answers("crlf", "lines that end in CR LF"),
        answers("cr", "lines that end in CR"),
        answers("many-lines", "events of several data lines"),
        answers("no-space", "`data:` without a space"),
        answers("other-fields", "event, id, retry and unknown fields"),
        answers("bom", "a byte order mark first"),
        answers("huge-line@size=2000", "one event with 2000 bytes of text", ANSWER + "o" * 2000),
        answers("not-json", "some words, an event that is not JSON, the rest"),
        answers("split", "every write one byte"),
        answers("split-3", "every write three bytes"),
        answers("split-random@seed=5", "writes of any size"),
        answers("drip@tokens=2,gap=1", "every write one byte, with pauses", "Check the"),
        fails("not-json-only", "events that are never JSON", "upstream_error",
              "What OpenRouter sent could not be read.", calls=3),
    ],
    "Nothing was said": [
        fails("null-content", "content is null", "upstream_error", EMPTY, calls=3),
        fails("no-words", "a finish and no word: a cold start", "upstream_error", EMPTY, calls=3),
        answers("no-words@times=1", "the same once, then an answer", calls=2),
        fails("silent-failure", "finish is stop, only the provider's own reason says network_error",
              "upstream_error", "The provider lost the connection to the model.", calls=3),
        fails("200-no-choices", "`choices: []`", "upstream_error", EMPTY, calls=3),
        answers("200-no-choices@times=1", "the same once, then an answer", calls=2),
        fails("200-null-choices", "`choices: null`", "upstream_error", EMPTY, calls=3),
        fails("200-empty", "200 and no byte", "upstream_truncated", calls=3),
        fails("only-done", "`[DONE]` and nothing else", "upstream_error", EMPTY, calls=3),
    ],
    "Errors after the 200": [
        fails(
            "in-band-error",
            "some words, then a 429 as an event",
            "upstream_rate_limited",
            BUSY,
            SOME,
        ),
        fails(
            "in-band-error@times=1",
            "the same once: words were shown, so nobody asks again",
            "upstream_rate_limited",
            BUSY,
            SOME,
        ),
        fails(
            "error-e", "a 429 as an event, before any word", "upstream_rate_limited", BUSY, calls=3
        ),
        answers("error-e@times=2", "the same twice, then an answer", calls=3),
        fails("error-f", "the same with `choices: []`", "upstream_rate_limited", BUSY, calls=3),
        fails(
            "error-g",
            "a 400 and usage in one chunk",
            "upstream_context_length",
            "Token limit reached",
        ),
        fails(
            "error-string",
            "some words, then an error with a string for a code",
            "upstream_error",
            "Provider disconnected",
            SOME,
        ),
        fails(
            "error-502",
            "some words, then a 502 of the provider",
            "upstream_error",
            "Chutes: upstream connect error",
            SOME,
        ),
        fails(
            "error-502-first",
            "the same before any word",
            "upstream_error",
            "Chutes: upstream connect error",
            calls=3,
        ),
        fails(
            "200-error",
            "200 and an error as JSON",
            "upstream_error",
            "Chutes: upstream connect error",
            calls=3,
        ),
        fails(
            "200-html",
            "200 and a web page",
            "upstream_error",
            "OpenRouter answered with status 200 and a web page.",
            calls=3,
        ),
    ],
    "Silence and broken connections": [
        fails("hang", "comments, then nothing", "upstream_timeout"),
        fails("hang@times=1", "the same once: nobody waits for silence twice", "upstream_timeout"),
        fails("hang-silent", "a head, then nothing", "upstream_timeout"),
        fails("comments-forever", "comments without an end", "upstream_timeout"),
        fails("hang-after", "some words, then nothing", "upstream_timeout", text=SOME),
        fails("cut", "some words, then the connection closes", "upstream_truncated", text=SOME),
        fails(
            "cut@times=1",
            "the same once: words were shown, so nobody asks again",
            "upstream_truncated",
            text=SOME,
        ),
        fails("cut-reset", "the same by RST", "upstream_truncated", text=SOME),
        fails(
            "cut-clean",
            "some words, then the body ends without finish and `[DONE]`",
            "upstream_truncated",
            text=SOME,
        ),
        fails(
            "cut-in-event", "the connection closes inside an event", "upstream_truncated", text=SOME
        ),
        fails("cut-first", "a head, then the connection closes", "upstream_truncated", calls=3),
        answers("cut-first@times=1", "the same once, then an answer", calls=2),
        fails("no-reply", "the connection closes without a byte", "upstream_truncated", calls=3),
        answers("no-reply@times=2", "the same twice, then an answer", calls=3),
    ],
    "Refusals": [
        fails("400", "a parameter is wrong", "upstream_refused", "Invalid request parameters"),
        fails(
            "400-context",
            "the conversation is too long for the model",
            "upstream_context_length",
            "This endpoint's maximum context length is 8192 tokens. However, you requested about "
            "9001 tokens"
            " (8001 of text input, 1000 in the output).",
        ),
        fails("401", "the key is unknown", "upstream_key", "User not found."),
        fails(
            "401@times=1",
            "the same once: no reason to ask again",
            "upstream_key",
            "User not found.",
        ),
        fails(
            "402",
            "the account has no credit",
            "upstream_credit",
            f"Insufficient credits. Add more using {CREDITS}",
        ),
        fails(
            "402-afford",
            "too many tokens for the credit that is left",
            "upstream_credit",
            "This request requires more credits, or fewer max_tokens. You requested up to 65536 "
            "tokens, but can"
            f" only afford 3395. To increase, visit {CREDITS} and add more credits",
        ),
        fails(
            "403",
            "moderation flagged the message",
            "upstream_moderated",
            '$model requires moderation on OpenAI. Your input was flagged for "violence". No '
            'credits were'
            " charged.",
        ),
        fails(
            "403-key-limit",
            "the key's own limit is reached",
            "upstream_credit",
            "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys",
        ),
        fails(
            "403-guardrail",
            "a guardrail found an injection",
            "upstream_moderated",
            "Request blocked: prompt injection patterns detected",
        ),
        fails("404", "the model has no endpoints", "upstream_model", LIVING),
        fails("404-policy", "the privacy settings leave no endpoint", "upstream_privacy",
              "No endpoints found matching your data policy (Free model publication). Configure:"
              " https://openrouter.ai/settings/privacy"),
        fails("404-ended", "the free variant has ended", "upstream_model", LIVING),
        fails(
            "408",
            "timed out",
            "upstream_timeout",
            "Operation timed out. Please try again later.",
            calls=3,
        ),
        fails("412", "a precondition failed", "upstream_refused", "Precondition failed"),
        fails("413", "too large", "upstream_context_length", "Request Entity Too Large"),
        fails("413-html", "the same as a web page", "upstream_context_length",
              "OpenRouter answered with status 413 and a web page."),
        fails("422", "a semantic error", "upstream_refused", "Unprocessable request"),
        fails(
            "429@reset=300000",
            "OpenRouter's own limit, over in five minutes: longer than an answer may take",
            "upstream_rate_limited",
            "Rate limit exceeded: limit_rpm/$model. High demand for $model on OpenRouter -"
            " limited to 1 requests per minute. Please retry shortly.",
        ),
        answers("429@times=1,reset=400", "the same, over in 0.4 s", calls=2),
        fails(
            "429-retry-after", "a limit with Retry-After", "upstream_rate_limited", BUSY, calls=3
        ),
        answers("429-retry-after@times=1", "the same once, then an answer", calls=2),
        answers(
            "429-both@times=2", "Retry-After and X-RateLimit-Reset, twice, then an answer", calls=3
        ),
        fails(
            "429-provider",
            "the provider's limit, no word of when to come back",
            "upstream_rate_limited",
            "Google: $model is temporarily rate-limited upstream. Please retry shortly, or add "
            "your own key to"
            " accumulate your rate limits: https://openrouter.ai/settings/integrations",
            calls=3,
        ),
        fails(
            "429-daily@reset=300",
            "the free requests of the day are used up",
            "upstream_daily_limit",
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model "
            "requests per day",
        ),
        answers(
            "429-capacity@times=1",
            "no capacity, and when to come back, once, then an answer",
            calls=2,
        ),
        fails("500", "an internal error", "upstream_error", "Internal Server Error", calls=3),
        fails(
            "502",
            "the provider is down",
            "upstream_error",
            "Chutes: upstream connect error",
            calls=3,
        ),
        fails(
            "502-html",
            "the same as a web page",
            "upstream_error",
            "OpenRouter answered with status 502 and a web page.",
            calls=3,
        ),
        fails("503", "overloaded", "upstream_error", AWAY, calls=3),
        answers("503@times=2", "the same twice, then an answer", calls=3),
        answers(
            "503-retry-after@times=1", "overloaded, with Retry-After, once, then an answer", calls=2
        ),
        answers("fail-then-ok", "overloaded once, then an answer", calls=2),
        answers("408@times=1", "timed out once, then an answer", calls=2),
        fails("504", "timed out", "upstream_timeout", "Gateway timeout", calls=3),
        fails("524", "the edge waited too long", "upstream_timeout",
              "Request timed out. Please try again later.", calls=3),
        fails("524-html", "the same as a web page", "upstream_timeout",
              "OpenRouter answered with status 524 and a web page.", calls=3),
        fails("529", "the provider is overloaded", "upstream_error", "Anthropic", calls=3),
    ],
    "Refusals with odd bodies": [
        fails(
            "500-code-string", "the code is a string", "upstream_error", "Something broke", calls=3
        ),
        fails("402-nested", "an error inside an error", "upstream_credit", "Insufficient credits"),
        fails("400-list", "the message is the text of a JSON list", "upstream_refused"),
        fails(
            "500-not-object",
            "a JSON string",
            "upstream_error",
            "OpenRouter answered with status 500 and something that cannot be read.",
            calls=3,
        ),
        fails(
            "500-empty",
            "no body",
            "upstream_error",
            "OpenRouter answered with status 500 and nothing else.",
            calls=3,
        ),
        fails(
            "500-cut",
            "half an error",
            "upstream_error",
            "OpenRouter answered with status 500 and something that cannot be read.",
            calls=3,
        ),
    ],
}

LINES = [line for part in SCENARIOS.values() for line in part]


# ---- docs/upstream.md ------------------------------------------------------------------------


def _seen(line):
    if not line.code:
        return "the answer" + ("" if line.end == "stop" else f", marked `{line.end}`")
    first = "the first words, then " if line.text else ""
    message = line.message("the model").replace("|", "\\|")
    return f"{first}{line.status} `{line.code}`: {message}"


def _print_page():
    for part, lines in SCENARIOS.items():
        print(f"\n### {part}\n")
        print("| scenario | OpenRouter sends | asked | the user sees | conversation holds |")
        print("|---|---|---|---|---|")
        for line in lines:
            kept = "what it held before" if line.code else "question and answer"
            print(f"| `{line.model}` | {line.sends} | {line.calls} x | {_seen(line)} | {kept} |")


if __name__ == "__main__":
    _print_page()
