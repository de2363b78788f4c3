-- Postgres is away: keeps a finished turn here until it is back.
-- KEYS turns, answer, window, spooled, spool, leases
-- ARGV turn, chat, epoch, seq, text, keep_ms, its answer, its commit message
-- Answers spooled and how many wait with it, or dup: it was committed before, or fenced: another
--         turn has its place, or this one with another answer
local turns, stream, window, spooled, spool = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local leases = KEYS[6]
local id, chat, epoch, seq = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local said = redis.sha1hex(ARGV[7])
local mine = redis.call('HGET', spooled, id)
mine = mine and cjson.decode(mine)
if mine then
    return {(mine.said or said) == said and 'spooled' or 'fenced', tostring(redis.call('XLEN', spool))}
end
local head = redis.call('HGET', turns, 'head:' .. chat)
head = head and cjson.decode(head)
if head and head.turn == id then
    return {head.epoch == epoch and 'dup' or 'fenced'}
end
local fenced = head and head.seq >= seq
each_spooled(spooled, function(_, other)
    fenced = fenced or (other.chat == chat and other.seq >= seq)
end)
if fenced then
    return {'fenced'}
end
local entry = redis.call('XADD', spool, '*', 'commit', ARGV[8])
redis.call('HSET', spooled, id, cjson.encode({
    chat = chat, seq = seq, epoch = epoch, entry = entry, hash = redis.sha1hex(ARGV[5]),
    said = said}))
write_window(window, chat, seq, 'S', ARGV[8])
end_turn(turns, stream, leases, id, chat, epoch, 'spooled', '', ARGV[6])
return {'spooled', tostring(redis.call('XLEN', spool))}
