-- Staff: when each account was last used to log in, and the quarterly reviews of who may do what (権限の棚卸し).
ALTER TABLE accounts ADD COLUMN last_login_at BIGINT;
CREATE INDEX accounts_staff ON accounts (staff, email);

CREATE TABLE access_reviews (
    quarter       TEXT PRIMARY KEY,
    begun_at      BIGINT NOT NULL,
    due_at        BIGINT NOT NULL
);

CREATE TABLE access_review_lines (
    quarter        TEXT NOT NULL REFERENCES access_reviews (quarter),
    account_id     UUID NOT NULL REFERENCES accounts (id),
    roles          TEXT NOT NULL,
    last_login_at  BIGINT,
    second_factor  BOOLEAN NOT NULL,
    decision       TEXT,
    decided_roles  TEXT,
    decided_at     BIGINT,
    decided_by     UUID REFERENCES accounts (id),
    PRIMARY KEY (quarter, account_id)
);
CREATE INDEX access_review_lines_open ON access_review_lines (account_id) WHERE decision IS NULL;
