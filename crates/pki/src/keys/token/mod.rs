//! Keys in a token behind PKCS#11, such as an HSM: they sign there and never leave it (spec 04.4).
//!
//! ```text
//! TokenKey::sign ─► Token ─► channel ─► a line (thread + session) ─► module ─► token
//!                     │
//!                     ├─ health: was it just unreachable, did it refuse its PIN?
//!                     └─ crew: does another line take the place of one that hangs?
//! ```
//!
//! Nothing is opened before it is needed, and what broke off is opened anew by the next signature.

mod crew;
mod fault;
mod health;
mod line;
mod module;
mod objects;
mod pin;
mod sign;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;

pub use fault::{PinFlags, TokenFault};
pub use health::{TokenNews, TokenWatch};
pub use pin::{PinFault, TokenPin};

use super::algorithm::KeyKind;
use super::public_key::PublicKey;
use health::Health;
use line::{Lines, Shared};

/// How long a signature may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is signed to see whether a token signs again.
const TRIAL: &[u8] = b"madoguchi: a trial whether this key signs again";
/// How long a key may take to be made: smart cards need minutes for RSA.
const LONG_PATIENCE: Duration = Duration::from_secs(300);

/// Which token of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenChoice {
    /// The one with this label; it is found in whatever slot it is.
    Label(String),
    /// The one in this slot.
    Slot(u64),
}

impl fmt::Display for TokenChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => f.write_str(label),
            Self::Slot(number) => write!(f, "in slot {number}"),
        }
    }
}

/// Where a token is and how it is opened.
#[derive(Debug)]
pub struct TokenPlace {
    /// Library of its maker.
    pub module: PathBuf,
    /// Which of its tokens.
    pub token: TokenChoice,
    /// PIN of its user.
    pub pin: TokenPin,
    /// How many signatures it may make at a time.
    pub sessions: usize,
}

/// A token; cheap to clone.
#[derive(Clone)]
pub struct Token(Arc<Lines>);

impl Token {
    /// A token, not yet opened; `watch` is told once when it fails and once when it works again.
    ///
    /// # Errors
    /// [`TokenFault::Refused`] when no threads can be started.
    pub fn new(place: TokenPlace, clock: Arc<dyn Clock>, watch: TokenWatch) -> Result<Self, TokenFault> {
        let token = place.token.to_string();
        let lines = Lines::start(Shared::new(place, Health::new(clock, watch)));
        lines
            .map(|lines| Self(Arc::new(lines)))
            .map_err(|error| TokenFault::Refused { token, cause: error.to_string() })
    }

    /// Makes a key pair in the token, for signing only, its private half never to leave it.
    ///
    /// # Errors
    /// Why there is no such key now; [`TokenFault::Refused`] when there was one of this name before.
    pub fn generate(&self, name: &str, kind: KeyKind) -> Result<TokenKey, TokenFault> {
        let label = name.to_owned();
        let public =
            self.0.ask(LONG_PATIENCE, false, move |at| objects::generate(at.session, at.token, &label, kind))?;
        Ok(self.key(name, public))
    }

    /// Whether the token is there, takes its PIN, and could make and use keys of a kind. Nothing is made.
    ///
    /// # Errors
    /// Why it could not, now.
    pub fn check(&self, kind: KeyKind) -> Result<(), TokenFault> {
        self.0.ask(PATIENCE, false, move |at| at.can_make(kind))
    }

    /// Finds a key by its name; none when the token holds none.
    ///
    /// # Errors
    /// When the token cannot be asked, or holds several.
    pub fn find(&self, name: &str) -> Result<Option<TokenKey>, TokenFault> {
        let label = name.to_owned();
        let public = self.0.ask(PATIENCE, false, move |at| objects::public_key(at.session, at.token, &label))?;
        Ok(public.map(|public| self.key(name, public)))
    }

    /// A key that is known from its certificate: the token need not be there yet.
    pub fn key(&self, name: &str, public: PublicKey) -> TokenKey {
        TokenKey { token: self.clone(), name: name.to_owned(), public }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.0.shared().place.token)
    }
}

/// A private key in a token; what this process has is its name and its public half.
#[derive(Clone, Debug)]
pub struct TokenKey {
    token: Token,
    name: String,
    public: PublicKey,
}

impl TokenKey {
    pub(super) fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Whether it could sign now: the token answers, holds the key and has its mechanism. After it did not answer in time, only
    /// a signature tells: it signs a text that is no certificate, list or answer.
    pub(super) fn ready(&self) -> Result<(), TokenFault> {
        let (name, algorithm) = (self.name.clone(), self.public.algorithm());
        let trial = self.token.0.shared().health.is_silent();
        self.token.0.ask(PATIENCE, trial, move |at| {
            let key = at.private_key(&name, algorithm)?;
            if trial {
                sign::sign(at.session, at.token, key, algorithm, TRIAL)?;
            }
            Ok(())
        })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenFault> {
        let (name, algorithm, message) = (self.name.clone(), self.public.algorithm(), message.to_vec());
        self.token.0.ask(PATIENCE, true, move |at| {
            let key = at.private_key(&name, algorithm)?;
            sign::sign(at.session, at.token, key, algorithm, &message)
        })
    }
}
