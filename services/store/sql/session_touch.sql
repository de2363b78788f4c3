-- Creates the row of a session, or updates its last use. No row: the session was cleared.
--
-- @param  session    uuid
-- @column created_at bigint
INSERT INTO users (session_id, session_hash) VALUES ({session}, {session_hash({session})})
    ON CONFLICT (session_hash) DO UPDATE SET last_active = now()
     WHERE users.cleared_at IS NULL
 RETURNING {ms(created_at)}
