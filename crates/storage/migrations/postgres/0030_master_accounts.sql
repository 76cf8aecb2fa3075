-- マスターアカウント of the eligibility system: one for each environment of an institution. The hash is what the eligibility
-- system knows; the password itself is sealed until `shown_until`, then destroyed, as it is by each re-issue, which counts
-- `number` up.
CREATE TABLE master_accounts (
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    environment     TEXT NOT NULL,
    user_id         TEXT NOT NULL UNIQUE,
    number          BIGINT NOT NULL,
    secret_hash     TEXT NOT NULL,
    secret_sealed   BYTEA,
    issued_at       BIGINT NOT NULL,
    shown_until     BIGINT NOT NULL,
    downloaded_at   BIGINT,
    PRIMARY KEY (institution_id, environment)
);

-- Who issued, downloaded and re-issued notices, as the institution sees it.
CREATE TABLE master_account_acts (
    id              UUID PRIMARY KEY,
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    act             TEXT NOT NULL,
    environments    TEXT NOT NULL,
    person          TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE INDEX master_account_acts_of ON master_account_acts (institution_id, at, id);
