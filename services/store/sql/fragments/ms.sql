-- A time in milliseconds since 1970.
--
-- @arg time
floor(extract(epoch FROM {time}) * 1000)::bigint
