-- Drafts: the question at which each was left, who wrote it last, and for which writing its owners were told that it will be
-- removed. A mark goes with its case.
CREATE TABLE draft_marks (
    application_id  UUID PRIMARY KEY REFERENCES applications (id) ON DELETE CASCADE,
    left_at         TEXT NOT NULL,
    written_by      UUID REFERENCES accounts (id),
    told_for        BIGINT,
    told_at         BIGINT
);
CREATE INDEX applications_drafts ON applications (updated_at, id) WHERE state = 'draft';
