-- What the turns of a user cost: the total in the first row, then one row for each day and model.
--
-- @param  session           uuid
-- @param  days              int      today included
-- @param  rows              bigint   behind the first
-- @column day               text
-- @column model             text
-- @column turns             bigint
-- @column prompt_tokens     numeric
-- @column completion_tokens numeric
-- @column cost              float8
SELECT to_char(day, 'YYYY-MM-DD'), model, count(*), coalesce(sum(prompt_tokens), 0),
       coalesce(sum(completion_tokens), 0), coalesce(sum(cost), 0)
  FROM (SELECT (t.committed_at AT TIME ZONE 'UTC')::date AS day, t.*
          FROM turns t
          JOIN users u ON u.id = t.user_id AND u.session_hash = {session_hash({session})}
         WHERE NOT t.imported) mine
 WHERE day > (now() AT TIME ZONE 'UTC')::date - {days}
 GROUP BY GROUPING SETS ((day, model), ())
 ORDER BY grouping(day) DESC, day DESC, sum(cost) DESC, model LIMIT {rows} + 1
