/* Reads and compares addresses and networks. */
#include <arpa/inet.h>
#include <string.h>

#include "http/networks.h"

bool networks_read_address(struct in6_addr *to, struct str text)
{
    char           plain[NETWORKS_ADDRESS_SIZE];
    struct in_addr four;

    if (text.len >= sizeof plain || memchr(text.p ? text.p : "", '\0', text.len))
        return false;
    str_copy(plain, sizeof plain, text);
    if (inet_pton(AF_INET6, plain, to) == 1)
        return true;
    if (inet_pton(AF_INET, plain, &four) != 1)
        return false;
    *to = (struct in6_addr){.s6_addr = {[10] = 0xFF, [11] = 0xFF}};
    memcpy(to->s6_addr + 12, &four, sizeof four);
    return true;
}

/* Takes the entry before the first comma. */
struct str networks_take_first(struct str *rest)
{
    if (!rest->len)
        return (struct str){0};
    const char *comma = memchr(rest->p, ',', rest->len);
    size_t      len = comma ? (size_t)(comma - rest->p) : rest->len;
    struct str  part = {rest->p, len};

    rest->p += len + (comma != NULL);
    rest->len -= len + (comma != NULL);
    return str_trim(part);
}

static bool read_bits(unsigned *bits, struct str text, unsigned most)
{
    *bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i == 3)
            return false;
        *bits = 10 * *bits + (unsigned)(text.p[i] - '0');
    }
    return text.len && *bits <= most;
}

static bool read_network(struct network *n, struct str text)
{
    const char *slash = text.len ? memchr(text.p, '/', text.len) : NULL;
    struct str  address = {text.p, slash ? (size_t)(slash - text.p) : text.len};

    if (!networks_read_address(&n->address, address))
        return false;
    unsigned before = IN6_IS_ADDR_V4MAPPED(&n->address) ? 96 : 0;
    n->bits = 128;
    if (!slash)
        return true;
    struct str bits = {slash + 1, text.len - address.len - 1};
    if (!read_bits(&n->bits, bits, 128 - before))
        return false;
    n->bits += before;
    return true;
}

bool networks_read(struct networks *n, struct str text, struct buf *fault)
{
    n->count = 0;
    while (str_trim(text).len) {
        struct str part = networks_take_first(&text);
        if (n->count == NETWORKS_MAX) {
            buf_print(fault, "has more than %d entries", NETWORKS_MAX);
            return false;
        }
        if (!read_network(&n->list[n->count++], part)) {
            buf_print(fault, "\"%.*s\" is not an address or network", (int)part.len,
                      part.len ? part.p : "");
            return false;
        }
    }
    return true;
}

static bool is_inside(const struct network *n, const struct in6_addr *a)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;

    if (memcmp(n->address.s6_addr, a->s6_addr, whole) != 0)
        return false;
    return !rest || (n->address.s6_addr[whole] ^ a->s6_addr[whole]) >> (8 - rest) == 0;
}

bool networks_contain(const struct networks *n, struct str address)
{
    struct in6_addr a;

    if (!networks_read_address(&a, address))
        return false;
    for (unsigned i = 0; i < n->count; i++)
        if (is_inside(&n->list[i], &a))
            return true;
    return false;
}
