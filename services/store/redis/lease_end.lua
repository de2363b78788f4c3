-- A turn whose lease had run out was dealt with, unless somebody has taken it up again.
-- KEYS turns, answer, leases
-- ARGV turn, its epoch, keep_ms
-- Answers whether it was ended
local turns, stream, leases, id = KEYS[1], KEYS[2], KEYS[3], ARGV[1]

local turn = read_turn(turns, id)
if turn and (turn.lease > now or turn.epoch > tonumber(ARGV[2])) then
    hold_lease(leases, turns, id, turn.lease)
    return {'0'}
end
if turn then
    end_turn(turns, stream, leases, id, turn.chat, turn.epoch, 'interrupted', '', ARGV[3])
end
drop_lease(leases, turns, id)
return {'1'}
