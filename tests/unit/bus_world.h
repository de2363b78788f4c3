/* bus_world - a gateway and two backends on real sockets with CURVE, in one loop, for tests. */
#ifndef TESTS_UNIT_BUS_WORLD_H
#define TESTS_UNIT_BUS_WORLD_H
#include "bus/backend/backend.h"
#include "bus/common/allow.h"
#include "bus/gateway/bus.h"
#include "test.h"

#define BEAT_MS   200
#define NEVER_MS  60000 /* a heartbeat whose absence nobody here notices */
#define PIECE_LEN 16000

struct pair {
    char public_key[KEY_LEN + 1], secret_key[KEY_LEN + 1];
};

struct answers {
    unsigned chunks, finals, errors;
    enum err err;
    char     text[64];
    size_t   bytes, untaken, most_untaken; /* of chunks */
};

/* A gateway, and up to two backends that answer as the fields behind them say. */
struct world {
    struct loop     *loop;
    struct resolver *resolver;
    struct bus      *bus;
    struct backend  *store, *worker;
    struct pair      gateway_key, store_key, worker_key;
    char             allow_file[64], bind[64], at[32];
    struct answers   answers;
    unsigned         requests, cancels, beat_ms;
    uint64_t         held; /* a request that is not answered */
    bool             hold;
    unsigned         pieces_left; /* of a long answer */
    bool             ask_again;   /* from inside the answer */
    bool             drop;        /* the question, from inside its first answer */
    bool (*until)(void);
    struct timer look, patience, reader;
    uint64_t     question; /* the last one */
};

extern struct world w;

void     write_allow(bool with_store);
enum err open_bus(void);
int      open_world(void **state);
int      close_world(void **state);
void     run_until(bool (*condition)(void)); /* for a while, then it fails */
enum err open_backend(struct backend **out, enum service s, const struct pair *key);
uint64_t ask(enum service s, uint64_t ttl_ms);
/* Conditions to wait for. */
bool store_is_there(void);
bool store_is_away(void);
bool bus_is_open(void);
bool is_answered(void);
bool is_requested(void);
bool a_piece_came(void);
bool is_cancelled(void);
bool somebody_was_refused(void);

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif
