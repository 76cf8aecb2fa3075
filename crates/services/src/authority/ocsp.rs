//! OCSP answers (RFC 6960, RFC 5019): made before they are asked for, recorded before they are signed.
//!
//! One answer stands for each certificate, for requests with either hash. What it says must be what the register says at
//! the moment it is sent: revoking forgets it, and an answer that speaks of another state is not sent. A serial that the
//! register does not know is unknown, never good.

use std::sync::Arc;

use domain::{
    clock::Timestamp,
    ids::{CertificateId, JobId},
};
use pki::{
    CertId, CertStatus, OcspAnswer, OcspError, OcspOrder, OcspRequest, PreparedOcsp, RevocationReason, Serial,
    prepare_ocsp,
};
use serde_json::{Value, json};
use storage::{authority as rows, boxed};
use time::Duration;
use uuid::Uuid;

use super::{
    Issuing, SIGN_OCSP, refuse_faults,
    responder::{Delegate, delegate, renew_delegates},
    timekeeper::believed,
};
use crate::{App, Ctx, Error, Result, heavy::heavy};

/// An answer holds this long.
const LIFE: Duration = Duration::hours(24);
/// An answer that is older than this is made anew.
const OLD: Duration = Duration::hours(12);
/// How often the answers are gone through.
const ROUND: Duration = Duration::hours(6);
/// Answers made at a time.
const BATCH: i64 = 250;
/// How often an answer is made anew when the certificate changes meanwhile.
const TRIES: usize = 3;

/// An OCSP answer and how long it may be kept.
#[derive(Clone, Debug)]
pub struct OcspReply {
    /// DER of the OCSPResponse.
    pub der: Vec<u8>,
    /// When it was made.
    pub produced_at: Timestamp,
    /// Until when it may be kept; none for an error, or for what was made for one request alone.
    pub next_update: Option<Timestamp>,
    /// What tells it from other answers, for those who keep it; empty when it may not be kept.
    pub tag: String,
}

impl OcspReply {
    fn kept(der: Vec<u8>, produced_at: Timestamp, next_update: Timestamp) -> Self {
        let tag = pki::sha256_hex(&der);
        Self { der, produced_at, next_update: Some(next_update), tag }
    }

    fn passing(der: Vec<u8>, produced_at: Timestamp) -> Arc<Self> {
        Arc::new(Self { der, produced_at, next_update: None, tag: String::new() })
    }
}

fn refused(error: OcspError, now: Timestamp) -> Arc<OcspReply> {
    OcspReply::passing(error.to_der(), now)
}

/// The answer while nothing can be answered.
pub fn ocsp_try_later() -> Vec<u8> {
    OcspError::TryLater.to_der()
}

/// Answers an OCSP request. What cannot be answered now is told in the words of the protocol.
///
/// # Errors
/// When the database cannot be reached.
#[boxed]
pub async fn answer_ocsp(app: &App, request: &[u8]) -> Result<Arc<OcspReply>> {
    let now = app.clock.now();
    let request = match OcspRequest::parse(request) {
        Ok(request) => request,
        Err(error) => return Ok(refused(error, now)),
    };
    let asked = request.certificates();
    let Some(issuing) = asked.first().and_then(|first| app.authority.all().find(|i| first.is_of(&i.certificate)))
    else {
        return Ok(refused(OcspError::Unauthorized, now));
    };
    if !asked.iter().all(|certificate| certificate.is_of(&issuing.certificate)) {
        return Ok(refused(OcspError::Unauthorized, now));
    }
    let nonce = request.nonce().filter(|_| app.authority.ocsp_nonce);
    let answered = match (asked, nonce) {
        ([one], None) => single(app, issuing, one).await,
        _ => joint(app, issuing, asked, nonce).await,
    };
    answered.or_else(|error| {
        // What a key's token or the clock does is in the log once.
        if !matches!(error, Error::CannotSign(_) | Error::ClockInDoubt(_)) {
            tracing::error!(%error, "an OCSP request could not be answered");
        }
        Ok(refused(OcspError::TryLater, now))
    })
}

/// The answer about one certificate: from the shelf, from the register, or made now.
async fn single(app: &App, issuing: &Issuing, certificate: &CertId) -> Result<Arc<OcspReply>> {
    let now = app.clock.now();
    let Some(serial) = certificate.serial() else {
        return for_one_request(app, issuing, &[unknown(certificate)], None).await;
    };
    let look = app.shelf.look(now);
    let shelved = app.shelf.answer(issuing.id, serial.as_bytes(), look);
    if let Some(reply) = shelved.filter(|reply| reply.next_update.is_some_and(|next| next > now)) {
        return Ok(reply);
    }
    match standing(app, issuing, &serial).await? {
        Some((_, reply)) => Ok(app.shelf.put_answer(issuing.id, serial.as_bytes(), look, reply)),
        None => for_one_request(app, issuing, &[unknown(certificate)], None).await,
    }
}

