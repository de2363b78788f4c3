-- Turns whose gateway died before they were kept: what the person wrote, and what there was of the
-- answer.  They take no place in the order of their chat: after_seq is the turn before them, 0: none.
-- One that is kept after all, or asked again and kept, leaves this table.
CREATE TABLE interrupted (
    user_id         bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    turn_id         uuid        NOT NULL,
    conversation_id uuid        NOT NULL REFERENCES conversations ON DELETE CASCADE,
    after_seq       bigint      NOT NULL,
    question        text        NOT NULL,
    answer          text        NOT NULL,
    model           text        NOT NULL,
    asked_at        timestamptz NOT NULL,
    interrupted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, turn_id)
);
CREATE INDEX interrupted_of_chat ON interrupted (conversation_id, after_seq);
