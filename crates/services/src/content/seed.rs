//! The content that comes with the program; what staff changed later is never overwritten.

use std::collections::BTreeMap;

use domain::{
    applications::{Entry, Kind, line_finder},
    clock::Timestamp,
    content::{
        menus,
        notices::{Audience, NoticeAct, NoticeState, plain_title},
        service::{ServiceKind, ServicePart, ServiceState},
    },
    ids::NoticeId,
    institutions::{Prefecture, ScoreTable},
    typed::search_key,
};
use serde::Deserialize;
use storage::content::{ArticleVersion, Document, Notice};
use storage::{Tx, boxed};
use time::{Date, Duration};

use super::{built_in, editing::heading_key, index, notice_desk::put, public, service::Reported};
use crate::{App, Ctx, Error, Result};

#[derive(Deserialize)]
struct ArticleHead {
    slug: String,
    number: String,
    kind: String,
    #[serde(default)]
    category: String,
    title: String,
    editor: String,
    updated: String,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    views: i64,
}

#[derive(Deserialize)]
struct DocumentHead {
    slug: String,
    version: String,
    title: String,
    effective: String,
}

#[derive(Deserialize)]
struct NoticeHead {
    slug: String,
    title: String,
    important: bool,
    published_days_ago: i64,
    /// For how many days it is shown; none when it stays.
    #[serde(default)]
    shown_days: Option<i64>,
    /// Score tables by their digits, prefectures by their codes, procedures by their words; empty for all.
    #[serde(default)]
    scores: Vec<String>,
    #[serde(default)]
    prefectures: Vec<String>,
    #[serde(default)]
    procedures: Vec<Kind>,
    #[serde(default)]
    views: i64,
}

/// Splits the TOML head between two `+++` lines from the Markdown below.
fn split<T: for<'de> Deserialize<'de>>(source: &str) -> Result<(T, &str)> {
    let rest = source.trim_start().strip_prefix("+++").ok_or_else(|| Error::internal("content without head"))?;
    let (head, body) = rest.split_once("\n+++").ok_or_else(|| Error::internal("content head without end"))?;
    Ok((toml::from_str(head).map_err(Error::internal)?, body.trim_start()))
}

fn midnight(date: &str) -> Result<i64> {
    let parts: Vec<i32> = date.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = parts[..] else { return Err(Error::internal(format!("not a date: {date}"))) };
    let month = u8::try_from(month).ok().and_then(|m| time::Month::try_from(m).ok());
    let date = month.zip(u8::try_from(day).ok()).and_then(|(m, d)| Date::from_calendar_date(year, m, d).ok());
    date.map(|date| Timestamp::start_of_day(date).as_millis()).ok_or_else(|| Error::internal("not a date"))
}

/// Adds articles, documents and lists that are not there yet.
///
/// # Errors
/// When a built-in text is faulty or the database refuses.
#[boxed]
pub async fn seed(app: &App) -> Result<()> {
    let mut tx = app.db.write().await?;
    index::begin(&mut tx).await?;
    for source in built_in::articles() {
        let (head, body): (ArticleHead, &str) = split(source)?;
        first_version(&mut tx, head, body).await?;
    }
    for source in built_in::documents() {
        let (head, body): (DocumentHead, &str) = split(source)?;
        let effective_at = midnight(&head.effective)?;
        let DocumentHead { slug, version, title, .. } = head;
        let document = Document { slug, version, title, body: body.to_owned(), effective_at };
        if storage::content::add_document(&mut tx, &document).await? {
            index::document(&mut tx, &document.slug).await?;
        }
    }
    let lists = built_in_lists()?;
    let present = storage::content::lists(&mut tx).await?;
    let stale = |name: &str| name == line_finder::LIST && line_finder::is_bare(&present);
    for (name, entries) in lists.iter().filter(|(name, _)| present.entries(name).is_empty() || stale(name)) {
        storage::content::set_list(&mut tx, name, entries, app.clock.now()).await?;
    }
    enter_menus(app, &mut tx).await?;
    Ok(tx.commit().await?)
}

/// Enters procedures into the menus that came with an earlier program. What staff made of a menu is a version of their own.
async fn enter_menus(app: &App, tx: &mut Tx) -> Result<()> {
    let present = storage::content::lists(tx).await?;
    for name in [menus::TOP, menus::SIDE] {
        let mut entries = present.entries(name).to_vec();
        menus::enter(name, &mut entries);
        if entries != present.entries(name) {
            storage::content::set_list(tx, name, &entries, app.clock.now()).await?;
        }
    }
    Ok(())
}

/// The lists that come with the program and with the procedures.
fn built_in_lists() -> Result<BTreeMap<String, Vec<Entry>>> {
    let mut lists = BTreeMap::new();
    for source in built_in::options() {
        let more: BTreeMap<String, Vec<Entry>> = toml::from_str(source).map_err(Error::internal)?;
        for (name, entries) in more {
            if lists.insert(name.clone(), entries).is_some() {
                return Err(Error::internal(format!("the list {name} is there twice")));
            }
        }
    }
    Ok(lists)
}

/// Publishes an article as its first version, unless there is one: what staff changed is never overwritten.
async fn first_version(tx: &mut Tx, head: ArticleHead, body: &str) -> Result<()> {
    let (number, views, version) = (head.number.clone(), head.views, version(head, body)?);
    if !storage::content::begin_article(tx, &number, &version, views).await? {
        return Ok(());
    }
    storage::content::save_version(tx, &version, &heading_key(&number, &version.title)).await?;
    let updated_at = Timestamp::from_millis(version.made_at);
    let publish = public::Change::Publish { version: &version, by: "", updated_at };
    public::change(tx, &number, publish, updated_at).await?;
    Ok(())
}

