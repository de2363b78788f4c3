-- Locks the row of the user that a conversation belongs to.
--
-- @param  conversation uuid
-- @column user_id      bigint
SELECT u.id FROM users u JOIN conversations c ON c.user_id = u.id
 WHERE c.id = {conversation} FOR NO KEY UPDATE OF u
