//! What is suggested while somebody types: words that mean the same, and titles of public texts.

use domain::content::{
    search::{Kind, Needle},
    synonyms::Synonyms,
    tokens::expression,
};
use storage::{boxed, search::Candidate};

use super::synonyms;
use crate::{Ctx, Result};

/// Most suggestions.
pub const SUGGESTED: usize = 8;
/// Most suggestions that are words and no titles.
const WORDS: usize = 3;
/// Titles that are compared.
const TITLES: i64 = 50;

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What is put into the box.
    pub text: String,
    /// What it is a title of; none for a word.
    pub kind: Option<Kind>,
}

/// What begins like what was typed: at most eight, words first. The same for everyone, from texts that are for all.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn suggest(ctx: &Ctx<'_>, typed: &str) -> Result<Vec<Suggestion>> {
    let Some(needle) = Needle::read(typed, &Synonyms::default()) else { return Ok(vec![]) };
    let words = synonyms(ctx);
    let words = words.beginning(&needle.joined).take(WORDS);
    let mut found: Vec<Suggestion> = words.map(|text| Suggestion { text: text.to_owned(), kind: None }).collect();
    let mut titles = titles(ctx, &needle).await?;
    // Titles that begin with it come first, then the shorter ones.
    titles.sort_by_cached_key(|text| {
        (!text.title_key.starts_with(&needle.joined), text.title_key.chars().count(), text.title_key.clone(), text.kind)
    });
    for text in titles {
        let new = found.iter().all(|known| known.text != text.title);
        if new && found.len() < SUGGESTED {
            found.push(Suggestion { kind: Some(text.kind), text: text.title });
        }
    }
    Ok(found)
}

async fn titles(ctx: &Ctx<'_>, needle: &Needle) -> Result<Vec<Candidate>> {
    let Some(wanted) = expression(needle, None, true) else { return Ok(vec![]) };
    let mut conn = ctx.app.db.read().await?;
    let ids = storage::search::candidates(&mut conn, &wanted, ctx.now, TITLES).await?;
    let texts = storage::search::of_numbers(&mut conn, &ids, false).await?;
    Ok(texts.into_iter().filter(|text| text.audience.is_empty() && needle.fits_plainly(&text.title_key)).collect())
}
