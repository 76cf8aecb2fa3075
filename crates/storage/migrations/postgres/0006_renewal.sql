-- A renewal costs a fee once for each certificate that is renewed, so a case may have several entries of that kind. What its owner
-- allowed in advance: renewals by the terminal itself, or one renewal after the end.
ALTER TABLE ledger ADD COLUMN certificate_id UUID REFERENCES certificates (id);
ALTER TABLE ledger DROP CONSTRAINT ledger_application_id_kind_key;
CREATE INDEX ledger_by_application ON ledger (application_id, at, id);
CREATE UNIQUE INDEX ledger_once_a_case ON ledger (application_id, kind) WHERE certificate_id IS NULL;
CREATE UNIQUE INDEX ledger_once_a_certificate ON ledger (certificate_id, kind) WHERE certificate_id IS NOT NULL;
CREATE TABLE renewal_permits (
    application_id  UUID NOT NULL REFERENCES applications (id),
    kind            TEXT NOT NULL,
    account_id      UUID NOT NULL REFERENCES accounts (id),
    fee_yen         BIGINT NOT NULL,
    given_at        BIGINT NOT NULL,
    until           BIGINT,
    PRIMARY KEY (application_id, kind)
);
