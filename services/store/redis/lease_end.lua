-- A turn whose lease had expired was dealt with: ends it, unless somebody took it up again.
--
-- @key    turns
-- @key    answer
-- @key    leases
-- @arg    turn    uuid
-- @arg    epoch   number
-- @arg    keep_ms number
-- @result ended   flag
local state = read_turn(turns, turn)
if state and (state.lease > now or state.epoch > epoch) then
    hold_lease(leases, turns, turn, state.lease)
    return {'0'}
end
if state then
    end_turn(turns, answer, leases, turn, state.chat, state.epoch, 'interrupted', '', keep_ms)
end
drop_lease(leases, turns, turn)
return {'1'}
