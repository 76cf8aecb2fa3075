-- Signed heads of the audit chain, checkpoints of what was removed after its period, and what the viewer needs: rows by person,
-- act and institution, the rows of each day, and how often each person looked at personal data on a day.
CREATE TABLE audit_signed_heads (
    number       BIGINT PRIMARY KEY,
    kind         TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    at           BIGINT NOT NULL,
    first_kept   BIGINT NOT NULL,
    previous     TEXT NOT NULL,
    signer       TEXT NOT NULL,
    signature    BYTEA NOT NULL
);
CREATE INDEX audit_signed_heads_by_row ON audit_signed_heads (kind, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_institution ON audit (on_behalf_of, seq) WHERE on_behalf_of <> '';
CREATE TABLE audit_days (
    day          TEXT PRIMARY KEY,
    first_seq    BIGINT NOT NULL,
    last_seq     BIGINT NOT NULL,
    row_count    BIGINT NOT NULL
);
INSERT INTO audit_days (day, first_seq, last_seq, row_count)
    SELECT to_char(to_timestamp(at / 1000.0) AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD'), MIN(seq), MAX(seq), COUNT(*) FROM audit GROUP BY 1;
CREATE TABLE audit_views (
    day          TEXT NOT NULL,
    actor        TEXT NOT NULL,
    view_count   BIGINT NOT NULL,
    subjects     BIGINT NOT NULL,
    PRIMARY KEY (day, actor)
);
INSERT INTO audit_views (day, actor, view_count, subjects)
    SELECT to_char(to_timestamp(at / 1000.0) AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD'), actor, COUNT(*), COUNT(DISTINCT subject) FROM audit
    WHERE action LIKE '%.view' AND actor LIKE 'account:%' GROUP BY 1, 2;
-- What the rules of keeping blank: refused and withdrawn cases after their period.
ALTER TABLE applications ADD COLUMN blanked_at BIGINT;
CREATE INDEX applications_to_blank ON applications (state_since, id)
    WHERE blanked_at IS NULL AND state IN ('rejected', 'withdrawn', 'cancelled');
