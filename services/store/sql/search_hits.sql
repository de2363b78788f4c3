-- What a user searches for, in the newest turns that contain it. A last row without a turn may
-- follow: the search was cut short there, since it took long.
--
-- @param  session      uuid
-- @param  text         text
-- @param  before_no    bigint     0: from the newest
-- @param  rows         bigint
-- @column turn         uuid_text
-- @column conversation uuid_text
-- @column title        text
-- @column seq          bigint
-- @column by_user      int
-- @column snippet      text
-- @column at           bigint
-- @column no           bigint     number of the turn among those of the user
WITH asked AS (
    SELECT id, search_marks({text}) AS marks
      FROM users WHERE session_hash = {session_hash({session})}
), found AS MATERIALIZED (
    SELECT s.*, asked.marks FROM asked, search_turns(asked.id, {text},
           coalesce(nullif({before_no}, 0), 9223372036854775807), {rows}) s
)
SELECT t.turn_id, f.shown, c.title, f.seq, m.by_user,
       search_snippet(f.marks, CASE m.by_user WHEN 1 THEN q.content ELSE a.content END),
       CASE m.by_user WHEN 1 THEN {ms(t.asked_at)} ELSE {ms(t.committed_at)} END,
       f.no
  FROM found f
  LEFT JOIN conversations c ON c.id = f.shown
  LEFT JOIN turns t ON t.conversation_id = f.conversation_id AND t.seq = f.seq
  LEFT JOIN messages q ON q.conversation_id = f.conversation_id AND q.seq = f.seq
                      AND q.message_role = 'user'
  LEFT JOIN messages a ON a.conversation_id = f.conversation_id AND a.seq = f.seq
                      AND a.message_role = 'assistant',
       LATERAL (SELECT '\m(?:' || f.marks || ')') r (mark),
       LATERAL (SELECT (q.content ~* r.mark OR a.content !~* r.mark)::int) m (by_user)
 ORDER BY f.no DESC
