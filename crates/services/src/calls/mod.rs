//! Telephone calls: a case is found by its number and the code that the caller reads from their page (spec 6.4).
//!
//! Without the code nothing is told but whether the number is one, and of which procedure. With it the call centre sees
//! for an hour what the caller sees, and nothing secret.

mod code;
mod note;

pub use code::{DIGITS, SpokenCode, own_code};
pub use note::{Note, note};

use domain::{
    applications::Kind,
    forms::Finding,
    ids::{CallId, InstitutionId},
    institutions::Institution,
    permissions::Permission,
    reference::ReferenceNumber,
    typed::compact,
};
use storage::{
    accounts::Account, applications::Application, authority::Certificate, boxed, calls::Call, inquiries::Inquiry,
    mails::Mail,
};
use time::Duration;

use crate::{
    Ctx, Error, Result,
    accounts::{entry, limits},
    applications::{self, ApplicantCase},
};

/// How long a call stays open.
const LIFE: Duration = Duration::minutes(60);
/// Mails, certificates and threads that are shown.
const SHOWN: i64 = 30;

/// What number and code led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The code was right.
    Opened(CallId),
    /// There is such a case; no code was given, or it was wrong.
    Known {
        /// Procedure, whose general help may be given.
        kind: Kind,
        /// Whether a code was given that was not right.
        wrong: bool,
    },
    /// The number is well-formed, but no case has it.
    Unknown,
    /// What is wrong with what was typed; fields `number`, `code`.
    Slip(Finding),
}

/// Finds a case for a caller. Wrong codes are counted for the case and for the one of the staff who types them.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::TooManyTries`].
#[boxed]
pub async fn find(ctx: &Ctx<'_>, number: &str, spoken: &str) -> Result<Found> {
    ctx.permit(Permission::ReadInquiries)?;
    let number = match ReferenceNumber::parse(number) {
        Ok(number) => number,
        Err(fault) => return Ok(Found::Slip(entry::finding("number", fault.to_string()))),
    };
    let spoken = compact(spoken);
    if !spoken.is_empty() && (spoken.len() != DIGITS || !spoken.chars().all(|letter| letter.is_ascii_digit())) {
        return Ok(Found::Slip(entry::finding("code", "本人確認の番号は、数字6桁です。")));
    }
    let found = storage::applications::by_reference(&mut ctx.app.db.read().await?, number.as_str()).await?;
    let Some(case) = found else { return Ok(Found::Unknown) };
    if spoken.is_empty() {
        return Ok(Found::Known { kind: case.kind, wrong: false });
    }
    open(ctx, &case, &spoken).await
}

async fn open(ctx: &Ctx<'_>, case: &Application, spoken: &str) -> Result<Found> {
    let (agent, subject) = (ctx.account()?, format!("application:{}", case.id));
    count(ctx, case).await?;
    let members = members(ctx, case.institution_id).await?;
    let mut tx = ctx.app.db.write().await?;
    let Some(caller) = code::speaker(ctx, case.institution_id, &members, spoken) else {
        ctx.audit(&mut tx, "call.refuse", subject, "", "");
        tx.commit().await?;
        return Ok(Found::Known { kind: case.kind, wrong: true });
    };
    limits::CODES_OF_CASE.forget(&mut tx, &[&case.id.to_string()]).await?;
    limits::CODES_OF_AGENT.forgive(&mut tx, &[&agent.to_string()]).await?;
    let id = CallId::new(ctx.now, &*ctx.app.randomness);
    let call = Call { id, application: case.id, caller, agent, opened_at: ctx.now };
    storage::calls::insert(&mut tx, &call).await?;
    ctx.audit(&mut tx, "call.open", subject, "", &caller.to_string());
    tx.commit().await?;
    Ok(Found::Opened(id))
}

/// Counts a try before the code is looked at; the count stays when it is one too many.
async fn count(ctx: &Ctx<'_>, case: &Application) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let mut over = limits::CODES_OF_AGENT.count(ctx, &mut tx, &[&ctx.account()?.to_string()]).await?;
    if over.is_ok() {
        over = limits::CODES_OF_CASE.count(ctx, &mut tx, &[&case.id.to_string()]).await?;
    }
    if over.is_err_and(|over| over.first) {
        ctx.audit(&mut tx, "call.limit", format!("application:{}", case.id), "", "");
    }
    tx.commit().await?;
    over.map_err(|over| Error::TooManyTries { until: over.until })
}

async fn members(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<Vec<domain::ids::AccountId>> {
    let all = storage::accounts::members_in_force(&mut ctx.app.db.read().await?, institution).await?;
    Ok(all.into_iter().map(|one| one.account_id).collect())
}

/// What the call centre sees of a case while its caller is on the line.
#[derive(Clone, Debug)]
pub struct CallView {
    /// The call.
    pub call: Call,
    /// Who calls.
    pub caller: Account,
    /// Their institution.
    pub institution: Institution,
    /// The case as the caller sees it.
    pub case: ApplicantCase,
    /// Mails about the case and to the caller, newest first.
    pub mails: Vec<Mail>,
    /// Certificates of the institution, the last to end first.
    pub certificates: Vec<Certificate>,
    /// Threads of the institution, newest first.
    pub inquiries: Vec<Inquiry>,
}

/// A call that is open; none when its hour is over. Seeing it is recorded (spec 6.5).
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] for somebody else's call.
#[boxed]
pub async fn view(ctx: &Ctx<'_>, id: CallId) -> Result<Option<CallView>> {
    let Some(call) = open_call(ctx, id).await? else { return Ok(None) };
    let mut conn = ctx.app.db.read().await?;
    let case = storage::applications::find(&mut conn, call.application).await?.ok_or(Error::NotFound)?;
    let institution = storage::institutions::find(&mut conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    let caller = storage::accounts::find(&mut conn, call.caller).await?.ok_or(Error::NotFound)?;
    let mut mails = storage::mails::of_application(&mut conn, case.id).await?;
    mails.extend(storage::mails::of_account(&mut conn, call.caller).await?);
    let mut certificates = storage::authority::of_institution(&mut conn, institution.id).await?;
    let inquiries = storage::inquiries::of_institution(&mut conn, institution.id, SHOWN).await?;
    drop(conn);
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    mails.sort_by_key(|mail| std::cmp::Reverse((mail.created_at, mail.id)));
    mails.dedup_by_key(|mail| mail.id);
    mails.truncate(shown);
    certificates.retain(|one| one.certificate.is_some());
    certificates.sort_by_key(|one| std::cmp::Reverse(one.not_after));
    certificates.truncate(shown);
    let case = applications::as_applicant(ctx, case).await?;
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "call.view", format!("application:{}", call.application), "", "");
    tx.commit().await?;
    Ok(Some(CallView { call, caller, institution, case, mails, certificates, inquiries }))
}

/// A call of the person, while its hour lasts.
async fn open_call(ctx: &Ctx<'_>, id: CallId) -> Result<Option<Call>> {
    ctx.permit(Permission::ReadInquiries)?;
    let me = ctx.account()?;
    let found = storage::calls::find(&mut ctx.app.db.read().await?, id).await?;
    let call = found.filter(|call| call.agent == me).ok_or(Error::NotFound)?;
    Ok((ctx.now < call.opened_at + LIFE).then_some(call))
}
