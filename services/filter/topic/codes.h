/* codes - words about cars that are recognised by their form, not by a list: fault codes, VINs, oil
 * grades, tyre sizes. */
#ifndef FILTER_TOPIC_CODES_H
#define FILTER_TOPIC_CODES_H
#include "base/str.h"

/* The kind of a folded word, as a reason for the verdict: "fault_code", "vin", "oil_grade",
 * "tyre_size"; NULL: none of these. */
const char *codes_kind(struct str word);

#endif
