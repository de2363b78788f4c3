-- The turn is over: gives the lease back, unless it is a newer owner's by now.
-- KEYS turns, answer
-- ARGV turn, chat, epoch, seq (0: nothing was kept), how it ended, keep_ms
-- Answers whether it was ours
local LINGER_MS = 10000 -- for those who follow it to see how it ended

local turns, stream = KEYS[1], KEYS[2]
local id, chat, epoch, seq = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

if seq > 0 then
    redis.call('HSET', turns, 'head:' .. chat, cjson.encode({seq = seq, epoch = epoch, at = now}))
end
local turn = read_turn(turns, id)
if turn and turn.epoch > epoch then
    return {'0'}
end
drop_turn(turns, id)
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
if last then
    redis.call('XADD', stream, string.match(last[1], '^%d+') .. '-*', 'end', ARGV[5])
    redis.call('PEXPIRE', stream, LINGER_MS)
    redis.call('HSET', turns, 'done:' .. id, cjson.encode({chat = chat, at = now}))
end
redis.call('PEXPIRE', turns, ARGV[6])
return {turn and '1' or '0'}
