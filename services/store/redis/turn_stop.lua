-- The user wants this turn to stop; its gateway learns it at the next renewal of the lease.
--
-- @key    turns
-- @arg    turn    uuid
-- @arg    keep_ms number
-- @result found   flag
local state = read_turn(turns, turn)
if not state or state.lease <= now then
    return {'0'}
end
state.stop = 1
write_turn(turns, turn, state, keep_ms)
return {'1'}
