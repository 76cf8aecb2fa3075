-- Inquiries become threads of messages about a case where one was chosen; what was asked and answered before becomes the
-- first two messages. Beside them: what came by mail and belongs to no thread, and telephone calls that were answered.
CREATE TABLE inquiry_messages (
    id            UUID PRIMARY KEY,
    inquiry_id    UUID NOT NULL REFERENCES inquiries (id),
    number        BIGINT NOT NULL,
    author        TEXT NOT NULL,
    account_id    UUID REFERENCES accounts (id),
    way           TEXT NOT NULL,
    body          TEXT NOT NULL,
    attachments   TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX inquiry_messages_of ON inquiry_messages (inquiry_id, number, id);
INSERT INTO inquiry_messages (id, inquiry_id, number, author, account_id, way, body, attachments, created_at)
    SELECT id, id, 1, 'applicant', account_id, 'page', body, '', created_at FROM inquiries;
INSERT INTO inquiry_messages (id, inquiry_id, number, author, account_id, way, body, attachments, created_at)
    SELECT gen_random_uuid(), id, 2, 'staff', NULL, 'page', answer, '', answered_at FROM inquiries WHERE answered_at IS NOT NULL;

ALTER TABLE inquiries ADD COLUMN application_id UUID REFERENCES applications (id) ON DELETE SET NULL;
ALTER TABLE inquiries ADD COLUMN way TEXT NOT NULL DEFAULT 'page';
ALTER TABLE inquiries ADD COLUMN assignee UUID REFERENCES accounts (id);
ALTER TABLE inquiries ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inquiries ADD COLUMN messages BIGINT NOT NULL DEFAULT 1;
ALTER TABLE inquiries ADD COLUMN answered_month TEXT;
ALTER TABLE inquiries ADD COLUMN answer_ms BIGINT;
ALTER TABLE inquiries ADD COLUMN answered_late BOOLEAN;
UPDATE inquiries SET since = COALESCE(answered_at, created_at), answer_ms = answered_at - created_at,
    messages = CASE WHEN answered_at IS NULL THEN 1 ELSE 2 END,
    answered_month = to_char(to_timestamp((answered_at + 32400000) / 1000) AT TIME ZONE 'UTC', 'YYYY-MM');
ALTER TABLE inquiries DROP COLUMN body;
ALTER TABLE inquiries DROP COLUMN answer;
DROP INDEX inquiries_by_state;
CREATE INDEX inquiries_by_state ON inquiries (state, since, id);
CREATE INDEX inquiries_by_assignee ON inquiries (assignee, state, since, id) WHERE assignee IS NOT NULL;
CREATE INDEX inquiries_of_application ON inquiries (application_id, created_at) WHERE application_id IS NOT NULL;
CREATE INDEX inquiries_by_time ON inquiries (created_at, category);
CREATE INDEX inquiries_by_answer ON inquiries (answered_month, category, answer_ms) WHERE answered_month IS NOT NULL;

ALTER TABLE mails ADD COLUMN inquiry_id UUID REFERENCES inquiries (id);
ALTER TABLE mails ADD COLUMN reply_to TEXT;
CREATE INDEX mails_of_inquiry ON mails (inquiry_id, created_at) WHERE inquiry_id IS NOT NULL;

CREATE TABLE inquiry_mails (
    key           TEXT PRIMARY KEY,
    taken_at      BIGINT NOT NULL
);
CREATE INDEX inquiry_mails_by_time ON inquiry_mails (taken_at);

CREATE TABLE inquiry_strays (
    id            UUID PRIMARY KEY,
    reason        TEXT NOT NULL,
    sender        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    body          TEXT NOT NULL,
    attachments   TEXT NOT NULL,
    inquiry_id    UUID REFERENCES inquiries (id),
    received_at   BIGINT NOT NULL,
    done_at       BIGINT,
    done_by       UUID REFERENCES accounts (id)
);
CREATE INDEX inquiry_strays_open ON inquiry_strays (received_at, id) WHERE done_at IS NULL;

CREATE TABLE calls (
    id              UUID PRIMARY KEY,
    application_id  UUID NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    caller          UUID NOT NULL REFERENCES accounts (id),
    agent           UUID NOT NULL REFERENCES accounts (id),
    opened_at       BIGINT NOT NULL
);
CREATE INDEX calls_of_application ON calls (application_id, opened_at);