fn unknown(certificate: &CertId) -> OcspAnswer {
    OcspAnswer { certificate: certificate.clone(), status: CertStatus::Unknown }
}

/// What stands on record about a serial and its answer; made and recorded now if it does not. None for a serial that was
/// not issued here, or is not yet signed.
async fn standing(app: &App, issuing: &Issuing, serial: &Serial) -> Result<Option<(CertStatus, OcspReply)>> {
    for _ in 0..TRIES {
        let row = rows::answered(&mut app.db.read().await?, issuing.id, &serial.to_hex()).await?;
        let Some(row) = row else { return Ok(None) };
        let Some(status) = status(&row, app.clock.now()) else { return Ok(None) };
        if let Some(reply) = kept(&row, app.clock.now()) {
            return Ok(Some((status, reply)));
        }
        match make(app, issuing, std::slice::from_ref(&row)).await {
            Ok(mut made) => {
                if let Some(reply) = made.pop() {
                    return Ok(Some((status, reply?)));
                }
            }
            // Whether the one on record has ended is what a clock in doubt cannot tell; whoever asks has a clock of their own.
            Err(error @ Error::ClockInDoubt(_)) => {
                let reply = kept(&row, Timestamp::from_millis(i64::MIN)).ok_or(error)?;
                return Ok(Some((status, reply)));
            }
            Err(error) => return Err(error),
        }
    }
    Err(Error::internal("the certificate changes faster than it can be told"))
}

/// The answer on record, if it still holds and speaks of the present state.
fn kept(row: &rows::Answered, now: Timestamp) -> Option<OcspReply> {
    let next = row.next_update.map(Timestamp::from_millis).filter(|next| *next > now)?;
    row.status.as_ref().filter(|status| **status == row.state)?;
    let produced_at = Timestamp::from_millis(row.produced_at?);
    Some(OcspReply::kept(row.answer.clone()?, produced_at, next))
}

/// What the register knows of a certificate; none before it is signed. What a clock that was ahead dated into the future is
/// revoked all the same.
fn status(row: &rows::Answered, now: Timestamp) -> Option<CertStatus> {
    match row.state.as_str() {
        "valid" => Some(CertStatus::Good),
        "prepared" => None,
        _ => Some(CertStatus::Revoked {
            at: Timestamp::from_millis(row.revoked_at?).min(now),
            reason: row.revocation_reason.as_deref()?.parse().unwrap_or(RevocationReason::Unspecified),
        }),
    }
}

/// Several certificates at once, or a nonce to echo: an answer for this request alone, out of what stands on record.
async fn joint(app: &App, issuing: &Issuing, asked: &[CertId], nonce: Option<&[u8]>) -> Result<Arc<OcspReply>> {
    for _ in 0..TRIES {
        let told = statuses(app, issuing, asked).await?;
        let lines = asked.iter().zip(&told);
        let lines: Vec<OcspAnswer> =
            lines.map(|(one, status)| OcspAnswer { certificate: one.clone(), status: *status }).collect();
        let reply = for_one_request(app, issuing, &lines, nonce).await?;
        // There is no record that a revocation could forget, so what was good must still be so once it is signed.
        let now = statuses(app, issuing, asked).await?;
        if told.iter().zip(&now).all(|(told, now)| *told != CertStatus::Good || *now == CertStatus::Good) {
            return Ok(reply);
        }
    }
    Err(Error::internal("the certificates change faster than they can be told"))
}

async fn statuses(app: &App, issuing: &Issuing, asked: &[CertId]) -> Result<Vec<CertStatus>> {
    let mut found = vec![];
    for certificate in asked {
        let standing = match certificate.serial() {
            Some(serial) => standing(app, issuing, &serial).await?,
            None => None,
        };
        found.push(standing.map_or(CertStatus::Unknown, |(status, _)| status));
    }
    Ok(found)
}

/// Signs an answer that says nothing about a certificate that does not stand on record already; it is not kept.
async fn for_one_request(
    app: &App,
    issuing: &Issuing,
    lines: &[OcspAnswer],
    nonce: Option<&[u8]>,
) -> Result<Arc<OcspReply>> {
    let now = app.clock.now();
    believed(app, now).await?;
    let delegate = delegate(app, issuing).await?;
    let answer = || prepare(app, &delegate, lines, now, nonce)?.sign(&delegate.key).map_err(Error::internal);
    let der = heavy(answer).await?;
    Ok(OcspReply::passing(der, now))
}

fn prepare(
    app: &App,
    delegate: &Delegate,
    answers: &[OcspAnswer],
    now: Timestamp,
    nonce: Option<&[u8]>,
) -> Result<PreparedOcsp> {
    let next_update = (now + LIFE).min(delegate.ends);
    let order = OcspOrder { responder: &delegate.responder, answers, produced_at: now, next_update, nonce };
    let prepared = prepare_ocsp(&order).map_err(Error::internal)?;
    refuse_faults(&app.authority.linter.lint_ocsp(&prepared))?;
    Ok(prepared)
}

