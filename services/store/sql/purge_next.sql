-- A deleted conversation that is not purged yet.
--
-- @column conversation uuid
SELECT id FROM conversations WHERE deleted_at IS NOT NULL AND wiped_at IS NULL
 ORDER BY deleted_at LIMIT 1
