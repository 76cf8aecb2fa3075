-- 委任: a vendor prepares applications for an institution, and its members confirm and send them. What a vendor prepared is noted
-- beside the case, with the mandate under which it did.
CREATE TABLE mandates (
    id              UUID PRIMARY KEY,
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    code            TEXT NOT NULL,
    email           TEXT NOT NULL,
    company         TEXT NOT NULL,
    kinds           TEXT NOT NULL,
    given_at        BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    account_id      UUID REFERENCES accounts (id),
    accepted_at     BIGINT,
    warned_at       BIGINT,
    ended_at        BIGINT,
    ended_how       TEXT
);
-- One at a time for each address at an institution.
CREATE UNIQUE INDEX mandates_living ON mandates (institution_id, email) WHERE ended_at IS NULL;
CREATE INDEX mandates_of_institution ON mandates (institution_id, id);
CREATE INDEX mandates_of_vendor ON mandates (account_id, code) WHERE ended_at IS NULL;
CREATE INDEX mandates_by_end ON mandates (ends_at, id) WHERE ended_at IS NULL;

CREATE TABLE mandate_acts (
    id          UUID PRIMARY KEY,
    mandate_id  UUID NOT NULL REFERENCES mandates (id),
    act         TEXT NOT NULL,
    actor_name  TEXT NOT NULL,
    note        TEXT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX mandate_acts_of ON mandate_acts (mandate_id, id);

CREATE TABLE preparations (
    application_id  UUID NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    account_id      UUID NOT NULL REFERENCES accounts (id),
    mandate_id      UUID NOT NULL REFERENCES mandates (id),
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    begun_at        BIGINT NOT NULL,
    asked_at        BIGINT,
    PRIMARY KEY (application_id, account_id)
);
CREATE INDEX preparations_of_vendor ON preparations (account_id, institution_id, application_id);
-- What waits for the members of an institution.
CREATE INDEX preparations_asked ON preparations (institution_id, asked_at) WHERE asked_at IS NOT NULL;
