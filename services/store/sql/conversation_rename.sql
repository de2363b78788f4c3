-- Renames a conversation.
--
-- @param  session      uuid
-- @param  conversation uuid
-- @param  title        text
-- @column renamed      bigint  0: there is no such conversation
WITH named AS (
    UPDATE conversations c SET title = {title} FROM users u
     WHERE u.session_hash = {session_hash({session})} AND c.user_id = u.id AND c.id = {conversation}
       AND c.deleted_at IS NULL
    RETURNING c.id
)
SELECT count(*) FROM named
