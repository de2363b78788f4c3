-- Locks the row of an account, and creates it if needed. First statement of the transaction that
-- ties an account to a session: whoever comes second sees what the first one did.
--
-- @param account text
INSERT INTO accounts (account_hash) VALUES ({account})
    ON CONFLICT (account_hash) DO UPDATE SET former_hash = NULL
