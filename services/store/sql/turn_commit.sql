-- Commits a turn, fenced: only if it is the next one of its conversation, by its newest owner, and
-- neither the conversation was deleted nor the session cleared. The reserve becomes what the turn
-- did cost, or stays counted as it is if the cost is unknown.
--
-- @param  session           uuid
-- @param  conversation      uuid
-- @param  turn              uuid
-- @param  epoch             bigint
-- @param  seq               bigint
-- @param  question          text
-- @param  answer            text
-- @param  status            text
-- @param  verdict           smallint
-- @param  model             text
-- @param  finish_reason     text
-- @param  generation        text
-- @param  prompt_tokens     bigint
-- @param  completion_tokens bigint
-- @param  cost              float8
-- @param  asked_at          bigint
-- @param  cost_nanos        bigint
-- @param  cost_unknown      int
-- @column outcome           text      ok, fenced, dup: committed before, other: with another answer
-- @column counted           bigint    against the budget by now, in nanodollars
WITH earlier AS (
    SELECT a.content = {answer} AS is_same
      FROM turns t JOIN users u ON u.id = t.user_id
      JOIN messages a ON a.conversation_id = t.conversation_id AND a.seq = t.seq
                     AND a.message_role = 'assistant'
     WHERE u.session_hash = {session_hash({session})} AND t.turn_id = {turn}
), me AS (
    INSERT INTO users (session_id, session_hash)
    SELECT {session}, {session_hash({session})} WHERE NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT (session_hash) DO UPDATE SET last_active = now()
     WHERE users.cleared_at IS NULL
    RETURNING id
), begun AS (
    INSERT INTO conversations (id, user_id, title, last_seq, epoch, touched_at)
    SELECT {conversation}, id, {title({question})},
           1, {epoch}, {asked_time({asked_at})}
      FROM me WHERE {seq} = 1
    ON CONFLICT (id) DO NOTHING
    RETURNING user_id
), moved AS (
    UPDATE conversations c SET last_seq = {seq}, epoch = {epoch},
           touched_at = greatest(c.touched_at, {asked_time({asked_at})})
      FROM me p
     WHERE c.id = {conversation} AND c.user_id = p.id AND c.deleted_at IS NULL
       AND c.last_seq = {seq} - 1 AND c.epoch <= {epoch}
    RETURNING c.user_id
), owner AS (
    SELECT user_id FROM begun UNION ALL SELECT user_id FROM moved
), kept AS (
    INSERT INTO turns (user_id, turn_id, conversation_id, seq, epoch, status, verdict,
           model, finish_reason, generation_id, prompt_tokens, completion_tokens, cost,
           asked_at)
    SELECT user_id, {turn}, {conversation}, {seq}, {epoch}, {status}, {verdict},
           {model}, {finish_reason}, {generation}, {prompt_tokens}, {completion_tokens},
           {cost}, {asked_time({asked_at})}
      FROM owner
    RETURNING turn_id
), said AS (
    INSERT INTO messages (conversation_id, seq, message_role, content, created_at)
    SELECT {conversation}, {seq}, v.role, v.content, v.at
      FROM owner, (VALUES ('user', {question}, {asked_time({asked_at})}),
                          ('assistant', {answer}, now())) v (role, content, at)
), restored AS (
    DELETE FROM interrupted i USING owner o
     WHERE i.user_id = o.user_id AND i.turn_id = {turn}
), released AS (
    DELETE FROM reserves r USING owner o
     WHERE r.user_id = o.user_id AND r.turn_id = {turn} AND r.epoch = {epoch}
    RETURNING r.nanos
), change AS (
    SELECT o.user_id, CASE WHEN {cost_unknown} = 1 AND f.nanos IS NOT NULL THEN 0
                           ELSE {cost_nanos} - coalesce(f.nanos, 0) END AS nanos
      FROM owner o LEFT JOIN released f ON true
), counted AS (
    INSERT INTO spending AS s (user_id, nanos)
    SELECT user_id, nanos FROM change WHERE nanos <> 0
    ON CONFLICT (user_id) DO UPDATE SET nanos = s.nanos + excluded.nanos
    RETURNING nanos
)
SELECT CASE WHEN EXISTS (SELECT FROM earlier WHERE is_same) THEN 'dup'
            WHEN EXISTS (SELECT FROM earlier) THEN 'other'
            WHEN EXISTS (SELECT FROM kept) THEN 'ok' ELSE 'fenced' END, {counted}
