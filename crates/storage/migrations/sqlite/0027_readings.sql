-- Who read what on a day, so that a reload is not counted again; kept for two days.
CREATE TABLE readings (
    subject     TEXT NOT NULL,
    day         BIGINT NOT NULL,
    reader      BLOB NOT NULL,
    PRIMARY KEY (subject, day, reader)
);
CREATE INDEX readings_by_day ON readings (day);
-- Stars from one to five, one vote of each account for each article or notice, and their sums.
CREATE TABLE votes (
    subject     TEXT NOT NULL,
    account_id  BLOB NOT NULL REFERENCES accounts (id),
    stars       BIGINT NOT NULL,
    voted_at    BIGINT NOT NULL,
    PRIMARY KEY (subject, account_id)
);
CREATE TABLE ratings (
    subject     TEXT PRIMARY KEY,
    stars       BIGINT NOT NULL,
    votes       BIGINT NOT NULL
);
