//! Words that nothing was found for: what editors may write about, or name in the list of words that mean the same.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, clock::Timestamp, permissions::Permission};
use serde::Deserialize;
use services::{content::search, rows::Miss};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{BannerKind, BannerView, Frame},
};

const LIST: &str = "/office/search-words";

#[derive(Template)]
#[template(path = "office/search_words.html")]
struct WordsPage {
    frame: Frame,
    rows: Vec<Line>,
    first: Option<String>,
    next: Option<String>,
}

/// A word that nothing was found for.
struct Line {
    word: String,
    count: i64,
    /// When it was looked for last.
    last: String,
    /// The search for it, to see whether something is found by now.
    href: String,
}

/// Which part of the list is shown, and what was just done.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    done: String,
    #[serde(default)]
    after: String,
}

/// Words that nobody handled, those that were looked for most often first.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::EditContent])?;
    let after = place(&wanted.after);
    let is_first = after.is_none();
    let words = search::open(&visit.ctx(), after).await?;
    let mut frame = visit.office_frame("見つからなかった検索の言葉", LIST);
    frame.banners.extend(told(&wanted.done));
    let next = words.last().filter(|_| words.len() == parts::PAGE).map(after_text);
    let page = WordsPage {
        frame,
        first: (!is_first).then(|| LIST.to_owned()),
        next: next.map(|after| parts::address(LIST, &[("after", &after)])),
        rows: words.into_iter().map(line).collect(),
    };
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    match done {
        "handled" => Some(parts::banner(
            BannerKind::Success,
            "対応済みにしました。",
            &["同じ言葉でまた見つからなかったときは、1回目からここに出ます。"],
        )),
        "changed" => Some(parts::banner(BannerKind::Info, "この言葉は、すでに対応済みです。", &[])),
        _ => None,
    }
}

fn line(miss: Miss) -> Line {
    Line {
        href: parts::address("/search", &[("q", &miss.word)]),
        last: japanese_datetime(miss.last_at),
        count: miss.count,
        word: miss.word,
    }
}

/// The last row of a page as an address carries it: count, instant, word.
fn after_text(miss: &Miss) -> String {
    format!("{}_{}_{}", miss.count, miss.last_at.as_millis(), miss.word)
}

fn place(text: &str) -> Option<Miss> {
    let (count, rest) = text.split_once('_')?;
    let (at, word) = rest.split_once('_')?;
    let last_at = Timestamp::from_millis(at.parse().ok()?);
    Some(Miss { word: word.to_owned(), count: count.parse().ok()?, last_at })
}

/// Marks a word as handled.
pub(super) async fn handle(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::EditContent])?;
    let done = if search::handle(&visit.ctx(), posted.get("word")).await? { "handled" } else { "changed" };
    Ok(see_other(&format!("{LIST}?done={done}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_after_the_word_that_its_address_names() {
        let miss = Miss { word: "a_b".to_owned(), count: 7, last_at: Timestamp::from_millis(1_795_400_000_123) };
        assert_eq!(place(&after_text(&miss)), Some(miss));
        for odd in ["", "7", "7_x_a", "x_1_a"] {
            assert_eq!(place(odd), None, "{odd}");
        }
    }
}
