-- Deletes old lines of the audit log.
--
-- @param  age_ms  bigint
-- @column expired bigint
WITH gone AS (
    DELETE FROM audit_log WHERE id IN (
        SELECT id FROM audit_log
         WHERE {older(at)}
         LIMIT 500)
    RETURNING id
)
SELECT count(*) FROM gone
