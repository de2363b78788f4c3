-- Deletes users that were inactive for so long and have nothing left. Goes through all rows in
-- their order: an index on last_active would make every commit more expensive.
--
-- @param  age_ms       bigint
-- @param  after_id     bigint  the last row that was looked at
-- @column retired      bigint
-- @column last_id      bigint  the last row that was looked at, 0: there are no more
-- @column purge_is_due int     conversations wait to be purged, whose users may go then
WITH seen AS (
    SELECT id FROM users WHERE id > {after_id} ORDER BY id LIMIT 500
), gone AS (
    DELETE FROM users WHERE {older(last_active)} AND id IN (
        SELECT u.id FROM seen JOIN users u ON u.id = seen.id
         WHERE u.cleared_at IS NULL AND {older(u.last_active)}
           AND NOT EXISTS (SELECT FROM turns t WHERE t.user_id = u.id)
           AND NOT EXISTS (SELECT FROM interrupted i WHERE i.user_id = u.id)
           AND NOT EXISTS (SELECT FROM conversations c
                            WHERE c.user_id = u.id AND c.deleted_at IS NULL)
           FOR UPDATE OF u SKIP LOCKED)
    RETURNING id
)
SELECT (SELECT count(*) FROM gone), coalesce((SELECT max(id) FROM seen), 0),
       EXISTS (SELECT FROM conversations
                WHERE deleted_at IS NOT NULL AND wiped_at IS NULL)::int
