-- Times are milliseconds since 1970 UTC, ids UUIDs of version 7, months 'YYYY-MM', booleans BOOLEAN.
-- The same tables, columns and indexes stand in both folders; a test compares them.

CREATE TABLE institutions (
    id            UUID PRIMARY KEY,
    code          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    name_kana     TEXT NOT NULL,
    postal_code   TEXT NOT NULL,
    address       TEXT NOT NULL,
    phone         TEXT NOT NULL,
    founder       TEXT NOT NULL,
    status        TEXT NOT NULL,
    valid_from    TEXT,
    valid_to      TEXT,
    in_register   BOOLEAN NOT NULL,
    search_text   TEXT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX institutions_waiting ON institutions (code) WHERE NOT in_register;

CREATE TABLE imports (
    id            UUID PRIMARY KEY,
    file_name     TEXT NOT NULL,
    actor         TEXT NOT NULL,
    actor_name    TEXT NOT NULL,
    started_at    BIGINT NOT NULL,
    finished_at   BIGINT,
    summary       JSONB NOT NULL,
    report        TEXT NOT NULL
);
CREATE INDEX imports_by_time ON imports (started_at, id);

CREATE TABLE accounts (
    id              UUID PRIMARY KEY,
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    password_hash   TEXT,
    must_reset      BOOLEAN NOT NULL,
    staff           BOOLEAN NOT NULL,
    roles           TEXT NOT NULL,
    totp_secret     BYTEA,
    totp_last_step  BIGINT NOT NULL,
    disabled_at     BIGINT,
    created_at      BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    account_id    UUID NOT NULL REFERENCES accounts (id),
    hash          TEXT NOT NULL,
    used_at       BIGINT,
    PRIMARY KEY (account_id, hash)
);

CREATE TABLE memberships (
    id              UUID PRIMARY KEY,
    account_id      UUID NOT NULL REFERENCES accounts (id),
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    role            TEXT NOT NULL,
    state           TEXT NOT NULL,
    code_hash       TEXT,
    tries           BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    decided_at      BIGINT,
    decided_by      TEXT,
    UNIQUE (account_id, institution_id)
);
CREATE INDEX memberships_by_account ON memberships (account_id, state, institution_id);
CREATE INDEX memberships_by_institution ON memberships (institution_id, state);
CREATE INDEX memberships_by_state ON memberships (state, created_at);

CREATE TABLE sessions (
    token_hash       TEXT PRIMARY KEY,
    account_id       UUID NOT NULL REFERENCES accounts (id),
    institution_id   UUID,
    created_at       BIGINT NOT NULL,
    seen_at          BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    second_factor    BOOLEAN NOT NULL,
    device           TEXT NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_account ON sessions (account_id, expires_at);

CREATE TABLE tokens (
    hash          TEXT PRIMARY KEY,
    purpose       TEXT NOT NULL,
    email         TEXT NOT NULL,
    account_id    UUID,
    payload       JSONB NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT
);
CREATE INDEX tokens_by_account ON tokens (account_id, purpose);
CREATE INDEX tokens_by_end ON tokens (expires_at);

CREATE TABLE throttles (
    key           TEXT PRIMARY KEY,
    window_start  BIGINT NOT NULL,
    count         BIGINT NOT NULL
);
CREATE INDEX throttles_by_time ON throttles (window_start);

CREATE TABLE applications (
    id              UUID PRIMARY KEY,
    kind            TEXT NOT NULL,
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    state           TEXT NOT NULL,
    version         BIGINT NOT NULL,
    reference       TEXT UNIQUE,
    answers         JSONB NOT NULL,
    findings        JSONB NOT NULL,
    line_id         TEXT,
    terminal_name   TEXT,
    start_month     TEXT,
    sent_with       UUID,
    created_by      UUID NOT NULL REFERENCES accounts (id),
    submitted_by    UUID,
    assignee        UUID,
    reasons         JSONB NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    submitted_at    BIGINT,
    state_since     BIGINT NOT NULL
);
CREATE UNIQUE INDEX applications_one_draft ON applications (institution_id, kind) WHERE state = 'draft';
CREATE INDEX applications_by_institution ON applications (institution_id, updated_at, id);
CREATE INDEX applications_by_kind ON applications (institution_id, kind, state, submitted_at, id);
CREATE INDEX applications_queue ON applications (kind, state, submitted_at, id);
CREATE INDEX applications_by_line ON applications (line_id) WHERE line_id IS NOT NULL;
CREATE INDEX applications_sent_with ON applications (sent_with) WHERE sent_with IS NOT NULL;

CREATE TABLE application_events (
    id              UUID PRIMARY KEY,
    application_id  UUID NOT NULL REFERENCES applications (id),
    event           TEXT NOT NULL,
    state           TEXT NOT NULL,
    actor           TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    note            TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE INDEX application_events_of ON application_events (application_id, at, id);

CREATE TABLE authorities (
    id            UUID PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    role          TEXT NOT NULL,
    certificate   BYTEA NOT NULL,
    crl_number    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE certificates (
    id                 UUID PRIMARY KEY,
    authority_id       UUID NOT NULL REFERENCES authorities (id),
    application_id     UUID REFERENCES applications (id),
    institution_id     UUID REFERENCES institutions (id),
    serial             TEXT NOT NULL UNIQUE,
    profile            TEXT NOT NULL,
    state              TEXT NOT NULL,
    subject            TEXT NOT NULL,
    key_hash           TEXT NOT NULL,
    tbs                BYTEA NOT NULL,
    certificate        BYTEA,
    not_before         BIGINT NOT NULL,
    not_after          BIGINT NOT NULL,
    prepared_at        BIGINT NOT NULL,
    signed_at          BIGINT,
    revoked_at         BIGINT,
    revocation_reason  TEXT
);
CREATE INDEX certificates_of_application ON certificates (application_id, prepared_at);
CREATE INDEX certificates_by_state ON certificates (authority_id, state, revoked_at);
CREATE INDEX certificates_by_institution ON certificates (institution_id, not_after);
CREATE INDEX certificates_prepared ON certificates (prepared_at) WHERE state = 'prepared';

CREATE TABLE crls (
    authority_id  UUID NOT NULL REFERENCES authorities (id),
    number        BIGINT NOT NULL,
    tbs           BYTEA NOT NULL,
    crl           BYTEA,
    this_update   BIGINT NOT NULL,
    next_update   BIGINT NOT NULL,
    PRIMARY KEY (authority_id, number)
);

CREATE TABLE letter_batches (
    id            UUID PRIMARY KEY,
    created_by    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    confirmed_at  BIGINT
);

CREATE TABLE letters (
    id               UUID PRIMARY KEY,
    kind             TEXT NOT NULL,
    state            TEXT NOT NULL,
    application_id   UUID REFERENCES applications (id),
    membership_id    UUID REFERENCES memberships (id),
    institution_id   UUID NOT NULL REFERENCES institutions (id),
    addressee        TEXT NOT NULL,
    pickup_id        TEXT UNIQUE,
    secret_hash      TEXT,
    secret_sealed    BYTEA,
    tries            BIGINT NOT NULL,
    batch_id         UUID REFERENCES letter_batches (id),
    tracking_number  TEXT,
    deadline         BIGINT,
    created_at       BIGINT NOT NULL,
    printed_at       BIGINT,
    posted_at        BIGINT,
    delivered_at     BIGINT
);
CREATE INDEX letters_by_state ON letters (state, created_at, id);
CREATE INDEX letters_of_application ON letters (application_id, created_at);
CREATE INDEX letters_of_membership ON letters (membership_id, created_at);
CREATE INDEX letters_of_batch ON letters (batch_id, created_at, id);
CREATE INDEX letters_by_time ON letters (created_at, id);
CREATE INDEX letters_by_number ON letters (tracking_number) WHERE tracking_number IS NOT NULL;

CREATE TABLE ledger (
    id              UUID PRIMARY KEY,
    institution_id  UUID NOT NULL REFERENCES institutions (id),
    application_id  UUID NOT NULL REFERENCES applications (id),
    kind            TEXT NOT NULL,
    amount_yen      BIGINT NOT NULL,
    payment         TEXT NOT NULL,
    note            TEXT NOT NULL,
    at              BIGINT NOT NULL,
    UNIQUE (application_id, kind)
);
CREATE INDEX ledger_by_time ON ledger (at, id);

CREATE TABLE jobs (
    id            UUID PRIMARY KEY,
    kind          TEXT NOT NULL,
    dedup_key     TEXT UNIQUE,
    payload       JSONB NOT NULL,
    run_at        BIGINT NOT NULL,
    attempt       BIGINT NOT NULL,
    leased_until  BIGINT NOT NULL,
    leased_by     TEXT,
    done_at       BIGINT,
    failed_at     BIGINT,
    last_error    TEXT
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX jobs_failed ON jobs (failed_at, id) WHERE failed_at IS NOT NULL;

CREATE TABLE mails (
    id              UUID PRIMARY KEY,
    recipient       TEXT NOT NULL,
    subject         TEXT NOT NULL,
    body            TEXT NOT NULL,
    state           TEXT NOT NULL,
    answer          TEXT NOT NULL,
    message_id      TEXT NOT NULL UNIQUE,
    account_id      UUID,
    application_id  UUID,
    attachment      JSONB,
    created_at      BIGINT NOT NULL,
    sent_at         BIGINT
);
CREATE INDEX mails_by_time ON mails (created_at, id);
CREATE INDEX mails_of_application ON mails (application_id, created_at);
CREATE INDEX mails_of_account ON mails (account_id, created_at);

CREATE TABLE audit (
    seq           BIGINT PRIMARY KEY,
    at            BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    on_behalf_of  TEXT NOT NULL,
    action        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    source        TEXT NOT NULL,
    before_hash   TEXT NOT NULL,
    after_hash    TEXT NOT NULL,
    previous      TEXT NOT NULL,
    hash          TEXT NOT NULL
);
CREATE INDEX audit_by_subject ON audit (subject, seq);

CREATE TABLE audit_head (
    id            BIGINT PRIMARY KEY,
    seq           BIGINT NOT NULL,
    hash          TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

CREATE TABLE documents (
    slug          TEXT NOT NULL,
    version       TEXT NOT NULL,
    title         TEXT NOT NULL,
    body          TEXT NOT NULL,
    effective_at  BIGINT NOT NULL,
    PRIMARY KEY (slug, version)
);

CREATE TABLE articles (
    slug          TEXT PRIMARY KEY,
    number        TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    category      TEXT NOT NULL,
    title         TEXT NOT NULL,
    body          TEXT NOT NULL,
    editor        TEXT NOT NULL,
    search_text   TEXT NOT NULL,
    views         BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE TABLE notices (
    id            UUID PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    title         TEXT NOT NULL,
    important     BOOLEAN NOT NULL,
    body          TEXT NOT NULL,
    search_text   TEXT NOT NULL,
    views         BIGINT NOT NULL,
    published_at  BIGINT NOT NULL
);
CREATE INDEX notices_by_time ON notices (published_at, id);

CREATE TABLE option_lists (
    name          TEXT PRIMARY KEY,
    entries       JSONB NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE TABLE inquiries (
    id              UUID PRIMARY KEY,
    reference       TEXT NOT NULL UNIQUE,
    institution_id  UUID REFERENCES institutions (id),
    account_id      UUID NOT NULL REFERENCES accounts (id),
    category        TEXT NOT NULL,
    body            TEXT NOT NULL,
    answer          TEXT NOT NULL,
    state           TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    answered_at     BIGINT
);
CREATE INDEX inquiries_by_state ON inquiries (state, created_at, id);
CREATE INDEX inquiries_of_institution ON inquiries (institution_id, created_at);
CREATE INDEX inquiries_of_account ON inquiries (account_id, created_at, id);

CREATE TABLE settings (
    name          TEXT PRIMARY KEY,
    value         TEXT NOT NULL
);
