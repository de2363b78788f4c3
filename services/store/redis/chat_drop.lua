-- A chat is left, or deleted: then what is being answered in it, or waits to be kept, is forgotten.
-- KEYS turns, window, spooled, spool
-- ARGV chat, 1 to delete it, what the keys of the answers begin with (they share the slot of the
--      keys above)
local turns, window, spooled, spool = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local chat = ARGV[1]

redis.call('UNLINK', window)
if ARGV[2] ~= '1' then
    return {'ok'}
end
local function drop(id, turn)
    if turn.chat == chat then
        drop_turn(turns, id)
        redis.call('HDEL', turns, 'done:' .. id)
        redis.call('UNLINK', ARGV[3] .. id)
    end
end
each_field(turns, {turn = drop, done = drop})
redis.call('HDEL', turns, 'head:' .. chat)
each_spooled(spooled, function(id, turn)
    if turn.chat == chat then
        redis.call('XDEL', spool, turn.entry)
        redis.call('HDEL', spooled, id)
    end
end)
return {'ok'}
