//! Numbers of bills: what stands on a payment slip and comes back with the money.

use std::fmt;

use crate::{calendar::YearMonth, typed::fold};

/// Bills of one month.
const OF_A_MONTH: i64 = 10_000_000;
/// Digits without the check digit.
const DIGITS: usize = 11;

/// The quasigroup of H. M. Damm (2004): it finds every single wrong digit and every exchange of neighbours.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// The number of a bill (払込番号): year and month, a running number, and a check digit; `2605 0000 0014`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillNumber(i64);

/// Why a text is no number of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillNumberFault {
    /// Not 12 digits.
    #[error("払込番号は、数字12桁です。")]
    Form,
    /// The check digit does not fit.
    #[error("払込番号の検査数字が合いません。数字の打ち間違いや入れ替わりを確かめてください。")]
    CheckDigit,
}

impl BillNumber {
    /// The number of a stored bill.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// What the bills of a month count on from: the first one is this plus one.
    pub fn before_first(month: YearMonth) -> i64 {
        (i64::from(month.year() % 100) * 100 + i64::from(month.month())) * OF_A_MONTH
    }

    /// The stored number, without its check digit.
    pub const fn id(self) -> i64 {
        self.0
    }

    /// Twelve digits without blanks.
    pub fn plain(self) -> String {
        let digits = format!("{:0width$}", self.0, width = DIGITS);
        let check = check(&digits);
        format!("{digits}{check}")
    }

    /// Reads a number as typed or scanned, with blanks or hyphens and in full width.
    ///
    /// # Errors
    /// When it is none, with what to look at.
    pub fn parse(typed: &str) -> Result<Self, BillNumberFault> {
        let separator = |letter: &char| !letter.is_whitespace() && !crate::typed::is_separator(*letter);
        let digits: String = fold(typed).chars().filter(separator).collect();
        if digits.len() != DIGITS + 1 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(BillNumberFault::Form);
        }
        if check(&digits) != 0 {
            return Err(BillNumberFault::CheckDigit);
        }
        digits[..DIGITS].parse().map(Self).map_err(|_| BillNumberFault::Form)
    }
}

/// The check digit of digits; 0 for digits that end with the right one.
fn check(digits: &str) -> u8 {
    let next = |state: u8, digit: u8| DAMM[usize::from(state)][usize::from(digit - b'0')];
    digits.bytes().filter(u8::is_ascii_digit).fold(0, next)
}

impl fmt::Display for BillNumber {
    /// In groups of four, as it is printed and read aloud.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.plain();
        write!(f, "{} {} {}", &plain[..4], &plain[4..8], &plain[8..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> BillNumber {
        BillNumber::new(BillNumber::before_first("2026-05".parse().unwrap()) + 1)
    }

    #[test]
    fn a_number_tells_its_month_and_comes_back_as_it_was() {
        let number = first();
        assert!(number.to_string().starts_with("2605 0000 001"), "{number}");
        for typed in [number.plain(), number.to_string(), number.to_string().replace(' ', "-")] {
            assert_eq!(BillNumber::parse(&typed), Ok(number), "{typed}");
        }
        assert_eq!(BillNumber::parse("12"), Err(BillNumberFault::Form));
        assert_eq!(BillNumber::parse("26050000001X"), Err(BillNumberFault::Form));
        let early = BillNumber::new(BillNumber::before_first("2001-05".parse().unwrap()) + 1);
        assert_eq!(BillNumber::parse(&early.plain()), Ok(early), "leading zeros stay");
    }

    #[test]
    fn every_wrong_digit_and_every_exchange_of_neighbours_is_found() {
        let right = first().plain();
        for place in 0..right.len() {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = right.chars().collect();
                wrong[place] = digit;
                let wrong: String = wrong.into_iter().collect();
                assert_eq!(BillNumber::parse(&wrong).is_ok(), wrong == right, "{wrong}");
            }
        }
        for place in 1..right.len() {
            let mut wrong: Vec<char> = right.chars().collect();
            wrong.swap(place - 1, place);
            let wrong: String = wrong.into_iter().collect();
            assert_eq!(BillNumber::parse(&wrong).is_ok(), wrong == right, "{wrong}");
        }
    }
}
