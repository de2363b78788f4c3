-- Deletes a chunk of a deleted conversation, newest first. What its branches show stays; they
-- refer to it by last_seq. Without a branch left it is no branch itself any more, and the
-- conversation it was a branch of may have more to purge. For both, an earlier statement of the
-- transaction must have locked the row of the user: otherwise a branch that is being created is
-- not seen.
--
-- @param  conversation uuid
-- @column more         int
WITH chat AS (
    SELECT c.id, c.user_id, c.forked_from,
           (SELECT max(b.forked_at_seq) FROM conversations b WHERE b.forked_from = c.id)
           AS shared
      FROM conversations c WHERE c.id = {conversation} AND c.deleted_at IS NOT NULL
), gone AS (
    DELETE FROM turns WHERE (conversation_id, seq) IN (
        SELECT t.conversation_id, t.seq FROM chat JOIN turns t
            ON t.conversation_id = chat.id AND t.seq > coalesce(chat.shared, 0)
         ORDER BY t.seq DESC LIMIT {purge_rows}) RETURNING seq
), lost AS (
    DELETE FROM interrupted WHERE (user_id, turn_id) IN (
        SELECT i.user_id, i.turn_id FROM chat JOIN interrupted i
            ON i.conversation_id = chat.id AND i.after_seq >= coalesce(chat.shared, 0)
         LIMIT {purge_rows}) RETURNING turn_id
), done AS (
    SELECT (SELECT count(*) FROM gone) < {purge_rows}
       AND (SELECT count(*) FROM lost) < {purge_rows} AS is_all
), marked AS (
    UPDATE conversations c SET last_seq = coalesce(chat.shared, 0),
           wiped_at = CASE WHEN done.is_all THEN now() END,
           forked_from = CASE WHEN done.is_all AND chat.shared IS NULL THEN NULL
                              ELSE c.forked_from END
      FROM chat, done WHERE c.id = chat.id
), bared AS (
    UPDATE conversations c SET wiped_at = NULL FROM chat, done
     WHERE c.id = chat.forked_from AND c.deleted_at IS NOT NULL
       AND done.is_all AND chat.shared IS NULL
)
SELECT (NOT is_all)::int FROM done
