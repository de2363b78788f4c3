-- Indexes the next turns that are not indexed yet: few at a time, since commits to their
-- conversations wait for it; by one store at a time, since it numbers the turns of a user.
--
-- @param  conversations bigint
-- @param  turns         bigint  of each
-- @column conversations bigint  that had any
WITH mine AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(7021236258091525) AS ok
), due AS MATERIALIZED (
    SELECT id, user_id, searched_seq, least(last_seq, searched_seq + {turns}) AS upto
      FROM conversations
     WHERE searched_seq < last_seq AND (deleted_at IS NULL OR wiped_at IS NOT NULL)
       AND (SELECT ok FROM mine)
     ORDER BY touched_at DESC LIMIT {conversations} FOR NO KEY UPDATE SKIP LOCKED
), said AS (
    SELECT d.id, t.seq, d.user_id, q.content || ' ' || a.content AS words,
           coalesce((SELECT max(s.no) + 1 FROM search s WHERE s.user_id = d.user_id), 0)
           + row_number() OVER (PARTITION BY d.user_id ORDER BY t.committed_at, t.seq)
           - 1 AS no
      FROM due d
      JOIN turns t ON t.conversation_id = d.id AND t.seq > d.searched_seq
                  AND t.seq <= d.upto
      JOIN messages q ON q.conversation_id = d.id AND q.seq = t.seq
                     AND q.message_role = 'user'
      JOIN messages a ON a.conversation_id = d.id AND a.seq = t.seq
                     AND a.message_role = 'assistant'
), kept AS (
    INSERT INTO search (conversation_id, seq, user_id, no, words)
    SELECT id, seq, user_id, no, search_vector(search_prefix(user_id, no / 1024), words)
      FROM said
), moved AS (
    UPDATE conversations c SET searched_seq = d.upto FROM due d WHERE c.id = d.id
)
SELECT count(*) FROM due
