-- The desk counts the letters of its newest batches without reading them.
CREATE INDEX letters_counted_by_batch ON letters (batch_id, state, posted_at);
-- Figures of reports are kept by month, too; those of earlier months are made anew from the first day on.
DELETE FROM settings WHERE name = 'reports.until';
-- Everything that an institution has, newest first.
CREATE INDEX certificates_signed_for ON certificates (institution_id, signed_at, id) WHERE signed_at IS NOT NULL;
CREATE INDEX letters_of_institution ON letters (institution_id, created_at, id);
CREATE INDEX applications_sent_of ON applications (institution_id, submitted_at, id) WHERE submitted_at IS NOT NULL;
-- A letter whose certificate was fetched has arrived, whether or not anybody noted it.
UPDATE letters SET delivered_at = (SELECT p.state_since FROM applications p WHERE p.id = letters.application_id)
    WHERE state = 'posted' AND delivered_at IS NULL
    AND application_id IN (SELECT id FROM applications WHERE kind = 'certificate' AND state IN ('picked_up', 'installed'));
