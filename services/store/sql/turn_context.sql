-- The newest whole exchanges of a conversation that fit, oldest first.
--
-- @param  session      uuid
-- @param  conversation uuid
-- @param  last_seq     bigint
-- @param  turns        bigint
-- @param  max_bytes    bigint  in all
-- @column question     text
-- @column answer       text
SELECT question, answer FROM (
    SELECT *, sum(octet_length(question) + octet_length(answer))
              OVER (ORDER BY seq DESC) AS size
      FROM (SELECT n.* FROM conversations c
              JOIN users u ON u.id = c.user_id AND u.session_hash = {session_hash({session})}
             CROSS JOIN LATERAL {parts(c.id)} p
             CROSS JOIN LATERAL (
                SELECT q.seq, q.content AS question, a.content AS answer
                  FROM messages q
                  JOIN messages a ON a.conversation_id = q.conversation_id
                                 AND a.seq = q.seq AND a.message_role = 'assistant'
                 WHERE q.conversation_id = p.id AND q.seq > p.above
                   AND q.seq <= least(p.upto, {last_seq}) AND q.message_role = 'user'
                 ORDER BY q.seq DESC LIMIT {turns}) n
             WHERE c.id = {conversation}
             ORDER BY n.seq DESC LIMIT {turns}) newest) summed
 WHERE size <= {max_bytes} ORDER BY seq
