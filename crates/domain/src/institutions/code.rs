//! The ten-digit institution code and its check digit (spec 2.1).

use super::{CodeError, Prefecture, ScoreTable};
use crate::typed::{compact, digit_meant};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

const LENGTH: usize = 10;
const LOCAL_LENGTH: usize = 7;
/// 埼玉, 千葉, 東京, 神奈川: their check digit covers the seven-digit code alone.
const SEVEN_DIGIT_RULE: std::ops::RangeInclusive<u8> = 11..=14;

/// Ten digits: prefecture 2, score table 1, code 7 with the check digit last.
///
/// Well-formed, not necessarily with a check digit that holds: the register decides (spec 2.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionCode {
    digits: String,
    prefecture: Prefecture,
    table: ScoreTable,
}

impl InstitutionCode {
    /// Reads all ten digits from one field; spaces, hyphens and full width are welcome.
    ///
    /// # Errors
    /// [`CodeError`] says what keeps the text from being a code, and where.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let digits = digits(typed)?;
        if digits.len() != LENGTH {
            return Err(CodeError::Length { digits: digits.len() });
        }
        Self::from_digits(digits)
    }

    /// Reads the seven-digit code beside a chosen prefecture and score table.
    ///
    /// All ten digits, or nine without the score table, are accepted too where they agree with the choice.
    ///
    /// # Errors
    /// [`CodeError`] says what keeps the text from being a code, and where.
    pub fn from_parts(prefecture: Prefecture, table: ScoreTable, typed: &str) -> Result<Self, CodeError> {
        let digits = digits(typed)?;
        let heads = ["".to_owned(), prefecture.code().to_owned(), format!("{}{}", prefecture.code(), table.code())];
        let Some(head) = heads.iter().find(|head| digits.len() == head.len() + LOCAL_LENGTH) else {
            return Err(CodeError::LocalLength { digits: digits.len() });
        };
        match digits.strip_prefix(head.as_str()) {
            Some(local) => {
                Ok(Self { digits: format!("{}{}{local}", prefecture.code(), table.code()), prefecture, table })
            }
            None => Err(CodeError::Disagrees { chosen: head.clone() }),
        }
    }

    /// All ten digits.
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// The prefecture.
    pub const fn prefecture(&self) -> Prefecture {
        self.prefecture
    }

    /// The score table.
    pub const fn score_table(&self) -> ScoreTable {
        self.table
    }

    /// The seven-digit code that people know as their institution's code.
    pub fn local(&self) -> &str {
        self.digits.get(LENGTH - LOCAL_LENGTH..).unwrap_or_default()
    }

    /// The code in groups for reading: `13-3-0100016`.
    pub fn grouped(&self) -> String {
        format!("{}-{}-{}", self.prefecture.code(), self.table.code(), self.local())
    }

    /// Whether the check digit holds.
    pub fn check_digit_holds(&self) -> bool {
        check_digit_holds(self.prefecture(), self.score_table(), self.local())
    }

    /// The same digits with another score table.
    #[must_use]
    pub fn with_table(&self, table: ScoreTable) -> Self {
        let digits = format!("{}{}{}", self.prefecture.code(), table.code(), self.local());
        Self { digits, prefecture: self.prefecture, table }
    }

    pub(super) fn from_digits(digits: String) -> Result<Self, CodeError> {
        let head = digits.get(..2).unwrap_or_default();
        let prefecture =
            Prefecture::from_code(head).ok_or_else(|| CodeError::UnknownPrefecture { found: head.to_owned() })?;
        let third = digits.get(2..3).unwrap_or_default();
        let table =
            ScoreTable::from_code(third).ok_or_else(|| CodeError::UnknownScoreTable { found: third.to_owned() })?;
        Ok(Self { digits, prefecture, table })
    }
}

/// Whether the check digit of a seven-digit code holds for a prefecture and score table (spec 2.1).
///
/// Prefectures 11 to 14: Luhn over the seven digits; all others: Luhn over all ten. False unless seven digits.
pub fn check_digit_holds(prefecture: Prefecture, table: ScoreTable, local: &str) -> bool {
    if local.len() != LOCAL_LENGTH || !local.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    if SEVEN_DIGIT_RULE.contains(&prefecture.number()) {
        luhn(local) == 0
    } else {
        luhn(&format!("{}{}{local}", prefecture.code(), table.code())) == 0
    }
}

/// The score tables with which the check digit of a seven-digit code holds.
pub fn tables_that_fit(prefecture: Prefecture, local: &str) -> Vec<ScoreTable> {
    ScoreTable::ALL.into_iter().filter(|table| check_digit_holds(prefecture, *table, local)).collect()
}

