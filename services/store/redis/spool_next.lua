-- The oldest turns that wait in this bucket, for one store at a time.
-- KEYS spool, drain
-- ARGV store, lease_ms, how many; 0: it only wants to know
-- Answers rows: how many wait in all, and for how long the oldest has (ms); then entry and commit
-- message, oldest first, for the store whose turn it is
local spool, drain = KEYS[1], KEYS[2]

local rows = {tostring(redis.call('XLEN', spool)), '0'}
local oldest = redis.call('XRANGE', spool, '-', '+', 'COUNT', 1)[1]
if oldest then -- an entry begins with the time at which it came, by this clock
    rows[2] = int(math.max(now - tonumber(string.match(oldest[1], '^%d+')), 0))
end
if ARGV[3] == '0' then
    return rows
end
local owner = redis.call('GET', drain)
if owner and owner ~= ARGV[1] then
    return rows
end
for _, entry in ipairs(redis.call('XRANGE', spool, '-', '+', 'COUNT', ARGV[3])) do
    rows[#rows + 1] = entry[1]
    rows[#rows + 1] = entry[2][2]
end
if #rows > 2 then
    redis.call('SET', drain, ARGV[1], 'PX', ARGV[2])
elseif owner then
    redis.call('DEL', drain)
end
return rows
