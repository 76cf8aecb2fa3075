//! Public texts and procedures: proposed by the index, compared, ranked.

use std::collections::HashSet;

use domain::{
    content::{
        procedures::{self, Tile},
        search::{Compared, Fit, Kind, Needle, Rank, excerpt, judge, pieces},
        tokens::expression,
    },
    typed::search_key,
};
use storage::{Conn, search::Candidate};

use super::{Hit, MOST, Target, readers::may_read};
use crate::{Ctx, Result};

/// A text or a procedure that fits.
struct One {
    rank: Rank,
    /// The later of two that rank the same comes first.
    changed_at: i64,
    kind: Kind,
    target: Target,
    title: String,
    text: Text,
    /// What is marked in it.
    found: Vec<String>,
    instead: Vec<String>,
}

/// Where what is shown of it comes from.
enum Text {
    Stored(i64),
    Said(&'static str),
}

impl One {
    fn new(fit: &Fit<'_>, kind: Kind, target: Target, (title, text): (String, Text), changed_at: i64) -> Self {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let (found, instead) = (owned(&fit.found), owned(&fit.instead));
        Self { rank: fit.rank.clone(), changed_at, kind, target, title, text, found, instead }
    }

    /// A name that no other has: the last word about the order.
    fn name(&self) -> &str {
        match &self.target {
            Target::Text(name) => name,
            Target::Tile(name) => name,
            _ => "",
        }
    }
}

/// Everything that fits, the best first.
#[derive(Default)]
pub(super) struct Ranked {
    all: Vec<One>,
    /// Whether more texts were proposed than are compared.
    pub(super) is_cut: bool,
}

/// What fits of procedures and of the texts that the index proposes: those with the words in the title before the others, of
/// each those that were changed last.
pub(super) async fn find(ctx: &Ctx<'_>, conn: &mut Conn, needle: &Needle, only: Option<Kind>) -> Result<Ranked> {
    let mut ranked = Ranked::default();
    if only.is_none_or(|kind| kind == Kind::Procedure) {
        ranked.all.extend(procedures::tiles().filter_map(|tile| procedure(needle, &tile)));
    }
    let ids = proposed(ctx, conn, needle, only).await?;
    ranked.is_cut = ids.len() >= MOST as usize;
    let texts = storage::search::of_numbers(conn, &ids, true).await?;
    let fitting = texts.into_iter().filter(|text| may_read(ctx, text)).filter_map(|text| public(needle, text));
    ranked.all.extend(fitting);
    ranked.all.sort_by(|a, b| {
        let order = a.rank.cmp(&b.rank).then(b.changed_at.cmp(&a.changed_at)).then(a.kind.cmp(&b.kind));
        order.then_with(|| a.name().cmp(b.name()))
    });
    Ok(ranked)
}

async fn proposed(ctx: &Ctx<'_>, conn: &mut Conn, needle: &Needle, only: Option<Kind>) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = vec![];
    let mut known = HashSet::new();
    for titles in [true, false] {
        let Some(wanted) = expression(needle, only, titles) else { continue };
        let found = storage::search::candidates(conn, &wanted, ctx.now, MOST).await?;
        ids.extend(found.into_iter().filter(|id| known.insert(*id)));
    }
    ids.truncate(MOST as usize);
    Ok(ids)
}

fn public(needle: &Needle, text: Candidate) -> Option<One> {
    let compared = Compared {
        title: &text.title_key,
        number: &text.number_key,
        category: &text.category_key,
        body: &text.body_key,
    };
    let fit = judge(needle, &compared)?;
    // A version of a document is led to by the name of the document.
    let target = Target::Text(text.subject.split('/').next().unwrap_or_default().to_owned());
    Some(One::new(&fit, text.kind, target, (text.title, Text::Stored(text.id)), text.changed_at))
}

fn procedure(needle: &Needle, tile: &Tile) -> Option<One> {
    let [title, body] = [tile.title, tile.text].map(search_key);
    let fit = judge(needle, &Compared { title: &title, number: "", category: "", body: &body })?;
    Some(One::new(&fit, Kind::Procedure, Target::Tile(tile.name), (tile.title.to_owned(), Text::Said(tile.text)), 0))
}

impl Ranked {
    /// How many fit.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Words that were found though others were typed, in the order of the hits, at most so many.
    pub(super) fn instead(&self, most: usize) -> Vec<String> {
        let mut words: Vec<String> = vec![];
        for word in self.all.iter().flat_map(|one| &one.instead) {
            if words.len() < most && !words.contains(word) {
                words.push(word.clone());
            }
        }
        words
    }

    /// One page of them with what is shown of each.
    pub(super) async fn shown(self, conn: &mut Conn, from: usize, most: usize) -> Result<Vec<Hit>> {
        let mut hits = vec![];
        for one in self.all.into_iter().skip(from).take(most) {
            let text = match one.text {
                Text::Stored(id) => storage::search::body(conn, id).await?,
                Text::Said(text) => text.to_owned(),
            };
            let keys: Vec<&str> = one.found.iter().map(String::as_str).collect();
            let (title, excerpt) = (pieces(&one.title, &keys), excerpt(&text, &keys));
            hits.push(Hit { kind: one.kind, target: one.target, title, excerpt });
        }
        Ok(hits)
    }
}
