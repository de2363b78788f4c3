/* protocol - the numbers both ends of the bus count on; docs/bus.md tells the rules. */
#ifndef PROTO_BUS_PROTOCOL_H
#define PROTO_BUS_PROTOCOL_H

#define SUSPECT_BEATS 3           /* heartbeats of silence: no new work */
#define DEAD_BEATS    5           /* heartbeats of silence: gone */
#define BUSY_BEAT_MS  250         /* who works, or is worked for, is written to this often */
#define CREDIT_WINDOW (64 * 1024) /* bytes of chunks that may be under way */

#endif
