-- The oldest turns that wait in this bucket, for one store at a time.
--
-- @key spool
-- @key drain
-- @arg store     uuid
-- @arg lease_ms  number
-- @arg count     number  0: only how many wait
-- @row entry     text    oldest first; empty in the first row, which has the two numbers
-- @row commit    bytes   the commit message
-- @row turns     number  that wait in all
-- @row oldest_ms number  for so long the oldest has waited
local rows = {'', '', int(redis.call('XLEN', spool)), '0'}
local oldest = redis.call('XRANGE', spool, '-', '+', 'COUNT', 1)[1]
if oldest then -- an entry begins with the time at which it came, by this clock
    rows[4] = int(math.max(now - tonumber(string.match(oldest[1], '^%d+')), 0))
end
if count == 0 then
    return rows
end
local owner = redis.call('GET', drain)
if owner and owner ~= store then
    return rows
end
for _, entry in ipairs(redis.call('XRANGE', spool, '-', '+', 'COUNT', count)) do
    for _, cell in ipairs({entry[1], entry[2][2], '', ''}) do
        rows[#rows + 1] = cell
    end
end
if #rows > 4 then
    redis.call('SET', drain, store, 'PX', lease_ms)
elseif owner then
    redis.call('DEL', drain)
end
return rows
