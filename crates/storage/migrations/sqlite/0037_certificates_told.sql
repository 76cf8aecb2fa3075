-- What OCSP asks of a certificate stands in the index alone: among a million, reading the row costs as much as finding it.
CREATE INDEX certificates_told ON certificates (serial, authority_id, id, state, revoked_at, revocation_reason);
