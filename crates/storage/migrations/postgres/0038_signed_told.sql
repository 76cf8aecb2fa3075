-- Nobody tells of a certificate before it is signed: so the index gets its entry once, not at the record and at the signature.
DROP INDEX certificates_told;
CREATE INDEX certificates_told ON certificates (serial, authority_id, id, state, revoked_at, revocation_reason)
    WHERE state <> 'prepared';
