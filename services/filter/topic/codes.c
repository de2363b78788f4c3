/* Each check looks at a whole word. */
#include "topic/codes.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* SAE J2012: system (powertrain, body, chassis, network), 0-3, three hex digits: P0420. */
static bool is_fault_code(struct str w)
{
    return w.len == 5 && (w.p[0] == 'p' || w.p[0] == 'b' || w.p[0] == 'c' || w.p[0] == 'u') &&
           w.p[1] >= '0' && w.p[1] <= '3' && is_hex(w.p[2]) && is_hex(w.p[3]) && is_hex(w.p[4]);
}

/* ISO 3779: 17 letters and digits without I, O and Q; the last four are digits. */
static bool is_vin(struct str w)
{
    unsigned digits = 0;

    for (size_t i = 0; i < w.len; i++) {
        bool is_letter = w.p[i] >= 'a' && w.p[i] <= 'z';
        if (!(is_letter || is_digit(w.p[i])) || w.p[i] == 'i' || w.p[i] == 'o' || w.p[i] == 'q')
            return false;
        digits += is_digit(w.p[i]);
    }
    return w.len == 17 && digits < 17 && is_digit(w.p[13]) && is_digit(w.p[14]) &&
           is_digit(w.p[15]) && is_digit(w.p[16]);
}

/* SAE J300: 0W, 5w30, 10w40 (5W-30 is split at its hyphen). */
static bool is_oil_grade(struct str w)
{
    size_t at = 0;

    while (at < w.len && at < 2 && is_digit(w.p[at]))
        at++;
    if (at == 0 || at == w.len || w.p[at++] != 'w')
        return false;
    return w.len == at || (w.len == at + 2 && is_digit(w.p[at]) && is_digit(w.p[at + 1]));
}

/* The second half of 205/55R16. */
static bool is_tyre_size(struct str w)
{
    size_t at = w.len >= 3 && w.p[2] == 'z' ? 3 : 2; /* 35ZR19 */

    return w.len == at + 3 && is_digit(w.p[0]) && is_digit(w.p[1]) && w.p[at] == 'r' &&
           is_digit(w.p[at + 1]) && is_digit(w.p[at + 2]);
}

const char *codes_kind(struct str word)
{
    if (is_fault_code(word))
        return "fault_code";
    if (is_vin(word))
        return "vin";
    if (is_oil_grade(word))
        return "oil_grade";
    if (is_tyre_size(word))
        return "tyre_size";
    return NULL;
}
