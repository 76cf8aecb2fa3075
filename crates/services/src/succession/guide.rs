//! The guided list: how long the old certificates work, and what is to be applied for under the new code.

use std::collections::BTreeMap;

use domain::{
    applications::{Ask, Kind, State},
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
    institutions::Institution,
    procedures::Common,
    succession::days_left,
    terminals::name_key,
};
use storage::{Conn, applications::Application, boxed, successions::Succession, terminals::Glance};

use super::of_own;
use crate::{
    Ctx, Error, Result,
    accounts::membership::ACTIVE,
    applications::{Started, ask_of, foremost, outlook, start_for_terminal},
};

/// From which side a person looks at a succession.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As a member of the institution with the old code.
    Old,
    /// As a member of the institution with the new code.
    New,
}

/// A step under the new code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its procedure.
    pub kind: Kind,
    /// The case that stands for it, once it was begun.
    pub case: Option<(ApplicationId, State)>,
    /// Whether something is to be done now.
    pub waits: bool,
    /// Whether another step comes first.
    pub early: bool,
}

/// A terminal of the old code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldTerminal {
    /// The case by which a new application is begun.
    pub id: ApplicationId,
    /// 端末名称等.
    pub name: String,
    /// Until when its certificate works; none once it does not.
    pub until: Option<Timestamp>,
    /// The application for it under the new code, once it was begun.
    pub case: Option<(ApplicationId, State)>,
}

/// A succession with everything that is left to do.
#[derive(Clone, Debug)]
pub struct Guide {
    /// The succession.
    pub succession: Succession,
    /// From which side it is looked at.
    pub side: Side,
    /// The institution with the old code.
    pub old: Institution,
    /// The institution with the new code.
    pub new: Institution,
    /// Whole days until the last day; negative once it is over.
    pub days_left: i64,
    /// What is to be applied for under the new code; nothing on the old side, whose members may not know it.
    pub steps: Vec<Step>,
    /// The terminals of the old code; none for those who may not see them.
    pub terminals: Vec<OldTerminal>,
    /// Whether the person may read the history of the old code.
    pub history: bool,
}

/// The succession of one's institution while its term runs, and from which side it is looked at; for the first page.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn running(ctx: &Ctx<'_>) -> Result<Option<(Succession, Side)>> {
    let own = ctx.institution()?;
    let found = of_own(ctx, &mut ctx.app.db.read().await?).await?;
    let side = |one: &Succession| if one.old == own { Side::Old } else { Side::New };
    Ok(found.filter(|one| one.ended_at.is_none()).map(|one| (one.clone(), side(&one))))
}

/// The succession of one's institution; none when there is none.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn guide(ctx: &Ctx<'_>) -> Result<Option<Guide>> {
    let own = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let Some(succession) = of_own(ctx, &mut conn).await? else { return Ok(None) };
    let side = if succession.old == own { Side::Old } else { Side::New };
    let old = storage::institutions::find(&mut conn, succession.old).await?.ok_or(Error::NotFound)?;
    let new = storage::institutions::find(&mut conn, succession.new).await?.ok_or(Error::NotFound)?;
    let knows = knows_old(ctx, &mut conn, &succession).await?;
    let terminals = match knows {
        true => terminals(ctx, &mut conn, &succession, side).await?,
        false => vec![],
    };
    drop(conn);
    let steps = if side == Side::New { steps(ctx).await? } else { vec![] };
    let days_left = days_left(succession.ends_at, ctx.now.date());
    let history = side == Side::New && succession.history;
    Ok(Some(Guide { side, old, new, days_left, steps, terminals, history, succession }))
}

/// Whether the person may know the terminals of the old code: as its member, or because the history was handed over.
async fn knows_old(ctx: &Ctx<'_>, conn: &mut Conn, succession: &Succession) -> Result<bool> {
    if succession.history || ctx.institution()? == succession.old {
        return Ok(true);
    }
    let mine = storage::accounts::membership_of(conn, ctx.account()?, succession.old).await?;
    Ok(mine.is_some_and(|mine| mine.state == ACTIVE))
}

