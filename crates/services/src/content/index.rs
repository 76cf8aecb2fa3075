//! The index of the search: which public texts it holds, and how each gets in.
//!
//! Whoever changes what the public reads calls the function of that text in the same transaction: it reads the row itself and
//! puts it in, or takes it out when the public may not read it any more.

use domain::{
    clock::Timestamp,
    content::{notices::NoticeState, search::Kind},
    ids::JobId,
};
use serde_json::{Value, json};
use storage::{
    Conn, Tx, boxed,
    content::{Article, DocumentHead},
    search::{self, NewEntry},
};

use crate::{App, Ctx, Result};

/// Kind of the job that puts one page of texts into the index anew.
pub const REBUILD: &str = "search.rebuild";
/// How texts are prepared: counted up when normalising, tokens or what is taken of a text changes; everything is then put in
/// anew after the next start. Synonyms are applied to what is asked, so that a change of them needs nothing.
const FORMAT: i64 = 2;
/// Name of the setting that holds the version with which the whole index was last looked through.
const BUILT: &str = "search.format";
/// Texts of one job.
const PAGE: i64 = 100;

/// The rooms that are looked through, in this order.
const ROOMS: [Room; 4] = [Room::Articles, Room::Notices, Room::Documents, Room::Institutions];

/// A table of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Articles,
    Notices,
    Documents,
    Institutions,
}

fn kind_of(article: &Article) -> Kind {
    if article.kind == "faq" { Kind::Faq } else { Kind::Article }
}

/// Puts an article or a question as the public reads it into the index, or takes it out when there is none.
pub(crate) async fn article(tx: &mut Tx, slug: &str) -> Result<()> {
    // A text that changed its kind stands under one of them only.
    for kind in [Kind::Article, Kind::Faq] {
        search::remove(tx, kind, slug).await?;
    }
    let found = storage::content::article(tx, slug).await?;
    let Some(article) = found.filter(|article| article.state == "published") else { return Ok(()) };
    let entry = NewEntry {
        kind: kind_of(&article),
        subject: &article.slug,
        shown_from: Timestamp::from_millis(0),
        shown_until: None,
        changed_at: Timestamp::from_millis(article.updated_at),
        audience: "",
        number: &article.number,
        category: &article.category,
        title: &article.title,
        body: &article.body,
    };
    Ok(search::put(tx, &entry, FORMAT).await?)
}

/// Puts a notice into the index for its period, or takes it out when nobody is to read it.
pub(crate) async fn notice(tx: &mut Tx, slug: &str) -> Result<()> {
    let found = storage::content::notice(tx, slug).await?;
    let Some(notice) = found.filter(|notice| notice.decided() == NoticeState::Published) else {
        return Ok(search::remove(tx, Kind::Notice, slug).await?);
    };
    let period = notice.period();
    let entry = NewEntry {
        kind: Kind::Notice,
        subject: &notice.slug,
        shown_from: period.from,
        shown_until: period.until,
        changed_at: period.from,
        // Everybody may read whom else a notice concerns; it is told on its page.
        audience: "",
        number: "",
        category: "",
        title: &notice.title,
        body: &notice.body,
    };
    Ok(search::put(tx, &entry, FORMAT).await?)
}

/// Puts every version of a document into the index, each from its day until the next one's.
pub(crate) async fn document(tx: &mut Tx, slug: &str) -> Result<()> {
    let heads = storage::content::document_heads(tx).await?;
    let heads: Vec<DocumentHead> = heads.into_iter().filter(|head| head.slug == slug).collect();
    for (place, head) in heads.iter().enumerate() {
        let Some(document) = storage::content::document(tx, slug, &head.version).await? else { continue };
        let from = Timestamp::from_millis(head.effective_at);
        let entry = NewEntry {
            kind: Kind::Document,
            subject: &version_of(slug, &head.version),
            shown_from: from,
            shown_until: heads.get(place + 1).map(|next| Timestamp::from_millis(next.effective_at)),
            changed_at: from,
            audience: "",
            number: "",
            category: "",
            title: &document.title,
            body: &document.body,
        };
        search::put(tx, &entry, FORMAT).await?;
    }
    Ok(())
}

