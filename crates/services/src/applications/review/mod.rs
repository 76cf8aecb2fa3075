//! Examining: queue, case, take, accept, return, reject, ask; one by one and several at once.

mod ask;
mod bulk;
mod decide;
mod kept;
mod second;
mod straight_through;

pub use ask::{Answered, answer, ask, note};
pub use bulk::{Chosen, MOST_AT_ONCE, Order, Run, decide_all, run};
pub use decide::Secrets;
pub(crate) use decide::payment_in;
pub(super) use decide::payment_of;
pub(crate) use decide::secrets_for;
pub(crate) use decide::taken_by_me;
pub use decide::{Decision, accept, reject, release, return_for_correction, take};
pub use decide::{accept_in, reject_in, return_in};
pub use kept::{
    Neighbours, OPEN, delete_filter, filters, neighbours, next_case, queue, queue_counts, reviewers, save_filter,
    several,
};
pub(crate) use second::{accept_approved, reject_approved};
pub(super) use straight_through::enqueue as enqueue_straight_through;
pub use straight_through::{STRAIGHT_THROUGH, straight_through};

use domain::{
    applications::{Explanation, Kind, ReadingLine, State, checks::Check, checks::Elsewhere, reading},
    forms::Answers,
    ids::ApplicationId,
    institutions::Institution,
    permissions::Permission,
};
use storage::boxed;
use storage::{
    Conn,
    applications::{Application, EventRow, Listed, Note, Question},
    letters::Letter,
    mails::Mail,
    mandates::Prepared,
};

use super::{
    checks::{checks_of, elsewhere_of},
    compare::{Difference, differences},
    facts::facts_for_case,
    view::explained,
};
use crate::{Ctx, Error, Result};

/// Cases of the institution beside a case, at most.
const RELATED: i64 = 20;

/// A case as its reviewer sees it.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The case.
    pub case: Application,
    /// The institution.
    pub institution: Institution,
    /// Sections with their lines.
    pub reading: Vec<(String, Vec<ReadingLine>)>,
    /// Everything that can be checked without a person.
    pub checks: Vec<Check>,
    /// Cases of other institutions with the same customer ID.
    pub elsewhere: Vec<Elsewhere>,
    /// What differs from the application in force; empty for a first one.
    pub differences: Vec<Difference>,
    /// Its life.
    pub events: Vec<EventRow>,
    /// Mails about it.
    pub mails: Vec<Mail>,
    /// Letters of it, without their secrets.
    pub letters: Vec<Letter>,
    /// Certificates of it.
    pub certificates: Vec<storage::authority::Certificate>,
    /// Fees of it.
    pub fees: Vec<storage::ledger::Listed>,
    /// What its certificate costs: the fee that the applicant agreed to.
    pub fee_yen: i64,
    /// Notes among staff, newest first.
    pub notes: Vec<Note>,
    /// Questions to the applicant, newest first.
    pub questions: Vec<Question>,
    /// Other cases of the institution, newest first.
    pub related: Vec<Listed>,
    /// Name of the reviewer who has it.
    pub assignee_name: Option<String>,
    /// Vendors who prepared it, with their mandates.
    pub prepared: Vec<Prepared>,
    /// Whether the person may decide it now.
    pub may_decide: bool,
    /// Whether the person may write notes.
    pub may_note: bool,
    /// Where it stands, in the words that its applicant reads.
    pub explanation: Explanation,
}

/// What belongs to a case, read in one go.
struct Belongings {
    institution: Institution,
    events: Vec<EventRow>,
    mails: Vec<Mail>,
    letters: Vec<Letter>,
    certificates: Vec<storage::authority::Certificate>,
    fees: Vec<storage::ledger::Listed>,
    fee_yen: i64,
    notes: Vec<Note>,
    questions: Vec<Question>,
    related: Vec<Listed>,
    assignee_name: Option<String>,
    prepared: Vec<Prepared>,
    explanation: Explanation,
}

/// What follows from the answers of a case.
struct Judged {
    reading: Vec<(String, Vec<ReadingLine>)>,
    checks: Vec<Check>,
    elsewhere: Vec<Elsewhere>,
    differences: Vec<Difference>,
}

