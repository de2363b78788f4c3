-- Counts one thing done.
-- KEYS limit
-- ARGV per_minute
-- Answers allowed, retry_after_ms
local allowed, _, retry_after = take(KEYS[1], tonumber(ARGV[1]), 1)
return {allowed and '1' or '0', int(retry_after)}
