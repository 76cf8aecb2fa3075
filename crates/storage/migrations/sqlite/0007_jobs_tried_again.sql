-- Jobs that failed and will be tried again: few among many that wait for their day.
CREATE INDEX jobs_tried_again ON jobs (run_at, id) WHERE last_error IS NOT NULL AND done_at IS NULL AND failed_at IS NULL;
