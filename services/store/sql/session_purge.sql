-- Clearing a session, second statement, which sees what was committed meanwhile: deletes
-- everything that belongs to the user. More conversations than one statement can delete in its
-- time are marked as deleted and left to the purge (upkeep/purge.c).
--
-- @param session uuid
WITH me AS (
    SELECT id FROM users WHERE session_hash = {session_hash({session})}
), size AS (
    SELECT count(*) >= {session_purge_turns} AS is_long
      FROM (SELECT FROM turns t JOIN me p ON p.id = t.user_id LIMIT {session_purge_turns}) t
), chats AS (
    DELETE FROM conversations c USING me p, size s
     WHERE c.user_id = p.id AND NOT s.is_long
), left_over AS (
    UPDATE conversations c SET deleted_at = coalesce(c.deleted_at, now()), title = ''
      FROM me p, size s WHERE c.user_id = p.id AND s.is_long
), settings AS (
    DELETE FROM api_keys WHERE user_id IN (SELECT id FROM me)
), account AS (
    DELETE FROM accounts WHERE user_id IN (SELECT id FROM me)
), held AS (
    DELETE FROM reserves WHERE user_id IN (SELECT id FROM me)
), spent AS (
    DELETE FROM spending WHERE user_id IN (SELECT id FROM me)
), traces AS (
    UPDATE audit_log SET session_id = NULL, address_hash = '', details = ''
     WHERE session_id = {session}
)
INSERT INTO audit_log (action) VALUES ('session.cleared')
