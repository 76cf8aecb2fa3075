//! The passphrase of a key file, held in two halves by two officers (spec 04.4).

use zeroize::Zeroizing;

/// The least number of characters of a whole passphrase, and of each half.
const LEAST: usize = 12;

/// Why a passphrase or a half of one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseFault {
    /// Fewer than 12 characters.
    #[error("パスフレーズは{LEAST}文字以上にしてください。")]
    TooShort,
    /// A character that is not printable ASCII, or a blank at the beginning or the end.
    #[error("パスフレーズには半角の英数字と記号を使い、前後に空白を入れないでください。")]
    Forbidden,
    /// Both halves are the same.
    #[error("二人のパスフレーズが同じです。別々のものにしてください。")]
    SameHalves,
}

/// The passphrase that protects a key file; wiped from memory when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A whole passphrase: printable ASCII, at least 12 characters.
    ///
    /// # Errors
    /// The reason why it is refused.
    pub fn new(text: &str) -> Result<Self, PassphraseFault> {
        check(text)?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Joins the halves of two officers: the first one's followed at once by the second one's.
    ///
    /// Each half must stand the rule of a whole passphrase, so that one officer alone gains nothing by guessing the
    /// other half. The order matters and belongs on the envelope.
    ///
    /// # Errors
    /// The reason why a half is refused.
    pub fn from_halves(first: &str, second: &str) -> Result<Self, PassphraseFault> {
        check(first)?;
        check(second)?;
        if first == second {
            return Err(PassphraseFault::SameHalves);
        }
        Ok(Self(Zeroizing::new(format!("{first}{second}"))))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

fn check(text: &str) -> Result<(), PassphraseFault> {
    if text.trim() != text || !text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Err(PassphraseFault::Forbidden);
    }
    if text.len() < LEAST {
        return Err(PassphraseFault::TooShort);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_officers_together_make_one_passphrase() {
        let joined = Passphrase::from_halves("first officer", "second officer").unwrap();
        assert_eq!(joined.as_bytes(), b"first officersecond officer");
        assert_eq!(format!("{joined:?}"), "Passphrase(..)");
    }

    #[test]
    fn a_half_that_protects_nothing_is_refused() {
        assert_eq!(Passphrase::from_halves("short", "long enough half").unwrap_err(), PassphraseFault::TooShort);
        assert_eq!(Passphrase::from_halves("long enough half", "").unwrap_err(), PassphraseFault::TooShort);
        assert_eq!(
            Passphrase::from_halves("same half here", "same half here").unwrap_err(),
            PassphraseFault::SameHalves
        );
        assert_eq!(Passphrase::new("パスフレーズは日本語でした").unwrap_err(), PassphraseFault::Forbidden);
        assert_eq!(Passphrase::new("trailing blank ").unwrap_err(), PassphraseFault::Forbidden);
    }
}
