-- Fees: what an applicant agreed to, entries that take others back, months that are closed, their bills, and what is paid on them.
-- What was once written stays: entries, what a closing holds, and payments can be neither changed nor removed.
CREATE TABLE fee_consents (
    application_id  BLOB PRIMARY KEY REFERENCES applications (id) ON DELETE CASCADE,
    fee_yen         BIGINT NOT NULL,
    consented_at    BIGINT NOT NULL
);
ALTER TABLE ledger ADD COLUMN reverses BLOB REFERENCES ledger (id);
ALTER TABLE ledger ADD COLUMN actor_name TEXT;
CREATE UNIQUE INDEX ledger_reversed_once ON ledger (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX ledger_of_institution ON ledger (institution_id, at, id);
CREATE TABLE closings (
    month           TEXT PRIMARY KEY,
    closed_at       BIGINT NOT NULL,
    closed_by       TEXT NOT NULL,
    due_on          TEXT NOT NULL,
    entries         BIGINT NOT NULL,
    charges_yen     BIGINT NOT NULL,
    renewals_yen    BIGINT NOT NULL,
    reversals_yen   BIGINT NOT NULL,
    deductions_yen  BIGINT NOT NULL,
    slips_yen       BIGINT NOT NULL,
    opening_yen     BIGINT NOT NULL,
    paid_yen        BIGINT NOT NULL,
    open_yen        BIGINT NOT NULL
);
CREATE TABLE closed_entries (
    entry_id        BLOB PRIMARY KEY REFERENCES ledger (id),
    month           TEXT NOT NULL REFERENCES closings (month)
);
CREATE INDEX closed_entries_of_month ON closed_entries (month, entry_id);
CREATE TABLE bills (
    id              BIGINT PRIMARY KEY,
    month           TEXT NOT NULL REFERENCES closings (month),
    institution_id  BLOB NOT NULL REFERENCES institutions (id),
    payment         TEXT NOT NULL,
    entries         BIGINT NOT NULL,
    amount_yen      BIGINT NOT NULL,
    paid_yen        BIGINT NOT NULL,
    due_on          TEXT NOT NULL,
    reminded_at     BIGINT
);
CREATE UNIQUE INDEX bills_once ON bills (institution_id, payment, month);
CREATE INDEX bills_of_institution ON bills (institution_id, id);
CREATE INDEX bills_of_month ON bills (month, payment, id);
CREATE INDEX bills_open ON bills (due_on, id) WHERE payment = 'payment_slip' AND paid_yen < amount_yen;
CREATE INDEX bills_in_credit ON bills (id) WHERE payment = 'payment_slip' AND paid_yen > amount_yen;
CREATE TABLE payments (
    id              BLOB PRIMARY KEY,
    bill_id         BIGINT NOT NULL REFERENCES bills (id),
    kind            TEXT NOT NULL,
    amount_yen      BIGINT NOT NULL,
    paid_on         TEXT NOT NULL,
    mark            TEXT,
    undoes          BLOB REFERENCES payments (id),
    note            TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE UNIQUE INDEX payments_once ON payments (mark) WHERE mark IS NOT NULL;
CREATE UNIQUE INDEX payments_undone_once ON payments (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX payments_of_bill ON payments (bill_id, at, id);
CREATE INDEX payments_by_time ON payments (at, id);
CREATE TABLE closed_payments (
    payment_id      BLOB PRIMARY KEY REFERENCES payments (id),
    month           TEXT NOT NULL REFERENCES closings (month)
);
CREATE INDEX closed_payments_of_month ON closed_payments (month, payment_id);
CREATE TRIGGER ledger_stays_unchanged BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_stays_whole BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER closed_entries_stay_unchanged BEFORE UPDATE ON closed_entries BEGIN SELECT RAISE(ABORT, 'a closing is append-only'); END;
CREATE TRIGGER closed_entries_stay_whole BEFORE DELETE ON closed_entries BEGIN SELECT RAISE(ABORT, 'a closing is append-only'); END;
CREATE TRIGGER payments_stay_unchanged BEFORE UPDATE ON payments BEGIN SELECT RAISE(ABORT, 'payments are append-only'); END;
CREATE TRIGGER payments_stay_whole BEFORE DELETE ON payments BEGIN SELECT RAISE(ABORT, 'payments are append-only'); END;
CREATE TRIGGER closed_payments_stay_unchanged BEFORE UPDATE ON closed_payments BEGIN SELECT RAISE(ABORT, 'a closing is append-only'); END;
CREATE TRIGGER closed_payments_stay_whole BEFORE DELETE ON closed_payments BEGIN SELECT RAISE(ABORT, 'a closing is append-only'); END;
CREATE TRIGGER bills_stay_unchanged BEFORE UPDATE OF id, month, institution_id, payment, entries, amount_yen, due_on ON bills
    BEGIN SELECT RAISE(ABORT, 'a bill is append-only'); END;
CREATE TRIGGER bills_stay_whole BEFORE DELETE ON bills BEGIN SELECT RAISE(ABORT, 'a bill is append-only'); END;
CREATE TRIGGER closings_stay_whole BEFORE DELETE ON closings BEGIN SELECT RAISE(ABORT, 'a closing is append-only'); END;
