-- The current chat is the one that was last spoken in or opened.  A branch that nothing was said in
-- yet has no time at which it was touched.
ALTER TABLE conversations ADD COLUMN opened_at timestamptz NOT NULL DEFAULT '-infinity';
CREATE INDEX conversations_current ON conversations (user_id, greatest(touched_at, opened_at) DESC)
    WHERE deleted_at IS NULL;
DROP INDEX conversations_of_user;
CREATE INDEX conversations_of_user ON conversations (user_id, touched_at DESC, id DESC);

-- A deleted chat is wiped turn by turn.  Its last_seq is then the last turn that branches of it show;
-- wiped_at tells that nothing else is left.
ALTER TABLE conversations ADD COLUMN wiped_at timestamptz;
CREATE INDEX conversations_unwiped ON conversations (deleted_at)
    WHERE deleted_at IS NOT NULL AND wiped_at IS NULL;

-- Branches whose first turn failed.
CREATE INDEX conversations_empty ON conversations (created_at)
    WHERE last_seq = forked_at_seq AND deleted_at IS NULL;
