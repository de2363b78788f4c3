-- Clearing a session, first statement: closes its row, which waits for commits in progress and
-- refuses later ones.
--
-- @param session uuid
INSERT INTO users AS u (session_hash, cleared_at) VALUES ({session_hash({session})}, now())
    ON CONFLICT (session_hash) DO UPDATE SET session_id = NULL,
       cleared_at = coalesce(u.cleared_at, now()), created_at = now(),
       last_active = now(), fresh_since = '-infinity'
