-- The oldest turns that wait in this bucket, for one store at a time.
-- KEYS spool, drain
-- ARGV store, lease_ms, how many
-- Answers rows: how many wait in all, and nothing; then entry and commit message, oldest first, for
-- the store whose turn it is
local spool, drain = KEYS[1], KEYS[2]

local rows = {tostring(redis.call('XLEN', spool)), ''}
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
