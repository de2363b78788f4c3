-- The conversations of a user, newest first. A branch without a turn of its own is not listed.
--
-- @param  session       uuid
-- @param  after_us     bigint     touched_at of the last one before, 0: from the newest
-- @param  after_id     uuid       and its id
-- @param  rows          bigint
-- @column conversation  uuid_text
-- @column title         text
-- @column created_at    bigint
-- @column touched_at    bigint     in microseconds
-- @column last_seq      bigint
-- @column forked_from   uuid_text
-- @column forked_at_seq bigint
SELECT c.id, c.title, {ms(c.created_at)}, {us(c.touched_at)}, c.last_seq,
       f.id, CASE WHEN f.id IS NOT NULL THEN c.forked_at_seq END
  FROM users u JOIN conversations c ON c.user_id = u.id
  LEFT JOIN conversations f ON f.id = c.forked_from AND f.deleted_at IS NULL
 WHERE u.session_hash = {session_hash({session})} AND c.deleted_at IS NULL
   AND c.touched_at > '-infinity'
   AND ({after_us} = 0 OR (c.touched_at, c.id) <
        ('epoch'::timestamptz + {after_us} * interval '1 microsecond', {after_id}))
 ORDER BY c.touched_at DESC, c.id DESC LIMIT {rows}
