-- Keys that no certificate may hold, whoever asks for it; and where a key that was certified is found again.
CREATE TABLE blocked_keys (
    key_hash    TEXT PRIMARY KEY,
    reason      TEXT NOT NULL,
    blocked_at  BIGINT NOT NULL
);
CREATE INDEX certificates_by_key ON certificates (key_hash);
