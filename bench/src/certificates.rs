//! Certificates from signing requests through the whole recorded way: request checked, prepared, linted, recorded and
//! durable, signed, stored and durable.

use std::{path::Path, process::Command, sync::Arc};

use domain::ids::{ApplicationId, InstitutionId};
use pki::{CertificateOrder, CertificateRequest, KeyKind, Serial, SigningKey, Subject, request_for};
use services::{
    App, Ctx,
    authority::{Order, finish, reserve, sign},
    heavy,
};

use crate::{
    Bench,
    installation::Installation,
    machine::{instant, seconds_since},
    report::Report,
};

/// Signing requests that the peers answer in turn, each with a key of its own.
const REQUESTS: usize = 50;
/// Certificates that are issued.
const CERTIFICATES: usize = 40_000;
/// Terminals that fetch at the same time.
const AT_A_TIME: usize = 256;

/// Issues certificates as fast as it goes.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let requests = Arc::new(own_requests(CERTIFICATES)?);
    let place = Installation::new(bench, "certificates").await?;
    let rate = rate(&place, &requests).await?;
    report.at_least("Certificates from signing requests, recorded before signed (P-256)", rate, 5_000.0, "/s");
    unrecorded(&place.app, &requests, report).await?;
    place.app.db.close().await;
    Ok(())
}

/// Issues a certificate for each request, many at a time; gives how many in a second.
pub(crate) async fn rate(place: &Installation, requests: &Arc<Vec<Vec<u8>>>) -> anyhow::Result<f64> {
    let begun = instant();
    let lanes: Vec<_> = (0..AT_A_TIME)
        .map(|lane| {
            let (app, case, requests) = (place.app.clone(), place.case, requests.clone());
            tokio::spawn(async move {
                for (number, request) in requests.iter().enumerate().skip(lane).step_by(AT_A_TIME) {
                    issue(&app, case, request, number).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for lane in lanes {
        lane.await??;
    }
    Ok(requests.len() as f64 / seconds_since(begun))
}

async fn issue(
    app: &App,
    (institution, application): (InstitutionId, ApplicationId),
    request: &[u8],
    number: usize,
) -> anyhow::Result<()> {
    let ctx = Ctx::system(app, "bench");
    let request = heavy(|| CertificateRequest::parse(request)).await?;
    let terminal = format!("terminal-{number}");
    let order = Order {
        application,
        institution,
        subject: subject(&terminal),
        terminal,
        public_key: request.public_key().clone(),
        profile: app.authority.terminals.preferred().name().to_owned(),
        renews: None,
    };
    let signed = sign(&ctx, reserve(&ctx, &order).await?).await?;
    let mut tx = app.db.write().await?;
    finish(&ctx, &mut tx, signed).await?;
    tx.commit().await?;
    Ok(())
}

/// The limit: checks, prepares, lints and signs on both cores, and records nothing.
async fn unrecorded(app: &Arc<App>, requests: &Arc<Vec<Vec<u8>>>, report: &mut Report) -> anyhow::Result<()> {
    const COUNT: usize = 10_000;
    let lanes = std::thread::available_parallelism()?.get();
    let begun = instant();
    let work: Vec<_> = (0..lanes)
        .map(|_| {
            let (app, requests) = (app.clone(), requests.clone());
            tokio::task::spawn_blocking(move || {
                requests.iter().cycle().take(COUNT / lanes).try_for_each(|request| one_unrecorded(&app, request))
            })
        })
        .collect();
    for lane in work {
        lane.await??;
    }
    let rate = COUNT as f64 / seconds_since(begun);
    report.probe("The same without any record, on all cores", format!("{rate:.0} /s"));
    Ok(())
}

fn one_unrecorded(app: &App, request: &[u8]) -> anyhow::Result<()> {
    let authority = &app.authority;
    let profile = authority.terminals.preferred();
    let request = CertificateRequest::parse(request)?;
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer: Some(&authority.issuing.certificate),
        serial: &Serial::of_moment(app.clock.now(), &*app.randomness),
        subject: &subject("terminal"),
        alternative_names: &[],
        public_key: request.public_key(),
        validity: profile.validity(app.clock.now(), Some(&authority.issuing.certificate))?,
        urls: &authority.issuing.urls(1),
    })?;
    anyhow::ensure!(!authority.linter.lint(&prepared).iter().any(pki::Finding::blocks), "the lint refuses");
    pki::sign(prepared, &authority.issuing.key)?;
    Ok(())
}

fn subject(terminal: &str) -> Subject {
    Subject::terminal("計測医院", "1310000017", terminal, "REF")
}

/// Signing requests as terminals make them, no key twice: a key is certified once.
pub(crate) fn own_requests(count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    (0..count).map(|_| Ok(request_for(&SigningKey::generate(KeyKind::P256)?, None)?)).collect()
}

/// Signing requests made by OpenSSL, for the peers.
pub(crate) fn requests(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    (0..REQUESTS)
        .map(|_| {
            let made = Command::new("openssl")
                .args([
                    "req",
                    "-new",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-subj",
                    "/CN=x",
                ])
                .args(["-keyout", "request.key"])
                .current_dir(folder)
                .output()?;
            anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            Ok(made.stdout)
        })
        .collect()
}
