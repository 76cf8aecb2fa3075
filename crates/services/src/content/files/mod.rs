//! Pictures and attachments of articles: taken in by what they are, kept in the database (docs/adr/0025-files-in-the-database.md).

mod paper;
mod picture;

use std::collections::BTreeMap;

use domain::{
    accounts::clean_line,
    content::files::{FileKind, LARGEST_ATTACHMENT, LARGEST_PICTURE, Looks, MOST_FILES, looks_like},
    forms::Finding,
    ids::FileId,
    permissions::Permission,
};
use storage::boxed;
use storage::content::ArticleFile;
use tokio::sync::Semaphore;

use super::markdown;
use crate::{Ctx, Error, Result, accounts::entry};

/// Longest words of a file in characters.
const LONGEST_TITLE: usize = 120;

/// Pictures are taken apart one at a time: each may fill a hundred megabytes.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// A file that was understood.
struct Taken {
    kind: FileKind,
    bytes: Vec<u8>,
    /// Width and height in pixels; 0 for what is no picture.
    size: (u32, u32),
}

/// What an upload led to.
#[derive(Clone, Debug)]
pub enum Uploaded {
    /// Kept.
    Done(Box<ArticleFile>),
    /// What is wrong, at fields `file` and `words`.
    Slip(Finding),
}

/// Keeps a picture or attachment of an article; `words` say what it is.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn upload(ctx: &Ctx<'_>, number: &str, words: &str, bytes: Option<&[u8]>) -> Result<Uploaded> {
    ctx.permit(Permission::EditContent)?;
    let slip = |words: String| Ok(Uploaded::Slip(entry::finding("file", words)));
    let title = match title(words) {
        Ok(title) => title,
        Err(fault) => return Ok(Uploaded::Slip(entry::finding("words", fault))),
    };
    let Some(bytes) = bytes else {
        return slip("「画像・添付ファイル」を選んでください。".to_owned());
    };
    let taken = match understood(bytes.to_vec()).await? {
        Ok(taken) => taken,
        Err(fault) => return slip(fault.to_owned()),
    };
    let mut tx = ctx.app.db.write().await?;
    let head = storage::content::article_head(&mut tx, number).await?.ok_or(Error::NotFound)?;
    let most = i64::try_from(MOST_FILES).unwrap_or(i64::MAX);
    let place = storage::content::files_of(&mut tx, &head.slug, most).await?.len() + 1;
    if place > MOST_FILES {
        let words = "1つの記事に加えられるファイルの数を超えます。使っていないものを消してください。";
        return slip(words.to_owned());
    }
    let name = format!("{}-{place}.{}", head.number, taken.kind.ending());
    let file = row(ctx, (head.slug, name, title), &taken);
    storage::content::add_file(&mut tx, &file, &taken.bytes).await?;
    ctx.audit(&mut tx, "article.add_file", format!("article:{}", head.number), "", &file.id.to_string());
    tx.commit().await?;
    Ok(Uploaded::Done(Box::new(file)))
}

/// What a file is in words, or what is wrong with them.
fn title(typed: &str) -> Result<String, String> {
    match clean_line(typed, LONGEST_TITLE) {
        Ok(title) if title.is_empty() => Err(
            "「内容を表す言葉」を入力してください。画像を見られない方に読み上げられ、添付ファイルの名前になります。"
                .to_owned(),
        ),
        Ok(title) => Ok(title),
        Err(fault) => Err(format!("「内容を表す言葉」：{fault}")),
    }
}

/// A new file that no published text uses yet.
fn row(ctx: &Ctx<'_>, (slug, name, title): (String, String, String), taken: &Taken) -> ArticleFile {
    ArticleFile {
        id: FileId::new(ctx.now, &*ctx.app.randomness).0,
        slug,
        kind: taken.kind.to_string(),
        name,
        title,
        size: i64::try_from(taken.bytes.len()).unwrap_or(i64::MAX),
        width: taken.size.0.into(),
        height: taken.size.1.into(),
        is_public: false,
        author_name: ctx.actor_name(),
        made_at: ctx.now.as_millis(),
    }
}

/// What the octets are, made safe; or a sentence that says why they are not taken.
async fn understood(bytes: Vec<u8>) -> Result<Result<Taken, &'static str>> {
    let looks = looks_like(&bytes);
    let most = if looks == Looks::Picture { LARGEST_PICTURE } else { LARGEST_ATTACHMENT };
    if bytes.len() > most {
        return Ok(Err("ファイルが大きすぎます。画像は5MB、添付ファイルは10MBまでにしてください。"));
    }
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(Error::internal)?;
    let read = move || match looks {
        Looks::Picture => picture::read(&bytes),
        Looks::Pdf => paper::pdf(bytes),
        Looks::Container => paper::office(bytes),
        Looks::Text => Ok(Taken { kind: FileKind::Text, bytes, size: (0, 0) }),
        Looks::OldOffice => {
            Err("古い形式のWordやExcelのファイルは使えません。「.docx」または「.xlsx」で保存し直してください。")
        }
        Looks::Unknown => Err(
            "この種類のファイルは使えません。画像（PNG・JPEG・GIF・WebP）、PDF、Word、Excel、テキストを選んでください。",
        ),
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::internal)
}

/// Removes a file that neither the published nor the newest version uses; false when one does.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn remove_file(ctx: &Ctx<'_>, number: &str, id: FileId) -> Result<bool> {
    ctx.permit(Permission::EditContent)?;
    let mut tx = ctx.app.db.write().await?;
    let head = storage::content::article_head(&mut tx, number).await?.ok_or(Error::NotFound)?;
    let newest = storage::content::article_version(&mut tx, &head.slug, head.latest).await?.ok_or(Error::NotFound)?;
    if super::public::files_of(&newest).contains(&id) || !storage::content::remove_file(&mut tx, &head.slug, id).await?
    {
        return Ok(false);
    }
    ctx.audit(&mut tx, "article.remove_file", format!("article:{}", head.number), &id.to_string(), "");
    tx.commit().await?;
    Ok(true)
}

/// The uploaded files that a text names, of whatever article, for editors.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn files_named(ctx: &Ctx<'_>, text: &str) -> Result<Vec<ArticleFile>> {
    ctx.permit(Permission::EditContent)?;
    let named = markdown::shape(text).files;
    if named.is_empty() {
        return Ok(vec![]);
    }
    let mut conn = ctx.app.db.read().await?;
    let mut found = BTreeMap::new();
    for id in named.into_iter().take(MOST_FILES) {
        if let Some(file) = storage::content::file(&mut conn, id).await? {
            found.insert(file.id, file);
        }
    }
    Ok(found.into_values().collect())
}
