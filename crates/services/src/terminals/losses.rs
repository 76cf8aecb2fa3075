//! Lost keys: who reported one, and the 24 hours in which its certificate must be revoked (spec 04.5).

use domain::{
    accounts::{is_provisional, needed_line},
    calendar::japanese_datetime,
    ids::CertificateId,
    permissions::{Permission, Role},
    terminals::loss::LossClock,
};
use storage::{
    Tx,
    authority::Certificate,
    boxed,
    terminals::{LossReport, NewLoss},
};

use crate::{
    Ctx, Error, Result,
    accounts::membership::{ROLE_OWNER, belongs},
    applications::tell::owners_and_applicant_about,
    mail::{Letterhead, queue},
};

/// Longest reason for which a report is withdrawn.
const LONGEST_REASON: usize = 200;

/// Reports that the key of a certificate of one's own institution was lost, for members who may not revoke it: the
/// clock starts, owners and RA officers are told. A second report changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for another institution's, [`Error::ChangedMeanwhile`] when it is not valid any more.
#[boxed]
pub async fn report_as_member(ctx: &Ctx<'_>, id: CertificateId) -> Result<()> {
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    belongs(ctx, record.institution_id.ok_or(Error::NotFound)?).await?;
    report(ctx, record).await
}

/// Notes a report that reached the office, such as by telephone.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist,
/// [`Error::ChangedMeanwhile`] when it is not valid any more.
#[boxed]
pub async fn report_as_staff(ctx: &Ctx<'_>, id: CertificateId) -> Result<()> {
    ctx.permit(Permission::ReportLosses)?;
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    report(ctx, record).await
}

async fn report(ctx: &Ctx<'_>, record: Certificate) -> Result<()> {
    let case = record.application_id.ok_or(Error::NotFound)?;
    let mut tx = ctx.app.db.write().await?;
    // Whoever fetches or renews at this moment has stored before, or stores nothing.
    let valid = storage::authority::hold_of_application(&mut tx, case).await?;
    if !valid.iter().any(|one| one.id == record.id) {
        return Err(Error::ChangedMeanwhile);
    }
    if note(ctx, &mut tx, &record).await? {
        tell(ctx, &mut tx, &record).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Starts the clock in the caller's transaction; false when it runs already.
pub(crate) async fn note(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate) -> Result<bool> {
    let Some(institution) = record.institution_id else { return Ok(false) };
    let (by, name) = (ctx.actor_id(), ctx.actor_name_for_applicants());
    let loss = NewLoss { certificate: record.id, institution, by: &by, name: &name };
    let is_new = storage::terminals::report_loss(tx, &loss, ctx.now).await?;
    if is_new {
        ctx.audit(tx, "certificate.report_loss", format!("certificate:{}", record.id), "", &record.serial);
    }
    Ok(is_new)
}

/// Ends a report that was a mistake, with the reason; the certificate stays as it is, and owners and applicant are told. Or
/// the sentence that says what is wrong with the reason. A later report starts the clock anew.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the certificate does not exist,
/// [`Error::ChangedMeanwhile`] when no report of it waits any more.
#[boxed]
pub async fn withdraw_loss(ctx: &Ctx<'_>, id: CertificateId, reason: &str) -> Result<Result<(), String>> {
    ctx.permit(Permission::RevokeCertificates)?;
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let reason = match needed_line("取り下げる理由", reason, LONGEST_REASON) {
        Ok(reason) => reason,
        Err(message) => return Ok(Err(message)),
    };
    let mut tx = ctx.app.db.write().await?;
    if !storage::terminals::withdraw_loss(&mut tx, id, &ctx.actor_name(), &reason, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "certificate.withdraw_loss", format!("certificate:{id}"), &record.serial, &reason);
    if let Some(case) = record.application_id
        && let Some(case) = storage::applications::find(&mut tx, case).await?
    {
        let page = format!("{}/terminals/{}", ctx.app.settings.portal_url, case.id);
        let further = [("reason", reason), ("serial", record.serial), ("page_url", page)];
        owners_and_applicant_about(ctx, &mut tx, &case, "certificate_loss_withdrawn", &further).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(()))
}

/// Tells the owners and the RA officers: one of them must revoke within a day.
async fn tell(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate) -> Result<()> {
    let Some(institution) = record.institution_id else { return Ok(()) };
    let found = storage::institutions::find(tx, institution).await?.ok_or(Error::NotFound)?;
    let clock = LossClock::started(ctx.now);
    let portal = &ctx.app.settings.portal_url;
    let values = [
        ("institution", found.name),
        ("terminal", record.subject.clone()),
        ("when", japanese_datetime(ctx.now)),
        ("due", japanese_datetime(clock.due_at())),
        ("actor", ctx.actor_name_for_applicants()),
    ];
    let members = storage::accounts::members_in_force(tx, institution).await?;
    let owners = members.into_iter().filter(|one| one.role == ROLE_OWNER);
    let owners = owners.map(|one| (one.account_id, one.person_name, one.person_email));
    let own_page = format!("{portal}/certificates/{}/revoke", record.id);
    let staff = storage::accounts::staff(tx).await?.into_iter().filter(|one| !one.disabled);
    let officers = staff.filter(|one| one.roles.contains(&Role::RaOfficer)).map(|one| (one.id, one.name, one.email));
    let case = record.application_id.map(|id| id.to_string()).unwrap_or_default();
    let office_page = format!("{portal}/office/certificates/{}/revoke?case={case}", record.id);
    let owners = owners.map(|one| (one, &own_page));
    for ((account, name, email), page) in owners.chain(officers.map(|one| (one, &office_page))) {
        if is_provisional(&email) {
            continue;
        }
        let head = Letterhead {
            account: Some(account),
            application: record.application_id,
            ..Letterhead::new("certificate_loss_reported", &email)
        };
        let own = [&values[..], &[("person", name), ("page_url", page.clone())]].concat();
        queue(ctx, tx, &head, &own).await?;
    }
    Ok(())
}

/// Reports that wait for a revocation, the oldest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn open_losses(ctx: &Ctx<'_>) -> Result<Vec<LossReport>> {
    ctx.permit(Permission::ReadCertificates)?;
    Ok(storage::terminals::open_losses(&mut ctx.app.db.read().await?, 500).await?)
}

/// The report of a certificate, for the office.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn loss_of(ctx: &Ctx<'_>, id: CertificateId) -> Result<Option<LossReport>> {
    ctx.permit(Permission::ReadCertificates)?;
    Ok(storage::terminals::loss_of(&mut ctx.app.db.read().await?, id).await?)
}
