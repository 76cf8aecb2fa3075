-- An invitation belongs to its institution: owners see what is open there and take it back, and it ends with a removal.
ALTER TABLE tokens ADD COLUMN institution_id BLOB;
UPDATE tokens SET institution_id = unhex(json_extract(payload, '$.institution'), '-') WHERE purpose = 'invite';
CREATE INDEX tokens_of_institution ON tokens (institution_id, purpose, email) WHERE institution_id IS NOT NULL;