fn version(head: ArticleHead, body: &str) -> Result<ArticleVersion> {
    // Articles may name procedures that are still to come.
    let related: Vec<&str> =
        head.related.iter().filter_map(|word| word.parse::<Kind>().ok()).map(Kind::as_str).collect();
    Ok(ArticleVersion {
        version: 1,
        made_at: midnight(&head.updated)?,
        slug: head.slug,
        kind: head.kind,
        category: head.category,
        title: head.title,
        body: body.to_owned(),
        editor: head.editor,
        related: related.join(" "),
        note: "はじめからある記事".to_owned(),
        author_name: "システム".to_owned(),
        ..ArticleVersion::default()
    })
}

/// Adds the example notices, dated back from now.
///
/// # Errors
/// When a built-in text is faulty or the database refuses.
#[boxed]
pub async fn seed_notices(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "demo");
    let mut tx = app.db.write().await?;
    for source in built_in::NOTICES {
        let (head, body): (NoticeHead, &str) = split(source)?;
        let id = NoticeId::new(ctx.now, &*app.randomness);
        put(&ctx, &mut tx, &notice(id, ctx.now, head, body)?, None, NoticeAct::Publish).await?;
    }
    tx.commit().await?;
    app.notices.forget();
    Ok(())
}

/// Whom the head of a notice names; a word that it does not know is a fault of the file.
fn audience(head: &NoticeHead) -> Result<Audience> {
    let unknown = |word: &String| Error::internal(format!("{}: unknown audience {word}", head.slug));
    let scores = head.scores.iter().map(|code| ScoreTable::from_code(code).ok_or_else(|| unknown(code)));
    let prefectures = head.prefectures.iter().map(|code| Prefecture::from_code(code).ok_or_else(|| unknown(code)));
    let (scores, prefectures) = (scores.collect::<Result<Vec<_>>>()?, prefectures.collect::<Result<Vec<_>>>()?);
    Ok(Audience::of(scores, prefectures, head.procedures.iter().copied()))
}

fn notice(id: NoticeId, now: Timestamp, head: NoticeHead, body: &str) -> Result<Notice> {
    let audience = audience(&head)?;
    let begun = now - Duration::days(head.published_days_ago);
    let title = plain_title(&head.title).to_owned();
    Ok(Notice {
        id: id.0,
        search_text: search_key(&format!("{title}{body}")),
        slug: head.slug,
        title,
        important: head.important,
        body: body.to_owned(),
        views: head.views,
        published_at: begun.as_millis(),
        state: NoticeState::Published.as_str().to_owned(),
        until_at: head.shown_days.map(|days| (begun + Duration::days(days)).as_millis()),
        scores: audience.scores,
        prefectures: audience.prefectures,
        procedures: audience.procedures,
        tells: false,
        version: 1,
        updated_at: begun.as_millis(),
        stars: 0,
        votes: 0,
    })
}

/// How many days ahead the demo's maintenance lies, and its hours.
const MAINTENANCE: (i64, i64, i64) = (5, 22, 6);

/// Adds the demo's planned maintenance.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn seed_maintenance(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "demo");
    let (days, hour, hours) = MAINTENANCE;
    let from = Timestamp::start_of_day((ctx.now + Duration::days(days)).date()) + Duration::hours(hour);
    let state = ServiceState {
        kind: ServiceKind::Maintenance,
        title: "機器の入替えのため、ポータルを停止します".to_owned(),
        parts: vec![ServicePart::Portal, ServicePart::Mail],
        from,
        until: Some(from + Duration::hours(hours)),
    };
    let words = "停止の間、申請の画面は開けません。保存した下書きは残ります。閉域網での端末の電子証明書の取得と更新は、いつもどおりできます。";
    match super::service::announce(&ctx, state, words).await? {
        Reported::Done(_) => Ok(()),
        other => Err(Error::internal(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of all articles that come with the program.
    fn taken() -> Vec<String> {
        built_in::articles().map(|source| split::<ArticleHead>(source).unwrap().0.number).collect()
    }

    #[test]
    fn every_built_in_text_is_well_formed_and_its_slug_is_its_own() {
        let (mut slugs, mut numbers) = (vec![], BTreeMap::new());
        for source in built_in::articles() {
            let (head, body): (ArticleHead, &str) = split(source).unwrap();
            assert!(!body.is_empty(), "{}", head.slug);
            if let Some(other) = numbers.insert(head.number.clone(), head.slug.clone()) {
                let free = (10_404..).map(|number| format!("KB{number:07}")).find(|number| !taken().contains(number));
                panic!("`{}` has the number of `{other}`; the next free one is {}", head.slug, free.unwrap());
            }
            slugs.push(version(head, body).unwrap().slug);
        }
        for source in built_in::documents() {
            let (head, _): (DocumentHead, &str) = split(source).unwrap();
            midnight(&head.effective).unwrap();
        }
        for source in built_in::NOTICES {
            let (head, body): (NoticeHead, &str) = split(source).unwrap();
            notice(NoticeId(uuid::Uuid::nil()), Timestamp::from_millis(0), head, body).unwrap();
        }
        assert!(built_in_lists().unwrap().values().all(|entries| !entries.is_empty()));
        let count = slugs.len();
        slugs.sort();
        slugs.dedup();
        assert_eq!(slugs.len(), count);
    }
}
