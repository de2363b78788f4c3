-- The conversations that one consists of: itself first, then the one it is a branch of, and so on.
-- Of each, the turns behind above and up to upto are part of it.
--
-- @arg conversation
(WITH RECURSIVE part (id, parent, above, upto, depth) AS (
    SELECT p.id, p.forked_from, coalesce(p.forked_at_seq, 0), 9223372036854775807, 1
      FROM conversations p WHERE p.id = {conversation}
    UNION ALL
    SELECT p.id, p.forked_from, coalesce(p.forked_at_seq, 0), b.above, b.depth + 1
      FROM part b JOIN conversations p ON p.id = b.parent WHERE b.depth < {max_depth})
 SELECT id, above, upto, depth FROM part)
