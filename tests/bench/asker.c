/* asker - a gateway's end of the bus that sends one request many times and drops the replies.
 *
 *   bus_asker ENDPOINT SECRET ALLOW COUNT MODEL
 *
 * It sends COUNT requests at once and prints a line for each stage: "asked", when
 * the first instance is there; "streaming", when every reply has begun; and "ended",
 * with the number of complete replies.  SECRET and ALLOW are files. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bus/gateway/bus.h"
#include "wire/messages.h"

#define TTL_MS   600000
#define CHECK_MS 20

struct asker {
    struct loop *loop;
    struct bus  *bus;
    struct timer check;
    struct buf   body;
    unsigned     count, begun, whole, failed;
    uint64_t     chunks;
};

struct one {
    struct asker *asker;
    uint64_t      bytes;
};

static void report(const char *what, const struct asker *a)
{
    printf("%s whole=%u failed=%u chunks=%llu\n", what, a->whole, a->failed,
           (unsigned long long)a->chunks);
    fflush(stdout);
}

static void end(struct one *one, bool whole)
{
    struct asker *a = one->asker;

    a->whole += whole;
    a->failed += !whole;
    free(one);
    if (a->whole + a->failed == a->count)
        loop_quit(a->loop);
}

static void on_reply(void *ctx, const struct bus_reply *reply)
{
    struct one   *one = ctx;
    struct asker *a = one->asker;

    if (reply->kind == BUS_REPLY_ERROR)
        log_error(0, "asker.failed", "why=%s", err_code(reply->err));
    if (reply->kind != BUS_REPLY_CHUNK) {
        end(one, reply->kind == BUS_REPLY_FINAL);
        return;
    }
    a->chunks++;
    bus_credit(a->bus, reply->id, reply->body.len);
    if (!one->bytes && ++a->begun == a->count)
        report("streaming", a);
    one->bytes += reply->body.len;
}

static void send_one(struct asker *a)
{
    struct one        *one = mem_new(sizeof *one);
    struct bus_request q = {.service = SERVICE_LLM_WORKER,
                            .body = buf_view(&a->body),
                            .ttl_ms = TTL_MS,
                            .on_reply = on_reply,
                            .ctx = one};
    uint64_t           id;

    one->asker = a;
    must(bus_send(a->bus, &q, &id) == ERR_OK);
}

static void on_check(void *ctx)
{
    struct asker *a = ctx;

    if (!bus_instances(a->bus, SERVICE_LLM_WORKER)) {
        timer_start(&a->check, a->loop, CHECK_MS, on_check, a);
        return;
    }
    report("asked", a);
    for (unsigned i = 0; i < a->count; i++)
        send_one(a);
}

static void write_request(struct asker *a, const char *model)
{
    struct llm_answer_request *request = mem_new(sizeof *request);

    request->model = str_of(model);
    request->context[request->context_count++] =
        (struct context_message){1, STR("How do I check the oil?")};
    llm_answer_request_encode(request, &a->body);
    free(request);
}

static void on_stop(void *ctx)
{
    struct asker *a = ctx;
    loop_quit(a->loop);
}

static bool read_line(const char *path, char *to, int size)
{
    FILE *file = fopen(path, "re");
    bool  good = file && fgets(to, size, file);

    if (file)
        fclose(file);
    to[good ? str_trim(str_of(to)).len : 0] = '\0';
    return good;
}

int main(int argc, char **argv)
{
    struct asker a = {0};
    char         secret[128];

    if (argc != 6 || !read_line(argv[2], secret, sizeof secret)) {
        fprintf(stderr, "usage: bus_asker ENDPOINT SECRET ALLOW COUNT MODEL\n");
        return EXIT_FAILURE;
    }
    log_open("asker", LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    random_init();
    loop_raise_fd_limit();
    a.count = (unsigned)strtoul(argv[4], NULL, 10);
    write_request(&a, argv[5]);
    a.loop = loop_new();
    const struct bus_options options = {.bind = argv[1],
                                        .secret_key = secret,
                                        .allow_file = argv[3],
                                        .queue_max = a.count,
                                        .heartbeat_ms = 1000};
    if (bus_open(&a.bus, a.loop, &options) != ERR_OK)
        return EXIT_FAILURE;
    loop_on_signals(a.loop, on_stop, NULL, &a);
    on_check(&a);
    loop_run(a.loop);
    report("ended", &a);
    timer_stop(&a.check);
    bus_close(&a.bus);
    loop_free(&a.loop);
    buf_fini(&a.body);
    return EXIT_SUCCESS;
}
