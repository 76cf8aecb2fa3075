//! What the engine makes, told as stories, with OpenSSL, GnuTLS, NSS and Java as judges.
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod chain;
mod enrolment;
mod exhibits;
mod gnutls;
mod hanging;
mod hostile;
mod issuance;
mod java;
mod key_files;
mod lint;
mod nss;
mod openssl;
mod pkcs12;
mod pkits;
mod requests;
mod revocation;
mod shares;
mod softhsm;
mod support;
mod tokens;
