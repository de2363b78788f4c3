-- Turns of this bucket whose lease has expired, for one store at a time: whoever gets one has a
-- while to deal with it before another store does.
--
-- @key leases
-- @arg count   number
-- @arg hold_ms number  that while
-- @row name    text    <session>/<turn>
local names = redis.call('ZRANGEBYSCORE', leases, '-inf', int(now), 'LIMIT', 0, count)
for _, name in ipairs(names) do
    redis.call('ZADD', leases, 'XX', int(now + hold_ms), name)
end
return names
