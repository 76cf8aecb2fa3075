//! What stands against giving a terminal another certificate, by letter or by renewal.

use domain::institutions::InstitutionStatus;
use storage::{Conn, Tx, applications::Application, authority::Certificate};

use crate::{Ctx, Error, Result};

/// What stands against it; the words are for the person at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bar {
    /// A certificate of the case was reported lost or stolen, and nobody has revoked it or withdrawn the report yet.
    #[error(
        "この端末は、盗難・紛失の届出が出ているため、端末の電子証明書を受け取れません。登録局の担当が、失効させるか、届出を取り下げるかを確かめています。届出が間違いのときや、心当たりがないときは、医療機関等の代表者の方から、お問い合わせください。"
    )]
    ReportedLost,
    /// The institution is closed.
    #[error(
        "この医療機関等は、台帳で「廃止」になっているため、端末の電子証明書を受け取れません。違うときは、お問い合わせください。"
    )]
    InstitutionClosed,
}

/// What stands against it now.
pub(super) async fn barred(conn: &mut Conn, case: &Application) -> Result<Option<Bar>> {
    let institution = storage::institutions::find(conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    if institution.status == InstitutionStatus::Closed {
        return Ok(Some(Bar::InstitutionClosed));
    }
    let lost = storage::terminals::is_reported_lost(conn, case.id).await?;
    Ok(lost.then_some(Bar::ReportedLost))
}

/// Notes for the office that somebody wanted a certificate for a terminal that was reported lost.
pub(super) async fn note(ctx: &Ctx<'_>, case: &Application, bar: Bar) -> Result<()> {
    if bar == Bar::ReportedLost {
        let mut tx = ctx.app.db.write().await?;
        ctx.audit(&mut tx, "certificate.refuse_lost", format!("application:{}", case.id), "", "");
        tx.commit().await?;
    }
    Ok(())
}

/// Looks again before a certificate is stored, and makes whoever reports, revokes or renews one of the same case wait until
/// the transaction ends; gives the valid ones.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when something stands against it by now.
pub(super) async fn look_again(tx: &mut Tx, case: &Application) -> Result<Vec<Certificate>> {
    let valid = storage::authority::hold_of_application(tx, case.id).await?;
    match barred(tx, case).await? {
        Some(_) => Err(Error::ChangedMeanwhile),
        None => Ok(valid),
    }
}
