-- Makes a branch: a conversation whose history begins with the turns of another one, up to a
-- certain turn. These are not copied; the branch refers to the conversation that holds that turn,
-- which may be further up. The branch is listed nowhere before a turn is committed in it. Locks
-- the row of the user and that of the conversation, so that it is not deleted meanwhile.
--
-- @param  session       uuid
-- @param  conversation  uuid
-- @param  branch        uuid
-- @param  after_seq     bigint  the turn to branch behind, 0: none
-- @param  text          text    of the first turn
-- @column conversations bigint  0: there is no such conversation
-- @column turns         bigint  0: there is no such turn
-- @column is_too_deep   int     the branch would consist of too many conversations
WITH me AS (
    SELECT id FROM users WHERE session_hash = {session_hash({session})} AND cleared_at IS NULL
       FOR NO KEY UPDATE
), conv AS (
    SELECT c.id, c.user_id, c.title, c.last_seq FROM conversations c, me
     WHERE c.id = {conversation} AND c.user_id = me.id AND c.deleted_at IS NULL
       FOR SHARE OF c
), part AS (
    SELECT p.*, max(p.depth) OVER () AS root
      FROM conv CROSS JOIN LATERAL {parts(conv.id)} p
), found AS (
    SELECT p.id, p.root - p.depth + 2 AS depth FROM conv, part p
     WHERE {after_seq} <= conv.last_seq
       AND CASE WHEN {after_seq} = 0 THEN p.depth = p.root
                ELSE {after_seq} > p.above AND {after_seq} <= p.upto END
), made AS (
    INSERT INTO conversations (id, user_id, title, last_seq, searched_seq, forked_from,
           forked_at_seq, touched_at)
    SELECT {branch}, conv.user_id,
           CASE WHEN {after_seq} = 0 THEN {title({text})} ELSE conv.title END,
           {after_seq}, {after_seq}, found.id, {after_seq}, '-infinity'
      FROM conv, found WHERE found.depth <= {max_depth}
    ON CONFLICT (id) DO NOTHING
)
SELECT (SELECT count(*) FROM conv), (SELECT count(*) FROM found),
       (coalesce((SELECT depth FROM found), 0) > {max_depth})::int
