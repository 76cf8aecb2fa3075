//! Codes that people copy from paper: groups of four, and how to read each character aloud.

/// A few characters of a code that stand together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The characters.
    pub(crate) text: String,
    /// The same characters one by one, with their names.
    pub(crate) signs: Vec<Sign>,
}

/// One character and its name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sign {
    /// The character.
    pub(crate) sign: String,
    /// 「大文字」, 「小文字」, 「数字」, or empty for signs.
    pub(crate) kind: &'static str,
    /// How it is read aloud; empty for a sign that has no common name.
    pub(crate) name: &'static str,
}

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
const DIGITS: [&str; 10] = ["ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"];

/// Cuts a code where it has blanks or hyphens of its own, else after every fourth character.
///
/// Hyphens stay, because they may belong to the code; blanks only separate.
pub(crate) fn groups(code: &str) -> Vec<Group> {
    let code = code.trim();
    let pieces: Vec<String> = if code.contains(char::is_whitespace) {
        code.split_whitespace().map(str::to_owned).collect()
    } else if code.contains('-') {
        code.split_inclusive('-').map(str::to_owned).collect()
    } else {
        code.chars().collect::<Vec<_>>().chunks(4).map(|four| four.iter().collect()).collect()
    };
    pieces.into_iter().map(|text| Group { signs: text.chars().map(sign).collect(), text }).collect()
}

fn sign(character: char) -> Sign {
    let nth = |list: &'static [&'static str], first: char| {
        list.get((character as usize).saturating_sub(first as usize)).copied().unwrap_or_default()
    };
    let (kind, name) = match character {
        'A'..='Z' => ("大文字", nth(&LETTERS, 'A')),
        'a'..='z' => ("小文字", nth(&LETTERS, 'a')),
        '0'..='9' => ("数字", nth(&DIGITS, '0')),
        '-' => ("", "ハイフン"),
        _ => ("", ""),
    };
    Sign { sign: character.to_string(), kind, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<String> {
        groups(code).into_iter().map(|group| group.text).collect()
    }

    #[test]
    fn a_code_is_read_in_fours_unless_it_brings_its_own_groups() {
        assert_eq!(texts("K7MPXR4T9D"), ["K7MP", "XR4T", "9D"]);
        assert_eq!(texts("K7M-PXR4T"), ["K7M-", "PXR4T"]);
        assert_eq!(texts(" K7M PXR "), ["K7M", "PXR"]);
        assert!(texts("").is_empty());
    }

    #[test]
    fn every_letter_and_digit_has_a_name() {
        let read: Vec<_> = groups("Kz7").remove(0).signs.into_iter().map(|s| (s.kind, s.name)).collect();
        assert_eq!(read, [("大文字", "ケー"), ("小文字", "ゼット"), ("数字", "なな")]);
        for character in ('A'..='Z').chain('a'..='z').chain('0'..='9') {
            assert!(!sign(character).name.is_empty(), "{character}");
        }
    }
}
