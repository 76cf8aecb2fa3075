//! OCSP answers that were made ahead, asked for over HTTP with the certificates of the demo.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use domain::{
    clock::{Clock, Timestamp},
    ids::AuthorityId,
};
use pki::{IssuerCert, OcspQuestion};
use storage::{Conn, Db};
use uuid::Uuid;

use crate::{
    Bench,
    machine::RealClock,
    raw::{Lanes, flood, get, is_ocsp_success, knock, ocsp_at},
    report::Report,
    server::Server,
};

const LENGTH: Duration = Duration::from_secs(5);
/// As between caches and a responder: a few connections, many requests on each.
const SHARED: Lanes = (8, 16);
/// As from terminals: each waits for its answer.
const ALONE: Lanes = (64, 1);

/// Asks as fast as it goes, beside what a page without any work gives to the same load.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let server = Server::start(bench, report, "Start before OCSP is asked for (filling)").await?;
    let questions = questions(bench).await?;
    let (bare, questions) = (Arc::new(vec![get("/healthz")]), Arc::new(questions));
    let at = server.portal;
    let limit = flood(at, SHARED, LENGTH, bare.clone(), |_| true).await?;
    report.probe("A bare page, 16 requests in flight on each of 8 connections", format!("{limit:.0} /s"));
    let rate = flood(at, SHARED, LENGTH, questions.clone(), is_ocsp_success).await?;
    report.at_least("OCSP answers made ahead, the same way", rate, 50_000.0, "/s");
    let limit = flood(at, ALONE, LENGTH, bare, |_| true).await?;
    report.probe("A bare page, one request in flight on each of 64 connections", format!("{limit:.0} /s"));
    let rate = flood(at, ALONE, LENGTH, questions.clone(), is_ocsp_success).await?;
    report.probe("OCSP answers made ahead, the same way", format!("{rate:.0} /s"));
    let rate = knock(at, ALONE.0, LENGTH, questions, is_ocsp_success).await?;
    report.probe("OCSP answers made ahead, a connection for each question", format!("{rate:.0} /s"));
    server.stop().await
}

async fn questions(bench: &Bench) -> anyhow::Result<Vec<Vec<u8>>> {
    let db = Db::open(&format!("sqlite:{}", bench.data().join("madoguchi.db").display())).await?;
    let mut conn = db.read().await?;
    let mut questions = vec![];
    let authorities = storage::authority::authorities(&mut conn).await?;
    for authority in authorities.into_iter().filter(|one| one.role == "issuing") {
        let issuer = IssuerCert::parse(&authority.certificate)?;
        for der in certificates(&mut conn, AuthorityId(authority.id)).await? {
            questions.push(ocsp_at("/pki/ocsp", &OcspQuestion::about(&der, &issuer)?.to_der()?));
        }
    }
    ensure!(!questions.is_empty(), "the demo has no certificates");
    Ok(questions)
}

async fn certificates(conn: &mut Conn, authority: AuthorityId) -> anyhow::Result<Vec<Vec<u8>>> {
    let now = RealClock.now();
    let all =
        storage::authority::answers_due(conn, authority, Uuid::nil(), now, Timestamp::from_millis(i64::MAX), 1_000);
    let mut certificates = vec![];
    for row in all.await? {
        let certificate = storage::authority::by_serial(conn, &row.serial).await?.context("it was there")?;
        certificates.extend(certificate.certificate);
    }
    Ok(certificates)
}
