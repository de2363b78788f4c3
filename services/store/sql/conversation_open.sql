-- From now on this conversation is the current one.
--
-- @param session      uuid
-- @param conversation uuid
UPDATE conversations c SET opened_at = now() FROM users u
 WHERE u.session_hash = {session_hash({session})} AND c.user_id = u.id AND c.id = {conversation}
   AND c.deleted_at IS NULL
