-- Figures of finished days, so that reports need not count cases: what, day in Japan, prefecture (empty for all), procedure, and a
-- part, such as an outcome or an age in business days. `what` ends in `_in` where figures are by prefecture.
CREATE TABLE report_days (
    what         TEXT NOT NULL,
    day          TEXT NOT NULL,
    prefecture   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    part         TEXT NOT NULL,
    figure       BIGINT NOT NULL,
    PRIMARY KEY (what, day, prefecture, kind, part)
);
CREATE INDEX application_events_by_time ON application_events (at, event);
CREATE INDEX letters_by_posting ON letters (posted_at, id) WHERE posted_at IS NOT NULL;
-- Counts of cases under way are asked for by every desk; few among all cases.
CREATE INDEX applications_under_way ON applications (kind, state, submitted_at) WHERE state IN ('submitted', 'in_review', 'returned');
