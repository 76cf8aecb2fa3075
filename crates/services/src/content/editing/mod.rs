//! Writing articles: a new one, a new version, and what stands in the way of saving it.

mod compare;
mod judge;
mod review;
mod view;

use domain::{
    content::{ArticleKind, article_number, is_slug},
    forms::Finding,
    permissions::Permission,
    typed::{fold, search_key},
};
use storage::boxed;
use storage::content::{ArticleHead, ArticleVersion};

pub use compare::{Comparison, Line, LineKind, compare, restore};
pub use review::{Moved, archive, publish, send_back, submit};
pub use view::{ArticleView, article_list, article_version, article_view, articles_in_review, faq_categories};

use crate::{Ctx, Error, Result, accounts::entry};

/// What was typed into the form of an article.
#[derive(Clone, Debug, Default)]
pub struct ArticleDraft {
    /// Name in addresses; only of a new article.
    pub slug: String,
    /// `article` or `faq`.
    pub kind: String,
    /// Category of the FAQ.
    pub category: String,
    /// Title.
    pub title: String,
    /// Role name that readers see.
    pub editor: String,
    /// Markdown.
    pub body: String,
    /// Words of the procedures that it is about.
    pub related: Vec<String>,
    /// Identifiers of the attached files.
    pub attachments: Vec<String>,
    /// Why it is saved.
    pub note: String,
    /// The newest version when the form was opened.
    pub seen: i64,
}

/// What saving led to.
#[derive(Clone, Debug)]
pub enum Saved {
    /// Saved as a version.
    Done {
        /// Number of the article.
        number: String,
        /// Number of the version.
        version: i64,
    },
    /// What is wrong, by field.
    Slips(Vec<Finding>),
    /// Somebody saved meanwhile; nothing was saved.
    Meanwhile {
        /// What was saved meanwhile.
        newest: Box<ArticleVersion>,
        /// The lines in which the typed text differs from it.
        lines: Vec<Line>,
    },
}

/// Begins an article with its first version.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn begin_article(ctx: &Ctx<'_>, draft: &ArticleDraft) -> Result<Saved> {
    ctx.permit(Permission::EditContent)?;
    let slug = fold(&draft.slug).trim().to_lowercase();
    let (version, mut slips) = judge::read(ctx, draft, &[]);
    if !is_slug(&slug) {
        slips.push(entry::finding(
            "slug",
            "「アドレスの名前」は、英小文字・数字・ハイフンで、3文字から60文字にしてください（例：letter-lost）。",
        ));
    }
    let mut tx = ctx.app.db.write().await?;
    if slips.is_empty() && storage::content::article_head(&mut tx, &slug).await?.is_some() {
        slips.push(entry::finding("slug", format!("「{slug}」は、ほかの記事が使っています。別の名前にしてください。")));
    }
    if !slips.is_empty() {
        return Ok(Saved::Slips(slips));
    }
    let note = if version.note.is_empty() { "新しい記事".to_owned() } else { version.note.clone() };
    let version = ArticleVersion { slug, version: 1, note, ..version };
    let number = article_number(storage::content::next_article_number(&mut tx).await?);
    if !storage::content::begin_article(&mut tx, &number, &version, 0).await? {
        return Err(Error::ChangedMeanwhile);
    }
    add(ctx, &mut tx, &number, &version).await?;
    tx.commit().await?;
    Ok(Saved::Done { number, version: 1 })
}

/// Adds a version that is the next one.
async fn add(ctx: &Ctx<'_>, tx: &mut storage::Tx, number: &str, version: &ArticleVersion) -> Result<bool> {
    let saved = storage::content::save_version(tx, version, &heading_key(number, &version.title)).await?;
    if saved {
        ctx.audit(tx, "article.save", format!("article:{number}"), "", &version.body);
    }
    Ok(saved)
}

/// By what an article is found in the list of editors.
pub(super) fn heading_key(number: &str, title: &str) -> String {
    search_key(&format!("{number}{title}"))
}

/// Saves what was typed as the newest version. What equals the newest version is not saved again.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn save_article(ctx: &Ctx<'_>, number: &str, draft: &ArticleDraft) -> Result<Saved> {
    ctx.permit(Permission::EditContent)?;
    let mut tx = ctx.app.db.write().await?;
    let (head, newest) = newest(&mut tx, number).await?;
    let files = storage::content::files_of(&mut tx, &head.slug, judge::MOST_FILES).await?;
    let (version, slips) = judge::read(ctx, draft, &files);
    if !slips.is_empty() {
        return Ok(Saved::Slips(slips));
    }
    let same = judge::same_text(&version, &newest);
    if same && (head.latest == draft.seen || newest.author == version.author) {
        return Ok(Saved::Done { number: head.number, version: head.latest });
    }
    if head.latest != draft.seen {
        let lines = compare::lines(&newest.body, &version.body);
        return Ok(Saved::Meanwhile { newest: Box::new(newest), lines });
    }
    if version.note.is_empty() {
        return Ok(Saved::Slips(vec![entry::finding("note", "「変更の理由」を入力してください。")]));
    }
    let version = ArticleVersion { slug: head.slug, version: head.latest + 1, ..version };
    if !add(ctx, &mut tx, &head.number, &version).await? {
        return Err(Error::ChangedMeanwhile);
    }
    tx.commit().await?;
    Ok(Saved::Done { number: head.number, version: version.version })
}

/// An article and its newest version.
async fn newest(conn: &mut storage::Conn, name: &str) -> Result<(ArticleHead, ArticleVersion)> {
    let head = storage::content::article_head(conn, name).await?.ok_or(Error::NotFound)?;
    let version = storage::content::article_version(conn, &head.slug, head.latest).await?.ok_or(Error::NotFound)?;
    Ok((head, version))
}

/// Whether a word names a question of the FAQ.
fn is_faq(kind: &str) -> bool {
    kind == ArticleKind::Faq.as_str()
}
