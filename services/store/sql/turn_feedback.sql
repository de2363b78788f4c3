-- Stores what a user thinks of an answer.
--
-- @param  session  uuid
-- @param  turn     uuid
-- @param  feedback int     0 none, 1 good, 2 bad
-- @column stored   bigint  0: there is no such turn
WITH valued AS (
    UPDATE turns t SET feedback = (ARRAY[0, 1, -1])[{feedback} + 1] FROM users u
     WHERE u.session_hash = {session_hash({session})} AND t.user_id = u.id AND t.turn_id = {turn}
    RETURNING t.turn_id
)
SELECT count(*) FROM valued
