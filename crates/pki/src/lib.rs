//! X.509 engine: profiles, prepare, lint, sign; CRL, OCSP, PKCS#12, CSR and key files. Knows no database and no HTTP.
