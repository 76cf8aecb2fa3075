//! Public keys and their strength, signing keys, and the encrypted files that hold them.

mod algorithm;
mod key_file;
mod passphrase;
mod public_key;
mod roca;
mod signing_key;

pub(crate) use algorithm::SignatureAlgorithm;
pub use algorithm::{KeyAlgorithm, KeyKind};
pub use key_file::{KeyFileFault, key_file_password};
pub use passphrase::{Passphrase, PassphraseFault};
pub use public_key::{KeyFault, PublicKey};
pub use signing_key::SigningKey;
