/* clock - two times that must not be mixed.
 *
 * now_ms never jumps and means nothing outside this process: for waiting.
 * wall_ms is milliseconds since 1970, UTC: for people and for other hosts. */
#ifndef PROTO_BASE_CLOCK_H
#define PROTO_BASE_CLOCK_H
#include <stdbool.h>
#include <stdint.h>

uint64_t now_ms(void);
uint64_t wall_ms(void);
uint64_t now_us(void); /* as now_ms, in microseconds: for measuring */
uint64_t wall_us(void);

/* 2026-11-23T10:15:30.123Z */
#define CLOCK_ISO_SIZE 25
void clock_iso(uint64_t wall, char out[CLOCK_ISO_SIZE]);

/* The other way; false if it is not written just so, or before 1970. */
bool clock_read_iso(const char *iso, uint64_t *wall);

#endif
