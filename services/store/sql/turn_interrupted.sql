-- An interrupted turn.
--
-- @param  session      uuid
-- @param  turn         uuid
-- @column conversation uuid
-- @column question     text
-- @column answer       text
-- @column model        text
SELECT i.conversation_id, i.question, i.answer, i.model
  FROM interrupted i JOIN users u ON u.id = i.user_id AND u.session_hash = {session_hash({session})}
 WHERE i.turn_id = {turn}
