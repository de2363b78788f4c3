-- From now on no conversation is the current one.
--
-- @param  session      uuid
-- @param  address_hash text
-- @column sessions     bigint  0: the session was cleared
WITH me AS (
    INSERT INTO users (session_id, session_hash, fresh_since)
    VALUES ({session}, {session_hash({session})}, now())
    ON CONFLICT (session_hash) DO UPDATE SET fresh_since = now(), last_active = now()
     WHERE users.cleared_at IS NULL
    RETURNING id
), noted AS (
    INSERT INTO audit_log (session_id, action, address_hash)
    SELECT {session}, 'chat.left', {address_hash} FROM me
)
SELECT count(*) FROM me
