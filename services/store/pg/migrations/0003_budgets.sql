-- What a session has spent, and what its running turns may still cost, in billionths of a US dollar.
-- spending counts both: settled costs and open reserves.
CREATE TABLE spending (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    nanos   bigint NOT NULL
);

-- A row for each turn that was granted and not settled yet.  One that is never settled, since its
-- gateway died, stays and so stays counted.
CREATE TABLE reserves (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    turn_id uuid   NOT NULL,
    epoch   bigint NOT NULL,
    nanos   bigint NOT NULL CHECK (nanos >= 0),
    PRIMARY KEY (user_id, turn_id, epoch)
);

INSERT INTO spending (user_id, nanos)
    SELECT user_id, round(sum(least(greatest(cost, 0), 1000000)) * 1000000000)::bigint
      FROM turns GROUP BY user_id HAVING sum(cost) > 0;
