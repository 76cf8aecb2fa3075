//! The search over notices, articles, questions, procedures and documents, and over what is one's own.

use askama::Template;
use axum::{
    Json,
    extract::Query,
    http::header,
    response::{IntoResponse, Response},
};
use domain::content::{
    procedures,
    search::{Only, Piece, SHORTEST},
};
use serde::{Deserialize, Serialize};
use services::content::search::{self, Asked, Found, Hit, Suggestion, Target};

use super::catalogue;
use crate::{
    site::{Failure, Html, Visit},
    view::frame::{Frame, Link, Section},
};

const PAGE: &str = "/search";
/// How long browsers may keep suggestions.
const KEPT: &str = "public, max-age=30";

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    q: String,
    /// What it is narrowed to.
    #[serde(default)]
    kind: String,
    /// Hits that the pages before have shown.
    #[serde(default)]
    from: String,
}

/// Something that was found.
struct HitView {
    kind: &'static str,
    href: String,
    title: Vec<Piece>,
    excerpt: Vec<Piece>,
}

/// A choice of what the search is narrowed to.
struct OnlyView {
    link: Link,
    current: bool,
}

#[derive(Template)]
#[template(path = "content/search.html")]
pub(super) struct SearchPage {
    frame: Frame,
    words: String,
    /// What is kept of the narrowing when other words are looked for; empty for everything.
    kind: String,
    too_short: bool,
    narrow: Vec<OnlyView>,
    hits: Vec<HitView>,
    /// How many there are, in words.
    count: String,
    /// What was looked for besides, in words; empty for nothing.
    also: String,
    first: Option<String>,
    next: Option<String>,
    /// What to do when nothing was found.
    nothing: Nothing,
}

/// What to do when nothing was found.
struct Nothing {
    text: &'static str,
    link: Link,
}

/// The page with what was found.
pub(super) async fn search(visit: Visit, Query(query): Query<Words>) -> Result<Html<SearchPage>, Failure> {
    let typed = query.q.replace(char::is_control, " ");
    let only: Option<Only> = query.kind.parse().ok().filter(|only| offered(&visit, *only));
    let from = query.from.parse().unwrap_or(0);
    let found = search::search(&visit.ctx(), &Asked { words: typed.trim(), only, from }).await?;
    let title =
        if found.words.is_empty() { "検索".to_owned() } else { format!("「{}」の検索結果", found.words) };
    let frame = Frame { current: Section::Search, search: found.words.clone(), ..visit.frame(title) };
    Ok(Html(page(frame, &visit, found, only, from)))
}

/// What is one's own is offered to who is logged in.
fn offered(visit: &Visit, only: Only) -> bool {
    only != Only::Own || visit.session().is_some()
}

fn page(frame: Frame, visit: &Visit, found: Found, only: Option<Only>, from: usize) -> SearchPage {
    let kind = only.map(Only::as_str).unwrap_or_default();
    let choice = |only: Option<Only>, label: &str, word: &str| OnlyView {
        link: Link::new(label, address(&found.words, only.map(Only::as_str).unwrap_or_default(), 0)),
        current: word == kind,
    };
    let each = Only::ALL.iter().filter(|only| offered(visit, **only));
    let each = each.map(|only| choice(Some(*only), only.label(), only.as_str()));
    let narrow = [choice(None, "すべて", "")].into_iter().chain(each).collect();
    SearchPage {
        frame,
        kind: kind.to_owned(),
        too_short: found.too_short && !found.words.is_empty(),
        narrow,
        count: count(&found, from),
        also: found.also.iter().map(|word| format!("「{word}」")).collect(),
        first: (from > 0).then(|| address(&found.words, kind, 0)),
        next: found.next.map(|next| address(&found.words, kind, next)),
        nothing: nothing(only, &found.words),
        hits: found.hits.into_iter().map(hit).collect(),
        words: found.words,
    }
}

fn nothing(only: Option<Only>, words: &str) -> Nothing {
    match only {
        Some(_) => Nothing {
            text: "ほかの種類では見つかるかもしれません。",
            link: Link::new("すべての種類からさがす", address(words, "", 0)),
        },
        None => Nothing {
            text: "短い言葉や、別の言い方でお試しください。受付番号は、お使いの医療機関等のものだけが見つかります。",
            link: Link::new("よくある質問を見る", "/faq"),
        },
    }
}

/// How many there are and which of them are shown.
fn count(found: &Found, from: usize) -> String {
    let or_more = if found.or_more { "以上" } else { "" };
    let all = format!("{}件{or_more}見つかりました", found.total);
    let last = from + found.hits.len();
    if from == 0 && found.next.is_none() {
        format!("{all}。")
    } else {
        format!("{all}。{}件目から{last}件目までを表示しています。", from + 1)
    }
}

fn address(words: &str, kind: &str, from: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", words);
    if !kind.is_empty() {
        query.append_pair("kind", kind);
    }
    if from > 0 {
        query.append_pair("from", &from.to_string());
    }
    format!("{PAGE}?{}", query.finish())
}

fn hit(hit: Hit) -> HitView {
    HitView { href: href(&hit), kind: hit.kind.label(), title: hit.title, excerpt: hit.excerpt }
}

fn href(hit: &Hit) -> String {
    use domain::content::search::Kind;
    match &hit.target {
        Target::Text(name) => match hit.kind {
            Kind::Notice => format!("/notices/{name}"),
            Kind::Document => format!("/documents/{name}"),
            _ => format!("/articles/{name}"),
        },
        Target::Tile(name) => {
            procedures::tiles().find(|tile| tile.name == *name).map(|tile| catalogue::href(&tile)).unwrap_or_default()
        }
        Target::Case(id) => format!("/applications/{id}"),
        Target::Terminal(id) => format!("/terminals/{id}"),
        Target::Inquiry(id) => format!("/inquiries/{id}"),
        Target::OfficeCase(id) => format!("/office/applications/{id}"),
        Target::OfficeInquiry(id) => format!("/office/inquiries/{id}"),
    }
}

/// A suggestion on its way to the browser.
#[derive(Serialize)]
struct Suggested {
    text: String,
    /// What it is a title of, in words; empty for a word.
    kind: &'static str,
}

/// What is suggested while somebody types: at most eight, the same for everyone.
pub(super) async fn suggest(visit: Visit, Query(query): Query<Words>) -> Result<Response, Failure> {
    let typed: String = query.q.chars().take(50).collect();
    let found = match typed.trim().chars().count() {
        ..SHORTEST => vec![],
        _ => search::suggest(&visit.ctx(), &typed).await?,
    };
    let shown = |one: Suggestion| Suggested { text: one.text, kind: one.kind.map_or("", |kind| kind.label()) };
    let found: Vec<Suggested> = found.into_iter().map(shown).collect();
    Ok(([(header::CACHE_CONTROL, KEPT)], Json(found)).into_response())
}
