//! How the service stands: what everybody reads, and what staff report.

use domain::{
    clock::Timestamp,
    content::service::{self, LONGEST_WORDS, Phase, ServiceKind, ServiceLevel, ServiceState},
    forms::Finding,
    ids::{ServiceStateId, uuid_v7},
    permissions::Permission,
};
use storage::{
    Tx, boxed,
    service::{ServiceUpdate, StoredState},
};

use crate::{
    App, Ctx, Error, Result,
    ical::{self, Entry, When},
};

/// States on a page of the history.
pub const PAGE: i64 = 20;
/// Most states that go on or lie ahead at a time.
const OPEN: i64 = 50;
/// Reports of a state that are shown.
const REPORTS: i64 = 100;

/// A state with its reports.
#[derive(Clone, Debug)]
pub struct StateView {
    /// The state.
    pub stored: StoredState,
    /// Where it is.
    pub phase: Phase,
    /// Its reports, newest first.
    pub updates: Vec<ServiceUpdate>,
}

/// What reporting led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// Everybody reads it.
    Done(ServiceStateId),
    /// What is wrong; nothing was kept.
    Slips(Vec<Finding>),
    /// Somebody else changed it meanwhile, or it is over; nothing was kept.
    Meanwhile,
}

/// Reads how the service stands when that is older than ten seconds; every page that is asked for does so. A database that does
/// not answer leaves what was read last.
pub async fn look(app: &App) {
    let now = app.clock.now();
    let read = || async move {
        let open = storage::service::open(&mut app.db.read().await?, now, OPEN).await?;
        Ok(open.into_iter().map(|stored| stored.state).collect())
    };
    if let Err(error) = app.service.or_read(now, read).await {
        tracing::warn!(%error, "how the service stands could not be read");
    }
}

/// The line of every page, from what was read last: level, and what it is about.
pub fn line(app: &App) -> (ServiceLevel, String) {
    let open: std::sync::Arc<Vec<ServiceState>> = app.service.last().unwrap_or_default();
    if open.is_empty() {
        return (ServiceLevel::Normal, String::new());
    }
    service::line(&open, app.clock.now(), app.rules().maintenance_days)
}

async fn view(ctx: &Ctx<'_>, stored: StoredState) -> Result<StateView> {
    let updates = storage::service::updates(&mut ctx.app.db.read().await?, stored.id, REPORTS).await?;
    Ok(StateView { phase: stored.state.phase(stored.over, ctx.now), stored, updates })
}

async fn views(ctx: &Ctx<'_>, found: Vec<StoredState>) -> Result<Vec<StateView>> {
    let mut views = Vec::with_capacity(found.len());
    for stored in found {
        views.push(view(ctx, stored).await?);
    }
    Ok(views)
}

/// What goes on and what lies ahead, in the order of its beginning.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open(ctx: &Ctx<'_>) -> Result<Vec<StateView>> {
    let mut found = storage::service::open(&mut ctx.app.db.read().await?, ctx.now, OPEN).await?;
    found.sort_by_key(|stored| (stored.state.kind, stored.state.from));
    views(ctx, found).await
}

/// Maintenance that goes on or lies ahead, as a calendar file.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn calendar(ctx: &Ctx<'_>) -> Result<String> {
    let found = storage::service::open(&mut ctx.app.db.read().await?, ctx.now, OPEN).await?;
    let (domain, page) = (ctx.app.settings.mail_domain(), format!("{}/status", ctx.app.settings.portal_url));
    let planned = found.into_iter().filter(|stored| stored.state.kind == ServiceKind::Maintenance);
    let entries = planned.filter_map(|stored| {
        let parts: Vec<&str> = stored.state.parts.iter().map(|part| part.label()).collect();
        Some(Entry {
            uid: format!("maintenance-{}@{domain}", stored.id),
            stamp: ctx.now,
            when: When::Between(stored.state.from, stored.state.until?),
            summary: format!("メンテナンス：{}", stored.state.title),
            description: format!("影響：{}\n{page}", parts.join("、")),
        })
    });
    Ok(ical::file("Maintenance", "メンテナンスの予定", entries.collect()))
}

/// What is over, what ended last first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn history(ctx: &Ctx<'_>, after: Option<(Timestamp, ServiceStateId)>) -> Result<Vec<StateView>> {
    let found = storage::service::over(&mut ctx.app.db.read().await?, after, ctx.now, PAGE).await?;
    views(ctx, found).await
}

/// One state.
///
/// # Errors
/// [`Error::NotFound`].
#[boxed]
pub async fn one(ctx: &Ctx<'_>, id: ServiceStateId) -> Result<StateView> {
    let stored = storage::service::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    view(ctx, stored).await
}

