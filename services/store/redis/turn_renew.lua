-- Keeps the lease of a turn, and adds to its answer for those who follow it.
-- KEYS turns, answer, leases
-- ARGV turn, chat, epoch, lease_ms, keep_ms, adopt, offset, text, most bytes of an answer, model
--      ('': as before), what the person wrote ('': not told), seq, when it was asked
-- Answers ok or lost or missing, stop, bytes of the answer that are held, 1 if what the person wrote
--         is not known
--
-- missing: Redis knows nothing of this turn, since it was emptied or the turn was cleared away.
-- The store asks Postgres which, and comes back with adopt = 1 after the former.
local turns, stream, leases = KEYS[1], KEYS[2], KEYS[3]
local id, chat, epoch = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease_ms, keep_ms, adopt = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local offset, text, most = tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])

local taken = false
each_field(turns, {turn = function(_, turn)
    if turn.chat == chat and turn.epoch > epoch and turn.lease > now then
        taken = true
    end
end})
local turn = read_turn(turns, id)
if taken or (turn and turn.epoch > epoch) or (not turn and is_over(turns, id, epoch)) then
    return {'lost', '0', '0', '0'}
end
if not turn and adopt ~= '1' then
    return {'missing', '0', '0', '0'}
end
if not turn or turn.epoch ~= epoch then
    redis.call('UNLINK', stream) -- what an earlier owner wrote is no part of this answer
end
turn = turn or {chat = chat, hash = '', stop = 0}
turn.epoch = epoch
turn.lease = now + lease_ms
if ARGV[10] ~= '' then
    turn.model = ARGV[10]
end
if turn.hash == '' and ARGV[11] ~= '' then
    redis.call('HSET', turns, 'text:' .. id, ARGV[11])
    turn.hash, turn.seq, turn.at = redis.sha1hex(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
end
write_turn(turns, id, turn, keep_ms)
hold_lease(leases, turns, id, turn.lease)

-- What comes twice finds its number taken.  What leaves a gap is not taken: its sender is told how
-- much is held, and begins again there.
local have = answer_length(stream)
if text ~= '' and have >= offset and have < offset + #text and offset + #text <= most then
    text = string.sub(text, have - offset + 1)
    have = offset + #ARGV[8]
    redis.call('XADD', stream, int(have) .. '-0', 'text', text)
end
redis.call('PEXPIRE', stream, keep_ms)
return {'ok', int(turn.stop), int(have), turn.hash == '' and '1' or '0'}
