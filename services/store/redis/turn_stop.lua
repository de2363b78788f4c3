-- The person wants this turn stopped; its gateway hears of it when it renews the lease.
-- KEYS turns
-- ARGV turn, keep_ms
-- Answers 1, or 0 if no such turn is being answered
local turn = read_turn(KEYS[1], ARGV[1])
if not turn or turn.lease <= now then
    return {'0'}
end
turn.stop = 1
write_turn(KEYS[1], ARGV[1], turn, ARGV[2])
return {'1'}
