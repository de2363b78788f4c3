/* clock - monotonic and wall-clock time.
 *
 * clock_ms and clock_us are monotonic and have no meaning outside this process: use them for
 * time-outs and durations. clock_wall_ms and clock_wall_us count from 1970, UTC: use them for
 * timestamps that users or other hosts see. The two must not be mixed. */
#ifndef PROTO_BASE_CLOCK_H
#define PROTO_BASE_CLOCK_H
#include <stdbool.h>
#include <stdint.h>

uint64_t clock_ms(void);
uint64_t clock_us(void);
uint64_t clock_wall_ms(void);
uint64_t clock_wall_us(void);

/* Formats a wall-clock time in milliseconds as 2026-11-23T10:15:30.123Z. */
#define CLOCK_ISO_SIZE 25
void clock_iso(uint64_t wall_ms, char out[CLOCK_ISO_SIZE]);

/* Parses exactly that format. False if text has another one or is before 1970. */
bool clock_read_iso(const char *iso, uint64_t *wall_ms);

#endif
