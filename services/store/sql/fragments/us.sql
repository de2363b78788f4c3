-- A time in microseconds since 1970.
--
-- @arg time
round(extract(epoch FROM {time}) * 1000000)::bigint