/// Makes answers: recorded, signed, stored. Gives those that were stored, and the faults of those that cannot be built; one
/// whose certificate changed meanwhile is neither.
async fn make(app: &App, issuing: &Issuing, about: &[rows::Answered]) -> Result<Vec<Result<OcspReply>>> {
    let now = app.clock.now();
    believed(app, now).await?;
    let delegate = delegate(app, issuing).await?;
    let next_update = (now + LIFE).min(delegate.ends);
    let (mut made, mut prepared) = (vec![], vec![]);
    for row in about {
        match heavy(|| build(app, issuing, &delegate, row, now)).await {
            Ok(answer) => prepared.extend(answer.map(|answer| (row, answer))),
            Err(error) => made.push(Err(error)),
        }
    }
    let mut recorded = vec![];
    let mut tx = app.db.write().await?;
    for (row, answer) in prepared {
        let (certificate, reason) = (CertificateId(row.id), row.revocation_reason.as_deref());
        let tbs = answer.tbs_der();
        let new = rows::NewAnswer { certificate, status: &row.state, reason, tbs, produced_at: now, next_update };
        if rows::prepare_answer(&mut tx, &new).await? {
            recorded.push((certificate, answer));
        }
    }
    tx.commit().await?;
    let mut signed = vec![];
    for (certificate, answer) in recorded {
        let tbs = answer.tbs_der().to_vec();
        let der = heavy(|| answer.sign(&delegate.key)).await.map_err(Error::internal)?;
        signed.push((certificate, tbs, der));
    }
    let mut tx = app.db.write().await?;
    for (certificate, tbs, der) in signed {
        if rows::store_answer(&mut tx, certificate, &tbs, &der).await? {
            made.push(Ok(OcspReply::kept(der, now, next_update)));
        }
    }
    tx.commit().await?;
    Ok(made)
}

/// Builds the answer about a certificate; none before the certificate is signed.
fn build(
    app: &App,
    issuing: &Issuing,
    delegate: &Delegate,
    row: &rows::Answered,
    now: Timestamp,
) -> Result<Option<PreparedOcsp>> {
    let Some(status) = status(row, now) else { return Ok(None) };
    let told = |error: &dyn std::fmt::Display| Error::internal(format!("the answer about {}: {error}", row.serial));
    let serial = Serial::from_hex(&row.serial).map_err(|error| told(&error))?;
    let ids = CertId::both(&issuing.certificate, &serial).map_err(|error| told(&error))?;
    let lines = ids.map(|certificate| OcspAnswer { certificate, status });
    prepare(app, delegate, &lines, now, None).map(Some).map_err(|error| told(&error))
}

/// Renews the responders of this process, and sets the job that goes through all answers, once in six hours for all nodes
/// together. The work of each round.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sign_ocsp_when_due(app: &App) -> Result<()> {
    renew_delegates(app).await;
    let ctx = Ctx::system(app, "ocsp");
    let round = ctx.now.as_millis() / i64::try_from(ROUND.whole_milliseconds()).unwrap_or(i64::MAX);
    let mut tx = app.db.write().await?;
    for issuing in app.authority.all().filter(|issuing| issuing.can_sign()) {
        set(&ctx, &mut tx, round, issuing, Uuid::nil()).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn set(ctx: &Ctx<'_>, tx: &mut storage::Tx, round: i64, issuing: &Issuing, after: Uuid) -> Result<()> {
    let id = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("ocsp:{round}:{}:{after}", issuing.id);
    let payload = json!({ "round": round, "authority": issuing.id.0, "after": after });
    storage::jobs::enqueue(tx, id, SIGN_OCSP, Some(&key), payload, ctx.now).await?;
    Ok(())
}

/// Makes the next answers that are missing or old, and sets the job for those after them; the work of a `SIGN_OCSP` job.
///
/// # Errors
/// When the payload is not ours, the authority cannot sign, or the database refuses.
#[boxed]
pub async fn sign_ocsp(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "ocsp");
    let id = |name: &str| payload[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
    let (Some(authority), Some(after), Some(round)) = (id("authority"), id("after"), payload["round"].as_i64()) else {
        return Err(Error::internal("the payload is not that of this job"));
    };
    let Some(issuing) = app.authority.all().find(|issuing| issuing.id.0 == authority) else { return Ok(()) };
    let old = ctx.now - OLD;
    let due = rows::answers_due(&mut app.db.read().await?, issuing.id, after, ctx.now, old, BATCH).await?;
    let Some(last) = due.last().map(|row| row.id) else { return Ok(()) };
    for fault in make(app, issuing, &due).await?.into_iter().filter_map(Result::err) {
        tracing::error!(error = %fault, "an OCSP answer cannot be made; the others are");
    }
    let mut tx = app.db.write().await?;
    set(&ctx, &mut tx, round, issuing, last).await?;
    tx.commit().await?;
    Ok(())
}
