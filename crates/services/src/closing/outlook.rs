//! What an institution has that would end.

use domain::{applications::Kind, closing::Ending, ids::InstitutionId, terminals::renewal::earliest_renewable};
use storage::{Conn, boxed, endings::Named};

use crate::{Ctx, Result, applications::tell::grouped};

/// Cases whose letters are counted.
const MOST_LETTERS: i64 = 500;

fn named(cases: &[Named], but: Kind) -> Vec<String> {
    let other = cases.iter().filter(|(_, kind, _)| *kind != but);
    other.map(|(_, kind, reference)| format!("{} {}", kind.words().short, grouped(reference))).collect()
}

/// What of an institution would end now; cases of the closing itself are left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub(crate) async fn outlook(ctx: &Ctx<'_>, conn: &mut Conn, institution: InstitutionId, own: Kind) -> Result<Ending> {
    let valid = storage::terminals::ending_of(conn, institution, earliest_renewable(ctx.now)).await?;
    let drafts = storage::applications::drafts_of(conn, institution).await?;
    Ok(Ending {
        terminals: valid.into_iter().map(|one| one.terminal).collect(),
        letters: storage::endings::to_fetch(conn, institution, MOST_LETTERS).await?.len(),
        drafts: drafts
            .iter()
            .filter(|(draft, _)| draft.kind != own)
            .map(|(draft, _)| draft.kind.words().short.to_owned())
            .collect(),
        under_way: named(&storage::endings::under_way(conn, institution).await?, own),
        filings: going_on(&storage::endings::filings(conn, institution).await?),
        owed: storage::endings::owed(conn, institution).await?,
        calendar: storage::terminals::sealed_feed(conn, institution).await?.is_some(),
    })
}

/// What can end at all: what was decided once stays decided.
fn going_on(cases: &[Named]) -> Vec<String> {
    use domain::applications::{Event, State};
    let ends = |kind: &Kind| kind.allows(State::InForce, Event::Supersede);
    let other = cases.iter().filter(|(_, kind, _)| ends(kind));
    other.map(|(_, kind, reference)| format!("{} {}", kind.words().short, grouped(reference))).collect()
}
