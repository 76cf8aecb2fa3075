-- Files of applications: what is known of each. Their content lies in the object store, under a name made of the identifier;
-- a row is there before its content and goes after it. The case of a row may be gone before it: a draft is thrown away at once.
CREATE TABLE uploads (
    id              UUID PRIMARY KEY,
    application_id  UUID NOT NULL,
    field           TEXT NOT NULL,
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    size            BIGINT NOT NULL,
    sha256          TEXT NOT NULL,
    shard           BIGINT NOT NULL,
    state           TEXT NOT NULL,
    finding         TEXT NOT NULL,
    author          UUID NOT NULL,
    made_at         BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);
CREATE INDEX uploads_of_case ON uploads (application_id, id);
CREATE INDEX uploads_by_shard ON uploads (shard, id, state);
CREATE INDEX uploads_unfinished ON uploads (changed_at, id) WHERE state IN ('prepared', 'removing');
