/* migrate - brings the schema of Postgres up to date, once after the start.
 *
 * The files of migrations/ are run in the order of their numbers, each in a transaction that also
 * writes its number and checksum into schema_migrations.  An advisory lock lets one store at a time
 * do this. There are no downward migrations.  A schema that is newer than this program, or whose
 * history was altered, is incompatible. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H
#include "loop/loop.h"
#include "values/result_set.h"

struct migrate;

enum migrate_end {
    MIGRATE_DONE,
    MIGRATE_DOWN, /* Postgres is unavailable, or could not do it: try again */
    MIGRATE_INCOMPATIBLE
};

/* fn is called once, by the loop; then free it. */
struct migrate *migrate_new(struct loop *l, const char *const *keywords, const char *const *values,
                            void (*fn)(void *ctx, enum migrate_end end, const char *why),
                            void *ctx);
void            migrate_free(struct migrate **m);

/* Compares rows of (number, name, checksum) with the embedded files.  Returns
 * how many of these were run, or -1 and why. */
#define MIGRATE_CHECKSUM_SIZE 33
void migrate_checksum(const char *text, char out[MIGRATE_CHECKSUM_SIZE]);
int  migrate_compare(const struct result_set *rows, char *why, size_t size);

#endif
