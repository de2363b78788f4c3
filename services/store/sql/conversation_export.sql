-- A part of a conversation, oldest first, to read all of it part by part. Interrupted turns stand
-- behind the turn whose seq they carry and are numbered there. One row without a turn if the
-- conversation exists and nothing follows.
--
-- @param  session           uuid
-- @param  conversation      uuid
-- @param  after_seq         bigint
-- @param  after_interrupted bigint     and behind so many interrupted turns there
-- @param  turns             bigint
-- @param  max_bytes         bigint     in all, but at least one turn
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
-- @column interrupted       bigint     number of this interrupted turn behind its seq, else 0
-- @column title             text
-- @column created_at        bigint
WITH conv AS (
    SELECT c.id, c.title, c.created_at FROM conversations c
      JOIN users u ON u.id = c.user_id AND u.session_hash = {session_hash({session})}
     WHERE c.id = {conversation} AND c.deleted_at IS NULL
), part AS (
    SELECT p.* FROM conv CROSS JOIN LATERAL {parts(conv.id)} p
), kept AS (
    SELECT n.* FROM part p CROSS JOIN LATERAL (
        SELECT t.turn_id, t.seq, 0::bigint AS unfinished, q.content AS question,
               a.content AS answer, t.asked_at, t.committed_at, t.model, t.status,
               t.finish_reason, t.prompt_tokens, t.completion_tokens, t.cost, t.feedback
          FROM turns t
          JOIN messages q ON q.conversation_id = t.conversation_id AND q.seq = t.seq
                         AND q.message_role = 'user'
          JOIN messages a ON a.conversation_id = t.conversation_id AND a.seq = t.seq
                         AND a.message_role = 'assistant'
         WHERE t.conversation_id = p.id AND t.seq > greatest(p.above, {after_seq})
           AND t.seq <= p.upto
         ORDER BY t.seq LIMIT {turns}) n
     ORDER BY n.seq LIMIT {turns}
), unfinished AS (
    SELECT i.*, row_number() OVER (PARTITION BY i.after_seq
                                   ORDER BY i.asked_at, i.turn_id) AS nth
      FROM part p
      JOIN interrupted i ON i.conversation_id = p.id AND i.after_seq >= p.above
                        AND i.after_seq < p.upto
     WHERE i.after_seq >= {after_seq}
       AND NOT EXISTS (SELECT FROM turns t
                        WHERE t.user_id = i.user_id AND t.turn_id = i.turn_id)
), rest AS (
    SELECT * FROM kept
    UNION ALL
    SELECT turn_id, after_seq, nth, question, answer, asked_at, interrupted_at, model,
           'interrupted', '', 0, 0, 0, 0
      FROM unfinished WHERE after_seq > {after_seq} OR nth > {after_interrupted}
), lines AS (
    SELECT *, row_number() OVER (ORDER BY seq, unfinished) AS place,
           sum(octet_length(question) + octet_length(answer))
               OVER (ORDER BY seq, unfinished) AS size
      FROM rest
)
SELECT l.turn_id, l.seq, l.question, l.answer, {ms(l.asked_at)},
       {ms(l.committed_at)}, l.model, l.status, l.finish_reason,
       l.prompt_tokens, l.completion_tokens, l.cost, {feedback(l.feedback)},
       l.unfinished, conv.title, {ms(conv.created_at)}
  FROM conv LEFT JOIN lines l ON l.place = 1
                             OR (l.place <= {turns} AND l.size <= {max_bytes})
 ORDER BY l.seq, l.unfinished