/// In the order in which the first page lists them: the procedures of the journey, then what follows the connection test.
async fn steps(ctx: &Ctx<'_>) -> Result<Vec<Step>> {
    let standings = foremost(ctx).await?;
    let filed = standings.iter().any(|standing| standing.case.filed > 0);
    let step = |kind: Kind| {
        let case = standings.iter().find(|standing| standing.case.kind == kind);
        let waits = ask_of(kind, &standings) != Ask::Nothing;
        let early = case.is_none() && kind.waits_for_another(filed);
        Step { kind, case: case.map(|standing| (standing.case.id, standing.case.state)), waits, early }
    };
    let start = operation_start(ctx).await?;
    Ok(Kind::JOURNEY.into_iter().map(step).chain([start]).collect())
}

/// 運用開始日登録 under the new code.
async fn operation_start(ctx: &Ctx<'_>) -> Result<Step> {
    let kind = Kind::Common(Common::OperationStart);
    let own = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let draft = storage::applications::draft_of(&mut conn, own, kind).await?;
    let latest = storage::applications::latest_of(&mut conn, own, kind).await?;
    drop(conn);
    let case = draft.or(latest).map(|case| (case.id, case.state));
    let early = case.is_none() && outlook(ctx, kind).await?.missing.is_some();
    let waits = case.map_or(!early, |(_, state)| state.asks() != Ask::Nothing);
    Ok(Step { kind, case, waits, early })
}

/// The terminals whose certificates work or worked until the change, each with its application under the new code.
async fn terminals(ctx: &Ctx<'_>, conn: &mut Conn, succession: &Succession, side: Side) -> Result<Vec<OldTerminal>> {
    let cases = storage::applications::certificate_cases_of(conn, succession.old).await?;
    let valid = storage::terminals::ending_of(conn, succession.old, ctx.now).await?;
    let under_new = match side {
        Side::New => by_name(conn, succession.new).await?,
        Side::Old => BTreeMap::new(),
    };
    let mut found: BTreeMap<String, OldTerminal> = BTreeMap::new();
    for case in cases.iter().filter(|case| matches!(case.state, State::PickedUp | State::Installed)) {
        let name = case.terminal_name.clone().unwrap_or_default();
        let key = name_key(&name);
        let case_under_new = under_new.get(&key).copied();
        found.insert(
            key,
            OldTerminal { id: case.id, until: until(&valid, case, succession), case: case_under_new, name },
        );
    }
    Ok(found.into_values().collect())
}

fn until(valid: &[Glance], case: &Application, succession: &Succession) -> Option<Timestamp> {
    let ends = valid.iter().filter(|one| one.application_id == case.id).map(|one| one.not_after).max()?;
    Some(ends.min(succession.ends_at))
}

/// The applications of the new institution by the name of their terminal, those that ended without a certificate left out.
async fn by_name(conn: &mut Conn, new: InstitutionId) -> Result<BTreeMap<String, (ApplicationId, State)>> {
    let cases = storage::applications::certificate_cases_of(conn, new).await?;
    let going = cases.into_iter().filter(|case| !case.state.is_over());
    Ok(going.filter_map(|case| Some((name_key(case.terminal_name.as_deref()?), (case.id, case.state)))).collect())
}

/// What beginning an application for a terminal led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The draft in which the terminal stands.
    Draft(ApplicationId),
    /// Another procedure must be filed first; the sentence says which.
    MissingBefore(&'static str),
}

/// Begins the application for a terminal of the old code under the new one, filled in as the last time; a second click finds
/// the same draft with the terminal in it once.
///
/// # Errors
/// [`Error::NotFound`] unless the person acts for the new institution and the case is a terminal of the old one that they
/// may know.
#[boxed]
pub async fn begin_for_terminal(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Begun> {
    let own = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let succession = storage::successions::of_new(&mut conn, own).await?.ok_or(Error::NotFound)?;
    let known = knows_old(ctx, &mut conn, &succession).await?;
    let case = storage::applications::find(&mut conn, id).await?;
    let is_his = |case: &Application| known && case.institution_id == succession.old && case.kind == Kind::Certificate;
    let case = case.filter(is_his).ok_or(Error::NotFound)?;
    drop(conn);
    Ok(match start_for_terminal(ctx, &case, "").await? {
        Started::New(id) | Started::Existing(id) | Started::UnderWay(id) => Begun::Draft(id),
        Started::MissingBefore(sentence) => Begun::MissingBefore(sentence),
    })
}
