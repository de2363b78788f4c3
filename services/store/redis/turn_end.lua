-- The turn is over: gives the lease back, unless it is a newer owner's by now.
-- KEYS turns, answer, window, leases
-- ARGV turn, chat, epoch, seq (0: nothing was kept), how it ended (given_back: a grant was of no use, and
--      as long as there is another one nothing ends), keep_ms, its commit message, why it was aborted (a
--      code of errors.def)
-- Answers whether it was ours
local turns, stream, window, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, chat, epoch, seq = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

if seq > 0 then
    write_head(turns, id, chat, seq, epoch)
    write_window(window, chat, seq, 'C', ARGV[7])
end
local turn = read_turn(turns, id)
-- A newer owner has it; or an abort comes late, or twice, and there is nothing to give up.
if turn and turn.epoch > epoch or not turn and seq == 0 then
    return {'0'}
end
local how = ARGV[5]
if how == 'given_back' then
    turn.grants = (turn.grants or 1) - 1
    if turn.grants > 0 then
        write_turn(turns, id, turn, ARGV[6])
        return {'1'}
    end
    how = 'aborted'
end
end_turn(turns, stream, leases, id, chat, epoch, how, ARGV[8], ARGV[6])
return {turn and '1' or '0'}
