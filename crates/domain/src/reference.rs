//! Reference numbers (受付番号) that are safe to read aloud (spec 1.3).

use crate::clock::Randomness;
use crate::typed::{compact, named};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Digits and letters without the look-alikes I, L, O, Q, Z, 0 and 1; their number, 29, is prime.
pub const ALPHABET: &str = "23456789ABCDEFGHJKMNPRSTUVWXY";

const SIZE: usize = 29;
const RANDOM: usize = 12;
const LENGTH: usize = RANDOM + 1;
const GROUP: usize = 4;

/// Why a text is no reference number. Positions count characters without spaces and hyphens, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing typed.
    #[error("受付番号を入力してください。")]
    Empty,
    /// A character that no reference number contains.
    #[error("受付番号の{position}文字目の{}は、受付番号では使わない文字です。書類やメールと見比べてください。", named(*.found))]
    Letter {
        /// Place of the character.
        position: usize,
        /// The character.
        found: char,
    },
    /// Too many or too few characters.
    #[error("受付番号は13文字です（今は{count}文字です）。抜けや余分な文字がないか確かめてください。")]
    Length {
        /// Characters given.
        count: usize,
    },
    /// A character is wrong or two have changed places.
    #[error("受付番号に打ち間違いがあります。書類やメールと1文字ずつ見比べてください。")]
    Check,
}

/// A reference number such as `K7MP-4TRX-9WHC-3`: 12 random characters (58 bits) and a check character.
///
/// The check character is a weighted sum modulo the prime 29: it finds every single wrong character and every
/// exchange of two. The grouped form is the only stored form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceNumber(String);

impl ReferenceNumber {
    /// A new number.
    pub fn generate(randomness: &dyn Randomness) -> Self {
        let random = randomness.text(ALPHABET, RANDOM);
        let check = check_character(&random);
        Self(grouped(&format!("{random}{check}"), GROUP))
    }

    /// Reads a number however it was typed: full width, lower case, spaces, hyphens.
    ///
    /// # Errors
    /// [`ReferenceError`] says what is wrong and where.
    pub fn parse(typed: &str) -> Result<Self, ReferenceError> {
        let text = compact(typed).to_ascii_uppercase();
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if let Some((place, found)) = text.chars().enumerate().find(|(_, letter)| !ALPHABET.contains(*letter)) {
            return Err(ReferenceError::Letter { position: place + 1, found });
        }
        if text.len() != LENGTH {
            return Err(ReferenceError::Length { count: text.len() });
        }
        if weighted_sum(&text) != 0 {
            return Err(ReferenceError::Check);
        }
        Ok(Self(grouped(&text, GROUP)))
    }

    /// The stored and shown form, in groups of four.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the number is read aloud, for `aria-label`: 「ケー なな エム ピー、…」.
    pub fn spoken(&self) -> String {
        spoken(&self.0)
    }
}

/// The beginning of a number in its stored form, however it was typed; none when it is shorter than four characters, or no
/// number begins like this.
pub fn begun(typed: &str) -> Option<String> {
    let text = compact(typed).to_ascii_uppercase();
    let fits = (GROUP..=LENGTH).contains(&text.chars().count()) && text.chars().all(|letter| ALPHABET.contains(letter));
    fits.then(|| grouped(&text, GROUP))
}

/// Σ weight × value modulo 29; the check character has weight 1, the others 2 to 13. 0 for a right number.
fn weighted_sum(text: &str) -> usize {
    let value = |letter: char| ALPHABET.find(letter).unwrap_or(0);
    let weights = (2..).take(RANDOM).chain(std::iter::once(1));
    text.chars().zip(weights).map(|(letter, weight)| value(letter) * weight).sum::<usize>() % SIZE
}

fn check_character(random: &str) -> char {
    let value = (SIZE - weighted_sum(random)) % SIZE;
    ALPHABET.chars().nth(value).unwrap_or('2')
}

/// A text in groups of so many characters, joined by hyphens.
pub(crate) fn grouped(text: &str, group: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(group).map(|chunk| chunk.iter().collect()).collect();
    groups.join("-")
}

/// A grouped text as it is read aloud: each character by its name, a pause between groups.
pub(crate) fn spoken(grouped: &str) -> String {
    let group = |text: &str| text.chars().map(name_of).collect::<Vec<_>>().join(" ");
    grouped.split('-').map(group).collect::<Vec<_>>().join("、")
}

