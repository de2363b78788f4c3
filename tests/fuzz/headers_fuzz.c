/* Any bytes at all as the values of headers: nobody gets in, nothing is read beyond its end.
 *
 * The input is cut at its line ends into Cookie, X-CSRF-Token, X-Forwarded-For,
 * X-Forwarded-Proto, Accept-Encoding and Last-Event-ID. */
#include <stdint.h>
#include <string.h>

#include "http/client.h"
#include "http/events.h"
#include "http/static.h"
#include "session/session.h"

#define TURN "11111111-2222-4333-8444-555555555555"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct seal_ring ring;
static struct networks  proxies;

static void open_world(void)
{
    struct buf fault = {0};

    if (ring.count)
        return;
    must(seal_ring_read(&ring, STR("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), &fault));
    must(networks_read(&proxies, STR("10.0.0.0/8,fd00::/8"), &fault));
}

static struct str next_line(struct str *rest)
{
    const char *end = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
    struct str  line = {rest->p, end ? (size_t)(end - rest->p) : rest->len};

    if (rest->len) {
        rest->p += line.len + (end != NULL);
        rest->len -= line.len + (end != NULL);
    }
    return line;
}

static void try_session(struct str cookie, struct str token)
{
    struct uuid id, nobody = {{0}};

    if (session_read(&ring, session_cookie(cookie, SESSION_COOKIE), "", &id))
        must(str_of(id.text).len == UUID_LEN);
    must(!session_csrf_is(&ring, &nobody, "", token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct static_file file = {.bytes = {{"p", 1, 2}, {"g", 1, 2}, {"b", 1, 2}}};
    struct str                      rest = {(const char *)data, size};
    char                            network[NETWORKS_ADDRESS_SIZE];
    size_t                          offset;

    open_world();
    struct str cookie = next_line(&rest), token = next_line(&rest);
    struct str forwarded = next_line(&rest), proto = next_line(&rest);
    struct str coding = next_line(&rest), last = next_line(&rest);

    try_session(cookie, token);
    struct client c = client_of(&proxies, STR("10.0.0.1"), forwarded, proto);
    must(strlen(c.address) < sizeof c.address && client_network(&c, network).len > 0);
    must(static_coding(&file, coding) < CODING_COUNT);
    if (events_offset(last, TURN, &offset))
        must(offset < 1000000000);
    return 0;
}
