/* Prints docs/http.md from the tables of routes and errors. */
#include <stdio.h>

static const char head[] =
    "# The gateway's HTTP interface\n"
    "\n"
    "Made by `scripts/docs` from `services/gateway/http/routes.def` and "
    "`proto/base/errors.def`; do not edit.\n"
    "\n"
    "## Endpoints\n"
    "\n"
    "JSON in, JSON out, UTF-8. A `*` is one word. HEAD is served as GET; any other method gets 405 "
    "with\n"
    "`Allow`. *session* is the cookie set by `/get_session_data`: `__Host-session` behind TLS, "
    "`session` on\n"
    "plain http. *CSRF token* is the header `X-CSRF-Token` with the token from the same place. "
    "*sign-in* counts\n"
    "only with `AUTH=required` (docs/sign-in.md), and then *session* includes it. `Origin` and "
    "`Sec-Fetch-Site`,\n"
    "if sent, must be our own. A body is one JSON object in valid UTF-8 without duplicate keys, "
    "sent as\n"
    "`application/json`; unknown keys are ignored.\n"
    "\n"
    "| method | path | needs | does |\n"
    "|---|---|---|---|\n";

static const char events[] =
    "\n"
    "## Events\n"
    "\n"
    "With `Accept: text/event-stream`, `/chat` answers with events once the request itself is "
    "valid; so does\n"
    "`/chat/events/*`. `id` is `<turn_id>:<bytes of the answer that the client has after this "
    "event>`, the same\n"
    "live and replayed; as `Last-Event-ID` or `?after=` it says where to continue. A comment line "
    "comes at once\n"
    "and every 15 seconds. Exactly one of the last three events ends the stream; a stream without "
    "one broke off.\n"
    "\n"
    "| event | data |\n"
    "|---|---|\n"
    "| `queued` | `position` in the queue for a model, from 1 |\n"
    "| `waiting` | `retry_after`: the model is busy and is asked again in so many seconds |\n"
    "| `started` | `turn_id`, `conversation_id`, `model` |\n"
    "| `delta` | `text`, more of the answer |\n"
    "| `done` | `status`, `seq`, `finish_reason`, `model`, `usage`, `budget` |\n"
    "| `retracted` | `reason`, `text`: the filter rejected the answer; remove it |\n"
    "| `error` | `code`, `message`, `retryable`, `retry_after` in seconds, `text` |\n"
    "\n"
    "`status` is `committed` (kept), `spooled` (will be kept soon), `stopped` (by the client; the "
    "answer so far is\n"
    "kept) or `unsaved` (the answer could not be kept). `text` is the message that was sent, for "
    "the input box.\n"
    "`seq` is the number of the turn in its conversation; a branch from before it has `after_seq` "
    "= `seq` - 1.\n"
    "`budget` is null, or has in `left` the US dollars that the session may still spend.\n"
    "\n"
    "A repeated `turn_id` never asks a model twice: while the turn runs the request joins it, "
    "afterwards the kept\n"
    "answer is replayed. Scripts may send an `Idempotency-Key` header instead of `turn_id`.\n"
    "\n"
    "## Errors\n"
    "\n"
    "`{\"error\":{\"code\":\"...\",\"message\":\"...\",\"retry_after\":12,\"turn_id\":\"...\","
    "\"text\":\"...\"}}`; fields\n"
    "that do not apply are left out. `retry_after` is also sent as the header `Retry-After`. What "
    "the HTTP parser\n"
    "refuses (a malformed or oversized head) gets the bare status.\n"
    "\n"
    "| code | status | message |\n"
    "|---|---|---|\n";

static const char tail[] =
    "\n"
    "## What the parser accepts\n"
    "\n"
    "libmicrohttpd runs with the strictest parsing of its version. That of Debian 12 (0.9.75) "
    "still "
    "accepts a bare\n"
    "CR or a missing CR between header fields, white space before the first field, and an empty "
    "chunk extension;\n"
    "that of Debian 13 (1.0.1) accepts fewer of these. nginx rejects or normalizes them, so put it "
    "in front of a\n"
    "gateway that untrusted clients can reach.\n";

int main(void)
{
    static const char NEEDS_NOTHING[] = "nothing", NEEDS_SIGN_IN[] = "sign-in",
                      NEEDS_SESSION[] = "session",
                      NEEDS_CHANGE[] = "session, CSRF token, JSON body",
                      NEEDS_UPLOAD[] = "session, CSRF token, JSON body of at most 1 MiB";

    fputs(head, stdout);
#define ROUTE(METHOD, path, name, needs, doc)                                                      \
    printf("| %s | `%s` | %s | %s |\n", #METHOD, path, NEEDS_##needs, doc);
#include "http/routes.def"
    fputs(events, stdout);
#define ERR(NAME, code, status, text)                                                              \
    if ((status) >= 400)                                                                           \
        printf("| `%s` | %d | %s |\n", code, status, text);
#include "base/errors.def"
    fputs(tail, stdout);
    return 0;
}
