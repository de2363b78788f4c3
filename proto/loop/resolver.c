/* One actor thread that only calls getaddrinfo. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "loop/resolver.h"

struct asked {
    struct asked *next;
    uint64_t      id;
    void (*fn)(void *ctx, const struct resolved *found);
    void *ctx;
};

struct resolver {
    struct loop  *loop;
    zactor_t     *thread;
    uint64_t      last_id;
    struct asked *asked;   /* owned */
    atomic_bool   closing; /* the one thing both threads see: names still queued are skipped */
};

/* ---- the thread ---- */

static void add_address(struct resolved *r, const struct sockaddr *sa)
{
    const void *from;

    if (sa->sa_family == AF_INET)
        from = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
    else if (sa->sa_family == AF_INET6)
        from = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
    else
        return;
    if (r->count < RESOLVED_MAX &&
        inet_ntop(sa->sa_family, from, r->address[r->count], sizeof r->address[0]))
        r->count++;
}

static void look_up(const char *name, struct resolved *r)
{
    struct addrinfo  hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int              rc = getaddrinfo(name, NULL, &hints, &found);
    struct addrinfo *a;

    *r = (struct resolved){.failed = rc == EAI_AGAIN || rc == EAI_FAIL || rc == EAI_SYSTEM};
    for (a = rc ? NULL : found; a; a = a->ai_next)
        add_address(r, a->ai_addr);
    if (found)
        freeaddrinfo(found);
}

static void resolve_names(zsock_t *pipe, void *args)
{
    const atomic_bool *closing = args;

    zsock_signal(pipe, 0);
    for (;;) {
        char           *name;
        uint64_t        id;
        struct resolved r;

        zmsg_t *msg = zmsg_recv(pipe);
        if (!msg)
            return;
        name = zmsg_popstr(msg);
        zframe_t *frame = zmsg_pop(msg);
        zmsg_destroy(&msg);
        if (!frame) { /* "$TERM" comes alone */
            free(name);
            return;
        }
        memcpy(&id, zframe_data(frame), sizeof id);
        zframe_destroy(&frame);
        r = (struct resolved){.failed = true};
        if (!atomic_load(closing))
            look_up(name, &r);
        free(name);
        zsock_send(pipe, "bb", &id, sizeof id, &r, sizeof r);
    }
}

/* ---- the loop's side ---- */

static struct asked *take(struct resolver *r, uint64_t id)
{
    for (struct asked **link = &r->asked; *link; link = &(*link)->next) {
        if ((*link)->id != id)
            continue;
        struct asked *a = *link;
        *link = a->next;
        return a;
    }
    return NULL;
}

static void on_found(void *ctx, zsock_t *pipe)
{
    struct resolver *r = ctx;
    zmsg_t          *msg = zmsg_recv(pipe);
    uint64_t         id;
    struct resolved  found;

    if (!msg)
        return;
    zframe_t *id_frame = zmsg_first(msg), *found_frame = zmsg_next(msg);
    must(found_frame && zframe_size(found_frame) == sizeof found);
    memcpy(&id, zframe_data(id_frame), sizeof id);
    memcpy(&found, zframe_data(found_frame), sizeof found);
    zmsg_destroy(&msg);
    struct asked *a = take(r, id);
    if (!a)
        return;
    void (*fn)(void *, const struct resolved *) = a->fn;
    void *fn_ctx = a->ctx;
    free(a);
    fn(fn_ctx, &found);
}

struct resolver *resolver_new(struct loop *l)
{
    struct resolver *r = mem_new(sizeof *r);

    r->loop = l;
    r->thread = zactor_new(resolve_names, &r->closing);
    must(r->thread != NULL);
    loop_socket(l, zactor_sock(r->thread), on_found, r);
    return r;
}

void resolver_free(struct resolver **resolver)
{
    struct resolver *r = *resolver;

    if (!r)
        return;
    loop_socket_end(r->loop, zactor_sock(r->thread));
    atomic_store(&r->closing, true);
    zactor_destroy(&r->thread);
    while (r->asked)
        free(take(r, r->asked->id));
    free(r);
    *resolver = NULL;
}

void resolver_resolve(struct resolver *r, const char *name, resolver_fn fn, void *ctx)
{
    struct asked *a = mem_new(sizeof *a);

    *a = (struct asked){r->asked, ++r->last_id, fn, ctx};
    r->asked = a;
    zsock_send(zactor_sock(r->thread), "sb", name, &a->id, sizeof a->id);
}

void resolver_cancel(struct resolver *r, void *ctx)
{
    for (struct asked **link = &r->asked; *link;) {
        struct asked *a = *link;
        if (a->ctx != ctx) {
            link = &a->next;
            continue;
        }
        *link = a->next;
        free(a);
    }
}
