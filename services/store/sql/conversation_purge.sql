-- Deletes a chunk of a deleted conversation, newest first. What its branches show stays; they
-- refer to it by last_seq. Without a branch left it is no branch itself any more, and the
-- conversation it was a branch of may have more to purge. For both, an earlier statement of the
-- transaction must have locked the row of the user: otherwise a branch that is being created is
-- not seen.
--
-- @param  conversation uuid
-- @column more         int
WITH conv AS (
    SELECT c.id, c.user_id, c.forked_from,
           (SELECT max(b.forked_at_seq) FROM conversations b WHERE b.forked_from = c.id)
           AS shared
      FROM conversations c WHERE c.id = {conversation} AND c.deleted_at IS NOT NULL
), gone AS (
    DELETE FROM turns WHERE (conversation_id, seq) IN (
        SELECT t.conversation_id, t.seq FROM conv JOIN turns t
            ON t.conversation_id = conv.id AND t.seq > coalesce(conv.shared, 0)
         ORDER BY t.seq DESC LIMIT {purge_rows}) RETURNING seq
), unfinished AS (
    DELETE FROM interrupted WHERE (user_id, turn_id) IN (
        SELECT i.user_id, i.turn_id FROM conv JOIN interrupted i
            ON i.conversation_id = conv.id AND i.after_seq >= coalesce(conv.shared, 0)
         LIMIT {purge_rows}) RETURNING turn_id
), done AS (
    SELECT (SELECT count(*) FROM gone) < {purge_rows}
       AND (SELECT count(*) FROM unfinished) < {purge_rows} AS is_all
), marked AS (
    UPDATE conversations c SET last_seq = coalesce(conv.shared, 0),
           wiped_at = CASE WHEN done.is_all THEN now() END,
           forked_from = CASE WHEN done.is_all AND conv.shared IS NULL THEN NULL
                              ELSE c.forked_from END
      FROM conv, done WHERE c.id = conv.id
), bared AS (
    UPDATE conversations c SET wiped_at = NULL FROM conv, done
     WHERE c.id = conv.forked_from AND c.deleted_at IS NOT NULL
       AND done.is_all AND conv.shared IS NULL
)
SELECT (NOT is_all)::int FROM done
