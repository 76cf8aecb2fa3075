-- 一括申請: one procedure for many institutions. A sheet is a table that a person handed in, with what was agreed to when it was
-- sent; a row is a form, and once it was sent the case that it became.
CREATE TABLE group_sheets (
    id          BLOB PRIMARY KEY,
    account_id  BLOB NOT NULL REFERENCES accounts (id),
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    row_count   BIGINT NOT NULL,
    state       TEXT NOT NULL,
    run         BIGINT NOT NULL,
    queued      BIGINT NOT NULL,
    sent        BIGINT NOT NULL,
    agreed      TEXT NOT NULL,
    fee_yen     BIGINT NOT NULL,
    source      TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    touched_at  BIGINT NOT NULL
);
CREATE INDEX group_sheets_of ON group_sheets (account_id, made_at, id);
CREATE INDEX group_sheets_old ON group_sheets (touched_at, id);
-- A person sends one table at a time: two that hold the same rows cannot cross.
CREATE UNIQUE INDEX group_sheets_sending ON group_sheets (account_id) WHERE state = 'sending';

CREATE TABLE group_rows (
    sheet_id        BLOB NOT NULL REFERENCES group_sheets (id),
    number          BIGINT NOT NULL,
    code            TEXT NOT NULL,
    institution_id  BLOB REFERENCES institutions (id),
    answers         TEXT NOT NULL,
    faults          TEXT NOT NULL,
    remarks         TEXT NOT NULL,
    state           TEXT NOT NULL,
    application_id  BLOB UNIQUE REFERENCES applications (id),
    PRIMARY KEY (sheet_id, number)
);
CREATE INDEX group_rows_by_state ON group_rows (sheet_id, state, number);
CREATE INDEX group_rows_of_place ON group_rows (sheet_id, institution_id, number);
