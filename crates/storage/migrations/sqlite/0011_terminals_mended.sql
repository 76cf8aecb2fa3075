-- Reports of lost keys that were a mistake, and the code with which a renewal after the end works without the certificate.
ALTER TABLE loss_reports ADD COLUMN withdrawn_at BIGINT;
ALTER TABLE loss_reports ADD COLUMN withdrawn_by TEXT;
ALTER TABLE loss_reports ADD COLUMN withdrawal_reason TEXT;
ALTER TABLE renewal_permits ADD COLUMN certificate_id BLOB REFERENCES certificates (id);
ALTER TABLE renewal_permits ADD COLUMN code_hash TEXT;
ALTER TABLE renewal_permits ADD COLUMN code_tries BIGINT NOT NULL DEFAULT 0;
