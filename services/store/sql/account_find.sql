-- The live session of an account; no row: it has none.
--
-- @param  account   text
-- @param  former    uuid    session of the browser before signing in, or NULL
-- @param  idle_ms   bigint
-- @param  life_ms   bigint
-- @column session   uuid
-- @column is_former int     the user of the former session was taken over
SELECT u.session_id, coalesce(a.former_hash = {session_hash({former})}, false)::int
  FROM accounts a JOIN users u ON u.id = a.user_id
 WHERE a.account_hash = {account} AND u.cleared_at IS NULL
   AND NOT {session_ended({idle_ms}, {life_ms})}
