//! What letters carry: pickup id, pickup secret, membership code (spec 4.2, 2.3).

use crate::clock::Randomness;
use crate::reference::{grouped, spoken};
use crate::typed::{compact, named};
use std::fmt;

/// Digits and letters of which no two look alike in print: without 0 O Q, 1 I L, 2/Z, 5/S, 8/B, U/V, 6/G.
pub const SAFE_ALPHABET: &str = "234679ACDEFHJKMNPRTWXY";

/// Why a typed value cannot be what the letter shows. Tells nothing about what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing typed.
    #[error("「{name}」を入力してください。")]
    Empty {
        /// What was asked for.
        name: &'static str,
    },
    /// A character that these values never contain.
    #[error("「{name}」の{position}文字目の{}は、「{name}」では使わない文字です。通知書と見比べてください。", named(*.found))]
    Letter {
        /// What was asked for.
        name: &'static str,
        /// Place of the character without spaces and hyphens, from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// Too many or too few characters.
    #[error("「{name}」は{expected}文字です（今は{count}文字です）。通知書と見比べてください。")]
    Length {
        /// What was asked for.
        name: &'static str,
        /// Characters expected.
        expected: usize,
        /// Characters given.
        count: usize,
    },
}

fn read(name: &'static str, expected: usize, typed: &str) -> Result<String, SecretError> {
    let text = compact(typed).to_ascii_uppercase();
    if text.is_empty() {
        return Err(SecretError::Empty { name });
    }
    if let Some((place, found)) = text.chars().enumerate().find(|(_, letter)| !SAFE_ALPHABET.contains(*letter)) {
        return Err(SecretError::Letter { name, position: place + 1, found });
    }
    if text.len() == expected { Ok(text) } else { Err(SecretError::Length { name, expected, count: text.len() }) }
}

macro_rules! printed_values {
    ($($(#[$doc:meta])* $type:ident: $name:literal, $length:literal in groups of $group:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $type(String);

        impl $type {
            /// How many characters it has.
            pub const LENGTH: usize = $length;

            /// A new one.
            pub fn generate(randomness: &dyn Randomness) -> Self {
                Self(randomness.text(SAFE_ALPHABET, $length))
            }

            /// Reads it however it was typed: full width, lower case, spaces, hyphens.
            ///
            /// # Errors
            /// [`SecretError`] when it cannot be one: wrong length, or a character never used.
            pub fn parse(typed: &str) -> Result<Self, SecretError> {
                read($name, $length, typed).map(Self)
            }

            /// The stored form, or the input of its hash: no hyphens, capital letters.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The printed form, in groups joined by hyphens.
            pub fn grouped(&self) -> String {
                grouped(&self.0, $group)
            }

            /// How it is read aloud: each character by its name, a pause between groups.
            pub fn spoken(&self) -> String {
                spoken(&self.grouped())
            }
        }
    )+};
}

printed_values! {
    /// 取得ID: names a certificate that can be picked up; no secret.
    PickupId: "取得ID", 12 in groups of 4;
    /// 取得パスワード: 20 characters, 89 bits; a secret, absent from `Debug`.
    PickupSecret: "取得パスワード", 20 in groups of 4;
    /// The code on a letter that proves a membership: 9 characters, 40 bits; a secret, absent from `Debug`.
    MembershipCode: "確認コード", 9 in groups of 3;
    /// The code with which an expired certificate is renewed without showing it: 12 characters, 53 bits; a secret, absent
    /// from `Debug`.
    RenewalCode: "更新コード", 12 in groups of 4;
    /// A suggested passphrase of a certificate's file: 16 characters, 71 bits; a secret, absent from `Debug`.
    FilePassphrase: "ファイルのパスワード", 16 in groups of 4;
}

impl fmt::Debug for PickupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PickupSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PickupSecret(…)")
    }
}

impl fmt::Debug for MembershipCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MembershipCode(…)")
    }
}

impl fmt::Debug for RenewalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RenewalCode(…)")
    }
}

impl fmt::Debug for FilePassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FilePassphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::tests::Dice;

    #[test]
    fn secrets_are_long_enough_to_resist_guessing() {
        let bits = |length: usize| (SAFE_ALPHABET.len() as f64).log2() * length as f64;
        assert!(bits(PickupSecret::LENGTH) >= 80.0);
        assert!(bits(MembershipCode::LENGTH) >= 40.0);
        assert!(bits(RenewalCode::LENGTH) >= 50.0, "ten tries in a day");
        let dice = Dice::seeded(1);
        assert_ne!(PickupSecret::generate(&dice), PickupSecret::generate(&dice));
    }

    #[test]
    fn no_two_characters_look_alike() {
        for pair in ["0O", "0D", "1I", "1L", "2Z", "5S", "8B", "UV", "6G", "OQ"] {
            assert!(!pair.chars().all(|letter| SAFE_ALPHABET.contains(letter)), "{pair}");
        }
        let mut letters: Vec<char> = SAFE_ALPHABET.chars().collect();
        letters.dedup();
        assert_eq!(letters.len(), 22);
    }

    #[test]
    fn a_printed_value_is_read_back_however_it_is_typed() {
        let dice = Dice::seeded(2);
        for _ in 0..50 {
            let secret = PickupSecret::generate(&dice);
            assert_eq!(secret.grouped().split('-').map(str::len).collect::<Vec<_>>(), [4; 5]);
            for typed in [secret.grouped(), secret.grouped().to_lowercase().replace('-', "　"), secret.as_str().into()]
            {
                assert_eq!(PickupSecret::parse(&typed), Ok(secret.clone()));
            }
            let id = PickupId::generate(&dice);
            assert_eq!(PickupId::parse(&id.grouped()).unwrap().as_str(), id.as_str());
            let code = MembershipCode::generate(&dice);
            assert_eq!(code.grouped().len(), 11);
            assert_eq!(code.spoken().matches('、').count(), 2);
        }
    }

    #[test]
    fn a_slip_of_form_is_named_without_a_word_about_what_is_stored() {
        let name = "取得ID";
        assert_eq!(PickupId::parse(""), Err(SecretError::Empty { name }));
        assert_eq!(PickupId::parse("ACD-0"), Err(SecretError::Letter { name, position: 4, found: '0' }));
        assert_eq!(PickupId::parse("ACDE"), Err(SecretError::Length { name, expected: 12, count: 4 }));
    }

    #[test]
    fn a_secret_never_shows_in_logs() {
        let secret = PickupSecret::generate(&Dice::seeded(3));
        assert!(!format!("{secret:?}").contains(secret.as_str()));
        let code = MembershipCode::generate(&Dice::seeded(3));
        assert!(!format!("{code:?}").contains(code.as_str()));
        let code = RenewalCode::generate(&Dice::seeded(3));
        assert!(!format!("{code:?}").contains(code.as_str()));
    }
}
