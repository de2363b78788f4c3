/* protocol - constants that both ends of the bus rely on; docs/bus.md has the rules. */
#ifndef PROTO_BUS_COMMON_PROTOCOL_H
#define PROTO_BUS_COMMON_PROTOCOL_H

#define SUSPECT_BEATS 3           /* heartbeats of silence: no new work */
#define DEAD_BEATS    5           /* heartbeats of silence: gone */
#define BUSY_BEAT_MS  250         /* the interval between the two ends of an open request */
#define CREDIT_WINDOW (64 * 1024) /* bytes of unacknowledged chunks per request */

#endif
