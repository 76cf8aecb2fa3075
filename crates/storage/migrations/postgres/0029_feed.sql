-- What downstream systems are told, in the order in which the transactions that said it became durable.
CREATE TABLE events (
    seq               BIGINT PRIMARY KEY,
    id                UUID NOT NULL UNIQUE,
    kind              TEXT NOT NULL,
    subject           TEXT NOT NULL,
    institution_id    UUID REFERENCES institutions (id),
    institution_code  TEXT,
    data              JSONB NOT NULL,
    at                BIGINT NOT NULL
);
-- The last number that was given, and the last one whose event was removed after its period.
CREATE TABLE event_head (
    id       BIGINT PRIMARY KEY,
    seq      BIGINT NOT NULL,
    removed  BIGINT NOT NULL
);
INSERT INTO event_head (id, seq, removed) VALUES (1, 0, 0);

-- Access tokens of machines: of the operator's systems, or of one institution's.
CREATE TABLE access_tokens (
    id              UUID PRIMARY KEY,
    token_hash      TEXT NOT NULL UNIQUE,
    hint            TEXT NOT NULL,
    name            TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    account_id      UUID NOT NULL REFERENCES accounts (id),
    institution_id  UUID REFERENCES institutions (id),
    created_at      BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    used_at         BIGINT,
    revoked_at      BIGINT,
    revoked_by      UUID REFERENCES accounts (id)
);
CREATE INDEX access_tokens_of_institution ON access_tokens (institution_id, created_at, id)
    WHERE institution_id IS NOT NULL;
CREATE INDEX access_tokens_of_office ON access_tokens (created_at, id) WHERE institution_id IS NULL;

-- Requests that a machine may send again, and that are then answered as before.
CREATE TABLE api_requests (
    token_id        UUID NOT NULL REFERENCES access_tokens (id),
    key             TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (token_id, key)
);
CREATE INDEX api_requests_by_time ON api_requests (at);

-- Downstream systems that are called, and how far each has come.
CREATE TABLE webhook_receivers (
    id             UUID PRIMARY KEY,
    name           TEXT NOT NULL,
    url            TEXT NOT NULL,
    kinds          TEXT NOT NULL,
    secret_sealed  BYTEA NOT NULL,
    state          TEXT NOT NULL,
    place          BIGINT NOT NULL,
    failures       BIGINT NOT NULL,
    failing_since  BIGINT,
    next_try_at    BIGINT NOT NULL,
    created_by     UUID NOT NULL REFERENCES accounts (id),
    created_at     BIGINT NOT NULL
);
CREATE INDEX webhook_receivers_by_state ON webhook_receivers (state, id);

-- What each receiver said to each event.
CREATE TABLE webhook_deliveries (
    receiver_id   UUID NOT NULL REFERENCES webhook_receivers (id),
    seq           BIGINT NOT NULL,
    tries         BIGINT NOT NULL,
    status        BIGINT,
    words         TEXT NOT NULL,
    tried_at      BIGINT NOT NULL,
    delivered_at  BIGINT,
    PRIMARY KEY (receiver_id, seq)
);
