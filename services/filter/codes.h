/* codes - words about cars that no list can hold: fault codes, VINs, oil grades, tyre sizes. */
#ifndef FILTER_CODES_H
#define FILTER_CODES_H
#include "base/str.h"

/* What a folded word is, as a reason for the verdict: "fault_code", "vin",
 * "oil_grade", "tyre_size"; NULL if none of these. */
const char *code_kind(struct str word);

#endif
