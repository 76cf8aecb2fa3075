//! What the engine makes, told as stories, with OpenSSL and GnuTLS as judges.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod chain;
mod hostile;
mod issuance;
mod key_files;
mod lint;
mod pkcs12;
mod requests;
mod revocation;
mod support;
