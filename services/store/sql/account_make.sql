-- Creates a user with the new session for an account that has none.
--
-- @param account text
-- @param session uuid  the new one
WITH made AS (
    INSERT INTO users (session_id, session_hash)
    SELECT {session}, {session_hash({session})} FROM accounts
     WHERE account_hash = {account} AND user_id IS NULL
    RETURNING id
)
UPDATE accounts SET user_id = made.id FROM made WHERE account_hash = {account}
