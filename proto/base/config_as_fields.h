/* Makes struct fields of the lines that follow; see config.h.  No include guard: used many times.
 */
#define TEXT(NAME, field, fallback, doc)             const char *field;
#define NUMBER(NAME, field, fallback, min, max, doc) uint64_t field;
#define REAL(NAME, field, fallback, min, max, doc)   double field;
#define FLAG(NAME, field, fallback, doc)             bool field;
#define SECRET(NAME, field, doc)                     const char *field;
