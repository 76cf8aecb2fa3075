//! まとめて申請する: one interview for several procedures (spec 08.1). It writes the drafts that the single forms show too,
//! and sends all or some of them in one transaction.

mod sending;

use std::collections::BTreeMap;

pub use sending::{Check, Filing, Sending, SentFiling, check, send, sent};
use storage::{Conn, applications::Application, boxed, interviews};

use domain::{
    applications::Kind,
    clock::Timestamp,
    closing::Over,
    forms::{Answers, Findings},
    ids::{ApplicationId, InstitutionId},
    interview::{self, Forms, Interview, PAPER_FILED, Page, Step},
};

use crate::{
    Ctx, Error, Result,
    applications::{blank, facts_of},
};

/// Where a person stands who has answered everything.
pub const CHECK: &str = "check";

/// What a person should know before beginning.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Procedures of which no filing stands.
    pub open: Vec<Kind>,
    /// Where an interview that was begun stands: its procedures, the page, when it was last written.
    pub begun: Option<(Vec<Kind>, Place, Timestamp)>,
    /// Whether a page of the cases that were sent last can be shown.
    pub sent: bool,
    /// Why nothing begins at the institution any more; none while it goes on.
    pub over: Option<Over>,
}

/// Where one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a page with questions.
    Page(Step),
    /// On the page that shows all filings.
    Check,
}

/// An interview as a page shows it.
#[derive(Clone, Debug)]
pub struct InterviewState {
    /// Questions and answers.
    pub interview: Interview,
    /// The pages that ask something, in order.
    pub pages: Vec<Page>,
    /// Where the person went on last.
    pub place: Place,
}

impl InterviewState {
    /// The page of a step, and its number from 1; none when it asks nothing now.
    pub fn page(&self, step: Step) -> Option<(usize, &Page)> {
        self.pages.iter().position(|page| page.step == step).map(|place| (place + 1, &self.pages[place]))
    }

    /// What comes after a page.
    pub fn after(&self, step: Step) -> Place {
        after(&self.pages, step)
    }
}

fn after(pages: &[Page], step: Step) -> Place {
    pages.iter().find(|page| page.step > step).map_or(Place::Check, |page| Place::Page(page.step))
}

/// What was read for an interview.
struct Loaded {
    row: interviews::Interview,
    drafts: BTreeMap<Kind, Application>,
    interview: Interview,
}

fn place(step: &str) -> Place {
    step.parse().map_or(Place::Check, Place::Page)
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Page(step) => step.as_str(),
        Place::Check => CHECK,
    }
}

async fn drafts_of(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Application>> {
    let drafts = storage::applications::drafts_of(conn, institution).await?;
    Ok(drafts.into_iter().map(|(draft, _)| draft).collect())
}

async fn load(ctx: &Ctx<'_>) -> Result<Option<Loaded>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let Some(row) = interviews::of_institution(&mut conn, institution).await? else { return Ok(None) };
    let drafts = drafts_of(&mut conn, institution).await?;
    drop(conn);
    Ok(Some(assemble(ctx, row, drafts).await?))
}

async fn assemble(ctx: &Ctx<'_>, row: interviews::Interview, drafts: Vec<Application>) -> Result<Loaded> {
    let facts = facts_of(ctx, row.institution_id, Kind::Certificate).await?;
    let open = interview::open(&facts);
    let kinds: Vec<Kind> = row.kinds.iter().copied().filter(|kind| open.contains(kind)).collect();
    let drafts: BTreeMap<Kind, Application> =
        drafts.into_iter().filter(|draft| kinds.contains(&draft.kind)).map(|draft| (draft.kind, draft)).collect();
    let begun: Forms = drafts.iter().map(|(kind, draft)| (*kind, draft.answers.clone())).collect();
    let interview = Interview::begin(facts, &kinds, &begun);
    Ok(Loaded { row, drafts, interview })
}

impl Loaded {
    fn state(self) -> InterviewState {
        let pages = self.interview.pages();
        InterviewState { interview: self.interview, pages, place: place(&self.row.step) }
    }

    fn is_over(&self) -> bool {
        self.interview.forms().is_empty()
    }
}

/// Writes the forms into their drafts and remembers where the person stands.
async fn keep(ctx: &Ctx<'_>, loaded: &mut Loaded, at: Place) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    for (kind, answers) in loaded.interview.forms() {
        match loaded.drafts.get(kind) {
            Some(draft) if draft.answers == *answers => {}
            Some(draft) => {
                if !storage::applications::save_answers(&mut tx, draft.id, answers, ctx.now).await? {
                    return Err(Error::ChangedMeanwhile);
                }
                storage::applications::set_mark(&mut tx, draft.id, "", Some(ctx.account()?)).await?;
            }
            None => {
                let draft = blank(ctx, *kind, answers.clone())?;
                if !storage::applications::insert_draft(&mut tx, &draft).await? {
                    return Err(Error::ChangedMeanwhile);
                }
                ctx.audit(&mut tx, "application.start", format!("application:{}", draft.id), "", kind.as_str());
            }
        }
    }
    word(at).clone_into(&mut loaded.row.step);
    loaded.row.updated_at = ctx.now;
    interviews::put(&mut tx, &loaded.row).await?;
    tx.commit().await?;
    Ok(())
}

