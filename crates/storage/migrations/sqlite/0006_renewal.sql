-- A renewal costs a fee once for each certificate that is renewed, so a case may have several entries of that kind. What its owner
-- allowed in advance: renewals by the terminal itself, or one renewal after the end.
CREATE TABLE ledger_wider (
    id              BLOB PRIMARY KEY,
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    application_id  BLOB NOT NULL REFERENCES applications (id),
    kind            TEXT NOT NULL,
    amount_yen      BIGINT NOT NULL,
    payment         TEXT NOT NULL,
    note            TEXT NOT NULL,
    at              BIGINT NOT NULL,
    certificate_id  BLOB REFERENCES certificates (id)
);
INSERT INTO ledger_wider (id, institution_id, application_id, kind, amount_yen, payment, note, at)
    SELECT id, institution_id, application_id, kind, amount_yen, payment, note, at FROM ledger;
DROP TABLE ledger;
ALTER TABLE ledger_wider RENAME TO ledger;
CREATE INDEX ledger_by_time ON ledger (at, id);
CREATE INDEX ledger_by_application ON ledger (application_id, at, id);
CREATE UNIQUE INDEX ledger_once_a_case ON ledger (application_id, kind) WHERE certificate_id IS NULL;
CREATE UNIQUE INDEX ledger_once_a_certificate ON ledger (certificate_id, kind) WHERE certificate_id IS NOT NULL;
CREATE TABLE renewal_permits (
    application_id  BLOB NOT NULL REFERENCES applications (id),
    kind            TEXT NOT NULL,
    account_id      BLOB NOT NULL REFERENCES accounts (id),
    fee_yen         BIGINT NOT NULL,
    given_at        BIGINT NOT NULL,
    until           BIGINT,
    PRIMARY KEY (application_id, kind)
);
