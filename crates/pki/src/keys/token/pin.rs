//! The PIN of a token, whole or in the halves of two officers.

use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

/// The least number of characters of a PIN, and of each half of one. Tokens count wrong attempts, so that a PIN may be
/// shorter than the passphrase of a file; many take no more than sixteen characters.
const LEAST: usize = 4;

/// Why a PIN or a half of one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinFault {
    /// Fewer than four characters.
    #[error("a PIN, and each half of one, has at least {LEAST} characters")]
    TooShort,
    /// A character that is not printable ASCII, or a blank.
    #[error("a PIN has printable ASCII characters without blanks")]
    Forbidden,
    /// Both halves are the same.
    #[error("both halves of the PIN are the same")]
    SameHalves,
}

/// The PIN of a token's user; wiped from memory when dropped.
pub struct TokenPin(Zeroizing<String>);

impl TokenPin {
    /// A whole PIN: printable ASCII without blanks.
    ///
    /// # Errors
    /// The reason why it is refused.
    pub fn new(text: &str) -> Result<Self, PinFault> {
        check(text)?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Joins the halves of two officers: the first one's followed at once by the second one's, as
    /// [`Passphrase::from_halves`](crate::Passphrase::from_halves) does.
    ///
    /// # Errors
    /// The reason why a half is refused.
    pub fn from_halves(first: &str, second: &str) -> Result<Self, PinFault> {
        check(first)?;
        check(second)?;
        if first == second {
            return Err(PinFault::SameHalves);
        }
        Ok(Self(Zeroizing::new(format!("{first}{second}"))))
    }

    pub(super) fn to_auth(&self) -> AuthPin {
        AuthPin::new(self.0.as_str().into())
    }
}

impl std::fmt::Debug for TokenPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenPin(..)")
    }
}

fn check(text: &str) -> Result<(), PinFault> {
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(PinFault::Forbidden);
    }
    if text.len() < LEAST {
        return Err(PinFault::TooShort);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_never_shown_and_a_poor_one_is_refused() {
        assert_eq!(format!("{:?}", TokenPin::from_halves("1234", "5678").unwrap()), "TokenPin(..)");
        assert_eq!(TokenPin::new("123").unwrap_err(), PinFault::TooShort);
        assert_eq!(TokenPin::new("12 34").unwrap_err(), PinFault::Forbidden);
        assert_eq!(TokenPin::from_halves("1234", "1234").unwrap_err(), PinFault::SameHalves);
        assert_eq!(TokenPin::from_halves("1234", "5").unwrap_err(), PinFault::TooShort);
    }
}
