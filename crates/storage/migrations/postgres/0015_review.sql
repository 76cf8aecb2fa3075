-- What examining needs: filters that a person saved, notes among staff, questions to applicants, and what became of each case
-- of one decision on several.
CREATE TABLE saved_filters (
    id          UUID PRIMARY KEY,
    account_id  UUID NOT NULL REFERENCES accounts (id),
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    query       TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX saved_filters_of ON saved_filters (account_id, kind, name);

CREATE TABLE case_notes (
    id              UUID PRIMARY KEY,
    application_id  UUID NOT NULL REFERENCES applications (id),
    author          UUID NOT NULL REFERENCES accounts (id),
    author_name     TEXT NOT NULL,
    note            TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE INDEX case_notes_of ON case_notes (application_id, at, id);

CREATE TABLE case_questions (
    id              UUID PRIMARY KEY,
    application_id  UUID NOT NULL REFERENCES applications (id),
    asked_by        UUID NOT NULL REFERENCES accounts (id),
    asked_by_name   TEXT NOT NULL,
    question        TEXT NOT NULL,
    asked_at        BIGINT NOT NULL,
    until           BIGINT NOT NULL,
    answer          TEXT NOT NULL DEFAULT '',
    answered_by     UUID REFERENCES accounts (id),
    answered_name   TEXT NOT NULL DEFAULT '',
    answered_at     BIGINT
);
CREATE INDEX case_questions_of ON case_questions (application_id, asked_at, id);

CREATE TABLE decision_runs (
    id          UUID PRIMARY KEY,
    account_id  UUID NOT NULL REFERENCES accounts (id),
    kind        TEXT NOT NULL,
    act         TEXT NOT NULL,
    back        TEXT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE TABLE decision_results (
    run_id          UUID NOT NULL REFERENCES decision_runs (id),
    place           BIGINT NOT NULL,
    application_id  UUID NOT NULL REFERENCES applications (id),
    outcome         TEXT NOT NULL,
    words           TEXT NOT NULL,
    PRIMARY KEY (run_id, place)
);
CREATE INDEX decision_results_of ON decision_results (application_id);
