//! What a verb answers when it cannot do what was asked.

use domain::{applications::Refused, clock::Timestamp};

/// Why a verb did not do what was asked. Slips of people in forms are not here: they are values of each verb.
#[derive(Debug, thiserror::Error)]
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
    /// Too many tries.
    #[error("too many tries")]
    TooManyTries {
        /// When the next try is possible.
        until: Timestamp,
    },
    /// A fault of ours or of the machine.
    #[error("{0}")]
    Internal(String),
}

/// Result of a verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        Self::Internal(format!("database: {error}"))
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
}
