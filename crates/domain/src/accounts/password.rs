//! The rule for passwords (spec 2.3): length, no well-known one, nothing that others know of the account.

use super::PasswordError;
use crate::typed::fold;
use std::{collections::BTreeSet, sync::LazyLock};

/// Fewest characters of a password that is no passphrase.
const SHORTEST: usize = 12;
/// Most characters of a password.
const LONGEST: usize = 256;
/// Fewest words of a passphrase, each of at least two characters.
const PASSPHRASE_WORDS: usize = 4;
/// Digits and marks around a well-known word that do not make it a password.
const ADORNMENT: usize = 8;
/// Shorter names before the @ occur in passwords by chance.
const TELLING_LOCAL: usize = 4;
/// Fewest different characters.
const FEWEST_DIFFERENT: usize = 5;

/// Runs that fingers and minds follow; read in both directions.
const SEQUENCES: [&str; 6] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "あいうえおかきくけこさしすせそたちつてとなにぬねの",
];

static COMMON: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// What others know of an account and what its password must not contain.
#[derive(Clone, Copy, Debug, Default)]
pub struct PasswordContext<'a> {
    /// Login or mail address.
    pub login: &'a str,
    /// Ten-digit codes of the person's institutions.
    pub codes: &'a [&'a str],
}

/// A password as it is hashed: NFKC, otherwise exactly as typed.
pub fn normalise_password(typed: &str) -> String {
    fold(typed)
}

/// Checks a new password and gives it in the form to hash.
///
/// At least 12 characters, or four words of two; at most 256. No rules of composition (spec 2.3).
///
/// # Errors
/// [`PasswordError`] says why the password will not do and what would.
pub fn check_password(typed: &str, context: &PasswordContext<'_>) -> Result<String, PasswordError> {
    let password = normalise_password(typed);
    let count = password.chars().count();
    if count == 0 {
        return Err(PasswordError::Empty);
    }
    if password.chars().any(char::is_control) {
        return Err(PasswordError::Control);
    }
    if count > LONGEST {
        return Err(PasswordError::TooLong { count });
    }
    if count < SHORTEST && !is_passphrase(&password) {
        return Err(PasswordError::TooShort { count });
    }
    let lower = password.to_lowercase();
    if contains_code(&lower, context.codes) {
        return Err(PasswordError::Code);
    }
    if contains_login(&lower, &super::normalise_login(context.login)) {
        return Err(PasswordError::Login);
    }
    let dense: Vec<char> = lower.chars().filter(|letter| !letter.is_whitespace()).collect();
    if is_monotonous(&dense) {
        return Err(PasswordError::Sequence);
    }
    if is_common(&dense.iter().collect::<String>()) { Err(PasswordError::Common) } else { Ok(password) }
}

fn is_passphrase(password: &str) -> bool {
    let words: Vec<&str> = password.split_whitespace().filter(|word| word.chars().count() >= 2).collect();
    words.len() >= PASSPHRASE_WORDS && words.iter().collect::<BTreeSet<_>>().len() == words.len()
}

fn contains_code(lower: &str, codes: &[&str]) -> bool {
    let dense: String = lower.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let local = |code: &&str| code.get(code.len().saturating_sub(7)..).unwrap_or_default().to_owned();
    codes.iter().map(local).any(|code| code.len() == 7 && dense.contains(&code))
}

fn contains_login(lower: &str, login: &str) -> bool {
    let local = login.split('@').next().unwrap_or_default();
    (!login.is_empty() && lower.contains(login)) || (local.chars().count() >= TELLING_LOCAL && lower.contains(local))
}

/// Few different characters, a unit repeated, or a handful of runs along the alphabet or the keyboard.
fn is_monotonous(letters: &[char]) -> bool {
    let different = letters.iter().collect::<BTreeSet<_>>().len();
    let repeated = |unit: usize| letters.iter().zip(letters.iter().skip(unit)).all(|(one, next)| one == next);
    let runs = 1 + letters.windows(2).filter(|pair| !is_step(pair[0], pair[1])).count();
    different < FEWEST_DIFFERENT
        || (1..=6).any(|unit| unit * 2 <= letters.len() && repeated(unit))
        || runs * 4 <= letters.len()
}

fn is_step(one: char, next: char) -> bool {
    let [forward, backward] = [[one, next], [next, one]].map(|pair| pair.iter().collect::<String>());
    one == next || SEQUENCES.iter().any(|row| row.contains(&forward) || row.contains(&backward))
}

