-- A conversation is left, or deleted: drops what is being answered in it or waits to be committed.
--
-- @key    turns
-- @key    window
-- @key    spooled
-- @key    spool
-- @arg    conversation uuid
-- @arg    delete       flag  false: it is only no longer shown
-- @arg    answers      text  what the keys of the answers begin with, which share the slot of the
--                            keys above
-- @result known        flag  something of it was known here
if not delete or redis.call('HGET', window, 'chat') == conversation then
    redis.call('UNLINK', window)
end
if not delete then
    return {'1'}
end
local known = '0'
local function drop(id, turn)
    if turn.chat == conversation then
        known = '1'
        drop_turn(turns, id)
        redis.call('HDEL', turns, 'done:' .. id)
        redis.call('UNLINK', answers .. id)
    end
end
each_field(turns, {turn = drop, done = drop})
redis.call('HDEL', turns, 'head:' .. conversation)
each_spooled(spooled, function(id, turn)
    if turn.chat == conversation then
        known = '1'
        redis.call('XDEL', spool, turn.entry)
        redis.call('HDEL', spooled, id)
    end
end)
return {known}
