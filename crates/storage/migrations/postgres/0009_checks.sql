-- The nightly check of stored certificates: one row a run, and what stands against which certificate.
CREATE TABLE certificate_checks (
    id          UUID PRIMARY KEY,
    night       TEXT UNIQUE,
    begun_at    BIGINT NOT NULL,
    ended_at    BIGINT,
    place_at    BIGINT NOT NULL,
    place_id    UUID NOT NULL,
    counted     BIGINT NOT NULL DEFAULT 0,
    bad         BIGINT NOT NULL DEFAULT 0,
    unchecked   BIGINT NOT NULL DEFAULT 0,
    fresh       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX certificate_checks_newest ON certificate_checks (begun_at, id);
CREATE TABLE certificate_findings (
    certificate_id  UUID PRIMARY KEY REFERENCES certificates (id),
    verdict         TEXT NOT NULL,
    reasons         TEXT NOT NULL,
    first_seen_at   BIGINT NOT NULL,
    last_seen_at    BIGINT NOT NULL
);
CREATE INDEX certificate_findings_listed ON certificate_findings (verdict, first_seen_at, certificate_id);
CREATE INDEX certificate_findings_seen ON certificate_findings (last_seen_at);
