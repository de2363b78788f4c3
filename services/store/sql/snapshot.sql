-- What Postgres knows of a session, of one of its turns, and of one of its conversations (the
-- current one if none is named).
--
-- @param  session           uuid
-- @param  turn              uuid    or NULL
-- @param  conversation      uuid    or NULL
-- @param  text              text    of the turn
-- @param  idle_ms           bigint  a session ends so long after its last use
-- @param  life_ms           bigint  and so long after its start
-- @param  fresh             uuid    the id a new conversation would get, or NULL
-- @column state             text    known, ended or cleared; without a row: unknown
-- @column created_at        bigint
-- @column active_at         bigint
-- @column model             text
-- @column sealed_key        bytea
-- @column key_hint          text
-- @column key_at            bigint
-- @column conversation      uuid    from here on NULL if there is no such conversation
-- @column last_seq          bigint
-- @column epoch             bigint
-- @column on_topic          int
-- @column status            text    from here on NULL if there is no such turn
-- @column same_text         int
-- @column turn_conversation uuid
-- @column answer            text
-- @column turn_model        text
-- @column finish_reason     text
-- @column prompt_tokens     bigint
-- @column completion_tokens bigint
-- @column cost              float8
-- @column fresh_is_used     int     the id for a new conversation is taken, whoever has it
-- @column counted           bigint  against the budget of the session, in nanodollars
-- @column current_at        bigint  when the conversation was last spoken in or opened
-- @column turn_epoch        bigint
-- @column turn_seq          bigint
SELECT CASE WHEN u.cleared_at IS NOT NULL THEN 'cleared'
            WHEN {session_ended({idle_ms}, {life_ms})} THEN 'ended'
            ELSE 'known' END, {ms(u.created_at)}, {ms(u.last_active)},
       k.model_preference, k.encrypted_key, k.key_hint,
       coalesce({ms(nullif(k.key_at, '-infinity'))}, 0),
       c.id, c.last_seq, c.epoch,
       EXISTS (SELECT FROM {parts(c.id)} p JOIN turns o ON o.conversation_id = p.id
                  AND o.seq > p.above AND o.seq <= p.upto WHERE o.verdict = 2)::int,
       t.status, (q.content = {text})::int, t.conversation_id, a.content, t.model,
       t.finish_reason, t.prompt_tokens, t.completion_tokens, t.cost,
       EXISTS (SELECT FROM conversations x WHERE x.id = {fresh})::int,
       coalesce((SELECT s.nanos FROM spending s WHERE s.user_id = u.id), 0),
       coalesce({ms(nullif({current_at(c)}, '-infinity'))}, 0), t.epoch, t.seq
  FROM users u
  LEFT JOIN api_keys k ON k.user_id = u.id
  LEFT JOIN turns t ON t.user_id = u.id AND t.turn_id = {turn}
  LEFT JOIN messages q ON q.conversation_id = t.conversation_id AND q.seq = t.seq
                      AND q.message_role = 'user'
  LEFT JOIN messages a ON a.conversation_id = t.conversation_id AND a.seq = t.seq
                      AND a.message_role = 'assistant'
  LEFT JOIN conversations c ON c.user_id = u.id AND c.deleted_at IS NULL
   AND c.id = coalesce({conversation}, (SELECT w.id FROM conversations w
                                   WHERE w.user_id = u.id AND w.deleted_at IS NULL
                                     AND {current_at(w)} > u.fresh_since
                                   ORDER BY {current_at(w)} DESC LIMIT 1))
 WHERE u.session_hash = {session_hash({session})}
