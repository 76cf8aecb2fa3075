-- 承継: an old institution and the one that takes its place. `told` is the number of days before the end that people were told of
-- last, `ended_at` when the certificates of the old code were revoked.
CREATE TABLE successions (
    old_id          UUID PRIMARY KEY REFERENCES institutions (id),
    new_id          UUID NOT NULL REFERENCES institutions (id),
    application_id  UUID NOT NULL REFERENCES applications (id),
    reason          TEXT NOT NULL,
    changed_on      TEXT NOT NULL,
    ends_at         BIGINT NOT NULL,
    history         BOOLEAN NOT NULL,
    accepted_at     BIGINT NOT NULL,
    told            BIGINT,
    ended_at        BIGINT
);
CREATE UNIQUE INDEX successions_of_new ON successions (new_id);
CREATE UNIQUE INDEX successions_by_case ON successions (application_id);
CREATE INDEX successions_running ON successions (ends_at, old_id) WHERE ended_at IS NULL;

-- Codes of applications that were sent before the register had them; whoever sent one is told when it comes.
CREATE TABLE succession_codes (
    application_id  UUID PRIMARY KEY REFERENCES applications (id) ON DELETE CASCADE,
    code            TEXT NOT NULL,
    told_at         BIGINT
);
CREATE INDEX succession_codes_waiting ON succession_codes (code, application_id) WHERE told_at IS NULL;
