//! The rule for every text that people type: what is kept, what is refused.

use super::TextError;
use crate::typed::is_invisible;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Most combining marks on one letter; more are drawn over the lines around.
const MOST_MARKS: usize = 4;

/// One line in its stored form: NFC, trimmed, runs of white space collapsed; at most `max` characters.
///
/// Line breaks and tabs count as white space. A run that holds a full-width space becomes one such space.
///
/// # Errors
/// [`TextError`] names the character that cannot be kept and its place, or the excess length.
pub fn clean_line(typed: &str, max: usize) -> Result<String, TextError> {
    let visible = visible(typed)?;
    limited(collapsed(&visible), max)
}

/// A line that must not be empty, as a reason is.
///
/// # Errors
/// A sentence that names the question by its label and says what is wrong with the answer.
pub fn needed_line(label: &str, typed: &str, max: usize) -> Result<String, String> {
    match clean_line(typed, max) {
        Ok(line) if line.is_empty() => Err(format!("「{label}」を入力してください。")),
        Ok(line) => Ok(line),
        Err(fault) => Err(format!("「{label}」：{fault}")),
    }
}

/// Several lines in their stored form: NFC, `\n` breaks, each line as [`clean_line`], one blank line at most.
///
/// # Errors
/// [`TextError`] names the character that cannot be kept and its place, or the excess length.
pub fn clean_text(typed: &str, max: usize) -> Result<String, TextError> {
    let visible = visible(typed)?.replace("\r\n", "\n");
    let mut lines: Vec<String> = vec![];
    for line in visible.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line = collapsed(line);
        if !(line.is_empty() && lines.last().is_none_or(String::is_empty)) {
            lines.push(line);
        }
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    limited(lines.join("\n"), max)
}

/// NFC without invisible characters; refuses what no page, letter or certificate can show.
fn visible(typed: &str) -> Result<String, TextError> {
    let mut marks = 0;
    for (place, letter) in typed.chars().enumerate() {
        let position = place + 1;
        marks = if is_combining_mark(letter) { marks + 1 } else { 0 };
        match letter {
            '\0' => return Err(TextError::Nul { position }),
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' => {
                return Err(TextError::Direction { position });
            }
            '\u{FFFD}' => return Err(TextError::Garbled { position }),
            _ if is_private(letter) => return Err(TextError::PrivateUse { position }),
            _ if letter.is_control() && !letter.is_whitespace() => return Err(TextError::Control { position }),
            _ if marks > MOST_MARKS => return Err(TextError::Marks { position }),
            _ => {}
        }
    }
    Ok(typed.nfc().filter(|letter| !is_invisible(*letter)).collect())
}

/// Private-use characters (外字), non-characters and tag characters: another computer shows something else.
const fn is_private(letter: char) -> bool {
    let number = letter as u32;
    matches!(number, 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF | 0xFDD0..=0xFDEF | 0xE_0000..=0xE_007F | 0xFFF9..=0xFFFB)
        || number & 0xFFFE == 0xFFFE
}

fn collapsed(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut gap: Option<char> = None;
    for letter in line.chars() {
        if letter.is_whitespace() {
            gap = Some(if letter == '\u{3000}' || gap == Some('\u{3000}') { '\u{3000}' } else { ' ' });
            continue;
        }
        if let Some(space) = gap.take().filter(|_| !text.is_empty()) {
            text.push(space);
        }
        text.push(letter);
    }
    text
}

fn limited(text: String, max: usize) -> Result<String, TextError> {
    let count = text.chars().count();
    if count > max { Err(TextError::TooLong { max, count }) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_its_gaps_collapsed() {
        assert_eq!(clean_line("  山田   太郎\t\r\n", 20).unwrap(), "山田 太郎");
        assert_eq!(clean_line("医療法人　 青葉会", 20).unwrap(), "医療法人　青葉会");
        assert_eq!(clean_line("か\u{3099}", 1).unwrap(), "が");
        assert_eq!(clean_line("受\u{200B}付\u{FEFF}", 2).unwrap(), "受付");
        assert_eq!(clean_line(" \u{3000}\n", 5).unwrap(), "");
    }

    #[test]
    fn harmless_looking_code_is_kept_as_text() {
        for typed in ["<script>alert(1)</script>", "' OR 1=1 --", "😀👨‍👩‍👧", "𠮷野家", "辻\u{E0101}", "=1+1"]
        {
            assert_eq!(clean_line(typed, 100).unwrap(), typed);
        }
    }

    #[test]
    fn what_cannot_be_shown_is_named_with_its_place() {
        assert_eq!(clean_line("ab\0", 9), Err(TextError::Nul { position: 3 }));
        assert_eq!(clean_line("a\u{1B}[31m", 9), Err(TextError::Control { position: 2 }));
        assert_eq!(clean_line("\u{7F}", 9), Err(TextError::Control { position: 1 }));
        assert_eq!(clean_line("abc\u{202E}fdp", 9), Err(TextError::Direction { position: 4 }));
        assert_eq!(clean_line("\u{200F}a", 9), Err(TextError::Direction { position: 1 }));
        assert_eq!(clean_text("a\nb\u{2067}", 9), Err(TextError::Direction { position: 4 }));
        assert_eq!(clean_line("\u{E000}", 9), Err(TextError::PrivateUse { position: 1 }));
        assert_eq!(clean_line("医\u{FFFD}", 9), Err(TextError::Garbled { position: 2 }));
        assert_eq!(clean_line("e\u{301}\u{301}\u{301}\u{301}\u{301}", 9), Err(TextError::Marks { position: 6 }));
    }

    #[test]
    fn length_is_counted_in_characters_after_cleaning() {
        assert_eq!(clean_line(&"あ".repeat(64), 64).unwrap().chars().count(), 64);
        assert_eq!(clean_line(&"あ".repeat(10_000), 64), Err(TextError::TooLong { max: 64, count: 10_000 }));
        assert!(clean_line(&format!("{}a", " ".repeat(1000)), 1).is_ok());
    }

    #[test]
    fn a_needed_line_is_asked_for_by_its_label() {
        assert_eq!(needed_line("理由", " 重複 ", 9), Ok("重複".to_owned()));
        assert_eq!(needed_line("理由", " \n", 9), Err("「理由」を入力してください。".to_owned()));
        let fault = TextError::TooLong { max: 1, count: 2 };
        assert_eq!(needed_line("理由", "重複", 1), Err(format!("「理由」：{fault}")));
    }

    #[test]
    fn a_text_keeps_its_paragraphs() {
        let typed = "\r\n一行目  \r\n\r\n\r\n\r\n二行目\r三行目\n\n";
        assert_eq!(clean_text(typed, 100).unwrap(), "一行目\n\n二行目\n三行目");
        assert_eq!(clean_text(" \n \n", 100).unwrap(), "");
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        for typed in ["  a  b ", "か\u{3099}\n\n\nx", "　山　 田　", "a\u{2028}b"] {
            let once = clean_text(typed, 50).unwrap();
            assert_eq!(clean_text(&once, 50).unwrap(), once);
            let line = clean_line(typed, 50).unwrap();
            assert_eq!(clean_line(&line, 50).unwrap(), line);
        }
    }
}
