//! What people type: full width, spaces, hyphens of all kinds, letters that look like digits (spec 03, field 6).

use unicode_normalization::UnicodeNormalization;

/// The compatibility form (NFKC): full-width letters and digits become plain ones.
pub fn fold(typed: &str) -> String {
    typed.nfkc().collect()
}

/// The compatibility form without spaces, hyphens of all kinds and invisible characters.
pub fn compact(typed: &str) -> String {
    typed.nfkc().filter(|letter| !is_separator(*letter)).collect()
}

/// A text as searches compare it: compatibility form, lower case, katakana as hiragana, without spaces.
pub fn search_key(text: &str) -> String {
    fold(text).chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).map(hiragana).collect()
}

/// ァ to ヶ stand 0x60 above ぁ to ゖ in Unicode.
fn hiragana(letter: char) -> char {
    match letter {
        'ァ'..='ヶ' => char::from_u32(u32::from(letter) - 0x60).unwrap_or(letter),
        _ => letter,
    }
}

/// Whether a character only separates: a space, a hyphen, dash or minus of any kind, or an invisible one.
pub fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || is_hyphen(letter) || is_invisible(letter)
}

/// Whether a character is a hyphen, dash, minus or the long-vowel mark that is typed in its place.
pub const fn is_hyphen(letter: char) -> bool {
    matches!(
        letter,
        '-' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{208B}'
                | '\u{2212}'
                | '\u{2500}'
                | '\u{2501}'
                | '\u{2796}'
                | '\u{02D7}'
                | '\u{30FC}'
                | '\u{FF70}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{301C}'
                | '\u{3030}'
                | '\u{30A0}'
    )
}

/// Whether a character takes no room and carries no meaning (zero-width space, byte-order mark, soft hyphen).
pub const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{00AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{180E}')
}

/// The digit that a look-alike stands for: 0 for O, 1 for I and l.
pub const fn digit_meant(letter: char) -> Option<char> {
    match letter {
        'O' | 'o' | '〇' | '○' | '◯' => Some('0'),
        'I' | 'i' | 'l' | 'L' | '|' | '!' => Some('1'),
        _ => None,
    }
}

/// A character as a message names it: 「英字の「O」」, 「数字の「0」」, 「「あ」」.
pub fn named(letter: char) -> String {
    match letter {
        _ if letter.is_control() || is_separator(letter) => {
            format!("画面に見えない文字（U+{:04X}）", u32::from(letter))
        }
        _ if letter.is_ascii_alphabetic() => format!("英字の「{letter}」"),
        _ if letter.is_ascii_digit() => format!("数字の「{letter}」"),
        _ if letter.is_ascii_punctuation() => format!("記号の「{letter}」"),
        _ => format!("「{letter}」"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_spaces_and_every_hyphen_fall_away() {
        for typed in
            ["123-4567", "１２３－４５６７", "123ー4567", "123−4567", " 123‐4567　", "12\u{200B}3–45 67\u{FEFF}"]
        {
            assert_eq!(compact(typed), "1234567", "{typed}");
        }
        assert_eq!(compact("ｱｲｳ ー"), "アイウ");
        assert_eq!(fold("Ａ－１"), "A-1");
    }

    #[test]
    fn width_case_spaces_and_kana_make_no_difference_to_a_search() {
        for typed in ["ｱｵﾊﾞ ﾃﾞﾝﾀﾙ CLINIC", "アオバデンタル　ｃｌｉｎｉｃ", "あおばでんたるClinic"]
        {
            assert_eq!(search_key(typed), "あおばでんたるclinic");
        }
        assert_eq!(search_key("ｶｲｾﾝ 種別"), search_key("かいせん種別"));
        assert_ne!(search_key("青葉"), search_key("若葉"));
    }

    #[test]
    fn a_character_is_named_by_its_kind() {
        assert_eq!(named('O'), "英字の「O」");
        assert_eq!(named('0'), "数字の「0」");
        assert_eq!(named('*'), "記号の「*」");
        assert_eq!(named('あ'), "「あ」");
        assert_eq!(named('\0'), "画面に見えない文字（U+0000）");
    }
}
