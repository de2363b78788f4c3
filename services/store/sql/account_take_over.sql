-- Gives the new session to the user of the account, whose session has ended; or else to the user
-- of the former session, if that session lives and belongs to no account.
--
-- @param account text
-- @param former  uuid
-- @param idle_ms bigint
-- @param life_ms bigint
-- @param session uuid    the new one
WITH me AS (
    SELECT u.id, u.session_id, u.session_hash
      FROM accounts a JOIN users u ON u.id = coalesce(a.user_id,
           (SELECT f.id FROM users f WHERE f.session_hash = {session_hash({former})}
               AND NOT EXISTS (SELECT FROM accounts o WHERE o.user_id = f.id)))
     WHERE a.account_hash = {account} AND u.cleared_at IS NULL
       AND (a.user_id IS NOT NULL OR u.session_hash = {session_hash({former})})
       AND {session_ended({idle_ms}, {life_ms})} = (a.user_id IS NOT NULL)
       FOR UPDATE OF u
), moved AS (
    UPDATE users u SET session_id = {session}, session_hash = {session_hash({session})},
           created_at = now(), last_active = now()
      FROM me p WHERE u.id = p.id
), traces AS (
    UPDATE audit_log l SET session_id = {session}
      FROM me p WHERE l.session_id = p.session_id
), noted AS (
    INSERT INTO audit_log (session_id, action)
    SELECT {session}, 'account.moved' FROM me
)
UPDATE accounts a SET user_id = p.id, former_hash = p.session_hash
  FROM me p WHERE a.account_hash = {account}
