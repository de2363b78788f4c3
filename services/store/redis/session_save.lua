-- Keeps a person's key here only, or forgets it.
-- KEYS session
-- ARGV sealed key ('': forget it), its hint, its time, idle_ms, life_ms
local session = KEYS[1]
if ARGV[1] == '' then
    redis.call('HDEL', session, 'sealed_key', 'key_hint', 'key_at')
    return {'ok'}
end
redis.call('HSETNX', session, 'created_at', int(now))
redis.call('HSET', session, 'sealed_key', ARGV[1], 'key_hint', ARGV[2], 'key_at', ARGV[3])
if not touch_session(session, tonumber(ARGV[4]), tonumber(ARGV[5])) then
    return {'signed_out'}
end
return {'ok'}
