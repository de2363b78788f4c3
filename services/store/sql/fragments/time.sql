-- A time that is given in milliseconds since 1970.
--
-- @arg ms
to_timestamp({ms} / 1000.0)
