-- Revocation lists by shard: the newest list of each, how often the shard changed and how many of the changes the list knows.
-- OCSP answers made before they are asked for. Which certificate follows which, and when it was installed.
ALTER TABLE authorities ADD COLUMN crl_shards BIGINT NOT NULL DEFAULT 64;
ALTER TABLE certificates ADD COLUMN crl_shard BIGINT NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN renews BLOB REFERENCES certificates (id);
ALTER TABLE certificates ADD COLUMN installed_at BIGINT;
ALTER TABLE crls ADD COLUMN shard BIGINT NOT NULL DEFAULT 0;
DROP INDEX certificates_by_state;
CREATE INDEX certificates_revoked ON certificates (authority_id, crl_shard, not_after, serial, revoked_at, revocation_reason)
    WHERE revoked_at IS NOT NULL;
CREATE INDEX certificates_renewing ON certificates (renews) WHERE renews IS NOT NULL;
CREATE INDEX crls_by_shard ON crls (authority_id, shard, number);
CREATE TABLE crl_shards (
    authority_id  BLOB NOT NULL REFERENCES authorities (id),
    shard         BIGINT NOT NULL,
    changes       BIGINT NOT NULL,
    covers        BIGINT NOT NULL,
    number        BIGINT NOT NULL,
    this_update   BIGINT NOT NULL,
    next_update   BIGINT NOT NULL,
    PRIMARY KEY (authority_id, shard)
);
CREATE TABLE ocsp_answers (
    certificate_id  BLOB PRIMARY KEY REFERENCES certificates (id),
    status          TEXT NOT NULL,
    tbs             BLOB NOT NULL,
    answer          BLOB,
    produced_at     BIGINT NOT NULL,
    next_update     BIGINT NOT NULL
);
CREATE INDEX certificates_answered ON certificates (authority_id, id, state, not_after);
CREATE TABLE leases (
    name    TEXT PRIMARY KEY,
    holder  TEXT NOT NULL,
    until   BIGINT NOT NULL
);
