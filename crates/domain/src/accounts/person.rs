//! Names of persons.

use super::{PersonNameError, clean_line};

/// Longest name in characters.
pub const LONGEST_PERSON_NAME: usize = 60;

/// A person's name in its stored form; letters and certificates must be able to print it.
///
/// # Errors
/// [`PersonNameError`] says what is wrong and where.
pub fn person_name(typed: &str) -> Result<String, PersonNameError> {
    let name = clean_line(typed, LONGEST_PERSON_NAME)?;
    if name.is_empty() {
        return Err(PersonNameError::Empty);
    }
    if let Some((place, found)) = name.chars().enumerate().find(|(_, letter)| is_pictograph(*letter)) {
        return Err(PersonNameError::Pictograph { position: place + 1, found });
    }
    if name.contains('@') || name.contains("://") || name.to_ascii_lowercase().contains("www.") {
        return Err(PersonNameError::Address);
    }
    if name.chars().any(char::is_alphabetic) { Ok(name) } else { Err(PersonNameError::NoLetters) }
}

/// Pictures, joiners and variation marks of pictures: no letter shows them, and no name has them.
const fn is_pictograph(letter: char) -> bool {
    matches!(letter, '\u{1F000}'..='\u{1FBFF}' | '\u{2600}'..='\u{27BF}' | '\u{200C}' | '\u{200D}' | '\u{20E3}' | '\u{FE00}'..='\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::TextError;

    #[test]
    fn names_as_people_have_them_are_kept() {
        for (typed, stored) in [
            (" 山田　太郎 ", "山田　太郎"),
            ("𠮷田 花子", "𠮷田 花子"),
            ("辻\u{E0101} 一郎", "辻\u{E0101} 一郎"),
            ("Mary-Jane O'Neil", "Mary-Jane O'Neil"),
            ("事務長 佐々木", "事務長 佐々木"),
        ] {
            assert_eq!(person_name(typed).as_deref(), Ok(stored));
        }
    }

    #[test]
    fn what_is_no_name_is_named() {
        assert_eq!(person_name(" \t"), Err(PersonNameError::Empty));
        assert_eq!(person_name("12345"), Err(PersonNameError::NoLetters));
        assert_eq!(person_name("taro@example.jp"), Err(PersonNameError::Address));
        assert_eq!(person_name("Free https://x.example"), Err(PersonNameError::Address));
        assert_eq!(person_name("山田😀"), Err(PersonNameError::Pictograph { position: 3, found: '😀' }));
        assert_eq!(person_name("山\0田"), Err(PersonNameError::Text(TextError::Nul { position: 2 })));
        let long = person_name(&"寿".repeat(10_000));
        assert_eq!(long, Err(PersonNameError::Text(TextError::TooLong { max: 60, count: 10_000 })));
    }
}
