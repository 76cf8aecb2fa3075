//! Public keys and their strength, signing keys, and the encrypted files and tokens that hold them.

mod algorithm;
mod fermat;
mod key_file;
mod passphrase;
mod public_key;
mod roca;
mod shares;
mod signing_key;
mod token;

pub(crate) use algorithm::SignatureAlgorithm;
pub use algorithm::{KeyAlgorithm, KeyKind};
pub use key_file::{KeyFileFault, key_file_password};
pub use passphrase::{Passphrase, PassphraseFault};
pub use public_key::{KeyFault, PublicKey};
pub use shares::{KeyBackup, KeyFiles, ShareFault, join as join_key_backup, split as split_key_backup};
pub use signing_key::SigningKey;
pub use token::{
    PinFault, PinFlags, Token, TokenChoice, TokenFault, TokenKey, TokenNews, TokenPin, TokenPlace, TokenWatch,
};
