//! Words that nothing was found for: which of them editors may see.

use time::Duration;

use crate::{
    reference::{ALPHABET, ReferenceNumber},
    typed::fold,
};

/// How long a word is kept that nobody looked for again.
pub const KEPT: Duration = Duration::days(180);
/// Longest word in characters.
const LONGEST: usize = 30;
/// A number of so many digits is somebody's: of a telephone, a code, an insured person.
const DIGITS: usize = 6;
/// So many letters and digits that a reference number may hold, of both kinds, are taken for a part of one.
const OF_REFERENCE: usize = 8;

/// The normalised word as editors may see it; none for what is short or long, or may be about a person or a case.
pub fn kept(typed: &str) -> Option<String> {
    let folded = fold(typed).to_lowercase();
    let word = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = word.chars().count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let personal = word.contains('@') || digits >= DIGITS || ReferenceNumber::parse(&word).is_ok() || is_number(&word);
    ((2..=LONGEST).contains(&length) && !personal && !word.contains(char::is_control)).then_some(word)
}

/// Whether a word looks like a number of the house that was not copied whole.
fn is_number(word: &str) -> bool {
    let plain: String = word.chars().filter(|letter| !crate::typed::is_separator(*letter)).collect();
    let mixed = plain.contains(|c: char| c.is_ascii_digit()) && plain.contains(|c: char| c.is_ascii_alphabetic());
    plain.len() >= OF_REFERENCE && mixed && plain.chars().all(|letter| ALPHABET.contains(letter.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn nothing_that_may_be_about_a_person_or_a_case_is_kept() {
        for personal in [
            "hanako@example.jp",
            "hanako＠example.jp",
            "03-1234-5678",
            "０３１２３４５６７８",
            "COP01234567",
            "K7MP-4TRX-9WHC-3",
            "k7mp4trx9",
            "1330100016",
        ] {
            assert_eq!(kept(personal), None, "{personal}");
        }
        assert_eq!((kept("あ"), kept(&"長".repeat(31)), kept("  ")), (None, None, None));
    }

    #[test]
    fn words_are_kept_as_they_are_compared_and_read() {
        assert_eq!(kept(" ＩＰ－ＶＰＮ　ルーター ").as_deref(), Some("ip-vpn ルーター"));
        assert_eq!(kept("ﾙｰﾀｰ").as_deref(), Some("ルーター"));
        assert_eq!(kept("Windows11").as_deref(), Some("windows11"), "no reference number holds these letters");
        assert_eq!(kept("v6オプション").as_deref(), Some("v6オプション"));
    }
}
