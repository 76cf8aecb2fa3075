//! How names are compared in a search.

use domain::typed::fold;

/// A text as the search compares it: compatibility form, lower case, katakana as hiragana, without spaces.
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

#[cfg(test)]
mod tests {
    use super::search_key;

    #[test]
    fn width_case_spaces_and_kana_make_no_difference() {
        for typed in ["ｱｵﾊﾞ ﾃﾞﾝﾀﾙ CLINIC", "アオバデンタル　ｃｌｉｎｉｃ", "あおばでんたるClinic"]
        {
            assert_eq!(search_key(typed), "あおばでんたるclinic");
        }
        assert_ne!(search_key("青葉"), search_key("若葉"));
    }
}
