//! The queue and what a reviewer keeps of it: pages, counts, neighbours of a case, saved filters.

use domain::{
    accounts::clean_line,
    applications::{Age, Kind, State, sent_between},
    ids::{AccountId, ApplicationId, FilterId},
    institutions::Institution,
    permissions::allows,
};
use storage::applications::{Application, Counts, Listed, QueueFilter, SavedFilter};
use storage::boxed;

use super::super::{reading, reviewing};
use super::bulk::{Chosen, MOST_AT_ONCE};
use crate::{Ctx, Error, Result};

/// Most filters that a person saves for a queue.
const MOST_FILTERS: usize = 20;
/// Longest name of a filter in characters.
const LONGEST_NAME: usize = 30;
/// Longest filter, as it stands in an address.
const LONGEST_QUERY: usize = 500;

/// A page of a queue; `after` is the last row of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn queue(
    ctx: &Ctx<'_>,
    filter: &QueueFilter,
    after: Option<(domain::clock::Timestamp, ApplicationId)>,
) -> Result<Vec<Listed>> {
    ctx.permit(reading(filter.kind))?;
    Ok(storage::applications::queue(&mut ctx.app.db.read().await?, filter, after).await?)
}

/// Numbers of open cases of the procedures that the person may see, with how many are past the target.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn queue_counts(ctx: &Ctx<'_>) -> Result<Vec<(Kind, Counts)>> {
    let target = ctx.app.rules().review_days;
    let (_, late) = sent_between(Age::Over, target, ctx.now.date(), &ctx.app.holidays());
    let mut conn = ctx.app.db.read().await?;
    let mut all = vec![];
    for kind in Kind::ALL.iter().copied().filter(|kind| ctx.permit(reading(*kind)).is_ok()) {
        let counts = storage::applications::counts(&mut conn, kind, late.unwrap_or(ctx.now)).await?;
        all.extend(counts.into_iter().map(|counts| (kind, counts)));
    }
    Ok(all)
}

/// The cases before and after one, as a filter orders them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The one before.
    pub previous: Option<ApplicationId>,
    /// The one after.
    pub next: Option<ApplicationId>,
}

/// The neighbours of a case in a queue; the case itself may have left it.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn neighbours(ctx: &Ctx<'_>, filter: &QueueFilter, case: &Application) -> Result<Neighbours> {
    ctx.permit(reading(filter.kind))?;
    let key = (case.submitted_at.unwrap_or(case.state_since), case.id);
    let mut conn = ctx.app.db.read().await?;
    let previous = storage::applications::previous_in_queue(&mut conn, filter, key).await?;
    let next = storage::applications::next_in_queue(&mut conn, filter, Some(key)).await?;
    Ok(Neighbours { previous: previous.map(|case| case.id), next: next.map(|case| case.id) })
}

/// The case of a queue that comes after one, or else the first of the queue; `after` need not be in it any more.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn next_case(ctx: &Ctx<'_>, filter: &QueueFilter, after: Option<ApplicationId>) -> Result<Option<Listed>> {
    ctx.permit(reading(filter.kind))?;
    let mut conn = ctx.app.db.read().await?;
    let case = match after {
        Some(id) => storage::applications::find(&mut conn, id).await?,
        None => None,
    };
    let key = case.map(|case| (case.submitted_at.unwrap_or(case.state_since), case.id));
    let found = storage::applications::next_in_queue(&mut conn, filter, key).await?;
    if found.is_some() || key.is_none() {
        return Ok(found);
    }
    let first = storage::applications::next_in_queue(&mut conn, filter, None).await?;
    Ok(first.filter(|first| Some(first.id) != after))
}

/// Those who may examine cases of a procedure, by name.
///
/// # Errors
/// [`Error::Forbidden`] without the permission to see them.
#[boxed]
pub async fn reviewers(ctx: &Ctx<'_>, kind: Kind) -> Result<Vec<(AccountId, String)>> {
    ctx.permit(reading(kind))?;
    let staff = storage::accounts::staff(&mut ctx.app.db.read().await?).await?;
    let able = staff.into_iter().filter(|account| !account.disabled && allows(&account.roles, reviewing(kind)));
    let mut names: Vec<(AccountId, String)> = able.map(|account| (account.id, account.name)).collect();
    names.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(names)
}

/// The filters that the person saved for a queue.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn filters(ctx: &Ctx<'_>, kind: Kind) -> Result<Vec<SavedFilter>> {
    ctx.permit(reading(kind))?;
    Ok(storage::applications::filters_of(&mut ctx.app.db.read().await?, ctx.account()?, kind).await?)
}

/// Saves a filter under a name; a name that is in use gets the new conditions. The sentence says what is wrong, if anything.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn save_filter(ctx: &Ctx<'_>, kind: Kind, name: &str, query: &str) -> Result<Option<String>> {
    let known = filters(ctx, kind).await?;
    let name = match clean_line(name, LONGEST_NAME) {
        Ok(name) if name.is_empty() => return Ok(Some("条件の名前を入力してください。".to_owned())),
        Ok(name) => name,
        Err(fault) => return Ok(Some(format!("条件の名前：{fault}"))),
    };
    if known.len() >= MOST_FILTERS && known.iter().all(|filter| filter.name != name) {
        return Ok(Some(format!("保存できる条件は{MOST_FILTERS}個までです。使わないものを削除してください。")));
    }
    let id = FilterId::new(ctx.now, &*ctx.app.randomness);
    let query = query.chars().take(LONGEST_QUERY).collect();
    let filter = SavedFilter { id, account: ctx.account()?, kind, name, query };
    let mut tx = ctx.app.db.write().await?;
    storage::applications::save_filter(&mut tx, &filter, ctx.now).await?;
    tx.commit().await?;
    Ok(None)
}

/// Deletes a filter of one's own.
///
/// # Errors
/// [`Error::NotFound`] when the person has none such.
#[boxed]
pub async fn delete_filter(ctx: &Ctx<'_>, id: FilterId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    if !storage::applications::delete_filter(&mut tx, id, ctx.account()?).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await?;
    Ok(())
}

/// Cases that were chosen in a queue, with their institutions; those of another procedure are left out.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn several(ctx: &Ctx<'_>, kind: Kind, chosen: &[Chosen]) -> Result<Vec<(Application, Institution)>> {
    ctx.permit(reading(kind))?;
    let mut conn = ctx.app.db.read().await?;
    let mut cases = vec![];
    for one in chosen.iter().take(MOST_AT_ONCE) {
        let found = storage::applications::find(&mut conn, one.id).await?;
        let Some(case) = found.filter(|case| case.kind == kind && case.state != State::Draft) else { continue };
        if let Some(institution) = storage::institutions::find(&mut conn, case.institution_id).await? {
            cases.push((case, institution));
        }
    }
    Ok(cases)
}

/// The open states, in the order in which a case passes them.
pub const OPEN: [State; 3] = [State::Submitted, State::InReview, State::Returned];
