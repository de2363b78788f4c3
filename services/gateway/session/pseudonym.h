/* pseudonym - what others see of an address or a session: the same input always gives the same
 * 32 hexadecimal digits, and they cannot be turned back. */
#ifndef GATEWAY_PSEUDONYM_H
#define GATEWAY_PSEUDONYM_H
#include "base/uuid.h"
#include "seal/seal.h"

#define PSEUDONYM_SIZE 33

void pseudonym_of_address(char to[PSEUDONYM_SIZE], const struct seal_ring *ring,
                          struct str address);
void pseudonym_of_session(char to[PSEUDONYM_SIZE], const struct uuid *id);

#endif
