-- Deletes everything of a session.
--
-- @key    session
-- @key    turns
-- @key    window
-- @key    spooled
-- @key    spool
-- @key    turn_limit
-- @key    key_test_limit
-- @arg    answers        text  what the keys of its answers begin with, which share the slot of
--                              the keys above
-- @result done           text
local function drop_answer(id)
    redis.call('UNLINK', answers .. id)
end
each_field(turns, {turn = drop_answer, done = drop_answer})
each_spooled(spooled, function(_, turn)
    redis.call('XDEL', spool, turn.entry)
end)
for _, limit in ipairs({turn_limit, key_test_limit}) do
    redis.call('UNLINK', limit, limit .. ':told')
end
redis.call('UNLINK', session, turns, window, spooled)
return {'ok'}
