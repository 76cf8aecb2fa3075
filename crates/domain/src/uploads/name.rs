//! Names of handed-in files: a name is only ever shown and offered, it never says where a file lies or what it is.

use unicode_normalization::UnicodeNormalization;

use super::{LONGEST_NAME, UploadKind};
use crate::typed::is_invisible;

/// What a file is called when nothing of its name can be kept.
const NAMELESS: &str = "ファイル";

/// A name that every system takes: the last part of a path, NFC, without characters that turn or hide text or that file
/// systems refuse, at most [`LONGEST_NAME`] characters, with an ending that fits what the file is.
pub fn clean_name(sent: &str, kind: UploadKind) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let line: String = last.nfc().filter(|letter| !is_invisible(*letter)).map(kept).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (stem, ending) = match line.rsplit_once('.') {
        Some((stem, ending)) if fits(ending, kind) => (stem, ending.to_ascii_lowercase()),
        _ => (line.as_str(), kind.endings().first().copied().unwrap_or_default().to_owned()),
    };
    let stem = stem.trim_matches(['.', ' ']);
    let room = LONGEST_NAME.saturating_sub(ending.len() + 1);
    let stem: String = stem.chars().take(room).collect();
    let stem = stem.trim_end_matches(['.', ' ']);
    format!("{}.{ending}", if stem.is_empty() { NAMELESS } else { stem })
}

fn fits(ending: &str, kind: UploadKind) -> bool {
    kind.endings().iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// The character itself, or a low line for one that would deceive or that a file system refuses.
fn kept(letter: char) -> char {
    let turning =
        matches!(letter, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}');
    let number = letter as u32;
    let private = matches!(number, 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF | 0xFDD0..=0xFDEF | 0xE_0000..=0xE_007F)
        || matches!(number, 0xFFF9..=0xFFFD)
        || number & 0xFFFE == 0xFFFE;
    let refused = matches!(letter, '"' | '<' | '>' | ':' | '|' | '?' | '*' | '%');
    match letter {
        _ if letter.is_whitespace() => ' ',
        _ if turning || private || refused || letter.is_control() => '_',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_what_people_read_and_nothing_else() {
        let pdf = |sent: &str| clean_name(sent, UploadKind::Pdf);
        assert_eq!(pdf("領収書.pdf"), "領収書.pdf");
        assert_eq!(pdf("領収書.PDF"), "領収書.pdf");
        assert_eq!(pdf("C:\\Users\\院長\\領収書 （4月）.pdf"), "領収書 （4月）.pdf");
        assert_eq!(pdf("../../../etc/passwd"), "passwd.pdf");
        assert_eq!(pdf("か\u{3099}.pdf"), "が.pdf");
        assert_eq!(pdf("請求\u{202E}fdp.exe"), "請求_fdp.exe.pdf");
        assert_eq!(pdf("a\r\nSet-Cookie: x=1.pdf"), "a Set-Cookie_ x=1.pdf");
        assert_eq!(pdf("\" onclick=\"x.pdf"), "_ onclick=_x.pdf");
        for nothing in ["", ".pdf", "...", "/", "\u{200B}", " . "] {
            assert_eq!(pdf(nothing), "ファイル.pdf", "{nothing:?}");
        }
    }

    #[test]
    fn the_ending_follows_the_content() {
        assert_eq!(clean_name("領収書.pdf", UploadKind::Png), "領収書.pdf.png");
        assert_eq!(clean_name("photo.JPEG", UploadKind::Jpeg), "photo.jpeg");
        assert_eq!(clean_name("photo", UploadKind::Jpeg), "photo.jpg");
    }

    #[test]
    fn a_long_name_is_cut_before_its_ending() {
        let name = clean_name(&format!("{}.pdf", "あ".repeat(5_000)), UploadKind::Pdf);
        assert_eq!(name.chars().count(), LONGEST_NAME);
        assert!(name.ends_with("あ.pdf"));
        assert_eq!(clean_name(&name, UploadKind::Pdf), name, "cleaning twice changes nothing");
    }
}
