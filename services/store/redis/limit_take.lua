-- Takes one token of a rate limit.
--
-- @key    limit
-- @arg    per_minute     number
-- @result allowed        flag
-- @result retry_after_ms number
local allowed, _, retry_after = take(limit, per_minute, 1)
return {allowed and '1' or '0', int(retry_after)}
