//! What the owner of a terminal decides about renewals on the portal: consent to those that the terminal asks for by
//! itself, and permission for one after the end (spec 04.5, 04.6).

use domain::{
    clock::Timestamp,
    ids::CertificateId,
    secrets::RenewalCode,
    terminals::renewal::{PERMISSION_HOURS, Window},
};
use storage::{
    Tx,
    authority::Certificate,
    boxed,
    renewals::{AUTOMATIC, LATE, Permit},
};
use time::Duration;

use super::{renewal::is_followed, renewal_code::new_code};
use crate::{Ctx, Error, Result, accounts::membership::belongs, applications::tell};

/// What is decided about the renewals of a terminal, and what can be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The certificate.
    pub record: Certificate,
    /// Where it stands on its way to renewal.
    pub window: Window,
    /// The fee of a renewal in yen.
    pub fee_yen: i64,
    /// Since when renewals by the terminal itself are agreed to, at the present fee.
    pub automatic: Option<Timestamp>,
    /// Until when a renewal after the end is allowed.
    pub late: Option<Timestamp>,
    /// Whether it was renewed and its successor is in use.
    pub renewed: bool,
    /// Whether the person has shown a second factor in this session.
    pub second_factor: bool,
}

/// A permission for one renewal after the end, with the code that works where the certificate cannot be shown. The code is
/// kept nowhere.
#[derive(Clone, Debug)]
pub struct LateCode {
    /// The code.
    pub code: RenewalCode,
    /// The reference number that is typed with it.
    pub reference: String,
    /// Until when both hold.
    pub until: Timestamp,
}

/// Why a decision was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The box about the fee was not ticked.
    #[error("「更新料への同意」にチェックを入れてください。")]
    ConsentMissing,
    /// A renewal after the end needs a second factor.
    #[error(
        "有効期限後の更新を認めるには、二段階認証でのログインが必要です。「アカウントの設定」で二段階認証を設定してください。"
    )]
    SecondFactorMissing,
    /// There is nothing to allow now.
    #[error("この端末の電子証明書は、有効期限後の更新を認められる期間ではありません。")]
    NotNow,
}

/// What is decided about the renewals of a terminal of one's own institution.
///
/// # Errors
/// [`Error::NotFound`] for another institution's or one that is not valid, [`Error::Forbidden`] for members who are not
/// its owner.
#[boxed]
pub async fn plan(ctx: &Ctx<'_>, id: CertificateId) -> Result<Plan> {
    let mut conn = ctx.app.db.read().await?;
    let record = storage::authority::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    belongs(ctx, record.institution_id.ok_or(Error::NotFound)?).await?;
    ctx.owner()?;
    let case = record.application_id.filter(|_| record.state == "valid").ok_or(Error::NotFound)?;
    let permits = storage::renewals::of_application(&mut conn, case).await?;
    let fee_yen = ctx.app.rules().certificate_fee_yen;
    let given = |kind: &str| permits.iter().find(|one| one.kind == kind && one.covers(fee_yen, ctx.now));
    Ok(Plan {
        window: Window::at(record.not_after, ctx.now),
        fee_yen,
        automatic: given(AUTOMATIC).map(|permit| permit.given_at),
        late: given(LATE).and_then(|permit| permit.until),
        renewed: is_followed(&storage::authority::successors(&mut conn, record.id).await?),
        second_factor: ctx.session()?.second_factor,
        record,
    })
}

/// Agrees to the fee of every renewal that the terminal asks for by itself, as long as the fee does not rise.
///
/// # Errors
/// As [`plan`]. A missing tick is the inner refusal.
#[boxed]
pub async fn allow_automatic(ctx: &Ctx<'_>, id: CertificateId, agreed: bool) -> Result<Result<(), Refusal>> {
    let plan = plan(ctx, id).await?;
    if !agreed {
        return Ok(Err(Refusal::ConsentMissing));
    }
    let mut tx = ctx.app.db.write().await?;
    give(ctx, &mut tx, &plan, AUTOMATIC, None).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes the agreement back; renewals that were made stay. Doing it twice changes nothing.
///
/// # Errors
/// As [`plan`].
#[boxed]
pub async fn stop_automatic(ctx: &Ctx<'_>, id: CertificateId) -> Result<()> {
    let plan = plan(ctx, id).await?;
    let case = plan.record.application_id.ok_or(Error::NotFound)?;
    let mut tx = ctx.app.db.write().await?;
    if storage::renewals::take_back(&mut tx, case, AUTOMATIC).await? {
        ctx.audit(&mut tx, "renewal.stop_automatic", format!("application:{case}"), AUTOMATIC, "");
    }
    tx.commit().await?;
    Ok(())
}

/// Allows one renewal after the end for 24 hours, agrees to its fee, and makes the code for those who cannot show the
/// certificate; an earlier code works no more.
///
/// # Errors
/// As [`plan`]. The reason why it is not allowed is the inner refusal.
#[boxed]
pub async fn allow_late(ctx: &Ctx<'_>, id: CertificateId, agreed: bool) -> Result<Result<LateCode, Refusal>> {
    let plan = plan(ctx, id).await?;
    let refusal = match plan.window {
        Window::Grace { .. } if plan.renewed => Some(Refusal::NotNow),
        Window::Grace { .. } if !plan.second_factor => Some(Refusal::SecondFactorMissing),
        Window::Grace { .. } if !agreed => Some(Refusal::ConsentMissing),
        Window::Grace { .. } => None,
        _ => Some(Refusal::NotNow),
    };
    if let Some(refusal) = refusal {
        return Ok(Err(refusal));
    }
    let (code, hash) = new_code(ctx).await?;
    let until = ctx.now + Duration::hours(PERMISSION_HOURS);
    let case = plan.record.application_id.ok_or(Error::NotFound)?;
    let mut tx = ctx.app.db.write().await?;
    let case = storage::applications::find(&mut tx, case).await?.ok_or(Error::NotFound)?;
    give(ctx, &mut tx, &plan, LATE, Some((until, hash))).await?;
    tx.commit().await?;
    Ok(Ok(LateCode { code, reference: tell::grouped(case.reference.as_deref().unwrap_or_default()), until }))
}

/// Notes a permission; one after the end has a term, and the hash of its code.
async fn give(ctx: &Ctx<'_>, tx: &mut Tx, plan: &Plan, kind: &str, late: Option<(Timestamp, String)>) -> Result<()> {
    let application_id = plan.record.application_id.ok_or(Error::NotFound)?;
    let (until, code_hash) = late.unzip();
    let permit = Permit {
        application_id,
        kind: kind.to_owned(),
        account_id: ctx.account()?,
        fee_yen: plan.fee_yen,
        given_at: ctx.now,
        until,
        certificate_id: code_hash.is_some().then_some(plan.record.id),
        code_hash,
    };
    storage::renewals::give(tx, &permit).await?;
    let (action, subject) = (format!("renewal.allow_{kind}"), format!("application:{application_id}"));
    ctx.audit(tx, &action, subject, "", &plan.fee_yen.to_string());
    Ok(())
}
