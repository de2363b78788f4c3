/* The table of errors.def, looked up three ways. */
#include "base/err.h"

static const struct {
    const char *code;
    int         http;
    const char *text;
} errors[] = {
#define ERR(NAME, code, status, text) [ERR_##NAME] = {code, status, text},
#include "base/errors.def"
};

const char *err_code(enum err e)
{
    must(e < ERR_COUNT);
    return errors[e].code;
}

const char *err_text(enum err e)
{
    must(e < ERR_COUNT);
    return errors[e].text;
}

int err_http(enum err e)
{
    must(e < ERR_COUNT);
    return errors[e].http;
}

enum err err_of_code(struct str code)
{
    for (int e = 0; e < ERR_COUNT; e++)
        if (str_is(code, errors[e].code))
            return (enum err)e;
    return ERR_INTERNAL;
}
