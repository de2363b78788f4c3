-- Settles the reserve of an aborted turn.
--
-- @param  session  uuid
-- @param  turn     uuid
-- @param  epoch    bigint
-- @param  is_spent int     1: it stays counted
-- @column settled  bigint
WITH me AS (
    SELECT id FROM users WHERE session_hash = {session_hash({session})} FOR NO KEY UPDATE
), released AS (
    DELETE FROM reserves r USING me p
     WHERE r.user_id = p.id AND r.turn_id = {turn} AND r.epoch = {epoch}
    RETURNING r.user_id, r.nanos
), counted AS (
    UPDATE spending s SET nanos = s.nanos - f.nanos FROM released f
     WHERE s.user_id = f.user_id AND {is_spent} = 0
)
SELECT count(*) FROM released