fn name_of(letter: char) -> &'static str {
    const DIGITS: [&str; 10] = ["ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"];
    const LETTERS: [&str; 26] = [
        "エー",
        "ビー",
        "シー",
        "ディー",
        "イー",
        "エフ",
        "ジー",
        "エイチ",
        "アイ",
        "ジェイ",
        "ケー",
        "エル",
        "エム",
        "エヌ",
        "オー",
        "ピー",
        "キュー",
        "アール",
        "エス",
        "ティー",
        "ユー",
        "ブイ",
        "ダブリュー",
        "エックス",
        "ワイ",
        "ゼット",
    ];
    let name = match letter {
        '0'..='9' => DIGITS.get(letter as usize - '0' as usize),
        'A'..='Z' => LETTERS.get(letter as usize - 'A' as usize),
        _ => None,
    };
    name.copied().unwrap_or_default()
}

impl fmt::Display for ReferenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ReferenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ReferenceNumber {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for ReferenceNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ReferenceNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Randomness that is the same in every run (SplitMix64).
    pub(crate) struct Dice(AtomicU64);

    impl Dice {
        pub(crate) fn seeded(seed: u64) -> Self {
            Self(AtomicU64::new(seed))
        }
    }

    impl Randomness for Dice {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                *byte = (mixed >> 56) as u8;
            }
        }
    }

    fn some_numbers(count: usize) -> Vec<ReferenceNumber> {
        let dice = Dice::seeded(7);
        (0..count).map(|_| ReferenceNumber::generate(&dice)).collect()
    }

    #[test]
    fn a_number_has_no_look_alikes_and_enough_randomness() {
        assert_eq!(ALPHABET.len(), SIZE);
        assert!((SIZE as f64).log2() * RANDOM as f64 >= 55.0);
        for number in some_numbers(500) {
            assert_eq!(number.as_str().len(), LENGTH + 3);
            assert!(!number.as_str().contains(['I', 'O', 'Q', 'Z', 'L', '0', '1']), "{number}");
        }
        let mut all = some_numbers(5_000);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5_000);
    }

    #[test]
    fn a_number_is_read_back_however_it_is_typed() {
        for number in some_numbers(50) {
            let plain = number.as_str().replace('-', "");
            let wide: String = plain.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect();
            for typed in [plain.clone(), plain.to_lowercase(), wide, number.as_str().replace('-', " － ")] {
                assert_eq!(typed.parse(), Ok(number.clone()), "{typed}");
            }
        }
    }

    #[test]
    fn every_single_wrong_character_is_found() {
        for number in some_numbers(20) {
            let plain = number.as_str().replace('-', "");
            for place in 0..LENGTH {
                for other in ALPHABET.chars().filter(|other| !plain[place..].starts_with(*other)) {
                    let mut wrong = plain.clone();
                    wrong.replace_range(place..=place, &other.to_string());
                    assert_eq!(ReferenceNumber::parse(&wrong), Err(ReferenceError::Check), "{plain} → {wrong}");
                }
            }
        }
    }

    #[test]
    fn every_exchange_of_two_characters_is_found() {
        for number in some_numbers(50) {
            let letters: Vec<char> = number.as_str().replace('-', "").chars().collect();
            for (first, second) in (0..LENGTH).flat_map(|a| (a + 1..LENGTH).map(move |b| (a, b))) {
                let mut swapped = letters.clone();
                swapped.swap(first, second);
                let typed: String = swapped.iter().collect();
                assert_eq!(ReferenceNumber::parse(&typed).is_err(), swapped != letters, "{number} → {typed}");
            }
        }
    }

    #[test]
    fn a_look_alike_is_named_with_its_place() {
        assert_eq!(ReferenceNumber::parse("K7MO"), Err(ReferenceError::Letter { position: 4, found: 'O' }));
        assert_eq!(ReferenceNumber::parse("K7M"), Err(ReferenceError::Length { count: 3 }));
        assert_eq!(ReferenceNumber::parse(" - "), Err(ReferenceError::Empty));
        let told = ReferenceNumber::parse("K7-M0").unwrap_err().to_string();
        assert!(told.contains("4文字目の数字の「0」"), "{told}");
    }

    #[test]
    fn a_number_can_be_read_aloud() {
        assert_eq!(spoken("K7MP-4T"), "ケー なな エム ピー、よん ティー");
        for number in some_numbers(50) {
            assert_eq!(number.spoken().split(['、', ' ']).filter(|name| !name.is_empty()).count(), LENGTH);
        }
    }
}
