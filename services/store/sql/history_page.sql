-- A page of a conversation, oldest first, with the interrupted turns that belong between them
-- (behind the turn whose seq they carry). One row without a turn if the conversation exists and
-- the page is empty.
--
-- @param  session           uuid
-- @param  conversation      uuid
-- @param  before_seq        bigint     0: from the end
-- @param  turns             bigint
-- @param  max_bytes         bigint     in all
-- @column turn              uuid_text  NULL: the conversation exists, the page is empty
-- @column seq               bigint     of an interrupted turn: the turn it stands behind
-- @column question          text
-- @column answer            text
-- @column asked_at          bigint
-- @column committed_at      bigint
-- @column model             text
-- @column status            text
-- @column finish_reason     text
-- @column prompt_tokens     bigint
-- @column completion_tokens bigint
-- @column cost              float8
-- @column feedback          int        0 none, 1 good, 2 bad
WITH conv AS (
    SELECT c.id FROM conversations c
      JOIN users u ON u.id = c.user_id AND u.session_hash = {session_hash({session})}
     WHERE c.id = {conversation} AND c.deleted_at IS NULL
), part AS (
    SELECT p.* FROM conv CROSS JOIN LATERAL {parts(conv.id)} p
), newest AS (
    SELECT n.* FROM part p CROSS JOIN LATERAL (
        SELECT t.turn_id, t.seq, q.content AS question, a.content AS answer,
               t.asked_at, t.committed_at, t.model, t.status, t.finish_reason,
               t.prompt_tokens, t.completion_tokens, t.cost, t.feedback
          FROM turns t
          JOIN messages q ON q.conversation_id = t.conversation_id AND q.seq = t.seq
                         AND q.message_role = 'user'
          JOIN messages a ON a.conversation_id = t.conversation_id AND a.seq = t.seq
                         AND a.message_role = 'assistant'
         WHERE t.conversation_id = p.id AND t.seq > p.above AND t.seq <= p.upto
           AND t.seq < coalesce(nullif({before_seq}, 0), 9223372036854775807)
         ORDER BY t.seq DESC LIMIT {turns}) n
     ORDER BY n.seq DESC LIMIT {turns}
), page AS (
    SELECT * FROM (SELECT *, sum(octet_length(question) + octet_length(answer))
                             OVER (ORDER BY seq DESC) AS size FROM newest) summed
     WHERE size <= {max_bytes}
), unfinished AS (
    SELECT * FROM (
        SELECT i.*, sum(octet_length(i.question) + octet_length(i.answer))
                    OVER (ORDER BY i.interrupted_at DESC) AS size
          FROM part p JOIN interrupted i ON i.conversation_id = p.id
                       AND i.after_seq >= p.above AND i.after_seq < p.upto
         WHERE i.after_seq < coalesce(nullif({before_seq}, 0), 9223372036854775807)
           AND i.after_seq >= (SELECT CASE WHEN min(seq) > 1 THEN min(seq) ELSE 0 END
                                 FROM page)
           AND NOT EXISTS (SELECT FROM turns t
                            WHERE t.user_id = i.user_id AND t.turn_id = i.turn_id)
         ORDER BY i.interrupted_at DESC LIMIT 10) summed
     WHERE size <= 131072
), lines AS (
    SELECT turn_id, seq, 0 AS is_interrupted, question, answer, asked_at, committed_at, model,
           status, finish_reason, prompt_tokens, completion_tokens, cost, feedback FROM page
    UNION ALL
    SELECT turn_id, after_seq, 1, question, answer, asked_at, interrupted_at, model,
           'interrupted', '', 0, 0, 0, 0 FROM unfinished
)
SELECT l.turn_id, l.seq, l.question, l.answer, {ms(l.asked_at)},
       {ms(l.committed_at)}, l.model, l.status, l.finish_reason,
       l.prompt_tokens, l.completion_tokens, l.cost, {feedback(l.feedback)}
  FROM conv LEFT JOIN lines l ON true
 ORDER BY l.seq, l.is_interrupted, l.asked_at
