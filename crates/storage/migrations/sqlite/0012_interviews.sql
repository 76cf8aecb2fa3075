-- Interviews that fill the forms of several procedures: which ones, where the person stands, what was sent last. What was
-- answered lies in the drafts of the procedures.
CREATE TABLE interviews (
    institution_id  BLOB PRIMARY KEY REFERENCES institutions (id),
    kinds           TEXT NOT NULL,
    step            TEXT NOT NULL,
    sent            TEXT NOT NULL,
    updated_at      BIGINT NOT NULL
);
