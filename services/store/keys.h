/* keys - the names of everything we keep in Redis.
 *
 *   automotive_chat:{b07}:<session>:session        hash: when made, a key kept in Redis only
 *   automotive_chat:{b07}:<session>:turns          hash: turns being answered, heads of chats
 *   automotive_chat:{b07}:<session>:answer:<turn>  stream: the answer as far as it is written
 *   automotive_chat:{b07}:<session>:window         hash: the last turns of the current chat
 *   automotive_chat:{b07}:<session>:spooled        hash: its turns in the spool
 *   automotive_chat:{b07}:<session>:limit:<what>   string: when the next message is free again
 *   automotive_chat:{b07}:spool                    stream: turns that wait for Postgres
 *   automotive_chat:{b07}:drain                    string: the store that brings them there
 *   automotive_chat:{b07}:leases                   sorted set: running turns, by the end of their
 * lease automotive_chat:{b07}:refused                  stream: turns that Postgres would not take
 *   automotive_chat:{a07}:<address>:limit:<what>   the same for a client's address
 *
 * The part in braces is the bucket, a hash of the session or of the address.
 * Redis Cluster places keys by it alone, so all keys of one session lie on one
 * node and a script may use several of them; an address lies elsewhere and is
 * asked on its own. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H
#include "base/uuid.h"

#define KEY_BUCKETS 64

struct key {
    char text[160];
};

unsigned key_bucket(struct str name); /* 0 to KEY_BUCKETS - 1, the same in every store */

struct key key_session(const struct uuid *session);
struct key key_turns(const struct uuid *session);
struct key key_answer(const struct uuid *session, const struct uuid *turn);
struct key key_answers(const struct uuid *session); /* what every key_answer of it begins with */
struct key key_window(const struct uuid *session);
struct key key_spooled(const struct uuid *session);
struct key key_session_limit(const struct uuid *session, const char *what);
struct key key_address_limit(struct str address_hash, const char *what); /* at most 64 bytes */

/* what: spool, drain, refused or leases, which lie beside the sessions of that bucket */
struct key key_of_bucket(unsigned bucket, const char *what);
unsigned   key_session_bucket(const struct uuid *session);
struct key key_session_leases(const struct uuid *session); /* of its bucket */

#endif
