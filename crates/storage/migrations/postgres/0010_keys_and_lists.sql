-- Who holds a key: the case whose certificate had it first; the number of nobody for the operator's own keys, and for those of
-- which nobody knows whose they are. The table answers what the index by key did. And every certificate by its end, not the valid
-- ones alone, since the check of every night reads the revoked ones, too.
CREATE TABLE key_holders (
    key_hash    TEXT PRIMARY KEY,
    holder      UUID NOT NULL
);
INSERT INTO key_holders (key_hash, holder)
    SELECT key_hash, COALESCE(application_id, '00000000-0000-0000-0000-000000000000') FROM certificates
    WHERE key_hash <> '' ORDER BY id
    ON CONFLICT (key_hash) DO NOTHING;
DROP INDEX certificates_by_key;
DROP INDEX certificates_ending;
CREATE INDEX certificates_by_end ON certificates (not_after, id) WHERE state <> 'prepared';
