-- Reserves part of the budget for a turn, if it fits. The epoch of a reserve is greater than that
-- of every other reserve of the turn, since each is settled by its own owner. Everything happens
-- under the lock of the row of the user, so that two reserves see each other.
--
-- @param  session    uuid
-- @param  turn       uuid
-- @param  epoch      bigint  as granted
-- @param  reserve    bigint  in nanodollars
-- @param  budget     bigint  in nanodollars
-- @column epoch      bigint  of the reserve; 0: it does not fit
-- @column counted    bigint  against the budget by now, in nanodollars
-- @column is_cleared int     the session was cleared
WITH me AS (
    INSERT INTO users (session_id, session_hash) VALUES ({session}, {session_hash({session})})
    ON CONFLICT (session_hash) DO UPDATE SET last_active = now()
     WHERE users.cleared_at IS NULL
    RETURNING id
), counted AS (
    INSERT INTO spending AS s (user_id, nanos)
    SELECT id, {reserve} FROM me WHERE {reserve} <= {budget}
    ON CONFLICT (user_id) DO UPDATE SET nanos = s.nanos + {reserve}
     WHERE s.nanos + {reserve} <= {budget}
    RETURNING user_id, nanos
), held AS (
    INSERT INTO reserves (user_id, turn_id, epoch, nanos)
    SELECT c.user_id, {turn}, greatest({epoch}, (SELECT max(r.epoch) + 1
             FROM reserves r WHERE r.user_id = c.user_id AND r.turn_id = {turn})),
           {reserve}
      FROM counted c
    RETURNING epoch
)
SELECT coalesce((SELECT epoch FROM held), 0), {counted},
       (NOT EXISTS (SELECT FROM me))::int