/// Takes a version of a document that was removed out of the index, and lets the one before it stand longer.
pub(crate) async fn document_taken_back(tx: &mut Tx, slug: &str, version: &str) -> Result<()> {
    search::remove(tx, Kind::Document, &version_of(slug, version)).await?;
    document(tx, slug).await
}

/// The name of a version in the index.
fn version_of(slug: &str, version: &str) -> String {
    format!("{slug}/{version}")
}

/// Notes of an installation without texts that its index needs no look: whatever comes gets in with its row.
pub(crate) async fn begin(tx: &mut Tx) -> Result<()> {
    let any = !storage::content::article_slugs(tx, "", 1).await?.is_empty();
    if !any && storage::content::notice_slugs(tx, "", 1).await?.is_empty() {
        storage::settings::set(tx, BUILT, &FORMAT.to_string()).await?;
    }
    Ok(())
}

/// Lets the index be looked through in the background when texts are prepared in another way than when that was last done.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn rebuild_when_due(app: &App) -> Result<()> {
    if storage::settings::get(&mut app.db.read().await?, BUILT).await?.as_deref() == Some(&*FORMAT.to_string()) {
        return Ok(());
    }
    go_on(&Ctx::system(app, "search"), 0, "").await
}

/// The next page by a job of its own, which exists once for this version and place.
async fn go_on(ctx: &Ctx<'_>, room: usize, after: &str) -> Result<()> {
    let key = format!("{REBUILD}:{FORMAT}:{room}:{after}");
    let mut tx = ctx.app.db.write().await?;
    if room == ROOMS.len() {
        storage::settings::set(&mut tx, BUILT, &FORMAT.to_string()).await?;
        return Ok(tx.commit().await?);
    }
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let payload = json!({ "room": room, "after": after });
    storage::jobs::enqueue(&mut tx, job, REBUILD, Some(&key), payload, ctx.now).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Puts one page of texts into the index that were prepared in another way, and leaves the next to another job; the work of a
/// [`REBUILD`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn rebuild(app: &App, payload: &Value) -> Result<()> {
    let place = payload["room"].as_u64().and_then(|room| usize::try_from(room).ok()).unwrap_or_default();
    let after = payload["after"].as_str().unwrap_or_default();
    let Some(room) = ROOMS.get(place) else { return Ok(()) };
    let names = room.names(&mut app.db.read().await?, after).await?;
    let mut tx = app.db.write().await?;
    for name in &names {
        if !room.is_fresh(&mut tx, name).await? {
            room.put(&mut tx, name).await?;
        }
    }
    tx.commit().await?;
    let ctx = Ctx::system(app, "search");
    match names.last().filter(|_| names.len() >= PAGE as usize) {
        Some(last) => go_on(&ctx, place, last).await,
        None => go_on(&ctx, place + 1, "").await,
    }
}

impl Room {
    /// Names of one page of texts, in order.
    async fn names(self, conn: &mut Conn, after: &str) -> Result<Vec<String>> {
        Ok(match self {
            Self::Articles => storage::content::article_slugs(conn, after, PAGE).await?,
            Self::Notices => storage::content::notice_slugs(conn, after, PAGE).await?,
            Self::Institutions => storage::institutions::codes(conn, after, PAGE).await?,
            Self::Documents => {
                let mut names: Vec<String> =
                    storage::content::document_heads(conn).await?.into_iter().map(|head| head.slug).collect();
                names.dedup();
                names
            }
        })
    }

    /// Whether a text was prepared as it would be now.
    async fn is_fresh(self, tx: &mut Tx, name: &str) -> Result<bool> {
        let kinds: &[Kind] = match self {
            Self::Articles => &[Kind::Article, Kind::Faq],
            Self::Notices => &[Kind::Notice],
            // They are few, and a version before this day may have another end than it had.
            Self::Documents => &[],
            // One that is as it would be made now is not written again.
            Self::Institutions => &[],
        };
        for kind in kinds {
            if search::format_of(tx, *kind, name).await? == Some(FORMAT) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn put(self, tx: &mut Tx, name: &str) -> Result<()> {
        match self {
            Self::Articles => article(tx, name).await,
            Self::Notices => notice(tx, name).await,
            Self::Documents => document(tx, name).await,
            Self::Institutions => Ok(storage::institutions::index_code(tx, name).await?),
        }
    }
}
