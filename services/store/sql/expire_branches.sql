-- Deletes branches in which no turn was ever committed.
--
-- @param  age_ms  bigint
-- @column expired bigint
WITH gone AS (
    DELETE FROM conversations WHERE id IN (
        SELECT c.id FROM conversations c
         WHERE c.last_seq = c.forked_at_seq AND c.deleted_at IS NULL AND {older(c.created_at)}
           AND NOT EXISTS (SELECT FROM interrupted i WHERE i.conversation_id = c.id)
         LIMIT 500)
    RETURNING id
)
SELECT count(*) FROM gone
