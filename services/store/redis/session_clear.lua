-- Forgets all of a session.
-- KEYS session, turns, window, spooled, spool, limits...
-- ARGV what the keys of its answers begin with (they share the slot of the keys above)
local function drop_answer(id)
    redis.call('UNLINK', ARGV[1] .. id)
end
each_field(KEYS[2], {turn = drop_answer, done = drop_answer})
each_spooled(KEYS[4], function(_, turn)
    redis.call('XDEL', KEYS[5], turn.entry)
end)
for i = 6, #KEYS do
    redis.call('UNLINK', KEYS[i], KEYS[i] .. ':told')
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return {'ok'}
