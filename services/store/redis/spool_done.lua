-- A spooled turn was dealt with: takes it out of the spool.
--
-- @key    spool
-- @key    spooled
-- @key    turns
-- @key    window
-- @key    refused
-- @arg    entry        text
-- @arg    turn         uuid
-- @arg    conversation uuid
-- @arg    seq          number  as it was committed
-- @arg    epoch        number  as it was committed
-- @arg    how          text    kept, gone or refused
-- @arg    keep_ms      number
-- @arg    commit       bytes   its commit message
-- @result done         flag
if redis.call('XDEL', spool, entry) == 0 then
    return {'0'}
end
local was = turn ~= '' and redis.call('HGET', spooled, turn)
was = was and cjson.decode(was)
if was then
    redis.call('HDEL', spooled, turn)
end
if was and redis.call('HGET', window, 'chat') == conversation then
    redis.call('HDEL', window, int(was.seq))
end
if how == 'kept' then
    write_head(turns, turn, conversation, seq, epoch)
    redis.call('PEXPIRE', turns, keep_ms)
    write_window(window, conversation, seq, 'C', commit)
elseif how == 'refused' then
    redis.call('XADD', refused, 'MAXLEN', 1000, '*', 'commit', commit)
end
return {'1'}
