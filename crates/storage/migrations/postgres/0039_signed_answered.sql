-- What is not signed has no answer: the index gets its entry once, not at the record and once more at the signature.
DROP INDEX certificates_answered;
CREATE INDEX certificates_answered ON certificates (authority_id, id, state, not_after) WHERE state <> 'prepared';
