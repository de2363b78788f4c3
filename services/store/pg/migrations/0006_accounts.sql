-- Whom a proxy signs in is known by an account, which stands for one person here, so that their
-- chats follow them to every device.  Of the name there is only a keyed hash.  When the session of
-- an account has ended, or was somebody's before they signed in, the person gets another session
-- id; former_hash is what they had, which is then closed.
CREATE TABLE accounts (
    account_hash text        PRIMARY KEY,
    user_id      bigint      UNIQUE REFERENCES users ON DELETE CASCADE,
    former_hash  bytea,
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- For RETENTION_DAYS.
CREATE INDEX conversations_untouched ON conversations (touched_at) WHERE deleted_at IS NULL;
