-- Chains of records outside the database: how far each had reached, and which ones a restore has replayed for good.
CREATE TABLE journals (
    chain      TEXT PRIMARY KEY,
    line       BIGINT NOT NULL,
    hash       TEXT NOT NULL,
    noted_at   BIGINT NOT NULL,
    closed_at  BIGINT
);
