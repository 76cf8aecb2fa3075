//! A register of a thousand certificates and of a million: looking one up, revoking it, and asking OCSP about it, over HTTP and
//! in the engine alone.

use std::time::Duration;

use anyhow::{Context, ensure};
use domain::{
    clock::{Clock, Timestamp},
    ids::{CertificateId, InstitutionId},
};
use pki::{OcspQuestion, Serial};
use serde_json::json;
use services::{
    App, Ctx,
    authority::{ByOfficer, Revoked, answer_ocsp, revoke_as_officer, sign_ocsp},
};
use storage::authority::{answers_due, by_serial, insert_prepared, look_up, store_signed};
use uuid::Uuid;

use crate::{
    Bench,
    counter::{Counter, Waits},
    installation::Installation,
    lists,
    machine::{RealClock, instant, seconds_since},
    report::Report,
};

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;
/// Certificates of one transaction.
const STEP: usize = 500;
/// Certificates that are asked about and revoked at each size, as far apart as they can be.
const SAMPLE: usize = 400;
/// How much slower it may be with a million: a fifth.
const SLOWER: f64 = 1.2;

/// What one operation takes without HTTP, in µs; the middle one of the sample.
struct Takes {
    /// What nobody looked at since it was written: its pages may have to come from the disk.
    first: f64,
    /// The same once more.
    lookup: f64,
    /// What the office shows of it, without its bytes.
    shown: f64,
    answer: f64,
    revoke: f64,
}

/// A certificate in the register.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) id: CertificateId,
    pub(crate) serial: Serial,
}

/// Measures at both sizes, in one installation that grows.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let place = Installation::new(bench, "million").await?;
    let (app, institution) = (&*place.app, place.case.0);
    let mut known = vec![];
    fill(app, institution, &mut known, FEW).await?;
    let (made, seconds) = answered(app).await?;
    ensure!(made >= FEW, "only {made} answers were made");
    report.probe("OCSP answers made ahead, with few certificates", format!("{:.0} /s", made as f64 / seconds));
    let mut counter = Counter::open(&place).await?;
    let few = (takes(app, &known, 0).await?, counter.waits(app, &sample(&known, 1)).await?);
    fill(app, institution, &mut known, MANY).await?;
    let (made, seconds) = answered(app).await?;
    report.probe("OCSP answers made ahead, with many", format!("{:.0} /s", made as f64 / seconds));
    // Of the first thousand many are revoked by now.
    let many = (takes(app, &known, FEW).await?, counter.waits(app, &sample(&known, FEW + 1)).await?);
    engine(report, &few.0, &many.0);
    http(report, &few.1, &many.1);
    app.db.close().await;
    Ok(())
}

/// What people and machines wait for, which may grow by a fifth.
fn http(report: &mut Report, few: &Waits, many: &Waits) {
    for (what, few, many) in [
        ("The office's page of a certificate, by its serial", few.page, many.page),
        ("An OCSP question over HTTP", few.answer, many.answer),
        ("A revocation on its page", few.revoke, many.revoke),
    ] {
        report.probe(&format!("{what}, of 1,000"), format!("{few:.0} µs"));
        report.below(&format!("{what}, of 1,000,000"), many, few * SLOWER, "µs");
    }
}

/// What it takes in the engine alone.
fn engine(report: &mut Report, few: &Takes, many: &Takes) {
    for (what, few, many) in [
        ("Looking a certificate up for the first time, all of it, without HTTP", few.first, many.first),
        ("The same once more", few.lookup, many.lookup),
        ("What the office shows of one, without HTTP", few.shown, many.shown),
        ("Asking OCSP about one, without HTTP", few.answer, many.answer),
        ("Revoking one, without HTTP", few.revoke, many.revoke),
    ] {
        report.probe(&format!("{what}, of 1,000 and of 1,000,000"), format!("{few:.0} and {many:.0} µs"));
    }
}

/// Writes certificates into the register until there are so many; their content is of no account here.
async fn fill(app: &App, institution: InstitutionId, known: &mut Vec<Known>, count: usize) -> anyhow::Result<()> {
    while known.len() < count {
        let now = RealClock.now();
        let mut certificates: Vec<_> = (0..STEP).map(|_| lists::certificate(app, now)).collect();
        let mut tx = app.db.write().await?;
        for one in &mut certificates {
            one.institution_id = Some(institution);
            known.push(Known { id: one.id, serial: Serial::from_hex(&one.serial)? });
        }
        insert_prepared(&mut tx, &certificates).await?;
        for one in &certificates {
            store_signed(&mut tx, one.id, &one.tbs, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Lets the job make every answer that is missing; gives how many, and in how many seconds.
async fn answered(app: &App) -> anyhow::Result<(usize, f64)> {
    const BATCH: i64 = 250;
    let authority = app.authority.issuing.id;
    let (mut after, mut made, begun) = (Uuid::nil(), 0, instant());
    loop {
        let (now, mut conn) = (RealClock.now(), app.db.read().await?);
        let due = answers_due(&mut conn, authority, after, now, Timestamp::from_millis(0), BATCH).await?;
        drop(conn);
        let Some(last) = due.last() else { return Ok((made, seconds_since(begun))) };
        sign_ocsp(app, &json!({ "round": 0, "authority": authority.0, "after": after })).await?;
        made += due.len();
        after = last.id;
    }
}

/// Certificates all over the register; `turn` keeps samples apart, of which a thousand hold two.
fn sample(known: &[Known], turn: usize) -> Vec<&Known> {
    let gap = known.len() / SAMPLE;
    known.iter().skip(turn).step_by(gap.max(1)).take(SAMPLE).collect()
}

/// Does each thing to certificates all over the register, one after another.
async fn takes(app: &App, known: &[Known], turn: usize) -> anyhow::Result<Takes> {
    let sample = sample(known, turn);
    let (first, lookup) = (lookups(app, &sample).await?, lookups(app, &sample).await?);
    let (mut answer, mut revoke, mut shown) = (vec![], vec![], vec![]);
    for one in &sample {
        let (begun, serial) = (instant(), one.serial.to_hex());
        look_up(&mut app.db.read().await?, &serial).await?.context("it was there")?;
        shown.push(begun.elapsed());
    }
    for one in &sample {
        let question = OcspQuestion::about_serial(&one.serial, &app.authority.issuing.certificate)?.to_der()?;
        let begun = instant();
        let reply = answer_ocsp(app, &question).await?;
        answer.push(begun.elapsed());
        ensure!(reply.next_update.is_some(), "the answer was not made ahead");
    }
    for one in &sample {
        let (begun, ctx) = (instant(), Ctx::system(app, "bench"));
        let done = revoke_as_officer(&ctx, one.id, "cessationOfOperation").await?;
        revoke.push(begun.elapsed());
        ensure!(done == ByOfficer::Alone(Revoked::Done), "it was revoked before");
    }
    Ok(Takes { first, lookup, shown: middle(shown), answer: middle(answer), revoke: middle(revoke) })
}

/// What looking each of them up takes, in µs; the middle one.
async fn lookups(app: &App, sample: &[&Known]) -> anyhow::Result<f64> {
    let mut times = vec![];
    for one in sample {
        let (begun, serial) = (instant(), one.serial.to_hex());
        let mut conn = app.db.read().await?;
        by_serial(&mut conn, &serial).await?.context("it was there")?;
        times.push(begun.elapsed());
    }
    Ok(middle(times))
}

/// The middle one, in µs.
pub(crate) fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}
