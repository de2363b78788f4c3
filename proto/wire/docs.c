/* Prints docs/messages.md: the bus as a second implementer needs it. */
#include <stdio.h>

#include "wire/frame.h"
#include "wire/messages.h"

static void print_frames(void)
{
    printf(
        "## Frames\n\n"
        "One ZeroMQ message is one frame: a msgpack array of\n"
        "`[version, type, epoch, id, attempt, sequence, ttl_ms, trace, body]`.\n"
        "`body` is a msgpack *bin* that holds one message of the list below, itself a msgpack\n"
        "array `[number, field, field, ...]`. Every integer is unsigned. A receiver skips fields\n"
        "it does not know at the end of an array and takes missing ones as 0 or empty; a frame\n"
        "that is cut, has bytes behind its end, or has a field of another type or over its limit\n"
        "is dropped and counted. A whole frame has at most %d bytes.\n\n"
        "| field | meaning |\n|---|---|\n"
        "| version | %d |\n"
        "| type | see the next table |\n"
        "| epoch | the gateway's random number of its present life; a backend learns it from "
        "WELCOME and copies it into every frame; 0 as long as it has none |\n"
        "| id | of the request; 0 outside requests |\n"
        "| attempt | which try of this request, from 1; answers copy it |\n"
        "| sequence | CHUNK: its number from 1. FINAL, ERROR: how many CHUNKs came before; "
        "0: none, or not told. REQUEST: the offer it uses, else 0 |\n"
        "| ttl_ms | REQUEST: time left; the receiver starts its own clock |\n"
        "| trace | W3C traceparent or empty, at most %d bytes |\n"
        "| body | at most %d bytes |\n\n"
        "| number | type | from | means |\n|---|---|---|---|\n",
        FRAME_MAX, PROTOCOL_VERSION, TRACE_MAX, BODY_MAX);
#define FRAME(num, NAME, from, doc) printf("| %d | %s | %s | %s |\n", num, #NAME, from, doc);
#include "wire/frames.def"
}

static void print_field(const char *type, const char *name, double max, const char *doc)
{
    printf("| %s | %s | ", name, type);
    if (max > 0)
        printf("%.0f", max);
    printf(" | %s |\n", doc);
}

static void print_list(const char *part, const char *name, double max, const char *doc)
{
    printf("| %s | list of [%s](#part-%s) | %.0f | %s |\n", name, part, part, max, doc);
}

static void print_messages(void)
{
    printf("\n## Messages\n\n"
           "The limit of a str or bin is in bytes, of a list in elements, of a u64 its greatest\n"
           "value (empty: no limit). A part travels as an array of its fields. A reserved field is "
           "the\n"
           "place of one that was removed: it is sent as 0 or empty, and a receiver ignores it,\n"
           "whatever it holds.\n");
#define MESSAGE(num, NAME, name, doc)                                                              \
    printf("\n### %d %s\n\n%s\n\n| field | type | limit | meaning |\n|---|---|---|---|\n", num,    \
           #name, doc);
#define PART(name, doc)                                                                            \
    printf("\n### part %s\n\n%s\n\n| field | type | limit | meaning |\n|---|---|---|---|\n",       \
           #name, doc);
#define FIELD(type, name, max, doc) print_field(#type, #name, max, doc);
#define RESERVED(type, doc)         print_field(#type, "(reserved)", 0, doc);
#define LIST(part, name, max, doc)  print_list(#part, #name, max, doc);
#define END
#define PART_END
#include "wire/messages.def"
}

static void print_errors(void)
{
    printf("\n## Error codes\n\n| code | HTTP status | text |\n|---|---|---|\n");
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++)
        printf("| %s | %d | %s |\n", err_code((enum err)e), err_http((enum err)e),
               err_text((enum err)e));
}

int main(void)
{
    printf("# The messages of the bus\n\n"
           "Made by `wire-docs` from `proto/wire/frames.def`, `proto/wire/messages.def` and\n"
           "`proto/base/errors.def`; do not edit. How the frames are used: `docs/bus.md`.\n\n");
    print_frames();
    print_messages();
    print_errors();
    return 0;
}
