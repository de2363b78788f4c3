-- Marks conversations without a turn for so long as deleted; branches keep showing what they show.
-- Never waits for a row. Who was active within a quarter of an hour may be about to speak in an
-- old conversation.
--
-- @param  age_ms  bigint
-- @column retired bigint
WITH gone AS (
    UPDATE conversations c SET deleted_at = now(), title = ''
     WHERE {older(c.touched_at)} AND c.id IN (
        SELECT o.id FROM conversations o JOIN users u ON u.id = o.user_id
         WHERE o.deleted_at IS NULL AND {older(o.touched_at)} AND {older(o.created_at)}
           AND u.last_active < now() - interval '15 minutes'
         ORDER BY o.touched_at LIMIT 200 FOR UPDATE OF o SKIP LOCKED)
    RETURNING c.id
)
SELECT count(*) FROM gone
