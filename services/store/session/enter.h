/* enter - finds the session of a request, and what both databases know of it.
 *
 * A flow whose struct begins with struct enter calls enter_start(..., STEP_X) first: the session is
 * looked up in Postgres and in Redis, kept alive, or created if that is allowed; or the flow ends
 * with ERR_SIGNED_OUT.  It continues at the step given, with the struct filled in.  If one database
 * is unavailable, it continues with what the other knows. */
#ifndef STORE_ENTER_H
#define STORE_ENTER_H
#include "run/job.h"
#include "turn/snapshot.h"

struct enter {
    struct job      job;
    enum step       then; /* where the flow continues */
    bool            create;
    struct snapshot snapshot;
    bool            without_pg;
    bool            is_known; /* to Postgres, and not ended */
    uint64_t        created_at, expires_at;
    uint64_t        remaining;
    struct uuid     conversation; /* the current one, may be empty */
    struct uuid     running;      /* a turn in it, may be empty */

    struct result_set           redis;
    struct lua_session_open_row redis_row; /* views into it; all empty without Redis */
};

static inline struct enter *enter_of(struct job *j)
{
    return (struct enter *)j;
}

enum step enter_start(struct enter *e, struct str session, bool create, enum step then);
void      enter_fini(struct job *j); /* for the fini of a flow, or as it */

/* The key that counts: the newer of the one in Postgres and the one kept in Redis only. */
struct str enter_key(const struct enter *e, struct str *hint);

#endif
