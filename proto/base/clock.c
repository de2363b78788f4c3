/* The two clocks. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static uint64_t read_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
    return read_clock(CLOCK_MONOTONIC) / 1000;
}

uint64_t clock_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME) / 1000;
}

uint64_t clock_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

void clock_iso(uint64_t wall, char out[CLOCK_ISO_SIZE])
{
    time_t    seconds = (time_t)(wall / 1000);
    struct tm tm;
    char      date[20];

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_ISO_SIZE, "%s.%03uZ", date, (unsigned)(wall % 1000));
}

bool clock_read_iso(const char *iso, uint64_t *wall)
{
    struct tm   tm = {0};
    const char *rest = strptime(iso, "%Y-%m-%dT%H:%M:%S.", &tm);
    unsigned    ms;
    char        again[CLOCK_ISO_SIZE];

    if (!rest || sscanf(rest, "%3uZ", &ms) != 1)
        return false;
    time_t seconds = timegm(&tm);
    *wall = (uint64_t)seconds * 1000 + ms;
    if (seconds < 0)
        return false;
    clock_iso(*wall, again);
    return strcmp(again, iso) == 0;
}
