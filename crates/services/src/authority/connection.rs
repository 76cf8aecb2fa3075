//! The connection test: a terminal shows its certificate over mutual TLS (spec 04.3).

use domain::{
    applications::{Event, Kind},
    calendar::japanese_date,
    clock::Timestamp,
};
use pki::{CertificateInfo, ChainFault, verify_client_chain};
use storage::boxed;
use storage::{applications::Application, authority::Certificate};
use time::Duration;

use crate::{Ctx, Result, applications::tell};

/// How long before its end a certificate can be renewed (spec 04.5).
const RENEWAL: Duration = Duration::days(90);

/// Why the test failed, in words for the person at the terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestFault {
    /// No certificate was shown.
    #[error(
        "端末の電子証明書が提示されませんでした。取得したファイルを端末に入れてから、ブラウザを開き直し、証明書を選んでください。"
    )]
    NoCertificate,
    /// The chain check refuses it.
    #[error("{0}")]
    Chain(ChainFault),
    /// The register does not know it.
    #[error("この証明書は、この認証局の台帳にありません。通知書の手順で取得した証明書を選んでください。")]
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

/// Checks the certificate that the terminal showed and marks its case as installed.
///
/// # Errors
/// When the database refuses. A certificate that is not accepted is the inner fault.
#[boxed]
pub async fn connection_test(ctx: &Ctx<'_>, shown: Option<&[u8]>) -> Result<Result<ConnectionTest, TestFault>> {
    let Some(der) = shown else { return Ok(Err(TestFault::NoCertificate)) };
    let Ok(info) = CertificateInfo::parse(der) else {
        return Ok(Err(TestFault::Chain(ChainFault::Malformed)));
    };
    let record = storage::authority::by_serial(&mut ctx.app.db.read().await?, &info.serial.to_hex()).await?;
    let revoked = record.as_ref().is_some_and(|record| record.state != "valid");
    if let Err(fault) = verify_client_chain(der, &ctx.app.authority.anchors, ctx.now, revoked) {
        return Ok(Err(TestFault::Chain(fault)));
    }
    let Some(record) = record.filter(|record| record.certificate.as_deref() == Some(der)) else {
        return Ok(Err(TestFault::Unknown));
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

async fn install(ctx: &Ctx<'_>, record: &Certificate) -> Result<bool> {
    let Some(id) = record.application_id else { return Ok(false) };
    let mut tx = ctx.app.db.write().await?;
    let found: Option<Application> = storage::applications::find(&mut tx, id).await?;
    let Some(case) = found.filter(|case| Kind::Certificate.allows(case.state, Event::Install)) else {
        return Ok(false);
    };
    crate::applications::advance(ctx, &mut tx, &case, Event::Install, &record.serial).await?;
    let further = [
        ("serial", record.serial.clone()),
        ("expires_on", japanese_date(record.not_after.date())),
        ("renewal_from", japanese_date((record.not_after - RENEWAL).date())),
    ];
    tell::about(ctx, &mut tx, &case, "certificate_installed", &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(true)
}