/// The check digit that makes six digits a code; `None` unless six digits.
pub fn check_digit_for(prefecture: Prefecture, table: ScoreTable, six: &str) -> Option<char> {
    ('0'..='9').find(|digit| check_digit_holds(prefecture, table, &format!("{six}{digit}")))
}

/// Luhn's sum modulo 10: from the right, every second digit doubled, 9 taken off two-digit results.
fn luhn(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([false, true].into_iter().cycle())
        .map(|(byte, second)| match (u32::from(byte - b'0'), second) {
            (digit, false) => digit,
            (digit, true) if digit < 5 => digit * 2,
            (digit, true) => digit * 2 - 9,
        })
        .sum();
    sum % 10
}

fn digits(typed: &str) -> Result<String, CodeError> {
    let text = compact(typed);
    if text.is_empty() {
        return Err(CodeError::Empty);
    }
    match text.chars().position(|letter| !letter.is_ascii_digit()) {
        None => Ok(text),
        Some(place) => {
            let found = text.chars().nth(place).unwrap_or_default();
            Err(CodeError::NotADigit { position: place + 1, found, meant: digit_meant(found) })
        }
    }
}

impl fmt::Display for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

impl fmt::Debug for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

impl FromStr for InstitutionCode {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for InstitutionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits)
    }
}

impl<'de> Deserialize<'de> for InstitutionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> InstitutionCode {
        text.parse().unwrap()
    }

    #[test]
    fn the_check_digits_measured_in_the_field_hold() {
        let valid = [
            "01 1 0112489",
            "01 1 0100013",
            "13 3 0100016",
            "14 4 0100016",
            "27 3 0100019",
            "27 6 0100012",
            "47 1 0100019",
        ];
        let invalid = ["01 1 0100014", "13 3 0100019", "14 4 0100017", "27 3 0100016", "47 1 0100018"];
        for text in valid {
            assert!(code(text).check_digit_holds(), "{text}");
        }
        for text in invalid {
            assert!(!code(text).check_digit_holds(), "{text}");
        }
    }

    #[test]
    fn only_around_tokyo_is_the_score_table_free() {
        for prefecture in Prefecture::all() {
            for number in (0..1_000_000).step_by(7_919) {
                let local = format!("{number:06}");
                for table in ScoreTable::ALL {
                    let digit = check_digit_for(prefecture, table, &local).unwrap();
                    let fitting = tables_that_fit(prefecture, &format!("{local}{digit}"));
                    let all = (11..=14).contains(&prefecture.number());
                    assert_eq!(fitting, if all { ScoreTable::ALL.to_vec() } else { vec![table] });
                }
            }
        }
        assert_eq!(check_digit_for(Prefecture::from_number(1).unwrap(), ScoreTable::Medical, "12345"), None);
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in ["1330100016", "13-3-0100016", "１３　３　０１０００１６", " 133ー0100016 "] {
            assert_eq!(code(typed).as_str(), "1330100016", "{typed}");
        }
        let read = code("1330100016");
        assert_eq!(
            (read.prefecture().name(), read.score_table(), read.local()),
            ("東京都", ScoreTable::Dental, "0100016")
        );
        assert_eq!(read.grouped(), "13-3-0100016");
    }

    #[test]
    fn the_parts_of_the_form_make_a_code() {
        let tokyo = Prefecture::from_code("13").unwrap();
        let from = |typed| InstitutionCode::from_parts(tokyo, ScoreTable::Dental, typed);
        for typed in ["0100016", "０１０００１６", "010-0016", "130100016", "1330100016"] {
            assert_eq!(from(typed).unwrap().as_str(), "1330100016", "{typed}");
        }
        assert_eq!(from("100016"), Err(CodeError::LocalLength { digits: 6 }));
        assert_eq!(from("1310100016"), Err(CodeError::Disagrees { chosen: "133".into() }));
        assert_eq!(from("270100016"), Err(CodeError::Disagrees { chosen: "13".into() }));
        assert_eq!(from(" "), Err(CodeError::Empty));
        assert_eq!(from("01OO016"), Err(CodeError::NotADigit { position: 3, found: 'O', meant: Some('0') }));
    }

    #[test]
    fn what_is_no_code_is_refused_with_its_reason() {
        let refused = |typed: &str| InstitutionCode::parse(typed).unwrap_err();
        assert_eq!(refused("0100016"), CodeError::Length { digits: 7 });
        assert_eq!(refused("130100016"), CodeError::Length { digits: 9 });
        assert_eq!(refused("4810100016"), CodeError::UnknownPrefecture { found: "48".into() });
        assert_eq!(refused("1320100016"), CodeError::UnknownScoreTable { found: "2".into() });
        assert_eq!(refused("13301000あ6"), CodeError::NotADigit { position: 9, found: 'あ', meant: None });
    }
}
