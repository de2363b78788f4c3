-- A person is known by a session.  A session that was cleared leaves its row behind, without its
-- id: only the hash is left, so that a turn which was still being answered cannot bring it back.
CREATE TABLE users (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id   uuid        UNIQUE,
    session_hash bytea       NOT NULL UNIQUE,                -- SHA-256 of the id as text
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_active  timestamptz NOT NULL DEFAULT now(),
    fresh_since  timestamptz NOT NULL DEFAULT '-infinity',   -- chats last spoken in before are not current
    cleared_at   timestamptz,
    CHECK ((session_id IS NULL) = (cleared_at IS NOT NULL))
);
CREATE INDEX users_cleared ON users (cleared_at) WHERE cleared_at IS NOT NULL;

-- last_seq and epoch are the fence: a turn is kept only if it is the next one, and by an owner
-- that is not older than the last.  A deleted chat leaves its bare id behind, for the same reason
-- as above.
CREATE TABLE conversations (
    id            uuid        PRIMARY KEY,
    user_id       bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    title         text        NOT NULL DEFAULT '',
    last_seq      bigint      NOT NULL DEFAULT 0,
    epoch         bigint      NOT NULL DEFAULT 0,
    forked_from   uuid        REFERENCES conversations ON DELETE SET NULL,
    forked_at_seq bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    touched_at    timestamptz NOT NULL DEFAULT now(),        -- when the person last spoke in it
    deleted_at    timestamptz
);
CREATE INDEX conversations_of_user ON conversations (user_id, touched_at DESC);
CREATE INDEX conversations_forked ON conversations (forked_from) WHERE forked_from IS NOT NULL;
CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE turns (
    user_id           bigint           NOT NULL REFERENCES users ON DELETE CASCADE,
    turn_id           uuid             NOT NULL,
    conversation_id   uuid             NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq               bigint           NOT NULL CHECK (seq > 0),
    epoch             bigint           NOT NULL,
    status            text             NOT NULL CHECK (status IN ('committed', 'stopped')),
    verdict           smallint         NOT NULL,             -- of the filter: 1 depends, 2 on topic
    model             text             NOT NULL,
    finish_reason     text             NOT NULL,
    generation_id     text             NOT NULL,
    prompt_tokens     bigint           NOT NULL,
    completion_tokens bigint           NOT NULL,
    cost              double precision NOT NULL,             -- US dollars
    feedback          smallint         NOT NULL DEFAULT 0,
    asked_at          timestamptz      NOT NULL,
    committed_at      timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, turn_id),
    UNIQUE (conversation_id, seq)
);

CREATE TABLE messages (
    conversation_id uuid        NOT NULL,
    seq             bigint      NOT NULL,
    message_role    text        NOT NULL CHECK (message_role IN ('user', 'assistant')),
    content         text        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, seq, message_role),
    FOREIGN KEY (conversation_id, seq) REFERENCES turns (conversation_id, seq) ON DELETE CASCADE
);

-- A person's settings.  The key is sealed for the llm-workers; key_at tells it from a newer one
-- that is kept in Redis only.
CREATE TABLE api_keys (
    user_id          bigint      PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    encrypted_key    bytea,
    key_id           text        NOT NULL DEFAULT '',        -- of the workers' key it was sealed with
    key_hint         text        NOT NULL DEFAULT '',
    key_at           timestamptz NOT NULL DEFAULT '-infinity',
    model_preference text        NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_log (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT now(),
    session_id   uuid,                                       -- taken out when the session is cleared
    action       text        NOT NULL,
    address_hash text        NOT NULL DEFAULT '',
    details      text        NOT NULL DEFAULT ''
);
CREATE INDEX audit_log_of_session ON audit_log (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_log_at ON audit_log (at);
