-- Closes the session whose user was taken over, as if it had been cleared.
--
-- @param account text
INSERT INTO users (session_hash, cleared_at)
 SELECT former_hash, now() FROM accounts
  WHERE account_hash = {account} AND former_hash IS NOT NULL
    ON CONFLICT (session_hash) DO NOTHING
