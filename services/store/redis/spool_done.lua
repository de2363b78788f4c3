-- A turn that waited needs to wait no more.
-- KEYS spool, spooled, turns, window, refused
-- ARGV entry, turn, chat, seq and epoch as they were kept, how (kept, gone, refused), keep_ms,
--      its commit message
local spool, spooled, turns, window, refused = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local entry, id, chat, how, body = ARGV[1], ARGV[2], ARGV[3], ARGV[6], ARGV[8]
local seq, epoch = tonumber(ARGV[4]), tonumber(ARGV[5])

if redis.call('XDEL', spool, entry) == 0 then
    return {'0'}
end
local was = id ~= '' and redis.call('HGET', spooled, id)
was = was and cjson.decode(was)
if was then
    redis.call('HDEL', spooled, id)
end
if was and redis.call('HGET', window, 'chat') == chat then
    redis.call('HDEL', window, int(was.seq))
end
if how == 'kept' then
    write_head(turns, id, chat, seq, epoch)
    redis.call('PEXPIRE', turns, ARGV[7])
    write_window(window, chat, seq, 'C', body)
elseif how == 'refused' then
    redis.call('XADD', refused, 'MAXLEN', 1000, '*', 'commit', body)
end
return {'1'}
