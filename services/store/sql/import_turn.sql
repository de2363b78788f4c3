-- The next turn of an imported conversation. It costs nothing, and does not prove the conversation
-- to be on topic.
--
-- @param session           uuid
-- @param conversation      uuid
-- @param turn              uuid
-- @param seq               bigint
-- @param question          text
-- @param answer            text
-- @param status            text
-- @param model             text
-- @param finish_reason     text
-- @param prompt_tokens     bigint
-- @param completion_tokens bigint
-- @param asked_at          bigint
-- @param answered_at       bigint
-- @param feedback          int     0 none, 1 good, 2 bad
WITH moved AS (
    UPDATE conversations c SET last_seq = {seq} FROM users u
     WHERE u.session_hash = {session_hash({session})} AND c.user_id = u.id AND c.id = {conversation}
       AND c.deleted_at IS NULL AND c.epoch = 0 AND c.last_seq = {seq} - 1
    RETURNING c.user_id
), kept AS (
    INSERT INTO turns (user_id, turn_id, conversation_id, seq, epoch, status, verdict,
           model, finish_reason, generation_id, prompt_tokens, completion_tokens, cost,
           feedback, asked_at, committed_at, imported)
    SELECT user_id, {turn}, {conversation}, {seq}, 0, {status}, 1, {model}, {finish_reason},
           '', {prompt_tokens}, {completion_tokens}, 0, (ARRAY[0, 1, -1])[{feedback} + 1],
           {asked_time({asked_at})}, {asked_time({answered_at})}, true
      FROM moved
)
INSERT INTO messages (conversation_id, seq, message_role, content, created_at)
SELECT {conversation}, {seq}, v.role, v.content, v.at
  FROM moved, (VALUES ('user', {question}, {asked_time({asked_at})}),
                      ('assistant', {answer}, {asked_time({answered_at})})) v (role, content, at)
