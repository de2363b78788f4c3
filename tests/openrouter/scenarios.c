/* The table of scenarios, and the macros it uses. */
#include <stdio.h>

#include "scenarios.h"

const char scenario_text[] = "Check the oil with the engine cold – at 2 °C or 30 °C, it's no naïve "
                             "guess. 🚗 Park level, wait ten minutes, then read the dipstick.";

/* clang-format off */
#define STEPS(...)               (const struct step[]){__VA_ARGS__, BEAT(END)}
#define BEAT(what, ...)          {.kind = STEP_##what, __VA_ARGS__}
#define COMMENTS                 BEAT(COMMENTS)
#define COMMENTS_FOREVER         BEAT(COMMENTS_FOREVER)
#define ROLE                     BEAT(ROLE)
#define WORDS                    BEAT(WORDS)
#define SOME_WORDS               BEAT(SOME_WORDS)
#define WORDS_AND_FINISH         BEAT(WORDS_AND_FINISH)
#define REASONING(thoughts)      BEAT(REASONING, .text = thoughts)
#define FINISH(reason, native)   BEAT(FINISH, .text = reason, .more = native)
#define STOP                     FINISH("stop", "stop")
#define USAGE                    BEAT(USAGE)
#define DONE                     BEAT(DONE)
#define CHUNK(before, in, after) BEAT(CHUNK, .text = in, .more = before, .last = after)
#define CHUNK_USAGE(before, in)  BEAT(CHUNK_USAGE, .text = in, .more = before)
#define HUGE                     BEAT(HUGE)
#define PADS                     BEAT(PADS)
#define PADS_FOREVER             BEAT(PADS_FOREVER)
#define RESULT                   BEAT(RESULT)
#define RESULT_OF(tokens, in)    BEAT(RESULT_OF, .n = tokens, .text = in)
#define HALF_RESULT              BEAT(HALF_RESULT)
#define BYTES(bytes)             BEAT(BYTES, .text = bytes)
#define HANG                     BEAT(HANG)
#define CUT                      BEAT(CUT)
#define RESET                    BEAT(RESET)

static const struct step *const good_events =
    STEPS(COMMENTS, ROLE, WORDS, STOP, USAGE, DONE);
static const struct step *const good_body = STEPS(PADS, RESULT);
/* clang-format on */

/* choices: of a chunk, with the members of its delta; of a plain answer, with those
 * of its message */
#define CHOICE(delta, finish)                                                                      \
    "[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":" finish                                \
    ",\"native_finish_reason\":" finish "}]"
#define TOOL(call)                                                                                 \
    CHUNK(NULL,                                                                                    \
          CHOICE("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" call "]", "null"),     \
          NULL)
#define ERROR_CHOICE "[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]"
#define SAID(finish, native, message)                                                              \
    "[{\"finish_reason\":\"" finish "\",\"native_finish_reason\":\"" native                        \
    "\",\"index\":0,\"message\":{\"role\":\"assistant\"," message "}}]"

/* texts of more than one scenario */
#define LIMIT                                                                                      \
    "{\"code\":429,\"message\":\"Rate limit exceeded\",\"metadata\":{\"error_type\":"              \
    "\"rate_limit_exceeded\"}}"
#define LIMIT_ERROR_EVENT CHUNK("\"error\":" LIMIT, ERROR_CHOICE, NULL)
#define PROVIDER_502                                                                               \
    "{\"code\":502,\"message\":\"Provider returned error\",\"metadata\":{\"raw\":"                 \
    "\"upstream connect error\",\"provider_name\":\"Chutes\"}}"
#define PARTIAL_WITH_ERROR                                                                         \
    "[{\"finish_reason\":\"error\",\"native_finish_reason\":\"error\",\"index\":0,\"message\":{"   \
    "\"role\":\"assistant\",\"content\":\"Check the oil\"},\"error\":" LIMIT "}]"
#define PAGE(title)                                                                                \
    "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>openrouter.ai | " title                  \
    "</title></head>\n<body><h1>" title "</h1></body>\n</html>\n"
#define PAGE_413 PAGE("413 Payload Too Large")
#define PAGE_502 PAGE("502: Bad gateway")
#define PAGE_524 PAGE("524: A timeout occurred")

static const struct scenario scenarios[] = {
#define PART(title)
#define SCENARIO(call, says, ...) {.name = call, .doc = says, __VA_ARGS__},
#include "scenarios.def"
};

const struct scenario *scenario_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        if (str_is(name, scenarios[i].name))
            return &scenarios[i];
    }
    return NULL;
}

const struct scenario *scenario_ok(void)
{
    return &scenarios[0];
}

const struct step *scenario_steps(const struct scenario *s, bool stream)
{
    if (stream && !s->as_json)
        return s->events ? s->events : good_events;
    return s->body ? s->body : good_body;
}

void scenarios_print(void)
{
#define PART(title)               printf("\n### %s\n\n| standin/... | does |\n|---|---|\n", title);
#define SCENARIO(call, says, ...) printf("| `%s` | %s |\n", call, says);
#include "scenarios.def"
}
