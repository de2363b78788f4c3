-- Forgets all of a session.
-- KEYS session, turns, limits...
-- ARGV what the keys of its answers begin with (they share the slot of the keys above)
local function drop_answer(id)
    redis.call('UNLINK', ARGV[1] .. id)
end
each_field(KEYS[2], {turn = drop_answer, done = drop_answer})
for i = 3, #KEYS do
    redis.call('UNLINK', KEYS[i], KEYS[i] .. ':told')
end
redis.call('UNLINK', KEYS[1], KEYS[2])
return {'ok'}
