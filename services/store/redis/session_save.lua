-- Keeps the key of a user in Redis only, or deletes it.
--
-- @key    session
-- @arg    sealed_key bytes   empty: delete it
-- @arg    key_hint   text
-- @arg    key_at     number
-- @arg    idle_ms    number
-- @arg    life_ms    number
-- @result outcome    text    ok or signed_out
if sealed_key == '' then
    redis.call('HDEL', session, 'sealed_key', 'key_hint', 'key_at')
    return {'ok'}
end
redis.call('HSETNX', session, 'created_at', int(now))
redis.call('HSET', session, 'sealed_key', sealed_key, 'key_hint', key_hint, 'key_at', int(key_at))
if not touch_session(session, idle_ms, life_ms) then
    return {'signed_out'}
end
return {'ok'}
