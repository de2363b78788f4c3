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
WITH person AS (
    SELECT id FROM users WHERE session_hash = {session_hash({session})} AND cleared_at IS NULL
       FOR NO KEY UPDATE
), chat AS (
    SELECT c.id, c.user_id, c.title, c.last_seq FROM conversations c, person
     WHERE c.id = {conversation} AND c.user_id = person.id AND c.deleted_at IS NULL
       FOR SHARE OF c
), part AS (
    SELECT p.*, max(p.depth) OVER () AS root
      FROM chat CROSS JOIN LATERAL {parts(chat.id)} p
), found AS (
    SELECT p.id, p.root - p.depth + 2 AS depth FROM chat, part p
     WHERE {after_seq} <= chat.last_seq
       AND CASE WHEN {after_seq} = 0 THEN p.depth = p.root
                ELSE {after_seq} > p.above AND {after_seq} <= p.upto END
), made AS (
    INSERT INTO conversations (id, user_id, title, last_seq, searched_seq, forked_from,
           forked_at_seq, touched_at)
    SELECT {branch}, chat.user_id,
           CASE WHEN {after_seq} = 0 THEN {title({text})} ELSE chat.title END,
           {after_seq}, {after_seq}, found.id, {after_seq}, '-infinity'
      FROM chat, found WHERE found.depth <= {max_depth}
    ON CONFLICT (id) DO NOTHING
)
SELECT (SELECT count(*) FROM chat), (SELECT count(*) FROM found),
       (coalesce((SELECT depth FROM found), 0) > {max_depth})::int
