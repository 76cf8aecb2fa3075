-- A notice has a life, an audience and a history. `published_at` is when it begins, `until_at` when it ends by itself; scores, prefectures
-- and procedures are sets of bits, 0 meaning all (domain/src/content/notices.rs).
ALTER TABLE notices ADD COLUMN state TEXT NOT NULL DEFAULT 'published';
ALTER TABLE notices ADD COLUMN until_at BIGINT;
ALTER TABLE notices ADD COLUMN scores BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN prefectures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN procedures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN tells BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE notices ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE notices ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE notices SET updated_at = published_at;
CREATE INDEX notices_by_change ON notices (updated_at, id);

-- Each row is a notice as it was after an act, and who did it.
CREATE TABLE notice_versions (
    notice_id     UUID NOT NULL REFERENCES notices (id),
    version       BIGINT NOT NULL,
    act           TEXT NOT NULL,
    state         TEXT NOT NULL,
    title         TEXT NOT NULL,
    important     BOOLEAN NOT NULL,
    body          TEXT NOT NULL,
    published_at  BIGINT NOT NULL,
    until_at      BIGINT,
    scores        BIGINT NOT NULL,
    prefectures   BIGINT NOT NULL,
    procedures    BIGINT NOT NULL,
    tells         BOOLEAN NOT NULL,
    account_id    UUID REFERENCES accounts (id),
    person        TEXT NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (notice_id, version)
);

-- Addresses that confirmed that they want mails. Whoever ends it is removed; who never confirmed was never here.
CREATE TABLE subscriptions (
    id            UUID PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    account_id    UUID REFERENCES accounts (id),
    procedures    BIGINT NOT NULL,
    important     BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL,
    refusals      BIGINT NOT NULL,
    refused_at    BIGINT NOT NULL
);

-- That a subscriber was told of a notice: so that nobody is told twice, however often the work is done.
CREATE TABLE notice_mails (
    notice_id        UUID NOT NULL,
    subscription_id  UUID NOT NULL,
    at               BIGINT NOT NULL,
    PRIMARY KEY (notice_id, subscription_id)
);
CREATE INDEX notice_mails_by_time ON notice_mails (at);

-- Where a mail program ends what the mail comes from with one click (RFC 8058).
ALTER TABLE mails ADD COLUMN unsubscribe TEXT;

-- Troubles and maintenance. `over_at` is when it ended or will end by itself; of a trouble that goes on, the end of time.
CREATE TABLE service_states (
    id            UUID PRIMARY KEY,
    kind          TEXT NOT NULL,
    title         TEXT NOT NULL,
    parts         TEXT NOT NULL,
    from_at       BIGINT NOT NULL,
    until_at      BIGINT,
    over_at       BIGINT NOT NULL,
    closed_by     TEXT,
    version       BIGINT NOT NULL
);
CREATE INDEX service_states_by_end ON service_states (over_at, id);

CREATE TABLE service_updates (
    id            UUID PRIMARY KEY,
    state_id      UUID NOT NULL REFERENCES service_states (id),
    words         TEXT NOT NULL,
    account_id    UUID REFERENCES accounts (id),
    person        TEXT NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX service_updates_of ON service_updates (state_id, at, id);
