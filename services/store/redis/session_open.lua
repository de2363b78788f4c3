-- Makes or finds a session, and what of it only Redis knows.
-- KEYS session, turns, limit
-- ARGV create, created_at of Postgres ('': it does not know it), chat ('': none), when that was last
--      spoken in or opened, idle_ms, life_ms, per_minute
-- Answers ok or signed_out, created_at, expires_at, sealed key, its hint, its time, running turn,
--         its chat, remaining, what was written in the running turn
local session, turns, limit = KEYS[1], KEYS[2], KEYS[3]
local create, created_at, chat = ARGV[1], ARGV[2], ARGV[3]

if redis.call('EXISTS', session) == 0 then
    if create ~= '1' and created_at == '' then
        return {'signed_out'}
    end
    redis.call('HSET', session, 'created_at', created_at ~= '' and created_at or int(now))
end
local expires_at = touch_session(session, tonumber(ARGV[5]), tonumber(ARGV[6]))
if not expires_at then
    return {'signed_out'}
end

-- The current chat is the one last spoken in: the answer that is written may be in another one than
-- Postgres knows of.
local running, in_chat, newest = '', '', -1
each_field(turns, {turn = function(id, turn)
    local at = turn.at or 0
    local is_current = chat == '' or turn.chat == chat or at > tonumber(ARGV[4])
    if is_current and turn.lease > now and at > newest then
        running, in_chat, newest = id, turn.chat, at
    end
end})
local _, remaining = take(limit, tonumber(ARGV[7]), 0)
local kept = redis.call('HMGET', session, 'created_at', 'sealed_key', 'key_hint', 'key_at')
return {'ok', kept[1], int(expires_at), kept[2] or '', kept[3] or '', kept[4] or '0',
        running, in_chat, int(remaining),
        redis.call('HGET', turns, 'text:' .. running) or ''}
