//! Telephone numbers and postal codes in their stored form.

use super::{PhoneError, PostalCodeError};
use crate::typed::{compact, fold, is_separator};

/// A telephone number in its stored form: digits, with hyphens where the person separated groups.
///
/// Full width, spaces, brackets, hyphens of all kinds and `+81` are read. Ten or eleven digits that begin with 0.
///
/// # Errors
/// [`PhoneError`] says what is wrong and where.
pub fn normalise_phone(typed: &str) -> Result<String, PhoneError> {
    let folded = fold(typed);
    let text = folded.trim();
    let national = text.strip_prefix("+81").map(|rest| format!("0{}", rest.trim_start().trim_start_matches("(0)")));
    let text = national.as_deref().unwrap_or(text);
    let between = |letter: char| is_separator(letter) || matches!(letter, '(' | ')' | '.');
    let letters: Vec<char> = text.chars().filter(|letter| !between(*letter)).collect();
    if letters.is_empty() {
        return Err(PhoneError::Empty);
    }
    if let Some((place, found)) = letters.iter().enumerate().find(|(_, letter)| !letter.is_ascii_digit()) {
        return Err(PhoneError::NotADigit { position: place + 1, found: *found });
    }
    if letters.first() != Some(&'0') {
        return Err(PhoneError::NoAreaCode);
    }
    if !(10..=11).contains(&letters.len()) {
        return Err(PhoneError::Length { digits: letters.len() });
    }
    let groups: Vec<&str> = text.split(between).filter(|group| !group.is_empty()).collect();
    Ok(groups.join("-"))
}

/// A postal code in its stored form: `123-4567`.
///
/// # Errors
/// [`PostalCodeError`] when it is not seven digits.
pub fn normalise_postal_code(typed: &str) -> Result<String, PostalCodeError> {
    let text = compact(typed);
    let digits = text.trim_start_matches('〒');
    if digits.is_empty() {
        return Err(PostalCodeError::Empty);
    }
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.split_at_checked(3) {
        Some((area, town)) if all_digits && town.len() == 4 => Ok(format!("{area}-{town}")),
        _ => Err(PostalCodeError::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_read_however_it_is_typed() {
        for (typed, stored) in [
            ("03-1234-5678", "03-1234-5678"),
            ("０３（１２３４）５６７８", "03-1234-5678"),
            (" 03 1234 5678 ", "03-1234-5678"),
            ("0312345678", "0312345678"),
            ("+81 3-1234-5678", "03-1234-5678"),
            ("+81(0)90-1234-5678", "090-1234-5678"),
            ("0120−123−456", "0120-123-456"),
            ("0800ー0804583", "0800-0804583"),
        ] {
            let first = normalise_phone(typed);
            assert_eq!(first.as_deref(), Ok(stored), "{typed}");
            assert_eq!(normalise_phone(stored).as_deref(), Ok(stored));
        }
    }

    #[test]
    fn what_is_no_telephone_number_is_named() {
        assert_eq!(normalise_phone(" － "), Err(PhoneError::Empty));
        assert_eq!(normalise_phone("O3-1234-5678"), Err(PhoneError::NotADigit { position: 1, found: 'O' }));
        assert_eq!(normalise_phone("03-1234-5678 内線5"), Err(PhoneError::NotADigit { position: 11, found: '内' }));
        assert_eq!(normalise_phone("1234-5678-90"), Err(PhoneError::NoAreaCode));
        assert_eq!(normalise_phone("03-1234-567"), Err(PhoneError::Length { digits: 9 }));
        assert_eq!(normalise_phone("090-1234-56789"), Err(PhoneError::Length { digits: 12 }));
    }

    #[test]
    fn a_postal_code_is_read_however_it_is_typed() {
        for typed in ["1000001", "100-0001", "〒１００－０００１", " 100ー0001"] {
            assert_eq!(normalise_postal_code(typed).as_deref(), Ok("100-0001"), "{typed}");
        }
        assert_eq!(normalise_postal_code("〒"), Err(PostalCodeError::Empty));
        for typed in ["100-001", "10000011", "100-000l", "東京"] {
            assert_eq!(normalise_postal_code(typed), Err(PostalCodeError::Form), "{typed}");
        }
    }
}
