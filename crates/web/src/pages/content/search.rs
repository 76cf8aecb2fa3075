//! The search over notices, articles, FAQ and procedures.

use askama::Template;
use axum::extract::Query;
use domain::typed::search_key;
use serde::Deserialize;
use services::content;

use super::catalogue;
use crate::{
    site::{Failure, Html, Visit},
    view::frame::{Frame, Section},
};

/// Characters of the text around a hit.
const AROUND: usize = 40;
/// Fewest characters that are looked for.
const FEWEST: usize = 2;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    q: String,
}

/// A piece of a text, and whether it is a hit.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    hit: bool,
}

/// Something that was found.
struct Hit {
    kind: &'static str,
    href: String,
    title: Vec<Piece>,
    excerpt: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "content/search.html")]
pub(super) struct SearchPage {
    frame: Frame,
    words: String,
    too_short: bool,
    hits: Vec<Hit>,
}

/// The page with what was found.
pub(super) async fn search(visit: Visit, Query(query): Query<Words>) -> Result<Html<SearchPage>, Failure> {
    let asked = query.q.replace(char::is_control, " ");
    let found = content::search(&visit.ctx(), asked.trim()).await?;
    let needle = search_key(&found.words);
    let too_short = needle.chars().count() < FEWEST;
    let mut hits = vec![];
    if !too_short {
        let tiles = catalogue::all().into_iter().filter(|tile| search_key(&tile.title).contains(&needle));
        hits.extend(tiles.map(|tile| hit("手続", tile.href, &tile.title, &tile.text, &needle)));
        hits.extend(found.articles.iter().map(|article| {
            let kind = if article.kind == "faq" { "よくある質問" } else { "解説" };
            hit(kind, format!("/articles/{}", article.slug), &article.title, &plain(&article.body), &needle)
        }));
        hits.extend(found.notices.iter().map(|notice| {
            hit("お知らせ", format!("/notices/{}", notice.slug), &notice.title, &plain(&notice.body), &needle)
        }));
    }
    let title =
        if found.words.is_empty() { "検索".to_owned() } else { format!("「{}」の検索結果", found.words) };
    let frame = Frame { current: Section::Search, search: found.words.clone(), ..visit.frame(title) };
    Ok(Html(SearchPage { frame, words: found.words, too_short, hits }))
}

fn hit(kind: &'static str, href: String, title: &str, text: &str, needle: &str) -> Hit {
    Hit { kind, href, title: pieces(title, needle), excerpt: pieces(&around(text, needle), needle) }
}

/// Markdown as plain text on one line, without addresses and placeholders.
fn plain(markdown: &str) -> String {
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
    out.replace("---", "")
}

/// The characters of a text as the search compares them, each with the place of its original.
fn compared(letters: &[char]) -> Vec<(char, usize)> {
    let of = |(place, letter): (usize, &char)| {
        search_key(letter.encode_utf8(&mut [0; 4])).chars().map(|c| (c, place)).collect::<Vec<_>>()
    };
    letters.iter().enumerate().flat_map(of).collect()
}

/// The first and last original character of every hit.
fn places(letters: &[char], needle: &str) -> Vec<(usize, usize)> {
    let (text, needle): (Vec<_>, Vec<char>) = (compared(letters), needle.chars().collect());
    let mut found: Vec<(usize, usize)> = vec![];
    if needle.is_empty() {
        return found;
    }
    for window in text.windows(needle.len()) {
        let same = window.iter().zip(&needle).all(|((letter, _), wanted)| letter == wanted);
        let (Some((_, from)), Some((_, to))) = (window.first(), window.last()) else { continue };
        if same && found.last().is_none_or(|(_, end)| from > end) {
            found.push((*from, *to));
        }
    }
    found
}

/// The text around the first hit; its beginning when only the title has one.
fn around(text: &str, needle: &str) -> String {
    let letters: Vec<char> = text.trim().chars().collect();
    let (from, to) = places(&letters, needle).first().copied().unwrap_or((0, 0));
    let (begin, end) = (from.saturating_sub(AROUND), (to + 1 + AROUND).min(letters.len()));
    let middle: String = letters.get(begin..end).unwrap_or_default().iter().collect();
    let dots = |there: bool| if there { "…" } else { "" };
    format!("{}{}{}", dots(begin > 0), middle.trim(), dots(end < letters.len()))
}

/// A text cut where hits begin and end.
fn pieces(text: &str, needle: &str) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let mut pieces = vec![];
    let mut done = 0;
    let mut cut = |from: usize, to: usize, hit: bool| {
        let text: String = letters.get(from..to).unwrap_or_default().iter().collect();
        if !text.is_empty() {
            pieces.push(Piece { text, hit });
        }
    };
    for (from, to) in places(&letters, needle) {
        cut(done, from, false);
        cut(from, to + 1, true);
        done = to + 1;
    }
    cut(done, letters.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_marked_in_the_words_of_the_text() {
        let hits = |text: &str, words: &str| -> Vec<String> {
            pieces(text, &search_key(words)).into_iter().filter(|piece| piece.hit).map(|piece| piece.text).collect()
        };
        assert_eq!(hits("電気通信カイセン種別とかいせん", "ｶｲｾﾝ"), ["カイセン", "かいせん"]);
        assert_eq!(hits("お客様ＩＤの確認", "id"), ["ＩＤ"]);
        assert_eq!(hits("回線 種別", "回線種別"), ["回線 種別"]);
        assert!(hits("何もない", "回線").is_empty());
        let whole: String = pieces("あいうえお", "うえ").into_iter().map(|piece| piece.text).collect();
        assert_eq!(whole, "あいうえお");
    }

    #[test]
    fn an_excerpt_is_plain_text_around_the_hit() {
        let text = plain("## 流れ\n\n- **[規約](document:terms)** を読む\n\n`{{sender_domain}}` を許可");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["流れ", "-", "規約", "を読む", "を許可"]);
        let long = format!("{}電子証明書{}", "前".repeat(90), "後".repeat(90));
        let excerpt = around(&long, &search_key("電子証明書"));
        assert!(excerpt.starts_with("…前") && excerpt.ends_with("後…") && excerpt.contains("電子証明書"));
    }
}
