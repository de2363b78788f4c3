-- Deletes the marks of cleared sessions, once no turn of theirs can arrive any more.
--
-- @param  age_ms  bigint
-- @column expired bigint
WITH gone AS (
    DELETE FROM users WHERE id IN (
        SELECT id FROM users
         WHERE {older(cleared_at)}
         LIMIT 500)
    RETURNING id
)
SELECT count(*) FROM gone
