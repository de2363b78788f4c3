-- Deletes the marks of deleted conversations that are purged and have no branch.
--
-- @param  age_ms  bigint
-- @column expired bigint
WITH gone AS (
    DELETE FROM conversations WHERE id IN (
        SELECT c.id FROM conversations c
         WHERE c.wiped_at IS NOT NULL AND {older(c.deleted_at)}
           AND NOT EXISTS (SELECT FROM conversations b WHERE b.forked_from = c.id)
         LIMIT 500)
    RETURNING id
)
SELECT count(*) FROM gone
