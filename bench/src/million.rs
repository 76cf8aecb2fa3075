//! A register of a thousand certificates beside one of a million: looking one up, revoking it, and asking OCSP about it, over
//! HTTP and in the engine alone.

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
    authority::{ByOfficer, Revoked, Seen, answer_ocsp, revoke_as_officer, sign_ocsp},
};
use storage::authority::{answers_due, by_serial, insert_prepared, look_up, store_signed};
use uuid::Uuid;

use crate::{
    Bench,
    counter::Counter,
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

/// A certificate in the register.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) id: CertificateId,
    pub(crate) serial: Serial,
}

/// A register of one size, in an installation of its own.
struct Register {
    place: Installation,
    known: Vec<Known>,
    counter: Counter,
}

/// Both sizes, asked in turns: whatever else the machine does hits both alike.
struct Both {
    few: Register,
    many: Register,
}

/// What one thing takes with few and with many, in µs; the middle one of a sample.
type Middles = (f64, f64);

/// Measures at both sizes.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let few = Register::filled(bench, "thousand", FEW, report).await?;
    let many = Register::filled(bench, "million", MANY, report).await?;
    let mut both = Both { few, many };
    both.engine(report).await?;
    both.http(report).await?;
    both.few.place.app.db.close().await;
    both.many.place.app.db.close().await;
    Ok(())
}

impl Register {
    async fn filled(bench: &Bench, name: &str, count: usize, report: &mut Report) -> anyhow::Result<Self> {
        let place = Installation::new(bench, name).await?;
        let known = fill(&place.app, place.case.0, count).await?;
        let (made, seconds) = answered(&place.app).await?;
        ensure!(made >= count, "only {made} answers were made");
        report.probe(&format!("OCSP answers made ahead, of a {name}"), format!("{:.0} /s", made as f64 / seconds));
        let counter = Counter::open(&place).await?;
        Ok(Self { place, known, counter })
    }

    /// Certificates all over the register; `turn` keeps samples apart, of which a thousand hold two.
    fn sample(&self, turn: usize) -> Vec<Known> {
        let gap = self.known.len() / SAMPLE;
        self.known.iter().skip(turn).step_by(gap.max(1)).take(SAMPLE).cloned().collect()
    }
}

impl Both {
    /// Does one thing to the certificates of a sample, in turns.
    async fn middles(
        &mut self,
        turn: usize,
        thing: impl AsyncFn(&mut Register, &Known) -> anyhow::Result<Duration>,
    ) -> anyhow::Result<Middles> {
        let (mut few, mut many) = (vec![], vec![]);
        for (one, other) in self.few.sample(turn).iter().zip(&self.many.sample(turn)) {
            few.push(thing(&mut self.few, one).await?);
            many.push(thing(&mut self.many, other).await?);
        }
        Ok((middle(few), middle(many)))
    }

    /// What it takes in the engine alone.
    async fn engine(&mut self, report: &mut Report) -> anyhow::Result<()> {
        let looked_up = async |at: &mut Register, one: &Known| look_all_up(&at.place.app, one).await;
        for (what, (few, many)) in [
            ("Looking a certificate up for the first time, all of it", self.middles(0, looked_up).await?),
            ("The same once more", self.middles(0, looked_up).await?),
            ("What the office shows of one", self.middles(0, async |at, one| shown(&at.place.app, one).await).await?),
            ("Asking OCSP about one", self.middles(0, async |at, one| asked(&at.place.app, one).await).await?),
            ("Revoking one", self.middles(0, async |at, one| revoked(&at.place.app, one).await).await?),
        ] {
            let what = format!("{what}, without HTTP, of 1,000 and of 1,000,000");
            report.probe(&what, format!("{few:.0} and {many:.0} µs"));
        }
        Ok(())
    }

    /// What people and machines wait for, which may grow by a fifth.
    async fn http(&mut self, report: &mut Report) -> anyhow::Result<()> {
        for (what, (few, many)) in [
            (
                "The office's page of a certificate, by its serial",
                self.middles(1, async |at, one| at.counter.page(one).await).await?,
            ),
            (
                "An OCSP question over HTTP",
                self.middles(1, async |at, one| at.counter.answer(&at.place.app, one).await).await?,
            ),
            ("A revocation on its page", self.middles(1, async |at, one| at.counter.revoke(one).await).await?),
        ] {
            report.probe(&format!("{what}, of 1,000"), format!("{few:.0} µs"));
            report.below(&format!("{what}, of 1,000,000"), many, few * SLOWER, "µs");
        }
        Ok(())
    }
}

/// Writes so many certificates into the register; their content is of no account here.
async fn fill(app: &App, institution: InstitutionId, count: usize) -> anyhow::Result<Vec<Known>> {
    let mut known = vec![];
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
    Ok(known)
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

/// Looks one up with everything that is stored about it.
async fn look_all_up(app: &App, one: &Known) -> anyhow::Result<Duration> {
    let (begun, serial) = (instant(), one.serial.to_hex());
    by_serial(&mut app.db.read().await?, &serial).await?.context("it was there")?;
    Ok(begun.elapsed())
}

/// Looks up what the office shows of one, without its bytes.
async fn shown(app: &App, one: &Known) -> anyhow::Result<Duration> {
    let (begun, serial) = (instant(), one.serial.to_hex());
    look_up(&mut app.db.read().await?, &serial).await?.context("it was there")?;
    Ok(begun.elapsed())
}

async fn asked(app: &App, one: &Known) -> anyhow::Result<Duration> {
    let question = OcspQuestion::about_serial(&one.serial, &app.authority.issuing.certificate)?.to_der()?;
    let begun = instant();
    let reply = answer_ocsp(app, &question).await?;
    let took = begun.elapsed();
    ensure!(reply.next_update.is_some(), "the answer was not made ahead");
    Ok(took)
}

async fn revoked(app: &App, one: &Known) -> anyhow::Result<Duration> {
    let (begun, ctx) = (instant(), Ctx::system(app, "bench"));
    let done = revoke_as_officer(&ctx, one.id, "cessationOfOperation", Seen::Valid).await?;
    let took = begun.elapsed();
    ensure!(done == ByOfficer::Alone(Revoked::Done), "it was revoked before");
    Ok(took)
}

/// The middle one, in µs.
fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}