/// On the list as it is, with letters written as digits, within digits and marks, twice, or two of the list in a row.
fn is_common(dense: &str) -> bool {
    let unmarked: String = dense.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let plain: String = dense.chars().map(letter_meant).collect();
    let listed = |text: &str| COMMON.contains(text);
    let bare = |text: &str| {
        let stem = text.trim_matches(|letter: char| !letter.is_alphabetic()).to_owned();
        let adorned = text.chars().count() - stem.chars().count();
        (adorned <= ADORNMENT && !stem.is_empty()).then_some(stem)
    };
    let pair = |text: &str| {
        let mut cuts = text.char_indices().map(|(place, _)| place).skip(1);
        cuts.any(|cut| listed(text.get(..cut).unwrap_or_default()) && listed(text.get(cut..).unwrap_or_default()))
    };
    let forms = [dense.to_owned(), unmarked, plain];
    let stems: Vec<String> = forms.iter().filter_map(|form| bare(form)).collect();
    forms.into_iter().chain(stems).any(|text| listed(&text) || pair(&text))
}

/// The letter that a digit or mark is written for in 「p@ssw0rd」.
const fn letter_meant(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str) -> Result<String, PasswordError> {
        check_password(typed, &PasswordContext { login: "aoba.shika@clinic.example.jp", codes: &["1330100016"] })
    }

    #[test]
    fn long_and_unexpected_is_enough() {
        for typed in [
            "vuqmzxtpalwe",
            "stately lamp over marzipan",
            "korogaru taiyou no ue de",
            "xK9!pQ2@vL5#",
            "夕焼けに泳ぐ青い鯨の夢枕",
            "山川 海空 森風 花鳥",
            "        leading spaces are mine 7   ",
        ] {
            assert_eq!(check(typed).as_deref(), Ok(fold(typed).as_str()), "{typed}");
        }
        assert!(check(&"絵馬が丘で笛を吹く ".repeat(20)).is_ok());
    }

    #[test]
    fn too_short_and_too_long_are_told_with_the_count() {
        assert_eq!(check(""), Err(PasswordError::Empty));
        assert_eq!(check("vuqmzxtpalw"), Err(PasswordError::TooShort { count: 11 }));
        assert_eq!(check("山 川 海 空"), Err(PasswordError::TooShort { count: 7 }));
        assert_eq!(check("ab ab ab ab"), Err(PasswordError::TooShort { count: 11 }));
        assert_eq!(check(&"vuqmzxtpalwe".repeat(22)), Err(PasswordError::TooLong { count: 264 }));
        assert_eq!(check("vuqmzxtpalwe\0"), Err(PasswordError::Control));
    }

    #[test]
    fn well_known_passwords_are_refused_in_every_dress() {
        for typed in [
            "passwordpassword",
            "Password1234",
            "P@ssw0rd2026!",
            "ｐａｓｓｗｏｒｄ１２３４",
            "administrator",
            "Sakura20260401",
            "iloveyou!!!!",
            "welcomehome123",
            "123456administrator",
            "madoguchi2026",
            "shika-shika-2",
            "パスワード1234567",
        ] {
            assert_eq!(check(typed), Err(PasswordError::Common), "{typed}");
        }
    }

    #[test]
    fn runs_and_repetitions_are_refused() {
        for typed in [
            "123456789012",
            "abcdefghijklm",
            "qwertyuiopasdf",
            "zyxwvutsrqpo",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "1212121212121",
            "abcd1234qwer",
            "aabbaabbaabbab",
            "あいうえおかきくけこさし",
            "sato sato sato",
        ] {
            assert_eq!(check(typed), Err(PasswordError::Sequence), "{typed}");
        }
    }

    #[test]
    fn what_others_know_of_the_account_is_refused() {
        assert_eq!(check("zebra-1330100016-x"), Err(PasswordError::Code));
        assert_eq!(check("zebra-0100016-lamp"), Err(PasswordError::Code));
        assert_eq!(check("zebra 010-0016 lamp"), Err(PasswordError::Code));
        assert_eq!(check("ＡＯＢＡ．ＳＨＩＫＡ-lamp"), Err(PasswordError::Login));
        let short = PasswordContext { login: "ta@x.jp", codes: &[] };
        assert!(check_password("stately-lamp-over", &short).is_ok());
    }

    #[test]
    fn the_list_is_long_folded_and_sorted() {
        let lines: Vec<&str> = include_str!("common_passwords.txt").lines().collect();
        assert!(lines.len() >= 1_000);
        assert!(lines.is_sorted());
        assert_eq!(COMMON.len(), lines.len(), "no entry twice");
        for line in lines {
            assert_eq!(normalise_password(line).to_lowercase(), line);
            assert!(!line.contains(char::is_whitespace) && !line.is_empty());
        }
    }

    #[test]
    fn the_same_password_typed_in_another_form_is_the_same() {
        assert_eq!(normalise_password("ｶﾞｰﾃﾞﾝ"), normalise_password("ガーデン"));
        assert_ne!(normalise_password("Lamp"), normalise_password("lamp"));
    }
}
