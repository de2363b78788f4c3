-- Keeps the lease of a turn, and adds to its answer for those who follow it.
-- KEYS turns, answer
-- ARGV turn, chat, epoch, lease_ms, keep_ms, adopt, offset, text, most bytes of an answer
-- Answers ok or lost or missing, stop
--
-- missing: Redis knows nothing of this turn, since it was emptied or the turn was cleared away.
-- The store asks Postgres which, and comes back with adopt = 1 after the former.
local turns, stream = KEYS[1], KEYS[2]
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
if taken or (turn and turn.epoch > epoch) then
    return {'lost', '0'}
end
if not turn and adopt ~= '1' then
    return {'missing', '0'}
end
turn = turn or {chat = chat, hash = '', stop = 0}
turn.epoch = epoch
turn.lease = now + lease_ms
write_turn(turns, id, turn, keep_ms)

-- The number of an entry is the length of the answer behind it: what comes twice finds its number
-- taken, and a reader asks for what lies behind the bytes it has.
if text ~= '' and offset + #text <= most then
    local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    local have = last and tonumber(string.match(last[1], '^%d+')) or 0
    if have < offset + #text then
        if have > offset then
            text = string.sub(text, have - offset + 1)
            offset = have
        end
        redis.call('XADD', stream, int(offset + #text) .. '-0', 'text', text)
    end
    redis.call('PEXPIRE', stream, keep_ms)
end
return {'ok', int(turn.stop)}
