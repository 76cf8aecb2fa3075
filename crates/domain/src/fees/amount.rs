//! Amounts as people and banks write them.

use crate::typed::fold;

/// Most yen of one payment; more is a slip of the hand.
pub const MOST_YEN: i64 = 100_000_000;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountFault {
    /// Nothing, a sign, a fraction, words.
    #[error("金額は、「1500」や「1,500円」のように、1円以上の整数で入力してください。")]
    Form,
    /// More than [`MOST_YEN`].
    #[error("金額が1億円を超えています。桁を確かめてください。")]
    TooMuch,
}

/// Reads an amount: 「1500」, 「１，５００円」, 「¥1,500」. Only whole yen from 1 on.
///
/// # Errors
/// When it is none, with what to type instead.
pub fn yen(typed: &str) -> Result<i64, AmountFault> {
    let folded = fold(typed);
    let text = folded.trim().trim_start_matches(['¥', '\\']).trim_end_matches('円');
    let digits: String = text.chars().filter(|letter| *letter != ',' && !letter.is_whitespace()).collect();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(AmountFault::Form);
    }
    let amount = if digits.len() > 15 { i64::MAX } else { digits.parse().map_err(|_| AmountFault::Form)? };
    match amount {
        0 => Err(AmountFault::Form),
        amount if amount > MOST_YEN => Err(AmountFault::TooMuch),
        amount => Ok(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_banks_and_people_write_it() {
        for typed in ["1500", "1,500", "１，５００円", " ¥1,500 ", "￥1500"] {
            assert_eq!(yen(typed), Ok(1_500), "{typed}");
        }
        for typed in ["", "0", "-1500", "1500.5", "千五百", "1500 JPY", "=1+1", "▲1,500"] {
            assert_eq!(yen(typed), Err(AmountFault::Form), "{typed}");
        }
        assert_eq!(yen("100000000"), Ok(MOST_YEN));
        assert_eq!(yen("100000001"), Err(AmountFault::TooMuch));
        assert_eq!(yen("99999999999999999999999"), Err(AmountFault::TooMuch));
    }
}
