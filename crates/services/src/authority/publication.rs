//! What the authority publishes: the CRL and OCSP answers.

use domain::{clock::Timestamp, ids::AuthorityId};
use pki::{
    CertStatus, CrlOrder, IssuerCert, OcspAnswer, OcspError, OcspOrder, OcspRequest, Responder, RevocationReason,
    RevokedEntry, Serial, SigningKey, prepare_crl, prepare_ocsp,
};
use storage::authority as rows;
use storage::boxed;
use time::Duration;

use super::refuse_faults;
use crate::{App, Ctx, Error, Result};

/// A CRL lasts this long; a new one is made after half of it (spec 04.5).
const CRL_LIFE: Duration = Duration::hours(24);
/// The root's CRL lasts this long; it holds only issuing authorities, and its key is seldom at hand.
pub(super) const ROOT_CRL_LIFE: Duration = Duration::days(365);
/// From when on the log asks for the key of the root.
const ROOT_CRL_WARNING: Duration = Duration::days(60);
/// An OCSP answer may be kept this long.
const OCSP_LIFE: Duration = Duration::hours(1);

/// Who signs a CRL, and how long it lasts.
struct Signer<'a> {
    id: AuthorityId,
    certificate: &'a IssuerCert,
    key: &'a SigningKey,
    life: Duration,
}

/// Makes and stores the next CRL of the issuing authority; the work of a `PUBLISH_CRL` job.
///
/// # Errors
/// When the database refuses or the lint objects.
#[boxed]
pub async fn publish_crl(app: &App) -> Result<()> {
    let authority = &app.authority;
    let signer = Signer { id: authority.id, certificate: &authority.issuer, key: &authority.key, life: CRL_LIFE };
    publish(app, &signer).await
}

async fn publish(app: &App, signer: &Signer<'_>) -> Result<()> {
    let ctx = Ctx::system(app, "crl");
    let subject = format!("authority:{}", signer.id);
    let mut tx = app.db.write().await?;
    let number = rows::reserve_crl_number(&mut tx, signer.id).await?;
    let revoked = rows::revoked(&mut tx, signer.id, ctx.now).await?;
    let entries = revoked.iter().map(entry).collect::<Result<Vec<_>>>()?;
    let next = ctx.now + signer.life;
    let prepared = prepare_crl(&CrlOrder {
        issuer: signer.certificate,
        number: u64::try_from(number).map_err(Error::internal)?,
        this_update: ctx.now,
        next_update: next,
        revoked: &entries,
    })
    .map_err(Error::internal)?;
    refuse_faults(&app.authority.linter.lint_crl(&prepared))?;
    rows::insert_prepared_crl(&mut tx, signer.id, number, prepared.tbs_der(), ctx.now, next).await?;
    ctx.audit(&mut tx, "crl.prepare", &subject, "", &number.to_string());
    tx.commit().await?;
    let der = prepared.sign(signer.key).map_err(Error::internal)?;
    let mut tx = app.db.write().await?;
    rows::store_signed_crl(&mut tx, signer.id, number, &der).await?;
    ctx.audit(&mut tx, "crl.publish", &subject, &number.to_string(), &pki::sha256_hex(&der));
    tx.commit().await?;
    Ok(())
}

fn entry((serial, at, reason): &rows::RevokedRow) -> Result<RevokedEntry> {
    Ok(RevokedEntry {
        serial: Serial::from_hex(serial).map_err(Error::internal)?,
        revoked_at: Timestamp::from_millis(*at),
        reason: reason.parse().unwrap_or(RevocationReason::Unspecified),
    })
}

/// Publishes the CRL of each authority that has none or whose CRL has lived half of its life; tells whether it did.
///
/// The root can only sign while its key file is there. Without it nothing is done, and in the last days of its CRL
/// the log asks for it.
///
/// # Errors
/// When the database refuses, the lint objects, or the root's key does not open.
#[boxed]
pub async fn publish_when_due(app: &App) -> Result<bool> {
    let authority = &app.authority;
    let issuing = left(app, authority.id).await? <= CRL_LIFE / 2;
    if issuing {
        publish_crl(app).await?;
    }
    let left = left(app, authority.root_id).await?;
    if left > ROOT_CRL_LIFE / 2 {
        return Ok(issuing);
    }
    let Some(key) = authority.root_key.open().await? else {
        if left <= ROOT_CRL_WARNING {
            tracing::error!(days = left.whole_days(), "the root's revocation list ends soon: bring its key file back");
        }
        return Ok(issuing);
    };
    let signer = Signer { id: authority.root_id, certificate: &authority.root, key: &key, life: ROOT_CRL_LIFE };
    publish(app, &signer).await?;
    Ok(true)
}

/// How long the CRL of an authority still lasts; nothing when there is none.
async fn left(app: &App, id: AuthorityId) -> Result<Duration> {
    let latest = rows::latest_crl(&mut app.db.read().await?, id).await?;
    Ok(latest.map_or(Duration::ZERO, |(_, _, next)| Timestamp::from_millis(next) - app.clock.now()))
}

