/* keys - the names of everything the store keeps in Redis.
 *
 *   automotive_chat:{b07}:<session>:session        hash: when created, a key kept in Redis only
 *   automotive_chat:{b07}:<session>:turns          hash: running turns, heads of conversations
 *   automotive_chat:{b07}:<session>:answer:<turn>  stream: the answer as far as it is written
 *   automotive_chat:{b07}:<session>:window         hash: the last turns of a conversation
 *   automotive_chat:{b07}:<session>:spooled        hash: its turns in the spool
 *   automotive_chat:{b07}:<session>:limit:<what>   string: when the bucket is full again
 *   automotive_chat:{b07}:spool                    stream: turns that wait for Postgres
 *   automotive_chat:{b07}:drain                    string: the store that drains it
 *   automotive_chat:{b07}:leases                   sorted set: turns by the end of their lease
 *   automotive_chat:{b07}:refused                  stream: turns that Postgres refused
 *   automotive_chat:{a07}:<address>:limit:<what>   the same for the address of a client
 *
 * The part in braces is the bucket, a hash of the session or of the address.  Redis Cluster places
 * keys by it alone, so all keys of one session are on one node and a script may use several of
 * them; an address is on another node, and needs a request of its own. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H
#include "values/param.h"

#define KEYS_BUCKETS 64

unsigned keys_bucket(struct str name); /* 0 to KEYS_BUCKETS - 1, the same in every store */

struct key keys_session(const struct uuid *session);
struct key keys_turns(const struct uuid *session);
struct key keys_answer(const struct uuid *session, const struct uuid *turn);
struct key keys_answers(const struct uuid *session); /* what every keys_answer of it begins with */
struct key keys_window(const struct uuid *session);
struct key keys_spooled(const struct uuid *session);
struct key keys_session_limit(const struct uuid *session, const char *what);
struct key keys_address_limit(struct str address_hash, const char *what); /* at most 64 bytes */

/* what: spool, drain, refused or leases, which lie beside the sessions of that bucket */
struct key keys_of_bucket(unsigned bucket, const char *what);
unsigned   keys_session_bucket(const struct uuid *session);
struct key keys_session_leases(const struct uuid *session); /* of its bucket */

#endif
