-- Creates or finds a session, and what only Redis knows of it.
--
-- @key    session
-- @key    turns
-- @key    limit
-- @arg    create       flag
-- @arg    created_at   number  of Postgres; 0: it does not know the session
-- @arg    conversation uuid    the current one of Postgres, or none
-- @arg    current_at   number  when that was last spoken in or opened
-- @arg    idle_ms      number
-- @arg    life_ms      number
-- @arg    per_minute   number
-- @result outcome      text    ok or signed_out; the rest only if ok
-- @result created_at   number
-- @result expires_at   number
-- @result sealed_key   bytes
-- @result key_hint     text
-- @result key_at       number
-- @result running      uuid    a running turn, or none
-- @result conversation uuid    of that turn
-- @result remaining    number
-- @result running_text text    what the user wrote in that turn
if redis.call('EXISTS', session) == 0 then
    if not create and created_at == 0 then
        return {'signed_out'}
    end
    redis.call('HSET', session, 'created_at', int(created_at ~= 0 and created_at or now))
end
local expires_at = touch_session(session, idle_ms, life_ms)
if not expires_at then
    return {'signed_out'}
end

-- The current conversation is the one last spoken in: the running turn may be in another one than
-- Postgres knows of.
local running, in_chat, newest = '', '', -1
each_field(turns, {turn = function(id, turn)
    local at = turn.at or 0
    local is_current = conversation == '' or turn.chat == conversation or at > current_at
    if is_current and turn.lease > now and at > newest then
        running, in_chat, newest = id, turn.chat, at
    end
end})
local _, remaining = take(limit, per_minute, 0)
local kept = redis.call('HMGET', session, 'created_at', 'sealed_key', 'key_hint', 'key_at')
return {'ok', kept[1], int(expires_at), kept[2] or '', kept[3] or '', kept[4] or '0',
        running, in_chat, int(remaining),
        redis.call('HGET', turns, 'text:' .. running) or ''}
