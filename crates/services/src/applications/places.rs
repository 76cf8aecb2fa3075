//! What comes next: at one institution, and at all those to which a person belongs.

use std::collections::BTreeMap;

use domain::{
    applications::{Ask, Flag, Kind},
    closing::Over,
    ids::InstitutionId,
};
use storage::{accounts::Membership, applications::Foremost, boxed};

use super::view::{Issued, Standing, foremost_standing};
use crate::{Ctx, Result, accounts::membership::ACTIVE};

/// Institutions on a page of the overview.
const PAGE: usize = 30;

/// What a procedure asks of its institution, given the cases that stand for the procedures there.
pub fn ask_of(kind: Kind, standings: &[Standing<Foremost>]) -> Ask {
    let anything_filed = standings.iter().any(|standing| standing.case.filed > 0);
    match standings.iter().find(|standing| standing.case.kind == kind) {
        Some(standing) if standing.is_revoked() => Ask::Nothing,
        Some(standing) if standing.case.flag == Flag::Asked => Ask::Answer,
        Some(standing) => standing.case.state.asks(),
        None if kind.waits_for_another(anything_filed) => Ask::Nothing,
        None => Ask::Begin,
    }
}

/// The one procedure that comes next at an institution; none when nothing is asked of it.
pub fn next_of(standings: &[Standing<Foremost>]) -> Option<(Kind, Ask)> {
    let asked = Kind::JOURNEY.map(|kind| (kind, ask_of(kind, standings)));
    asked.into_iter().filter(|(_, ask)| *ask != Ask::Nothing).min_by_key(|(_, ask)| *ask)
}

/// An institution in the overview of all those to which a person belongs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The institution.
    pub institution: InstitutionId,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// The case that stands for each procedure that was begun.
    pub standings: Vec<Standing<Foremost>>,
    /// What comes next there.
    pub next: Option<(Kind, Ask)>,
    /// Why nothing begins there any more; none while it goes on.
    pub over: Option<Over>,
}

/// A page of the overview.
#[derive(Clone, Debug)]
pub struct Places {
    /// The institutions, those that wait for somebody first.
    pub page: Vec<Place>,
    /// What to ask for to see the next page, if there is one.
    pub next: Option<String>,
    /// How many institutions there are on all pages.
    pub count: usize,
    /// At how many of them something waits that was begun.
    pub waiting: usize,
}

/// The place in the order of the overview: how urgent, since when, and the code.
type Key = (Ask, i64, String);

impl Place {
    fn key(&self) -> Key {
        let (kind, ask) = self.next.map_or((None, Ask::Nothing), |(kind, ask)| (Some(kind), ask));
        let since = self.standings.iter().find(|standing| Some(standing.case.kind) == kind);
        (ask, since.map_or(0, |standing| standing.case.state_since.as_millis()), self.code.clone())
    }
}

fn text((ask, since, code): &Key) -> String {
    format!("{}_{since}_{code}", *ask as u8)
}

fn parse(text: &str) -> Option<(u8, i64, String)> {
    let mut parts = text.splitn(3, '_');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
}

/// The institutions to which the person belongs, each with what comes next there; what waits longest first. `after` is the
/// end of the page before. Four questions to the database, however many institutions there are.
///
/// # Errors
/// [`crate::Error::LoginRequired`].
#[boxed]
pub async fn places(ctx: &Ctx<'_>, after: &str) -> Result<Places> {
    let account = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let members = storage::accounts::memberships_of_account(&mut conn, account).await?;
    let cases = storage::applications::foremost_of_all(&mut conn, account).await?;
    let certificates = storage::authority::of_foremost(&mut conn, account).await?;
    let ids: Vec<InstitutionId> = members.iter().map(|member| member.institution_id).collect();
    let over = storage::endings::over_among(&mut conn, &ids).await?;
    drop(conn);
    let deadlines = cases.iter().filter_map(|case| Some((case.id, case.pickup_until?))).collect();
    let issued = Issued::new(certificates, deadlines);
    let mut standings: BTreeMap<InstitutionId, Vec<Standing<Foremost>>> = BTreeMap::new();
    for case in cases {
        standings.entry(case.institution_id).or_default().push(foremost_standing(ctx, &issued, case));
    }
    let active = members.into_iter().filter(|member| member.state == ACTIVE);
    let mut all: Vec<Place> = active.map(|member| place(member, &over, &mut standings)).collect();
    all.sort_by_key(Place::key);
    Ok(page(all, after))
}

fn place(
    member: Membership,
    over: &BTreeMap<InstitutionId, Over>,
    standings: &mut BTreeMap<InstitutionId, Vec<Standing<Foremost>>>,
) -> Place {
    let over = over.get(&member.institution_id).copied();
    let standings = standings.remove(&member.institution_id).unwrap_or_default();
    Place {
        institution: member.institution_id,
        name: member.institution_name,
        code: member.institution_code,
        next: if over.is_some() { None } else { next_of(&standings) },
        over,
        standings,
    }
}

fn page(all: Vec<Place>, after: &str) -> Places {
    let count = all.len();
    let waits = |place: &&Place| place.next.is_some_and(|(_, ask)| ask != Ask::Begin);
    let waiting = all.iter().filter(waits).count();
    let seen = parse(after);
    let is_new = |place: &Place| {
        let (ask, since, code) = place.key();
        seen.as_ref().is_none_or(|seen| (ask as u8, since, code) > *seen)
    };
    let mut page: Vec<Place> = all.into_iter().filter(is_new).take(PAGE + 1).collect();
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let next = page.last().filter(|_| more).map(|last| text(&last.key()));
    Places { page, next, count, waiting }
}