/// What is wrong with the words of a report.
fn slips_of(words: &str, required: bool) -> Option<Finding> {
    let count = words.chars().count();
    let message = if count == 0 && required {
        "「知らせる内容」を入力してください。".to_owned()
    } else if count > LONGEST_WORDS {
        format!("「知らせる内容」を{LONGEST_WORDS}文字以内にしてください（今は{count}文字です）。")
    } else {
        return None;
    };
    Some(Finding { field: "words".to_owned(), message })
}

/// When a state ends by itself: maintenance as planned, a trouble never.
fn over(state: &ServiceState) -> Timestamp {
    match (state.kind, state.until) {
        (ServiceKind::Maintenance, Some(until)) => until,
        _ => Timestamp::from_millis(i64::MAX),
    }
}

fn told(state: ServiceState) -> ServiceState {
    let until = state.until.filter(|_| state.kind == ServiceKind::Maintenance);
    ServiceState { until, ..state }
}

/// Tells of a trouble or of a planned maintenance.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn announce(ctx: &Ctx<'_>, state: ServiceState, words: &str) -> Result<Reported> {
    ctx.permit(Permission::ReportStatus)?;
    let state = told(state);
    let slips: Vec<Finding> = state.slips(ctx.now).into_iter().chain(slips_of(words, false)).collect();
    if !slips.is_empty() {
        return Ok(Reported::Slips(slips));
    }
    let id = ServiceStateId::new(ctx.now, &*ctx.app.randomness);
    let stored = StoredState { id, over: over(&state), closed_by: None, version: 1, state };
    let mut tx = ctx.app.db.write().await?;
    storage::service::add(&mut tx, &stored).await?;
    say(ctx, &mut tx, id, words).await?;
    ctx.audit(&mut tx, "service.announce", format!("service:{id}"), "", &stored.state.title);
    done(ctx, tx, id).await
}

/// Changes what is told of a state that is not over, with a report if there are words.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn change(
    ctx: &Ctx<'_>,
    id: ServiceStateId,
    seen: i64,
    state: ServiceState,
    words: &str,
) -> Result<Reported> {
    ctx.permit(Permission::ReportStatus)?;
    let before = storage::service::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    if before.version != seen || before.over <= ctx.now {
        return Ok(Reported::Meanwhile);
    }
    let state = told(state);
    let slips: Vec<Finding> = state.slips(ctx.now).into_iter().chain(slips_of(words, false)).collect();
    if !slips.is_empty() {
        return Ok(Reported::Slips(slips));
    }
    let after = StoredState { over: over(&state), state, ..before };
    let mut tx = ctx.app.db.write().await?;
    if !storage::service::change(&mut tx, &after).await? {
        tx.rollback().await?;
        return Ok(Reported::Meanwhile);
    }
    say(ctx, &mut tx, id, words).await?;
    ctx.audit(&mut tx, "service.change", format!("service:{id}"), "", &after.state.title);
    done(ctx, tx, id).await
}

/// Ends a state with a last report: a trouble is over, a maintenance ends early or does not take place.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn close(ctx: &Ctx<'_>, id: ServiceStateId, seen: i64, words: &str) -> Result<Reported> {
    ctx.permit(Permission::ReportStatus)?;
    let before = storage::service::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    if before.version != seen || before.over <= ctx.now {
        return Ok(Reported::Meanwhile);
    }
    if let Some(slip) = slips_of(words, true) {
        return Ok(Reported::Slips(vec![slip]));
    }
    let after = StoredState { over: ctx.now, closed_by: Some(ctx.actor_name()), ..before };
    let mut tx = ctx.app.db.write().await?;
    if !storage::service::change(&mut tx, &after).await? {
        tx.rollback().await?;
        return Ok(Reported::Meanwhile);
    }
    say(ctx, &mut tx, id, words).await?;
    ctx.audit(&mut tx, "service.close", format!("service:{id}"), "", words);
    done(ctx, tx, id).await
}

async fn say(ctx: &Ctx<'_>, tx: &mut Tx, state: ServiceStateId, words: &str) -> Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let update = ServiceUpdate { words: words.to_owned(), person: ctx.actor_name(), at: ctx.now.as_millis() };
    let id = uuid_v7(ctx.now, &*ctx.app.randomness);
    Ok(storage::service::add_update(tx, id, state, &update, ctx.account().ok()).await?)
}

async fn done(ctx: &Ctx<'_>, tx: Tx, id: ServiceStateId) -> Result<Reported> {
    tx.commit().await?;
    ctx.app.service.forget();
    Ok(Reported::Done(id))
}
