-- 廃止・休止・再開: what was accepted for which day, and each step of it. `begins_at` is midnight of the day in Japan.
CREATE TABLE closures (
    application_id  BLOB PRIMARY KEY REFERENCES applications (id),
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    deed            TEXT NOT NULL,
    day             TEXT NOT NULL,
    until_day       TEXT NOT NULL,
    revokes         BOOLEAN NOT NULL,
    begins_at       BIGINT NOT NULL,
    accepted_at     BIGINT NOT NULL,
    cancelled_at    BIGINT,
    done_at         BIGINT
);
CREATE UNIQUE INDEX closures_planned ON closures (institution_id) WHERE cancelled_at IS NULL AND done_at IS NULL;
CREATE INDEX closures_of ON closures (institution_id, accepted_at);

CREATE TABLE closure_steps (
    application_id  BLOB NOT NULL REFERENCES closures (application_id),
    place           BIGINT NOT NULL,
    step            TEXT NOT NULL,
    count           BIGINT NOT NULL,
    done_at         BIGINT,
    PRIMARY KEY (application_id, place)
);
