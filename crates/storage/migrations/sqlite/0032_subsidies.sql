-- Subsidies: what reviewers counted instead of what was applied for, accepted cases that wait for a decision, batches of them,
-- the ledger of grants, and what is paid. Grants, payments and their confirmations can be neither changed nor removed.
CREATE TABLE subsidy_adjustments (
    application_id  BLOB NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    category        TEXT NOT NULL,
    eligible_yen    BIGINT NOT NULL,
    reason          TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (application_id, category)
);
CREATE TABLE grant_batches (
    id              BLOB PRIMARY KEY,
    scheme          TEXT NOT NULL,
    cases           BIGINT NOT NULL,
    amount_yen      BIGINT NOT NULL,
    made_by         BLOB NOT NULL REFERENCES accounts (id),
    made_by_name    TEXT NOT NULL,
    made_at         BIGINT NOT NULL,
    decided_on      TEXT,
    decided_by_name TEXT,
    decided_at      BIGINT,
    filed_by_name   TEXT,
    filed_at        BIGINT
);
CREATE INDEX grant_batches_by_time ON grant_batches (made_at, id);
CREATE TABLE grant_awards (
    application_id  BLOB PRIMARY KEY REFERENCES applications (id),
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    scheme          TEXT NOT NULL,
    scheme_version  BIGINT NOT NULL,
    scheme_name     TEXT NOT NULL,
    amount_yen      BIGINT NOT NULL,
    lines           TEXT NOT NULL,
    accepted_at     BIGINT NOT NULL,
    batch_id        BLOB REFERENCES grant_batches (id)
);
CREATE INDEX grant_awards_waiting ON grant_awards (scheme, accepted_at, application_id) WHERE batch_id IS NULL;
CREATE INDEX grant_awards_of_batch ON grant_awards (batch_id, application_id) WHERE batch_id IS NOT NULL;
CREATE INDEX grant_awards_of_institution ON grant_awards (institution_id, scheme, application_id);
CREATE TABLE grants (
    id              BLOB PRIMARY KEY,
    batch_id        BLOB NOT NULL REFERENCES grant_batches (id),
    application_id  BLOB NOT NULL REFERENCES grant_awards (application_id),
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    kind            TEXT NOT NULL,
    fiscal_year     BIGINT NOT NULL,
    number          BIGINT,
    amount_yen      BIGINT NOT NULL,
    reverses        BLOB REFERENCES grants (id),
    note            TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE UNIQUE INDEX grants_once ON grants (application_id) WHERE kind = 'grant';
CREATE UNIQUE INDEX grants_reversed_once ON grants (reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX grants_numbered ON grants (fiscal_year, number) WHERE number IS NOT NULL;
CREATE INDEX grants_of_batch ON grants (batch_id, id);
CREATE INDEX grants_of_institution ON grants (institution_id, at, id);
CREATE TABLE grant_payments (
    grant_id        BLOB PRIMARY KEY REFERENCES grants (id),
    batch_id        BLOB NOT NULL REFERENCES grant_batches (id),
    amount_yen      BIGINT NOT NULL,
    listed_at       BIGINT NOT NULL
);
CREATE INDEX grant_payments_of_batch ON grant_payments (batch_id, grant_id);
CREATE TABLE grant_receipts (
    grant_id        BLOB PRIMARY KEY REFERENCES grant_payments (grant_id),
    paid_on         TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE TRIGGER grants_stay_unchanged BEFORE UPDATE ON grants BEGIN SELECT RAISE(ABORT, 'the ledger of grants is append-only'); END;
CREATE TRIGGER grants_stay_whole BEFORE DELETE ON grants BEGIN SELECT RAISE(ABORT, 'the ledger of grants is append-only'); END;
CREATE TRIGGER grant_payments_stay_unchanged BEFORE UPDATE ON grant_payments BEGIN SELECT RAISE(ABORT, 'payments of grants are append-only'); END;
CREATE TRIGGER grant_payments_stay_whole BEFORE DELETE ON grant_payments BEGIN SELECT RAISE(ABORT, 'payments of grants are append-only'); END;
CREATE TRIGGER grant_receipts_stay_unchanged BEFORE UPDATE ON grant_receipts BEGIN SELECT RAISE(ABORT, 'payments of grants are append-only'); END;
CREATE TRIGGER grant_receipts_stay_whole BEFORE DELETE ON grant_receipts BEGIN SELECT RAISE(ABORT, 'payments of grants are append-only'); END;
CREATE TRIGGER grant_batches_stay_decided BEFORE UPDATE OF scheme, cases, amount_yen, made_by, decided_on, decided_at ON grant_batches
    WHEN OLD.decided_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a decided batch is append-only'); END;
CREATE TRIGGER grant_batches_stay_whole BEFORE DELETE ON grant_batches
    WHEN OLD.decided_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a decided batch is append-only'); END;
