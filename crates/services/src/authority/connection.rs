//! The connection test: a terminal shows its certificate over mutual TLS (spec 04.3).

use domain::{
    applications::{Event, Kind},
    calendar::japanese_date,
    clock::Timestamp,
    terminals::renewal,
};
use pki::{CertificateInfo, ChainFault, verify_client_chain};
use storage::boxed;
use storage::{applications::Application, authority::Certificate};

use super::Issuing;
use crate::{Ctx, Result, applications::tell};

/// Why the test failed, in words for the person at the terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestFault {
    /// No certificate was shown.
    #[error(
        "端末の電子証明書を確認できませんでした。取得したファイルを端末に入れてから、ブラウザを開き直し、端末の電子証明書を選んでください。"
    )]
    NoCertificate,
    /// The chain check refuses it.
    #[error("{0}")]
    Chain(ChainFault),
    /// The register does not know it.
    #[error(
        "選ばれたのは、この窓口で発行した端末の電子証明書ではありません。通知書の手順で取得したものを選んでください。"
    )]
    Unknown,
}

/// What the test shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionTest {
    /// Terminal name in the certificate.
    pub terminal: String,
    /// Institution name in the certificate.
    pub institution: String,
    /// Ten-digit code in the certificate.
    pub code: String,
    /// Reference number of the certificate application.
    pub reference: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Issuer.
    pub issuer: String,
    /// End of validity.
    pub expires: Timestamp,
    /// Whether this test finished the installation, or an earlier one had.
    pub installed_now: bool,
}

/// A certificate that a terminal showed, proved by chain and register.
pub(super) struct Shown {
    pub(super) info: CertificateInfo,
    pub(super) record: Certificate,
}

/// Until when a certificate is taken for good.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Until its end.
    End,
    /// After its end, too: it is judged as of its last second.
    After,
}

/// Checks a certificate that was shown over mutual TLS: chain, register, revocation; TLS proved that its key is held.
#[boxed]
pub(super) async fn identify(ctx: &Ctx<'_>, shown: Option<&[u8]>, until: Until) -> Result<Result<Shown, TestFault>> {
    let Some(der) = shown else { return Ok(Err(TestFault::NoCertificate)) };
    let Ok(info) = CertificateInfo::parse(der) else {
        return Ok(Err(TestFault::Chain(ChainFault::Malformed)));
    };
    let at = if until == Until::After { ctx.now.min(info.validity.not_after) } else { ctx.now };
    let record = storage::authority::by_serial(&mut ctx.app.db.read().await?, &info.serial.to_hex()).await?;
    let revoked = record.as_ref().is_some_and(|record| record.state != "valid");
    let verdict = verify_client_chain(der, &ctx.app.authority.anchors, at, revoked);
    let known = record.filter(|record| record.certificate.as_deref() == Some(der));
    // What an authority issued is revoked with it. The anchors are those of the start, and the root may have spoken since.
    let issuer = known.as_ref().and_then(|record| ctx.app.authority.issuing_of(record.authority_id));
    if issuer.is_some_and(Issuing::revoked) {
        return Ok(Err(TestFault::Chain(ChainFault::Revoked)));
    }
    if let Err(fault) = verdict {
        return Ok(Err(TestFault::Chain(fault)));
    }
    Ok(known.map(|record| Shown { info, record }).ok_or(TestFault::Unknown))
}

/// Checks the certificate that the terminal showed and marks its case as installed.
///
/// # Errors
/// When the database refuses. A certificate that is not accepted is the inner fault.
#[boxed]
pub async fn connection_test(ctx: &Ctx<'_>, shown: Option<&[u8]>) -> Result<Result<ConnectionTest, TestFault>> {
    let Shown { info, record } = match identify(ctx, shown, Until::End).await? {
        Ok(shown) => shown,
        Err(fault) => return Ok(Err(fault)),
    };
    let installed_now = install(ctx, &record).await?;
    Ok(Ok(ConnectionTest {
        terminal: info.subject.common_name.unwrap_or_default(),
        institution: info.subject.organization.unwrap_or_default(),
        code: info.subject.organizational_unit.unwrap_or_default(),
        reference: tell::grouped(&info.subject.serial_number.unwrap_or_default()),
        serial: record.serial,
        issuer: info.issuer_text,
        expires: record.not_after,
        installed_now,
    }))
}

/// Notes the first time that a certificate is shown; the case of a first one moves, that of a renewed one stays.
async fn install(ctx: &Ctx<'_>, record: &Certificate) -> Result<bool> {
    let Some(id) = record.application_id else { return Ok(false) };
    if record.installed_at.is_some() {
        return Ok(false);
    }
    let mut tx = ctx.app.db.write().await?;
    let first = storage::authority::installed(&mut tx, record.id, ctx.now).await?;
    let found: Option<Application> = storage::applications::find(&mut tx, id).await?;
    let moves = |case: &Application| Kind::Certificate.allows(case.state, Event::Install);
    let Some(case) = found.filter(|case| first && (record.renews.is_some() || moves(case))) else {
        tx.commit().await?;
        return Ok(false);
    };
    if moves(&case) {
        crate::applications::advance(ctx, &mut tx, &case, Event::Install, &record.serial).await?;
    }
    crate::feed::connected(ctx, &mut tx, record)?;
    let further = [
        ("serial", record.serial.clone()),
        ("expires_on", japanese_date(record.not_after.date())),
        ("renewal_from", japanese_date(renewal::opens(record.not_after).date())),
        ("renewal_url", format!("{}/renew", ctx.app.settings.closed_url)),
    ];
    tell::about(ctx, &mut tx, &case, "certificate_installed", &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(true)
}
