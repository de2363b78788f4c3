/* Ends a list of settings; see config.h. */
#undef CONFIG_AT
#undef TEXT
#undef NUMBER
#undef REAL
#undef FLAG
#undef SECRET
