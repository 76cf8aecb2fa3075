-- Terminals: where each stands, which warnings of its certificate's end were sent, which keys were reported lost, and the
-- calendar of each institution. Letters: whether the sheet was opened for the print, and batches that have a number.
CREATE TABLE terminals (
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    name            TEXT NOT NULL,
    place           TEXT NOT NULL,
    retired_at      BIGINT,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (institution_id, name)
);
CREATE INDEX applications_by_terminal ON applications (institution_id, terminal_name, submitted_at, id)
    WHERE terminal_name IS NOT NULL;
CREATE INDEX certificates_ending ON certificates (not_after, id) WHERE state = 'valid';
CREATE TABLE expiry_notices (
    certificate_id  BLOB NOT NULL REFERENCES certificates (id),
    rung            BIGINT NOT NULL,
    sent_at         BIGINT NOT NULL,
    PRIMARY KEY (certificate_id, rung)
);
CREATE TABLE loss_reports (
    certificate_id  BLOB PRIMARY KEY REFERENCES certificates (id),
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    reported_by     TEXT NOT NULL,
    reporter_name   TEXT NOT NULL,
    reported_at     BIGINT NOT NULL,
    done_at         BIGINT
);
CREATE INDEX loss_reports_open ON loss_reports (reported_at, certificate_id) WHERE done_at IS NULL;
CREATE INDEX loss_reports_by_institution ON loss_reports (institution_id, reported_at);
CREATE TABLE calendar_feeds (
    institution_id  BLOB PRIMARY KEY REFERENCES institutions (id),
    token_hash      TEXT NOT NULL UNIQUE,
    token_sealed    BLOB NOT NULL,
    created_at      BIGINT NOT NULL
);
ALTER TABLE letters ADD COLUMN opened_at BIGINT;
CREATE INDEX letters_on_their_way ON letters (posted_at, id) WHERE state = 'posted' AND delivered_at IS NULL;
ALTER TABLE letter_batches ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
UPDATE letter_batches SET number = (SELECT COUNT(*) FROM letter_batches b
    WHERE b.created_at < letter_batches.created_at OR (b.created_at = letter_batches.created_at AND b.id <= letter_batches.id));
CREATE UNIQUE INDEX letter_batches_by_number ON letter_batches (number);
