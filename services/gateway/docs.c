/* Prints docs/http.md from the tables that the gateway and all services read. */
#include <stdio.h>

static const char head[] =
    "# The gateway's HTTP\n"
    "\n"
    "Made by `scripts/docs` from `services/gateway/http/routes.def` and "
    "`proto/base/errors.def`; do not edit.\n"
    "\n"
    "## Addresses\n"
    "\n"
    "JSON in, JSON out, UTF-8. A `*` is one word. HEAD works where GET "
    "does; any other method is answered\n"
    "with 405 and `Allow`. *session* is the cookie that `/get_session_data` "
    "sets: `__Host-session` behind TLS,\n"
    "`session` on plain http. *CSRF token* is the header `X-CSRF-Token` "
    "with the token from the same place.\n"
    "*sign-in* counts only with `AUTH=required` (docs/sign-in.md), where the "
    "others need it too.\n"
    "`Origin` and `Sec-Fetch-Site` must be ours where they are sent. A body "
    "must be one whole JSON object in\n"
    "valid UTF-8, every key once, as `application/json`; keys the gateway "
    "does not know are skipped.\n"
    "\n"
    "| method | address | needs | does |\n"
    "|---|---|---|---|\n";

static const char events[] =
    "\n"
    "## Events\n"
    "\n"
    "With `Accept: text/event-stream`, `/chat` answers with events as soon as the request itself "
    "is in order;\n"
    "so does `/chat/events/*`. `id` is `<turn_id>:<bytes of the answer that the reader has after "
    "this event>`,\n"
    "the same live and replayed; as `Last-Event-ID` or `?after=` it says where to go on. Comment "
    "lines come at\n"
    "once and every 15 seconds. Exactly one event of the last three ends the stream; without one "
    "it broke off.\n"
    "\n"
    "| event | data |\n"
    "|---|---|\n"
    "| `queued` | `position` in line for a model, from 1 |\n"
    "| `waiting` | `retry_after`: the model is busy and is asked again in so many seconds |\n"
    "| `started` | `turn_id`, `conversation_id`, `model` |\n"
    "| `delta` | `text`, more of the answer |\n"
    "| `done` | `status`, `seq`, `finish_reason`, `model`, `usage`, `budget` |\n"
    "| `retracted` | `reason`, `text`: the answer was not fit, take it away again |\n"
    "| `error` | `code`, `message`, `retryable`, `retry_after` in seconds, `text` |\n"
    "\n"
    "`status` is `committed` (kept), `spooled` (will be kept soon), `stopped` (by the person; what "
    "there is of\n"
    "it is kept) or `unsaved` (the answer could not be kept). `text` is the person's own message, "
    "back for the\n"
    "input box. `seq` is the number of the turn in its chat: a branch from before it has the "
    "`after_seq` one less.\n"
    "`budget` is null, or says in `left` how many US dollars the session may still spend.\n"
    "\n"
    "The same `turn_id` again never asks a model twice: while the turn runs the request joins it, "
    "after that\n"
    "the kept answer is replayed. An `Idempotency-Key` header does for scripts what `turn_id` does "
    "for the page.\n"
    "\n"
    "## Errors\n"
    "\n"
    "`{\"error\":{\"code\":\"...\",\"message\":\"...\",\"retry_after\":12,\"turn_id\":\"...\","
    "\"text\":\"...\"}}`; what does\n"
    "not apply is left out. `retry_after` comes as the header `Retry-After` too. What the HTTP "
    "parser refuses\n"
    "(a malformed or oversized head) is answered with the bare status.\n"
    "\n"
    "| code | status | message |\n"
    "|---|---|---|\n";

static const char tail[] = "\n"
                           "## What the parser lets through\n"
                           "\n"
                           "libmicrohttpd runs with the strictest parsing its version has. The one "
                           "of Debian 12 (0.9.75) still takes\n"
                           "a bare CR or a missing CR between header fields, white space before "
                           "the first field and an empty chunk\n"
                           "extension; that of Debian 13 (1.0.1) takes fewer of them. nginx in "
                           "front refuses them or makes them straight,\n"
                           "so put it there where strangers can reach the gateway.\n";

int main(void)
{
    static const char NOTHING[] = "nothing", VISIT[] = "sign-in", SIGNED[] = "session",
                      CHANGES[] = "session, CSRF token, JSON body",
                      BRINGS[] = "session, CSRF token, JSON body of at most 1 MiB";

    fputs(head, stdout);
#define ROUTE(METHOD, path, name, needs, doc)                                                      \
    printf("| %s | `%s` | %s | %s |\n", #METHOD, path, needs, doc);
#include "http/routes.def"
    fputs(events, stdout);
#define ERR(NAME, code, status, text)                                                              \
    if ((status) >= 400)                                                                           \
        printf("| `%s` | %d | %s |\n", code, status, text);
#include "base/errors.def"
    fputs(tail, stdout);
    return 0;
}
