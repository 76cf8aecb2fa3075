//! The Atom feed of notices (RFC 4287): the newest, of one procedure or of all. Readers that ask each second cost no statement.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{applications::Kind, clock::Timestamp, content::notices::Audience};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use serde::Deserialize;
use services::{Ctx, Error, content, rows::Notice, secrets::token_hash};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    pages::address,
    site::{Failure, Site, to_html},
};

/// Notices in a feed at most.
const MOST: usize = 30;
/// Where it is.
const PATH: &str = "/notices.atom";
const ATOM: &str = "http://www.w3.org/2005/Atom";
/// How long a reader need not ask again.
const FRESH: &str = "public, max-age=60";

/// Feeds as they were given out last, each with the notices that it was made from: one for each way to filter.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<BTreeMap<(i64, bool), Held>>);

type Held = (Arc<Vec<Notice>>, Arc<Feed>);

struct Feed {
    text: Vec<u8>,
    tag: String,
    updated: Timestamp,
}

/// Which notices are wanted.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    procedure: String,
    #[serde(default)]
    important: String,
}

/// Notices of a procedure; none for a word that is no procedure. No word means all.
pub(super) fn procedure_of(word: &str) -> Option<Audience> {
    match word {
        "" => Some(Audience::default()),
        word => word.parse::<Kind>().ok().map(|kind| Audience::of([], [], [kind])),
    }
}

/// The address of the feed with filters.
pub(super) fn address_of(procedure: &str, important: bool) -> String {
    let procedure = if procedure_of(procedure).is_some() { procedure } else { "" };
    address(PATH, &[("procedure", procedure), ("important", if important { "1" } else { "" })])
}

/// The feed, or that nothing has changed.
pub(super) async fn show(
    State(site): State<Site>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let audience = procedure_of(&wanted.procedure).ok_or(Error::NotFound)?;
    let important = wanted.important == "1";
    let ctx = Ctx::visitor(&site.app, "");
    let newest = content::newest_notices(&ctx).await?;
    let key = (audience.procedures, important);
    let held = site.feeds.0.lock().ok().and_then(|held| held.get(&key).cloned());
    let feed = match held {
        Some((source, feed)) if Arc::ptr_eq(&source, &newest) => feed,
        _ => {
            let chosen = content::concerning(&newest, audience, ctx.now).filter(|one| one.important || !important);
            let chosen: Vec<&Notice> = chosen.take(MOST).collect();
            let feed = Arc::new(Feed::of(&site, &chosen, &wanted).map_err(Error::internal)?);
            if let Ok(mut held) = site.feeds.0.lock() {
                held.insert(key, (newest, feed.clone()));
            }
            feed
        }
    };
    Ok(answer(&feed, &headers))
}

fn answer(feed: &Feed, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", feed.tag);
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds(feed.updated)));
    let mut response = if is_known(headers, &tag, feed.updated) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], feed.text.clone()).into_response()
    };
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static(FRESH));
    for (name, value) in [(header::ETAG, tag), (header::LAST_MODIFIED, date)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            own.insert(name, value);
        }
    }
    response
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_seconds()).unwrap_or(0)
}

/// Whether the reader has it: by its tag, and only without one by its date (RFC 9110, 13.2.2).
fn is_known(headers: &HeaderMap, tag: &str, updated: Timestamp) -> bool {
    let mut tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).peekable();
    if tags.peek().is_some() {
        let mut each = tags.flat_map(|value| value.split(','));
        return each.any(|one| ["*", tag].contains(&one.trim().trim_start_matches("W/")));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    let since = since.and_then(|text| httpdate::parse_http_date(text).ok());
    let since = since.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    since.is_some_and(|since| seconds(updated) <= since.as_secs())
}

impl Feed {
    fn of(site: &Site, notices: &[&Notice], wanted: &Wanted) -> std::io::Result<Self> {
        let updated = notices.iter().map(|notice| updated(notice)).max().unwrap_or(Timestamp::from_millis(0));
        let text = written(site, notices, wanted, updated)?;
        let tag = token_hash(&String::from_utf8_lossy(&text)).chars().take(32).collect();
        Ok(Self { text, tag, updated })
    }
}

/// When a reader must look again: its last change, or its beginning when that was set ahead.
fn updated(notice: &Notice) -> Timestamp {
    Timestamp::from_millis(notice.updated_at.max(notice.published_at))
}