/// What a person should know before beginning.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn outlook(ctx: &Ctx<'_>) -> Result<Outlook> {
    let institution = ctx.institution()?;
    let facts = facts_of(ctx, institution, Kind::Certificate).await?;
    let (open, over) = (interview::open(&facts), facts.known.over);
    let mut conn = ctx.app.db.read().await?;
    let row = interviews::of_institution(&mut conn, institution).await?;
    let drafts = drafts_of(&mut conn, institution).await?;
    drop(conn);
    let sent = row.as_ref().is_some_and(|row| !row.sent.is_empty());
    let begun = row.and_then(|row| {
        let kinds: Vec<Kind> = row.kinds.iter().copied().filter(|kind| open.contains(kind)).collect();
        let waits = drafts.iter().any(|draft| kinds.contains(&draft.kind));
        waits.then(|| (kinds, place(&row.step), row.updated_at))
    });
    Ok(Outlook { open, begun, sent, over })
}

/// Where an interview that was begun stands, if one of its procedures is among those that were never sent; for the home page.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn begun(ctx: &Ctx<'_>, unsent: &[Kind]) -> Result<Option<Place>> {
    let row = interviews::of_institution(&mut ctx.app.db.read().await?, ctx.institution()?).await?;
    Ok(row.filter(|row| row.kinds.iter().any(|kind| unsent.contains(kind))).map(|row| place(&row.step)))
}

/// Begins an interview about procedures of which no filing stands, in place of an earlier one; drafts that exist are gone on with.
/// A claims filing that went out on paper is left out.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership, [`Error::ChangedMeanwhile`] when nothing of it is left to file.
#[boxed]
pub async fn begin(ctx: &Ctx<'_>, kinds: &[Kind], claims_on_paper: bool) -> Result<Step> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let mut drafts = drafts_of(&mut conn, institution).await?;
    let before = interviews::of_institution(&mut conn, institution).await?;
    drop(conn);
    let wanted = kinds.iter().copied().filter(|kind| !(claims_on_paper && *kind == Kind::Claims)).collect();
    for draft in drafts.iter_mut().filter(|draft| draft.kind == Kind::Claims) {
        draft.answers.set(PAPER_FILED, "no");
    }
    let row = interviews::Interview {
        institution_id: institution,
        kinds: wanted,
        step: String::new(),
        sent: before.map(|before| before.sent).unwrap_or_default(),
        updated_at: ctx.now,
    };
    let mut loaded = assemble(ctx, row, drafts).await?;
    let first = loaded.interview.pages().first().map(|page| page.step).ok_or(Error::ChangedMeanwhile)?;
    keep(ctx, &mut loaded, Place::Page(first)).await?;
    Ok(first)
}

/// The interview as it stands; none when none was begun or nothing is left of it.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn state(ctx: &Ctx<'_>) -> Result<Option<InterviewState>> {
    Ok(load(ctx).await?.filter(|loaded| !loaded.is_over()).map(Loaded::state))
}

/// Whether the person goes on after saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Stays on the page: saved while typing, or leaves for today.
    Stay,
    /// Goes on to the next page, if nothing on this one is wrong.
    GoOn,
}

/// Keeps what was typed on a page without judging it, and says what a check of the page finds.
///
/// # Errors
/// [`Error::NotFound`] when there is no such page now, [`Error::ChangedMeanwhile`] when one of the forms was sent meanwhile.
#[boxed]
pub async fn save(ctx: &Ctx<'_>, step: Step, typed: &Answers, then: Then) -> Result<(InterviewState, Findings)> {
    let mut loaded = load(ctx).await?.filter(|loaded| !loaded.is_over()).ok_or(Error::NotFound)?;
    loaded.interview.write(step, typed);
    let found = loaded.interview.findings_of(&loaded.interview.page(step));
    let goes_on = then == Then::GoOn && found.errors.is_empty();
    let next = after(&loaded.interview.pages(), step);
    keep(ctx, &mut loaded, if goes_on { next } else { Place::Page(step) }).await?;
    Ok((loaded.state(), found))
}

/// Ids of the cases that an interview of the institution sent last.
async fn sent_last(ctx: &Ctx<'_>) -> Result<Vec<ApplicationId>> {
    let row = interviews::of_institution(&mut ctx.app.db.read().await?, ctx.institution()?).await?;
    Ok(row.map(|row| row.sent).unwrap_or_default())
}
