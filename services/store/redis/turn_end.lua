-- The turn is over: gives the lease back, unless a newer owner has it by now.
--
-- @key    turns
-- @key    answer
-- @key    window
-- @key    leases
-- @arg    turn         uuid
-- @arg    conversation uuid
-- @arg    epoch        number
-- @arg    seq          number  0: nothing was committed
-- @arg    how          text    how it ended; given_back: a grant was not used, which ends nothing
--                              as long as there is another grant
-- @arg    keep_ms      number
-- @arg    commit       bytes   its commit message
-- @arg    code         text    why it was aborted, a code of errors.def
-- @result was_ours     flag
if seq > 0 then
    write_head(turns, turn, conversation, seq, epoch)
    write_window(window, conversation, seq, 'C', commit)
end
local state = read_turn(turns, turn)
-- A newer owner has it; or an abort arrives late, or twice, and there is nothing to end.
if state and state.epoch > epoch or not state and seq == 0 then
    return {'0'}
end
if how == 'given_back' then
    state.grants = (state.grants or 1) - 1
    if state.grants > 0 then
        write_turn(turns, turn, state, keep_ms)
        return {'1'}
    end
    how = 'aborted'
end
end_turn(turns, answer, leases, turn, conversation, epoch, how, code, keep_ms)
return {state and '1' or '0'}
