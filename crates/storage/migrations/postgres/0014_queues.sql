-- Queues: what a reviewer filters by stands beside the state, so that each filter is answered from one index. A case that its
-- applicant counts on by no day has the end of the year 9999 as its deadline; days are days in Japan (UTC+9).
ALTER TABLE applications ADD COLUMN prefecture TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN score_table TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN deadline_at BIGINT NOT NULL DEFAULT 253402268399000;
ALTER TABLE applications ADD COLUMN flag TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN rule_words TEXT NOT NULL DEFAULT '';
UPDATE applications SET
    prefecture = (SELECT substr(i.code, 1, 2) FROM institutions i WHERE i.id = applications.institution_id),
    score_table = (SELECT substr(i.code, 3, 1) FROM institutions i WHERE i.id = applications.institution_id)
    WHERE state <> 'draft';
UPDATE applications SET deadline_at = CAST(EXTRACT(EPOCH FROM CAST(start_month || '-01' AS DATE)) AS BIGINT) * 1000 - 32400000
    WHERE state <> 'draft' AND start_month IS NOT NULL;
UPDATE applications SET deadline_at = ((state_since + 32400000) / 86400000 + 31) * 86400000 - 32401000
    WHERE state = 'returned';
DROP INDEX applications_queue;
CREATE INDEX applications_queue ON applications
    (kind, state, submitted_at, id, prefecture, score_table, deadline_at, flag, assignee);
CREATE INDEX applications_queue_here ON applications
    (kind, state, prefecture, submitted_at, id, score_table, deadline_at, flag, assignee);
