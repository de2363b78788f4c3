-- Deleting a conversation, first statement, for the same reason as session_close. Of a
-- conversation that has no row yet only the id is stored, so that it never gets one.
--
-- @param  session      uuid
-- @param  conversation uuid    or NULL
-- @param  address_hash text
-- @param  leave        int     1: no conversation is the current one then; 0: only if this one was
-- @column sessions     bigint  0: the session was cleared
WITH me AS (
    INSERT INTO users AS u (session_id, session_hash, fresh_since)
    VALUES ({session}, {session_hash({session})}, now())
    ON CONFLICT (session_hash) DO UPDATE SET last_active = now(), fresh_since =
       CASE WHEN {leave} = 0
             AND EXISTS (SELECT FROM conversations o WHERE o.user_id = u.id
                            AND o.deleted_at IS NULL AND o.id <> {conversation}
                            AND {current_at(o)} > greatest(u.fresh_since,
                               (SELECT {current_at(m)} FROM conversations m
                                 WHERE m.user_id = u.id AND m.id = {conversation})))
            THEN u.fresh_since ELSE now() END
     WHERE u.cleared_at IS NULL
    RETURNING id
), closed AS (
    INSERT INTO conversations AS c (id, user_id, deleted_at)
    SELECT {conversation}, id, now() FROM me WHERE {conversation} IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(c.deleted_at, now()), title = ''
     WHERE c.user_id = excluded.user_id
    RETURNING id
), noted AS (
    INSERT INTO audit_log (session_id, action, address_hash)
    SELECT {session}, 'chat.deleted', {address_hash} FROM me
)
SELECT count(*) FROM me
