-- Turns of this bucket whose lease has run out, for one store at a time: whoever gets one has a while
-- to deal with it, before another store does.
-- KEYS leases
-- ARGV how many, that while in ms
-- Answers rows of <session>/<turn>
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(now), 'LIMIT', 0, ARGV[1])
for _, name in ipairs(names) do
    redis.call('ZADD', KEYS[1], 'XX', int(now + tonumber(ARGV[2])), name)
end
return names
