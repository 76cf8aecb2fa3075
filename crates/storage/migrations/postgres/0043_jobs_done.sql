-- Jobs that were done long ago are removed, the oldest first.
CREATE INDEX jobs_done ON jobs (done_at, id) WHERE done_at IS NOT NULL;
-- Mails that nobody tries any more kept their text: the daily look goes through all mails once more.
DELETE FROM settings WHERE name = 'retention.mails';
