-- Creates a conversation to import into, with the first part; otherwise finds it.
--
-- @param  session       uuid
-- @param  conversation  uuid
-- @param  title         text
-- @param  created_at    bigint
-- @param  position      bigint  of the first turn of this part
-- @column conversations bigint  0: there is none that only imports wrote to
-- @column last_seq      bigint
WITH me AS (
    INSERT INTO users (session_id, session_hash) VALUES ({session}, {session_hash({session})})
    ON CONFLICT (session_hash) DO UPDATE SET last_active = now()
     WHERE users.cleared_at IS NULL
    RETURNING id
), made AS (
    INSERT INTO conversations (id, user_id, title, created_at, touched_at)
    SELECT {conversation}, id, {title({title})}, {asked_time({created_at})},
           now() FROM me WHERE {position} = 0
    ON CONFLICT (id) DO NOTHING
    RETURNING last_seq
), old AS (
    SELECT c.last_seq FROM conversations c JOIN me p ON p.id = c.user_id
     WHERE c.id = {conversation} AND c.epoch = 0 AND c.deleted_at IS NULL
)
SELECT count(*), max(last_seq) FROM (SELECT * FROM made UNION ALL SELECT * FROM old) c
