//! The search over everything that somebody may read: public texts, procedures, and what is their own.

mod misses;
mod own;
mod public;
mod readers;
mod suggest;

use domain::{
    content::{
        search::{Kind, LONGEST, Needle, Only, Piece},
        synonyms::{LIST, Synonyms},
    },
    ids::{ApplicationId, InquiryId},
};
use storage::boxed;

pub use misses::{SWEEP, handle, open, sweep, sweep_when_due};
pub use suggest::{SUGGESTED, Suggestion, suggest};

use crate::{Ctx, Result};

/// Hits on a page.
pub const PAGE: usize = 20;
/// Texts of one search that are compared; beyond it hits are not counted.
pub const MOST: i64 = 500;
/// Words that are named as having been looked for besides.
const NAMED: usize = 3;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Asked<'a> {
    /// As it was typed.
    pub words: &'a str,
    /// What it is narrowed to.
    pub only: Option<Only>,
    /// Hits that the pages before have shown.
    pub from: usize,
}

/// What a hit leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A public text: the name in its address.
    Text(String),
    /// A procedure, by the name of its tile.
    Tile(&'static str),
    /// A case of one's own.
    Case(ApplicationId),
    /// A terminal of one's own, by one of its cases.
    Terminal(ApplicationId),
    /// An inquiry of one's own.
    Inquiry(InquiryId),
    /// A case in the office.
    OfficeCase(ApplicationId),
    /// An inquiry in the office.
    OfficeInquiry(InquiryId),
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// What it leads to.
    pub target: Target,
    /// Its title, cut where it was hit.
    pub title: Vec<Piece>,
    /// What it says around the first hit, cut where it was hit; empty for nothing.
    pub excerpt: Vec<Piece>,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The words as they were looked for.
    pub words: String,
    /// Whether there were too few characters to look for anything.
    pub too_short: bool,
    /// One page of hits, the best first.
    pub hits: Vec<Hit>,
    /// How many there are.
    pub total: usize,
    /// Whether there may be more than were counted.
    pub or_more: bool,
    /// Words that were looked for besides, of which something was found.
    pub also: Vec<String>,
    /// Where the next page begins.
    pub next: Option<usize>,
}

/// The synonyms in force.
fn synonyms(ctx: &Ctx<'_>) -> Synonyms {
    Synonyms::of(ctx.app.reference().lists.entries(LIST))
}

/// Looks for words in everything that the visitor may read; fewer than two characters find nothing. What is one's own comes
/// first, then public texts by rank. Words that find nothing are kept for editors.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn search(ctx: &Ctx<'_>, asked: &Asked<'_>) -> Result<Found> {
    let words: String = asked.words.trim().chars().take(LONGEST).collect();
    let Some(needle) = Needle::read(&words, &synonyms(ctx)) else {
        return Ok(Found { too_short: true, words, ..Found::default() });
    };
    let mut conn = ctx.app.db.read().await?;
    let own = match asked.only {
        None | Some(Only::Own) => own::find(ctx, &mut conn, &needle, &words).await?,
        Some(_) => vec![],
    };
    let mut public = public::Ranked::default();
    if asked.only != Some(Only::Own) {
        public = public::find(ctx, &mut conn, &needle, asked.only.and_then(Only::kind)).await?;
    }
    let total = own.len() + public.len();
    let from = asked.from.min(total);
    let mut hits: Vec<Hit> = own.into_iter().skip(from).take(PAGE).collect();
    let passed = from.saturating_sub(total - public.len());
    let room = PAGE - hits.len();
    let also = public.instead(NAMED);
    let or_more = public.is_cut;
    hits.extend(public.shown(&mut conn, passed, room).await?);
    drop(conn);
    if total == 0 && asked.only.is_none() {
        misses::note(ctx, &words).await;
    }
    let next = Some(from + hits.len()).filter(|next| *next < total);
    Ok(Found { words, too_short: false, hits, total, or_more, also, next })
}
