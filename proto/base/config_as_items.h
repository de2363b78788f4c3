/* Makes table rows for a service's struct config of the lines that follow; see config.h. */
#define CONFIG_AT(field) offsetof(struct config, field)
#define TEXT(NAME, field, fallback, doc)                                                           \
    {#NAME, CONFIG_TEXT, CONFIG_AT(field), fallback, 0, 0, doc},
#define NUMBER(NAME, field, fallback, min, max, doc)                                               \
    {#NAME, CONFIG_NUMBER, CONFIG_AT(field), #fallback, min, max, doc},
#define REAL(NAME, field, fallback, min, max, doc)                                                 \
    {#NAME, CONFIG_REAL, CONFIG_AT(field), #fallback, min, max, doc},
#define FLAG(NAME, field, fallback, doc)                                                           \
    {#NAME, CONFIG_FLAG, CONFIG_AT(field), #fallback, 0, 1, doc},
#define SECRET(NAME, field, doc) {#NAME, CONFIG_SECRET, CONFIG_AT(field), NULL, 0, 0, doc},
