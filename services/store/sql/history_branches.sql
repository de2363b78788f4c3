-- What a page of a conversation tells beside its messages: the conversation itself in the first
-- row; then, for each turn of the page that has siblings in other branches, the siblings in the
-- order of their creation.
--
-- @param  session       uuid
-- @param  conversation  uuid
-- @param  before_seq    bigint       0: from the end
-- @param  turns         bigint
-- @column title         text         these three in the first row only
-- @column forked_from   uuid_text
-- @column forked_at_seq bigint
-- @column seq           bigint       of a sibling
-- @column conversation  uuid_text    that shows it
-- @column is_shown      int          it is the one that this conversation shows
-- @column at            timestamptz  for the order only
WITH conv AS (
    SELECT c.id, c.title, c.last_seq, c.forked_at_seq, f.id AS forked_from
      FROM conversations c
      JOIN users u ON u.id = c.user_id AND u.session_hash = {session_hash({session})}
      LEFT JOIN conversations f ON f.id = c.forked_from AND f.deleted_at IS NULL
     WHERE c.id = {conversation} AND c.deleted_at IS NULL
), part AS (
    SELECT p.* FROM conv CROSS JOIN LATERAL {parts(conv.id)} p
), page AS (
    SELECT least(conv.last_seq, coalesce(nullif({before_seq}, 0) - 1, conv.last_seq)) AS seq
      FROM conv
), fork AS (
    SELECT p.id AS part, b.forked_at_seq + 1 AS seq, b.id, b.created_at
      FROM page, part p JOIN conversations b ON b.forked_from = p.id
     WHERE b.forked_at_seq <= p.upto AND b.forked_at_seq < page.seq
       AND b.forked_at_seq >= page.seq - {turns}
       AND b.last_seq > b.forked_at_seq
       AND (b.deleted_at IS NULL OR b.id IN (SELECT q.id FROM part q))
), other AS (
    SELECT f.seq, f.id, f.created_at,
           EXISTS (SELECT FROM part q WHERE q.id = f.id) AS is_shown
      FROM fork f
    UNION
    SELECT f.seq, c.id, c.created_at, p.upto >= f.seq
      FROM fork f JOIN part p ON p.id = f.part JOIN conversations c ON c.id = p.id
     WHERE p.upto >= f.seq OR (c.deleted_at IS NULL AND c.last_seq >= f.seq)
)
(SELECT title, forked_from, CASE WHEN forked_from IS NOT NULL THEN forked_at_seq END,
        NULL::bigint AS seq, NULL::uuid AS id, NULL::int AS is_shown,
        NULL::timestamptz AS at FROM conv)
 UNION ALL
(SELECT NULL, NULL, NULL, o.seq, CASE WHEN o.is_shown THEN conv.id ELSE o.id END,
        o.is_shown::int, o.created_at FROM other o, conv ORDER BY o.seq DESC LIMIT 100)
 ORDER BY seq NULLS FIRST, at, id
