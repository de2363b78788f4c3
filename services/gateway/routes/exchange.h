/* errand - a request that asks a service, or one after the other, and then replies.
 *
 * What a turn is to chat.c, this is to all the smaller requests: it is made by
 * the handler, asks, is called with the answer, asks again or replies.  A reply
 * frees it; so does its client when it leaves. */
#ifndef GATEWAY_ERRAND_H
#define GATEWAY_ERRAND_H
#include "base/uuid.h"
#include "gateway.h"
#include "wire/messages.h"

struct errand {
    struct waiter        waiter; /* first: it is the request's user */
    struct gateway      *gw;
    struct http_request *rq;
    struct client        client;
    char                 account[ACCOUNT_SIZE];
    struct uuid          session, former;
    char                 address_hash[PSEUDONYM_SIZE];
    uint64_t             question;
    bool                 is_open;
    void (*take)(struct errand *e, const struct bus_reply *a);

    /* what some of them carry from one step to the next */
    struct uuid turn_id;
    size_t      after;
    uint64_t    after_seq, after_interrupted;
    bool        is_json;
    bool        is_new, is_unusual;
    struct buf  body;  /* what is asked at the next step, or a sealed key */
    json_t     *whole; /* owned: what is asked part by part */
};

struct errand *errand_new(const struct visit *v);

/* Takes body.  take gets the FINAL, or the ERROR, as an answer. */
void errand_ask(struct errand *e, enum service to, struct buf *body,
                void (*take)(struct errand *e, const struct bus_reply *a));

/* All end the errand. */
void errand_reply(struct errand *e, unsigned status, json_t *body);
void errand_reply_and(struct errand *e, unsigned status, json_t *body,
                      const struct http_field *more);
void errand_fail(struct errand *e, const struct bus_reply *a);
void errand_free(struct errand *e); /* the request was answered otherwise */

/* Decodes the FINAL into m, or fails the errand: `if (!errand_read(e, a, ...)) return;` */
#define errand_read(e, a, name, m)                                                                 \
    (((a)->kind == BUS_REPLY_FINAL && name##_decode((m), (a)->body) == ERR_OK) ||                  \
     (errand_fail((e), (a)), false))

#endif
