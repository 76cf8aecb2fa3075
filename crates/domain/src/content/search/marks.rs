//! Which characters of a text were hit, and the part of it that is shown.

use crate::typed::search_key;

/// Characters of the text on each side of a hit.
const AROUND: usize = 40;

/// A piece of a text, and whether it was hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The piece as it stands in the text.
    pub text: String,
    /// Whether it was hit.
    pub hit: bool,
}

/// Markdown as plain text on one line, without addresses and placeholders.
pub fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let without_pictures = markdown.replace("![", "[");
    let mut rest = without_pictures.as_str();
    while let Some(place) = rest.find(['[', ']', '{', '*', '#', '|', '`', '>', '\n']) {
        let (before, after) = rest.split_at(place);
        out.push_str(before);
        rest = match after {
            _ if after.starts_with("](") => after.split_once(')').map_or("", |(_, rest)| rest),
            _ if after.starts_with("{{") => after.split_once("}}").map_or("", |(_, rest)| rest),
            _ => {
                if after.starts_with(['\n', '|']) && !out.ends_with(' ') {
                    out.push(' ');
                }
                after.get(1..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    out.replace("---", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Marks that compose with the character before them, so that both are compared together.
fn composes(letter: char) -> bool {
    matches!(letter, '\u{FF9E}' | '\u{FF9F}' | '\u{3099}' | '\u{309A}' | '\u{0300}'..='\u{036F}')
}

/// A character of the usual ranges as the search compares it, the same as `search_key` makes of it but without its price: a
/// text has thousands of them. None for others.
fn usual(letter: char) -> Option<char> {
    match letter {
        'ぁ'..='ゖ' | '一'..='鿿' | '、' | '。' => Some(letter),
        'ァ'..='ヶ' => char::from_u32(u32::from(letter) - 0x60),
        '!'..='~' => Some(letter.to_ascii_lowercase()),
        _ => None,
    }
}

/// The characters of a text as the search compares them, each with the first and last place of its original.
fn compared(letters: &[char]) -> Vec<(char, (usize, usize))> {
    let mut all = vec![];
    let mut from = 0;
    while from < letters.len() {
        let marks = letters.iter().skip(from + 1).take_while(|letter| composes(**letter)).count();
        if let (0, Some(letter)) = (marks, letters.get(from).copied().and_then(usual)) {
            all.push((letter, (from, from)));
            from += 1;
            continue;
        }
        let cluster: String = letters.iter().skip(from).take(marks + 1).collect();
        all.extend(search_key(&cluster).chars().map(|letter| (letter, (from, from + marks))));
        from += marks + 1;
    }
    all
}

/// The first and last original character of every hit of any needle, in order and without overlaps.
fn places(letters: &[char], needles: &[&str]) -> Vec<(usize, usize)> {
    let text = compared(letters);
    let mut all: Vec<(usize, usize)> = vec![];
    for needle in needles.iter().filter(|needle| !needle.is_empty()) {
        let needle: Vec<char> = needle.chars().collect();
        for window in text.windows(needle.len()) {
            let same = window.iter().zip(&needle).all(|((letter, _), wanted)| letter == wanted);
            if let (true, Some((_, (from, _))), Some((_, (_, to)))) = (same, window.first(), window.last()) {
                all.push((*from, *to));
            }
        }
    }
    all.sort_unstable();
    let mut apart: Vec<(usize, usize)> = vec![];
    for (from, to) in all {
        match apart.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// The text around the first hit; its beginning when none is in it.
fn around(text: &str, needles: &[&str]) -> String {
    let letters: Vec<char> = text.trim().chars().collect();
    let (from, to) = places(&letters, needles).first().copied().unwrap_or((0, 0));
    let begin = from.saturating_sub(AROUND);
    let end = to.saturating_add(1 + AROUND).max(begin + 2 * AROUND).min(letters.len());
    let middle: String = letters.get(begin..end).unwrap_or_default().iter().collect();
    let dots = |there: bool| if there { "…" } else { "" };
    format!("{}{}{}", dots(begin > 0), middle.trim(), dots(end < letters.len()))
}

/// A text cut where hits of any of the normalised needles begin and end.
pub fn pieces(text: &str, needles: &[&str]) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let mut pieces = vec![];
    let mut done = 0;
    let mut cut = |from: usize, to: usize, hit: bool| {
        let text: String = letters.get(from..to).unwrap_or_default().iter().collect();
        if !text.is_empty() {
            pieces.push(Piece { text, hit });
        }
    };
    for (from, to) in places(&letters, needles) {
        cut(done, from, false);
        cut(from, to + 1, true);
        done = to + 1;
    }
    cut(done, letters.len(), false);
    pieces
}

/// The part of a text around its first hit, cut where hits begin and end.
pub fn excerpt(text: &str, needles: &[&str]) -> Vec<Piece> {
    pieces(&around(text, needles), needles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(text: &str, typed: &[&str]) -> Vec<String> {
        let keys: Vec<String> = typed.iter().map(|typed| search_key(typed)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        pieces(text, &keys).into_iter().filter(|piece| piece.hit).map(|piece| piece.text).collect()
    }

    #[test]
    fn hits_are_marked_in_the_words_of_the_text() {
        assert_eq!(hits("電気通信カイセン種別とかいせん", &["ｶｲｾﾝ"]), ["カイセン", "かいせん"]);
        assert_eq!(hits("お客様ＩＤの確認", &["id"]), ["ＩＤ"]);
        assert_eq!(hits("回線 種別", &["回線種別"]), ["回線 種別"]);
        assert_eq!(hits("ｵﾝﾗｲﾝ請求のﾊﾟｽﾜｰﾄﾞ", &["パスワード"]), ["ﾊﾟｽﾜｰﾄﾞ"]);
        assert!(hits("何もない", &["回線"]).is_empty());
    }

    #[test]
    fn a_usual_character_is_compared_as_every_other() {
        for letter in '\0'..='\u{FFFF}' {
            if let Some(key) = usual(letter) {
                assert_eq!(search_key(&letter.to_string()), key.to_string(), "{letter:?}");
            }
        }
    }

    #[test]
    fn hits_of_several_words_are_marked_once_where_they_meet() {
        assert_eq!(hits("電子証明書と証明書", &["電子証明", "証明書"]), ["電子証明書", "証明書"]);
        let whole: String = pieces("あいうえお", &["うえ", "い"]).into_iter().map(|piece| piece.text).collect();
        assert_eq!(whole, "あいうえお");
    }

    #[test]
    fn an_excerpt_is_plain_text_around_the_hit() {
        let text = plain("## 流れ\n\n- **[規約](document:terms)** を読む\n\n`{{sender_domain}}` を許可");
        assert_eq!(text, "流れ - 規約 を読む を許可");
        let long = format!("{}電子証明書{}", "前".repeat(90), "後".repeat(90));
        let shown: String = excerpt(&long, &["電子証明書"]).into_iter().map(|piece| piece.text).collect();
        assert!(shown.starts_with("…前") && shown.ends_with("後…") && shown.contains("電子証明書"));
        let begin: String = excerpt(&long, &["ない"]).into_iter().map(|piece| piece.text).collect();
        assert!(begin.starts_with("前前") && begin.ends_with('…'));
    }
}
