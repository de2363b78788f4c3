-- Stores an abandoned turn as interrupted, unless it was committed or is not wanted. A
-- conversation that begins with it is created. Whoever begins the turn again gets a newer epoch.
--
-- @param  session      uuid
-- @param  conversation uuid
-- @param  turn         uuid
-- @param  after_seq    bigint  seq of the turn before
-- @param  question     text
-- @param  answer       text    so far
-- @param  model        text
-- @param  asked_at     bigint
-- @param  epoch        bigint
-- @column stored       bigint
WITH me AS (
    INSERT INTO users (session_id, session_hash)
    SELECT {session}, {session_hash({session})}
     WHERE NOT EXISTS (SELECT FROM turns t JOIN users u ON u.id = t.user_id
                        WHERE u.session_hash = {session_hash({session})} AND t.turn_id = {turn})
    ON CONFLICT (session_hash) DO UPDATE SET last_active = users.last_active
     WHERE users.cleared_at IS NULL
    RETURNING id
), conv AS (
    INSERT INTO conversations AS c (id, user_id, title, touched_at, epoch)
    SELECT {conversation}, id, {title({question})}, {asked_time({asked_at})}, {epoch}
      FROM me
    ON CONFLICT (id) DO UPDATE SET epoch = greatest(c.epoch, excluded.epoch),
       touched_at = greatest(c.touched_at, excluded.touched_at)
     WHERE c.user_id = excluded.user_id AND c.deleted_at IS NULL
    RETURNING id, user_id
), kept AS (
    INSERT INTO interrupted AS i (user_id, turn_id, conversation_id, after_seq, question,
           answer, model, asked_at)
    SELECT user_id, {turn}, id, {after_seq}, {question}, {answer}, {model},
           {asked_time({asked_at})}
      FROM conv
    ON CONFLICT (user_id, turn_id) DO UPDATE SET question = excluded.question,
       answer = excluded.answer, model = excluded.model, asked_at = excluded.asked_at,
       conversation_id = excluded.conversation_id, after_seq = excluded.after_seq,
       interrupted_at = now()
    RETURNING turn_id
)
SELECT count(*) FROM kept
