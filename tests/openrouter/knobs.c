/* Numbers with names. */
#include <stdio.h>

#include "knobs.h"

#define KNOB_MOST 100000000u

struct knobs knobs_default(void)
{
    return (struct knobs){
#define KNOB(name, preset, doc) .name = preset,
#include "knobs.def"
    };
}

static unsigned *find(struct knobs *k, struct str name)
{
#define KNOB(knob, preset, doc)                                                                    \
    if (str_is(name, #knob))                                                                       \
        return &k->knob;
#include "knobs.def"
    return NULL;
}

static bool read_number(unsigned *out, struct str digits)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9' || value > KNOB_MOST / 10)
            return false;
        value = value * 10 + (unsigned)(digits.p[i] - '0');
    }
    *out = value;
    return digits.len > 0;
}

/* Takes the text before the mark, and the mark, off the front of *rest. */
static struct str take_until(struct str *rest, char mark)
{
    size_t len = 0;

    while (len < rest->len && rest->p[len] != mark)
        len++;
    struct str taken = {rest->p, len};
    size_t     gone = len < rest->len ? len + 1 : len;
    *rest = (struct str){rest->p + gone, rest->len - gone};
    return taken;
}

bool knobs_read(struct knobs *k, struct str text)
{
    while (text.len) {
        struct str value = take_until(&text, ',');
        struct str name = take_until(&value, '=');
        unsigned  *knob = find(k, name);
        if (!knob || !read_number(knob, value))
            return false;
    }
    return true;
}

void knobs_print(void)
{
    printf("| knob | default | sets |\n|---|---|---|\n");
#define KNOB(name, preset, doc) printf("| `%s` | %d | %s |\n", #name, preset, doc);
#include "knobs.def"
}
