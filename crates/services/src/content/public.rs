//! The one place through which the public text of an article changes: publication, archiving, and the first start.

use domain::{clock::Timestamp, ids::FileId, typed::search_key};
use storage::Tx;
use storage::content::ArticleVersion;

use super::{index, markdown};
use crate::Result;

/// What becomes of the public text.
pub(super) enum Change<'a> {
    /// A version is what everyone reads from now on.
    Publish {
        /// The newest version.
        version: &'a ArticleVersion,
        /// Who publishes it; empty for what came with the program.
        by: &'a str,
        /// When its text was written, as readers are told.
        updated_at: Timestamp,
    },
    /// Nobody reads it any more.
    Archive {
        /// The article.
        slug: &'a str,
    },
}

/// Changes the public text of an article; false when it stands elsewhere by now.
pub(super) async fn change(tx: &mut Tx, number: &str, change: Change<'_>, now: Timestamp) -> Result<bool> {
    match change {
        Change::Publish { version, by, updated_at } => {
            let text = search_key(&format!("{number}{}{}{}", version.title, version.category, version.body));
            if !storage::content::publish_article(tx, version, &text, updated_at, (now, by)).await? {
                return Ok(false);
            }
            let related: Vec<&str> = version.related.split_whitespace().collect();
            storage::content::set_procedures(tx, &version.slug, number, &related).await?;
            storage::content::set_public_files(tx, &version.slug, &files_of(version)).await?;
            index::article(tx, &version.slug).await?;
        }
        Change::Archive { slug } => {
            if !storage::content::archive_article(tx, slug, now).await? {
                return Ok(false);
            }
            storage::content::set_procedures(tx, slug, number, &[]).await?;
            storage::content::set_public_files(tx, slug, &[]).await?;
            index::article(tx, slug).await?;
        }
    }
    Ok(true)
}

/// The files that a version shows or offers.
pub(super) fn files_of(version: &ArticleVersion) -> Vec<FileId> {
    let mut all = ids(&version.attachments);
    all.extend(markdown::shape(&version.body).files);
    all
}

/// Identifiers that stand in a column, separated by spaces.
pub(super) fn ids(column: &str) -> Vec<FileId> {
    column.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
