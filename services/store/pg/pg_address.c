/* Reading the options, and completing them. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "pg_address.h"

#define OPTIONS_MAX 64
#define HOSTS_MAX   16

struct pg_address {
    PQconninfoOption *read;                    /* owned: what the settings say */
    char             *host[HOSTS_MAX];         /* owned: of the settings; "" is libpq's default */
    char             *port[HOSTS_MAX];         /* owned */
    unsigned          hosts, at;               /* at: the next to be resolved */
    bool              fixed;                   /* hostaddr was given: nothing to resolve */
    struct buf        names, addresses, ports; /* as many entries in each, commas between */
    unsigned          entries;
    const char       *keywords[OPTIONS_MAX], *values[OPTIONS_MAX];
    unsigned          options;
};

static const char *given(const struct pg_address *a, const char *keyword)
{
    for (const PQconninfoOption *o = a->read; o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0)
            return o->val && *o->val ? o->val : NULL;
    return NULL;
}

/* The at-th piece between commas; the only one stands for all. */
static char *piece(const char *list, unsigned at)
{
    struct str rest = str_of(list);

    if (!rest.len || !memchr(rest.p, ',', rest.len))
        return str_dup(rest);
    for (;; at--) {
        const char *comma = memchr(rest.p, ',', rest.len);
        size_t      len = comma ? (size_t)(comma - rest.p) : rest.len;
        if (at == 0 || !comma)
            return str_dup((struct str){rest.p, at == 0 ? len : 0});
        rest = (struct str){comma + 1, rest.len - len - 1};
    }
}

static unsigned count_pieces(const char *list)
{
    unsigned n = 1;

    for (; list && *list; list++)
        n += *list == ',';
    return n;
}

bool pg_address_read(struct pg_address **out, const char *text, struct buf *fault)
{
    char             *error = NULL;
    PQconninfoOption *read = PQconninfoParse(text, &error);

    if (!read) { /* its message may quote the password */
        PQfreemem(error);
        buf_print(fault, "is no connection string that libpq understands");
        return false;
    }
    struct pg_address *a = mem_new(sizeof *a);
    a->read = read;
    a->fixed = given(a, "hostaddr") || given(a, "service");
    a->hosts = count_pieces(given(a, "host"));
    if (a->hosts > HOSTS_MAX) {
        a->hosts = 0;
        pg_address_free(&a);
        buf_print(fault, "names more than %d hosts", HOSTS_MAX);
        return false;
    }
    for (unsigned i = 0; i < a->hosts; i++) {
        a->host[i] = piece(given(a, "host"), i);
        a->port[i] = piece(given(a, "port"), i);
    }
    *out = a;
    return true;
}

void pg_address_free(struct pg_address **address)
{
    struct pg_address *a = *address;

    if (!a)
        return;
    PQconninfoFree(a->read);
    for (unsigned i = 0; i < a->hosts; i++) {
        free(a->host[i]);
        free(a->port[i]);
    }
    buf_fini(&a->names);
    buf_fini(&a->addresses);
    buf_fini(&a->ports);
    free(a);
    *address = NULL;
}

/* ---- resolving ---- */

static void add_entry(struct pg_address *a, unsigned host, const char *address)
{
    const char *comma = a->entries++ ? "," : "";

    buf_print(&a->names, "%s%s", comma, a->host[host]);
    buf_print(&a->addresses, "%s%s", comma, address);
    buf_print(&a->ports, "%s%s", comma, a->port[host]);
}

/* Nothing to resolve: a folder of unix sockets, an abstract socket, libpq's default, a number. */
static bool add_plain(struct pg_address *a, unsigned host)
{
    const char   *name = a->host[host];
    unsigned char bytes[16];

    if (!*name || *name == '/' || *name == '@')
        add_entry(a, host, "");
    else if (inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1)
        add_entry(a, host, name);
    else
        return false;
    return true;
}

void pg_address_begin(struct pg_address *a)
{
    a->at = a->entries = 0;
    buf_clear(&a->names);
    buf_clear(&a->addresses);
    buf_clear(&a->ports);
}

const char *pg_address_name(struct pg_address *a)
{
    if (a->fixed)
        return NULL;
    while (a->at < a->hosts && add_plain(a, a->at))
        a->at++;
    return a->at < a->hosts ? a->host[a->at] : NULL;
}

void pg_address_found(struct pg_address *a, const struct resolved *found)
{
    must(a->at < a->hosts);
    for (unsigned i = 0; i < found->count && i < 8; i++)
        add_entry(a, a->at, found->address[i]);
    a->at++;
}

/* ---- the options ---- */

static void add_option(struct pg_address *a, const char *keyword, const char *value)
{
    must(a->options + 1 < OPTIONS_MAX);
    a->keywords[a->options] = keyword;
    a->values[a->options++] = value;
}

static void add_default(struct pg_address *a, const char *keyword, const char *value)
{
    if (!given(a, keyword))
        add_option(a, keyword, value);
}

static bool is_address_part(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
           strcmp(keyword, "port") == 0;
}

bool pg_address_options(struct pg_address *a, const char *const **keywords,
                        const char *const **values)
{
    if (!a->fixed && !a->entries)
        return false;
    a->options = 0;
    for (const PQconninfoOption *o = a->read; o->keyword; o++)
        if (o->val && *o->val && (a->fixed || !is_address_part(o->keyword)))
            add_option(a, o->keyword, o->val);
    if (!a->fixed) {
        add_option(a, "host", a->names.p);
        add_option(a, "hostaddr", a->addresses.p);
        add_option(a, "port", a->ports.p);
    }
    add_default(a, "application_name", "automotive-chat-store");
    add_default(a, "client_encoding", "UTF8");
    add_default(a, "target_session_attrs", "read-write");
    add_default(a, "gssencmode", "disable"); /* it would block on Kerberos */
    add_default(a, "keepalives_idle", "5");
    add_default(a, "keepalives_interval", "2");
    add_default(a, "keepalives_count", "3");
    add_default(a, "tcp_user_timeout", "10000");
    a->keywords[a->options] = a->values[a->options] = NULL;
    *keywords = a->keywords;
    *values = a->values;
    return true;
}
