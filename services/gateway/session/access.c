/* Account, session cookie, origin and CSRF token, the cheapest check first. */
#include "session/access.h"
#include "http/origin.h"
#include "session/session.h"

/* A cookie from before somebody signed in opens nothing for them; it only names the session that
 * their account may take over. */
static void find_session(const struct access_rules *rules, struct request_context *c)
{
    struct identity *who = &c->who;
    struct str       value = session_cookie(http_header(c->rq, "Cookie"),
                                      c->client.is_tls ? SESSION_COOKIE_TLS : SESSION_COOKIE);

    if (!session_read(rules->cookie_ring, value, who->account, &who->session) && who->account[0] &&
        !session_read(rules->cookie_ring, value, "", &who->former))
        who->former = (struct uuid){{0}};
}

static enum err identify(const struct access_rules *rules, struct request_context *c)
{
    enum err err = account_find(rules->account, str_of(http_peer(c->rq)),
                                http_header(c->rq, rules->auth_header), c->who.account);

    if (!err)
        find_session(rules, c);
    return err;
}

static bool is_same_origin(const struct access_rules *rules, const struct request_context *c)
{
    return origin_is_ours(
        &(struct origin_headers){.public_origin = rules->public_origin,
                                 .is_tls = c->client.is_tls,
                                 .host = http_header(c->rq, "Host"),
                                 .origin = http_header(c->rq, "Origin"),
                                 .fetch_site = http_header(c->rq, "Sec-Fetch-Site")});
}

static enum err check_change(const struct access_rules *rules, const struct request_context *c)
{
    struct str token = http_header(c->rq, "X-CSRF-Token");

    if (!is_same_origin(rules, c))
        return ERR_ORIGIN;
    if (!c->who.session.text[0])
        return ERR_SIGNED_OUT;
    if (!session_csrf_is(rules->cookie_ring, &c->who.session, c->who.account, token))
        return ERR_CSRF;
    return ERR_OK;
}

enum err access_check(const struct access_rules *rules, struct request_context *c,
                      enum route_needs needs)
{
    if (needs == ROUTE_NEEDS_NOTHING)
        return ERR_OK;
    enum err err = identify(rules, c);
    if (err)
        return err;
    if (needs >= ROUTE_NEEDS_CHANGE)
        return check_change(rules, c);
    return needs == ROUTE_NEEDS_SESSION && !c->who.session.text[0] ? ERR_SIGNED_OUT : ERR_OK;
}
