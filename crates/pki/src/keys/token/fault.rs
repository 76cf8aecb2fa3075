//! What can go wrong with a token, told apart by what a person must do.

use std::fmt;

use cryptoki::error::{Error, RvError};
use cryptoki::slot::TokenInfo;

/// Why a token did not do what was asked. The words are for operators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Nobody answers, or the session broke off; it is opened anew by itself, later.
    #[error("the token {token} cannot be reached ({cause}); it is tried again by itself")]
    Unreachable {
        /// Label or slot, as configured.
        token: String,
        /// What the module said.
        cause: String,
    },
    /// No answer in time; what was asked is given up.
    #[error("the token {0} does not answer in time")]
    Silent(String),
    /// The PIN was refused, once, or not tried at all because the token stands before its last attempt. No further
    /// attempt is made in this process.
    #[error("{}", pin_in_words(token, *flags, *tried))]
    WrongPin {
        /// Label or slot, as configured.
        token: String,
        /// What the token says about the attempts that are left.
        flags: PinFlags,
        /// Whether it was tried now.
        tried: bool,
    },
    /// No key of this name in the token.
    #[error("the token {token} holds no private key with the label {key}")]
    KeyNotFound {
        /// Label or slot, as configured.
        token: String,
        /// Label of the key.
        key: String,
    },
    /// Several keys of this name; none is taken.
    #[error("the token {token} holds {count} keys with the label {key}")]
    KeyNotUnique {
        /// Label or slot, as configured.
        token: String,
        /// Label of the key.
        key: String,
        /// How many there are.
        count: usize,
    },
    /// The token cannot make or use such keys.
    #[error("the token {token} has no mechanism {mechanism}")]
    MechanismMissing {
        /// Label or slot, as configured.
        token: String,
        /// As PKCS#11 calls it.
        mechanism: &'static str,
    },
    /// The module is no PKCS#11 library, several tokens have the label, or the token refused for another reason.
    #[error("the token {token} refused: {cause}")]
    Refused {
        /// Label or slot, as configured.
        token: String,
        /// What the module said.
        cause: String,
    },
}

fn pin_in_words(token: &str, flags: PinFlags, tried: bool) -> String {
    let head = if tried {
        format!("the token {token} refused its PIN ({flags})")
    } else {
        format!("the PIN of the token {token} was not tried ({flags})")
    };
    let advice = if flags.locked {
        "it is locked: let its security officer set a new PIN, correct the file with the PIN"
    } else if flags.final_try {
        "one more wrong PIN locks it: correct the file with the PIN, log in once with the tool of the token's maker"
    } else {
        return format!("{head}; no further attempt is made until this program starts again");
    };
    format!("{head}; {advice}, and start this program again")
}

impl TokenFault {
    /// Whether it may pass without anybody changing anything in this program or its configuration.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Silent(_))
    }

    /// Whether the token may be gone or another one: some modules then still answer, but find nothing.
    pub(super) fn is_suspicious(&self) -> bool {
        self.passes() || matches!(self, Self::KeyNotFound { .. })
    }

    /// What a call of PKCS#11 that failed means.
    pub(super) fn of(token: &str, error: &Error) -> Self {
        let cause = match error {
            Error::Pkcs11(code, function) => format!("C_{function:?}: {code:?}"),
            other => other.to_string(),
        };
        let token = token.to_owned();
        if breaks_off(error) { Self::Unreachable { token, cause } } else { Self::Refused { token, cause } }
    }
}

/// Whether the session or the token behind it is gone.
///
/// Handles of keys and sessions that were valid before mean the same: their token was taken away meanwhile. General and
/// vendors' errors are what network modules answer with when their server does not.
fn breaks_off(error: &Error) -> bool {
    let Error::Pkcs11(code, _) = error else { return false };
    matches!(
        code,
        RvError::SessionClosed
            | RvError::SessionHandleInvalid
            | RvError::SessionCount
            | RvError::DeviceRemoved
            | RvError::DeviceError
            | RvError::DeviceMemory
            | RvError::TokenNotPresent
            | RvError::TokenNotRecognized
            | RvError::SlotIdInvalid
            | RvError::CryptokiNotInitialized
            | RvError::UserNotLoggedIn
            | RvError::KeyHandleInvalid
            | RvError::ObjectHandleInvalid
            | RvError::FunctionFailed
            | RvError::FunctionCanceled
            | RvError::GeneralError
            | RvError::VendorDefined(_)
            | RvError::UnknownErrorCode(_)
    )
}

/// What a token says about the attempts that its user's PIN has left (`CK_TOKEN_INFO`, PKCS#11 3.0, 3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinFlags {
    /// A wrong PIN was given since the last right one.
    pub count_low: bool,
    /// One more wrong PIN locks it.
    pub final_try: bool,
    /// It is locked; only its security officer opens it.
    pub locked: bool,
}

impl PinFlags {
    /// Whether an attempt may be the one that locks the token: programs that are started again by themselves must not make it.
    pub(super) fn forbid_a_try(self) -> bool {
        self.final_try || self.locked
    }
}

impl From<&TokenInfo> for PinFlags {
    fn from(info: &TokenInfo) -> Self {
        Self {
            count_low: info.user_pin_count_low(),
            final_try: info.user_pin_final_try(),
            locked: info.user_pin_locked(),
        }
    }
}

impl fmt::Display for PinFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |set: bool| if set { "yes" } else { "no" };
        let Self { count_low, final_try, locked } = *self;
        write!(f, "count low: {}, final try: {}, locked: {}", word(count_low), word(final_try), word(locked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_left_to_a_person() {
        let low = PinFlags { count_low: true, ..PinFlags::default() };
        let (last, locked) = (PinFlags { final_try: true, ..low }, PinFlags { locked: true, ..low });
        assert_eq!([PinFlags::default(), low, last, locked].map(PinFlags::forbid_a_try), [false, false, true, true]);
        let told = |flags, tried| TokenFault::WrongPin { token: "t".to_owned(), flags, tried }.to_string();
        assert!(told(low, true).contains("refused its PIN") && told(low, true).contains("no further attempt"));
        assert!(told(last, false).contains("was not tried") && told(last, false).contains("log in once with the tool"));
        assert!(told(locked, false).contains("security officer") && told(locked, true).contains("refused its PIN"));
    }
}