fn instant(at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

/// Text without what XML cannot hold.
fn text(words: &str) -> String {
    words.chars().filter(|letter| !letter.is_control() || "\t\n".contains(*letter)).collect()
}

type Out = Writer<Vec<u8>>;

fn element(out: &mut Out, name: &str, words: &str) -> std::io::Result<()> {
    out.create_element(name).write_text_content(BytesText::new(&text(words))).map(drop)
}

fn link(out: &mut Out, rel: &str, kind: &str, href: &str) -> std::io::Result<()> {
    out.create_element("link").with_attributes([("rel", rel), ("type", kind), ("href", href)]).write_empty().map(drop)
}

fn written(site: &Site, notices: &[&Notice], wanted: &Wanted, updated: Timestamp) -> std::io::Result<Vec<u8>> {
    let settings = &site.app.settings;
    let portal = settings.portal_url.as_str();
    let own = format!("{portal}{}", address_of(&wanted.procedure, wanted.important == "1"));
    let list = [("procedure", wanted.procedure.as_str()), ("important", wanted.important.as_str())];
    let list = format!("{portal}{}", address("/notices", &list));
    let about = wanted.procedure.parse::<Kind>().map(|kind| format!("（{}）", kind.label())).unwrap_or_default();
    let mut out = Writer::new(vec![]);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    out.create_element("feed").with_attributes([("xmlns", ATOM), ("xml:lang", "ja")]).write_inner_content(|out| {
        element(out, "title", &format!("お知らせ{about}：{}", settings.operator.brand))?;
        element(out, "id", &own)?;
        element(out, "updated", &instant(updated))?;
        out.create_element("author").write_inner_content(|out| element(out, "name", &settings.operator.name))?;
        link(out, "self", "application/atom+xml", &own)?;
        link(out, "alternate", "text/html", &list)?;
        notices.iter().try_for_each(|notice| entry(out, site, portal, notice))
    })?;
    Ok(out.into_inner())
}

fn entry(out: &mut Out, site: &Site, portal: &str, notice: &Notice) -> std::io::Result<()> {
    let page = format!("{portal}/notices/{}", notice.slug);
    let mark = if notice.important { "【重要】" } else { "" };
    let body = content::notice_text(&site.app, notice);
    let html = absolute(&to_html(&body).0, portal, &page);
    out.create_element("entry").write_inner_content(|out| {
        element(out, "title", &format!("{mark}{}", notice.title))?;
        element(out, "id", &format!("urn:uuid:{}", notice.id))?;
        element(out, "published", &instant(Timestamp::from_millis(notice.published_at)))?;
        element(out, "updated", &instant(updated(notice)))?;
        link(out, "alternate", "text/html", &page)?;
        for kind in notice.audience().procedures() {
            let words = [("term", kind.as_str()), ("label", kind.label())];
            out.create_element("category").with_attributes(words).write_empty()?;
        }
        let content = out.create_element("content").with_attribute(("type", "html"));
        content.write_text_content(BytesText::new(&text(&html))).map(drop)
    })?;
    Ok(())
}

/// The same HTML with every address whole: a reader does not know where it came from.
fn absolute(html: &str, portal: &str, page: &str) -> String {
    let mut out = String::with_capacity(html.len() + 200);
    for piece in html.split_inclusive('>') {
        let (before, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        out.push_str(before);
        let tag = tag.replace("href=\"#", &format!("href=\"{page}#"));
        let tag = tag.replace("href=\"/", &format!("href=\"{portal}/"));
        out.push_str(&tag.replace("src=\"/", &format!("src=\"{portal}/")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_tags_become_whole_and_text_stays_as_it_is() {
        let html = "<p>href=\"/a\" <a href=\"/b\">x</a> <a href=\"#s-1\">y</a> <img src=\"/c.svg\"></p>";
        let whole = absolute(html, "https://p.example", "https://p.example/notices/n");
        assert!(whole.contains("<p>href=\"/a\" <a href=\"https://p.example/b\">x</a>"), "{whole}");
        assert!(whole.contains("href=\"https://p.example/notices/n#s-1\""), "{whole}");
        assert!(whole.contains("src=\"https://p.example/c.svg\""), "{whole}");
    }

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(text("a\u{0}b\u{8}c\u{1b}\n"), "abc\n");
    }

    #[test]
    fn a_reader_is_believed_by_its_tag_first_and_by_its_date_only_without_one() {
        let at = Timestamp::from_millis(1_795_400_000_000);
        let asked = |pairs: &[(header::HeaderName, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
            is_known(&pairs.collect(), "\"t\"", at)
        };
        let date =
            |seconds: u64| httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds));
        let (old, new) = (date(1_795_399_999), date(1_795_400_000));
        assert!(asked(&[(header::IF_NONE_MATCH, "\"x\", W/\"t\"")]));
        assert!(!asked(&[(header::IF_NONE_MATCH, "\"x\""), (header::IF_MODIFIED_SINCE, &new)]));
        assert!(asked(&[(header::IF_MODIFIED_SINCE, &new)]) && !asked(&[(header::IF_MODIFIED_SINCE, &old)]));
        assert!(!asked(&[]) && !asked(&[(header::IF_MODIFIED_SINCE, "yesterday")]));
    }
}
