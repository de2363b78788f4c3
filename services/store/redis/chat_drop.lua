-- A chat is being deleted: forgets what is being answered in it.
-- KEYS turns
-- ARGV chat, what the keys of the answers begin with (they share the slot of the key above)
local turns, chat = KEYS[1], ARGV[1]

local function drop(id, turn)
    if turn.chat == chat then
        drop_turn(turns, id)
        redis.call('HDEL', turns, 'done:' .. id)
        redis.call('UNLINK', ARGV[2] .. id)
    end
end
each_field(turns, {turn = drop, done = drop})
redis.call('HDEL', turns, 'head:' .. chat)
return {'ok'}
