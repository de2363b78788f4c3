-- An interrupted turn of an imported conversation.
--
-- @param session        uuid
-- @param conversation   uuid
-- @param turn           uuid
-- @param after_seq      bigint  seq of the turn before
-- @param question       text
-- @param answer         text
-- @param model          text
-- @param asked_at       bigint
-- @param interrupted_at bigint
INSERT INTO interrupted (user_id, turn_id, conversation_id, after_seq, question, answer,
       model, asked_at, interrupted_at)
SELECT u.id, {turn}, c.id, {after_seq}, {question}, {answer}, {model},
       {asked_time({asked_at})}, {asked_time({interrupted_at})}
  FROM users u JOIN conversations c ON c.user_id = u.id
 WHERE u.session_hash = {session_hash({session})} AND c.id = {conversation} AND c.deleted_at IS NULL
   AND c.epoch = 0 AND c.last_seq = {after_seq}
    ON CONFLICT (user_id, turn_id) DO NOTHING
