-- A chat is left, or deleted: then what is being answered in it, or waits to be kept, is forgotten.
-- KEYS turns, window, spooled, spool
-- ARGV chat, 1 to delete it, what the keys of the answers begin with (they share the slot of the
--      keys above)
-- Answers whether anything of it was known here
local turns, window, spooled, spool = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local chat = ARGV[1]

if ARGV[2] ~= '1' or redis.call('HGET', window, 'chat') == chat then
    redis.call('UNLINK', window)
end
if ARGV[2] ~= '1' then
    return {'1'}
end
local known = '0'
local function drop(id, turn)
    if turn.chat == chat then
        known = '1'
        drop_turn(turns, id)
        redis.call('HDEL', turns, 'done:' .. id)
        redis.call('UNLINK', ARGV[3] .. id)
    end
end
each_field(turns, {turn = drop, done = drop})
redis.call('HDEL', turns, 'head:' .. chat)
each_spooled(spooled, function(id, turn)
    if turn.chat == chat then
        known = '1'
        redis.call('XDEL', spool, turn.entry)
        redis.call('HDEL', spooled, id)
    end
end)
return {known}