/// The current CRL of the issuing authority in DER, with its number and next update.
///
/// # Errors
/// [`Error::NotFound`] before the first one was made.
#[boxed]
pub async fn current_crl(app: &App) -> Result<(i64, Vec<u8>, Timestamp)> {
    crl_of(app, app.authority.id).await
}

/// The current CRL of the root in DER, with its number and next update.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
#[boxed]
pub async fn root_crl(app: &App) -> Result<(i64, Vec<u8>, Timestamp)> {
    crl_of(app, app.authority.root_id).await
}

async fn crl_of(app: &App, id: AuthorityId) -> Result<(i64, Vec<u8>, Timestamp)> {
    let latest = rows::latest_crl(&mut app.db.read().await?, id).await?;
    latest.map(|(number, der, next)| (number, der, Timestamp::from_millis(next))).ok_or(Error::NotFound)
}

/// An OCSP answer and how long it may be kept.
#[derive(Clone, Debug)]
pub struct OcspReply {
    /// DER of the OCSPResponse.
    pub der: Vec<u8>,
    /// When it was made.
    pub produced_at: Timestamp,
    /// Until when it may be kept; none for an error.
    pub next_update: Option<Timestamp>,
}

/// Answers an OCSP request (RFC 6960). A serial that the register does not know is never good.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answer_ocsp(app: &App, request: &[u8]) -> Result<OcspReply> {
    let now = app.clock.now();
    let refuse = |error: OcspError| OcspReply { der: error.to_der(), produced_at: now, next_update: None };
    let request = match OcspRequest::parse(request) {
        Ok(request) => request,
        Err(error) => return Ok(refuse(error)),
    };
    let mut answers = vec![];
    for certificate in request.certificates() {
        if !certificate.is_of(&app.authority.issuer) {
            return Ok(refuse(OcspError::Unauthorized));
        }
        let status = match certificate.serial() {
            Some(serial) => status_of(app, &serial).await?,
            None => CertStatus::Unknown,
        };
        answers.push(OcspAnswer { certificate: certificate.clone(), status });
    }
    let responder = Responder::issuer(&app.authority.issuer);
    let next = now + OCSP_LIFE;
    let order =
        OcspOrder { responder: &responder, answers: &answers, produced_at: now, next_update: next, nonce: None };
    let prepared = prepare_ocsp(&order).map_err(Error::internal)?;
    let der = prepared.sign(&app.authority.key).map_err(Error::internal)?;
    Ok(OcspReply { der, produced_at: now, next_update: Some(next) })
}

async fn status_of(app: &App, serial: &Serial) -> Result<CertStatus> {
    let record = rows::by_serial(&mut app.db.read().await?, &serial.to_hex()).await?;
    let Some(record) = record.filter(|record| record.authority_id == app.authority.id) else {
        return Ok(CertStatus::Unknown);
    };
    Ok(match record.state.as_str() {
        "valid" => CertStatus::Good,
        "revoked" | "abandoned" => CertStatus::Revoked {
            at: record.revoked_at.unwrap_or(record.prepared_at),
            reason: record
                .revocation_reason
                .as_deref()
                .and_then(|r| r.parse().ok())
                .unwrap_or(RevocationReason::Unspecified),
        },
        _ => CertStatus::Unknown,
    })
}

/// What the portal shows of an authority's certificate.
#[derive(Clone, Debug)]
pub struct Published {
    /// Common name, as operating systems show it.
    pub name: String,
    /// Subject in words.
    pub subject: String,
    /// SHA-256 in groups of four, to be read by telephone.
    pub fingerprint: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

fn published(der: &[u8]) -> Result<Published> {
    let info = pki::CertificateInfo::parse(der).map_err(Error::internal)?;
    let digits: Vec<char> = info.fingerprint.to_uppercase().chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(Published {
        name: info.subject.common_name.unwrap_or_default(),
        subject: info.subject_text,
        fingerprint: groups.join(" "),
        not_before: info.validity.not_before,
        not_after: info.validity.not_after,
    })
}

/// What the portal shows of the issuing authority.
///
/// # Errors
/// When its certificate cannot be read.
pub fn published_issuer(app: &App) -> Result<Published> {
    published(app.authority.issuer.der())
}

/// What the portal shows of the root.
///
/// # Errors
/// When its certificate cannot be read.
pub fn published_root(app: &App) -> Result<Published> {
    published(app.authority.root.der())
}

/// The issuing authority's certificate in PEM.
pub fn issuer_pem(app: &App) -> String {
    pki::pem::certificate(app.authority.issuer.der())
}

/// The root's certificate in PEM.
pub fn root_pem(app: &App) -> String {
    pki::pem::certificate(app.authority.root.der())
}

/// Issuing authority and root in PEM.
pub fn chain_pem(app: &App) -> String {
    issuer_pem(app) + &root_pem(app)
}

/// Subjects of the authorities whose certificates a browser should offer, in DER.
pub fn subject_names(app: &App) -> Vec<Vec<u8>> {
    [&app.authority.issuer, &app.authority.root].map(|authority| authority.name_der().to_vec()).into()
}