/// A case with everything its reviewer needs; seeing it is recorded (spec 6.5).
///
/// # Errors
/// [`Error::NotFound`] when it does not exist or is a draft, [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn case(ctx: &Ctx<'_>, id: ApplicationId) -> Result<CaseView> {
    ctx.session()?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::applications::find(&mut conn, id).await?;
    let may_read = |kind: Kind| ctx.permit(super::reading(kind)).is_ok();
    if !found.as_ref().map_or(Kind::ALL.iter().any(|kind| may_read(*kind)), |found| may_read(found.kind)) {
        drop(conn);
        super::denied(ctx, id).await?;
        return Err(Error::Forbidden);
    }
    let found = found.ok_or(Error::NotFound)?;
    if found.state == State::Draft {
        return Err(Error::NotFound);
    }
    let with = belongings(ctx, &mut conn, &found).await?;
    drop(conn);
    let judged = judged(ctx, &found).await?;
    seen(ctx, id).await?;
    let may_decide = found.state.is_open_for_review() && decide::may_decide(ctx, &found).await.is_ok();
    let may_note = ctx.permit(Permission::WriteNotes).is_ok();
    Ok(view(found, with, judged, (may_decide, may_note)))
}

fn view(case: Application, with: Belongings, judged: Judged, (may_decide, may_note): (bool, bool)) -> CaseView {
    CaseView {
        case,
        reading: judged.reading,
        checks: judged.checks,
        elsewhere: judged.elsewhere,
        differences: judged.differences,
        institution: with.institution,
        events: with.events,
        mails: with.mails,
        letters: with.letters,
        certificates: with.certificates,
        fees: with.fees,
        fee_yen: with.fee_yen,
        notes: with.notes,
        questions: with.questions,
        related: with.related,
        assignee_name: with.assignee_name,
        prepared: with.prepared,
        explanation: with.explanation,
        may_decide,
        may_note,
    }
}

/// What follows from the answers of a case and from what is known besides.
async fn judged(ctx: &Ctx<'_>, case: &Application) -> Result<Judged> {
    let facts = facts_for_case(ctx, case, &case.answers).await?;
    let reading = reading(case.kind.procedure(), &facts, &case.answers);
    let in_force = in_force(ctx, case).await?;
    let differences = differences(case.kind, &facts, in_force.as_ref(), &reading);
    let elsewhere = elsewhere_of(ctx, case, &facts).await?;
    let checks = checks_of(ctx, case, &facts, &elsewhere).await?;
    Ok(Judged { reading, checks, elsewhere, differences })
}

async fn belongings(ctx: &Ctx<'_>, conn: &mut Conn, case: &Application) -> Result<Belongings> {
    let id = case.id;
    let letters = storage::letters::of_application(conn, id).await?;
    let assignee_name = match case.assignee {
        Some(account) => storage::accounts::find(conn, account).await?.map(|account| account.name),
        None => None,
    };
    let readable = |other: &Listed| {
        other.id != id && other.state != State::Draft && ctx.permit(super::reading(other.kind)).is_ok()
    };
    let related = storage::applications::of_institution(conn, case.institution_id, None, RELATED + 1).await?;
    Ok(Belongings {
        institution: storage::institutions::find(conn, case.institution_id).await?.ok_or(Error::NotFound)?,
        events: storage::applications::events(conn, id).await?,
        mails: storage::mails::of_application(conn, id).await?,
        letters: letters.into_iter().map(|l| Letter { secret_hash: None, secret_sealed: None, ..l }).collect(),
        certificates: storage::authority::of_application(conn, id).await?,
        fees: storage::ledger::of_application(conn, id).await?,
        fee_yen: crate::fees::fee_of(ctx, conn, case).await?,
        notes: storage::applications::notes(conn, id).await?,
        questions: storage::applications::questions(conn, id).await?,
        related: related.into_iter().filter(readable).collect(),
        assignee_name,
        prepared: storage::mandates::of_case(conn, id).await?,
        explanation: explained(ctx, conn, id).await?,
    })
}

/// What a filing would replace: the answers of the application in force.
async fn in_force(ctx: &Ctx<'_>, case: &Application) -> Result<Option<Answers>> {
    if case.kind == Kind::Certificate {
        return Ok(None);
    }
    let mut conn = ctx.app.db.read().await?;
    let others = storage::applications::open_by_kind(&mut conn, case.institution_id, case.kind, case.id).await?;
    Ok(others.into_iter().next().map(|other| other.answers))
}

async fn seen(ctx: &Ctx<'_>, id: ApplicationId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "application.view", format!("application:{id}"), "", "");
    tx.commit().await?;
    Ok(())
}
