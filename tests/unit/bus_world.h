/* bus_world - a gateway and two backends on real sockets with CURVE, in one loop, for tests. */
#ifndef TESTS_UNIT_BUS_WORLD_H
#define TESTS_UNIT_BUS_WORLD_H
#include "bus/backend/backend.h"
#include "bus/common/allow.h"
#include "bus/gateway/bus.h"
#include "test.h"

#define HEARTBEAT_MS 200
#define NEVER_MS     60000 /* a heartbeat too slow to matter in a test */
#define CHUNK_LEN    16000

struct pair {
    char public_key[KEY_LEN + 1], secret_key[KEY_LEN + 1];
};

struct replies {
    unsigned chunks, finals, errors;
    enum err err;
    char     text[64];
    size_t   bytes, unacknowledged, most_unacknowledged; /* of chunks */
};

/* A gateway, and up to two backends that reply as the fields after them say. */
struct world {
    struct loop     *loop;
    struct resolver *resolver;
    struct bus      *bus;
    struct backend  *store, *worker;
    struct pair      gateway_key, store_key, worker_key;
    char             allow_file[64], bind[64], at[32];
    struct replies   replies;
    unsigned         requests, cancels, heartbeat_ms;
    uint64_t         held; /* a request that is not replied to */
    bool             hold;
    unsigned         chunks_left; /* of a long reply */
    bool             send_again;  /* from inside on_reply */
    bool             drop;        /* cancel the request, from inside its first on_reply */
    bool (*until)(void);
    struct timer check, limit, reader;
    uint64_t     request; /* the last one */
};

extern struct world w;

void     write_allow(bool with_store);
enum err open_bus(void);
int      open_world(void **state);
int      close_world(void **state);
void     run_until(bool (*condition)(void)); /* fails after a while */
enum err open_backend(struct backend **out, enum service s, const struct pair *key);
uint64_t send_request(enum service s, uint64_t ttl_ms);
/* Conditions to wait for. */
bool store_is_up(void);
bool store_is_gone(void);
bool bus_is_open(void);
bool has_ended(void);
bool is_requested(void);
bool has_chunk(void);
bool is_cancelled(void);
bool key_was_refused(void);

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
