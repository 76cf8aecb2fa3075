//! What a verb answers when it cannot do what was asked.

use domain::{applications::Refused, clock::Timestamp, ids::InstitutionId};

/// Why a verb did not do what was asked. Slips of people in forms are not here: they are values of each verb.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or it belongs to someone else: the two are never told apart.
    #[error("not found")]
    NotFound,
    /// The person is logged in but has not the permission.
    #[error("forbidden")]
    Forbidden,
    /// The person must log in first.
    #[error("login required")]
    LoginRequired,
    /// Someone was faster; the row is not in the state that the person saw.
    #[error("changed meanwhile")]
    ChangedMeanwhile,
    /// It belongs to another institution of the person's than the one they chose.
    #[error("of another institution of the person's: {0}")]
    Elsewhere(InstitutionId, String),
    /// The mandate under which the person prepared it is over.
    #[error("the mandate is over")]
    MandateOver,
    /// Too many tries.
    #[error("too many tries")]
    TooManyTries {
        /// When the next try is possible.
        until: Timestamp,
    },
    /// Another process is at this work, or died at it a moment ago; it will be possible later.
    #[error("another process is at it: {0}")]
    Busy(&'static str),
    /// More ask at this moment than the machine can serve; a little later it is possible, and nothing was done.
    #[error("too many ask at once")]
    Crowded,
    /// The authority's key cannot sign, for now or until somebody does something about its token; nothing was done.
    #[error("the authority's key cannot sign: {0}")]
    CannotSign(String),
    /// The machine's clock stands where it cannot stand, so nothing may be signed until it is right; nothing was done.
    #[error("the clock is in doubt: {0}")]
    ClockInDoubt(String),
    /// The journal outside the database cannot be written, so nothing may be signed and nothing be promised.
    #[error("the journal cannot be written: {0}")]
    Unrecorded(String),
    /// The key may not be certified; whoever sent it is told why.
    #[error("the key may not be certified: {0:?}")]
    KeyRefused(storage::keys::Known),
    /// A fault of ours or of the machine.
    #[error("{0}")]
    Internal(String),
}

/// A short number that finds the line in the log; it carries nothing of the cause.
pub fn event_id(cause: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:08X}", RandomState::new().hash_one(cause) as u32)
}

/// What a panic said.
pub fn panic_words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}

/// Result of a verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::NotWitnessed(cause) => Self::Unrecorded(cause),
            storage::Error::KeyRefused(known) => Self::KeyRefused(known),
            error => Self::Internal(format!("database: {error}")),
        }
    }
}

impl From<Refused> for Error {
    fn from(_: Refused) -> Self {
        Self::ChangedMeanwhile
    }
}

impl Error {
    /// A fault of ours with its cause.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// What a signature that was not made means: a token that fails is no fault of ours, everything else is.
    pub(crate) fn signing(cause: pki::Error) -> Self {
        match cause {
            pki::Error::Token(fault) => Self::CannotSign(fault.to_string()),
            pki::Error::KeyAbsent => Self::CannotSign(cause.to_string()),
            other => Self::internal(other),
        }
    }
}
