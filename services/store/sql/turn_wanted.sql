-- Whether a turn may still be committed: it was not, its session is not cleared, its conversation
-- neither deleted nor continued by a newer owner.
--
-- @param  session      uuid
-- @param  conversation uuid
-- @param  turn         uuid
-- @param  epoch        bigint
-- @column is_wanted    int
SELECT (NOT EXISTS (SELECT FROM users WHERE session_hash = {session_hash({session})}
                       AND cleared_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM conversations WHERE id = {conversation}
                       AND (deleted_at IS NOT NULL OR epoch > {epoch}))
    AND NOT EXISTS (SELECT FROM turns t JOIN users u ON u.id = t.user_id
                     WHERE u.session_hash = {session_hash({session})} AND t.turn_id = {turn}))::int
