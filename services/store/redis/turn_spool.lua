-- Postgres is unavailable: keeps a finished turn in the spool until it is back.
--
-- @key    turns
-- @key    answer
-- @key    window
-- @key    spooled
-- @key    spool
-- @key    leases
-- @arg    turn         uuid
-- @arg    conversation uuid
-- @arg    epoch        number
-- @arg    seq          number
-- @arg    question     text
-- @arg    keep_ms      number
-- @arg    answer_text  text
-- @arg    commit       bytes   its commit message
-- @result outcome      text    spooled, dup (committed before), or fenced: another turn has its
--                              place, or this one with another answer
-- @result waiting      number  turns in the spool of this bucket, with this one
local said = redis.sha1hex(answer_text)
local mine = redis.call('HGET', spooled, turn)
mine = mine and cjson.decode(mine)
if mine then
    return {(mine.said or said) == said and 'spooled' or 'fenced',
            tostring(redis.call('XLEN', spool))}
end
local head = redis.call('HGET', turns, 'head:' .. conversation)
head = head and cjson.decode(head)
if head and head.turn == turn then
    return {head.epoch == epoch and 'dup' or 'fenced'}
end
local fenced = head and head.seq >= seq
each_spooled(spooled, function(_, other)
    fenced = fenced or (other.chat == conversation and other.seq >= seq)
end)
if fenced then
    return {'fenced'}
end
local entry = redis.call('XADD', spool, '*', 'commit', commit)
redis.call('HSET', spooled, turn, cjson.encode({
    chat = conversation, seq = seq, epoch = epoch, entry = entry, hash = redis.sha1hex(question),
    said = said}))
write_window(window, conversation, seq, 'S', commit)
end_turn(turns, answer, leases, turn, conversation, epoch, 'spooled', '', keep_ms)
return {'spooled', tostring(redis.call('XLEN', spool))}
