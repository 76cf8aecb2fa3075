//! `terminal status`: what monitoring asks every day.

use std::process::ExitCode;

use anyhow::{Context, ensure};
use axum::http::{Method, StatusCode, header};
use domain::clock::Clock;
use pki::{CertStatus, IssuerCert, OcspQuestion};

use super::{
    Status, UNKNOWN,
    enrol::days_left,
    folder::{Current, Folder},
    setup::Setup,
};
use crate::clock::SystemClock;

/// Exit code: few days remain.
const RENEW_SOON: u8 = 1;
/// Exit code: it cannot be used any more.
const ENDED: u8 = 2;

/// Prints name, end, days and revocation; the exit code sums it up.
///
/// # Errors
/// When there is no certificate, or files cannot be read. Out of reach is no error but a code of its own.
pub(super) async fn status(options: &Status) -> anyhow::Result<ExitCode> {
    ensure!(options.place.dir.is_dir(), "{} is not a folder", options.place.dir.display());
    let setup = Setup::noted(Folder::open(&options.place.dir)?, &options.place, None)?;
    let current = setup.folder.current()?;
    let (info, left) = (&current.info, days_left(&current.info));
    println!("terminal: {}", info.subject.common_name.as_deref().unwrap_or_default());
    println!("institution: {}", info.subject.organization.as_deref().unwrap_or_default());
    println!("serial: {}", info.serial.to_hex());
    println!("expires: {} (end of day in Japan)\ndays left: {left}", info.validity.not_after.date());
    if !setup.folder.is_tested() {
        println!("connection test: not passed yet; `terminal renew` does it");
    }
    let revocation = ask(&setup, &current).await;
    let ended = SystemClock.now() > info.validity.not_after;
    let code = match revocation {
        Ok(CertStatus::Revoked { at, reason }) => {
            println!("revocation: revoked on {} ({})", at.date(), reason.as_str());
            ENDED
        }
        Ok(CertStatus::Unknown) => {
            println!("revocation: the authority does not know this certificate");
            ENDED
        }
        _ if ended => ENDED,
        Ok(CertStatus::Good) => {
            println!("revocation: good");
            if left < options.days { RENEW_SOON } else { 0 }
        }
        Err(error) => {
            println!("revocation: not known ({error:#})");
            UNKNOWN
        }
    };
    Ok(ExitCode::from(code))
}

/// Asks the authority's OCSP responder, through the closed network.
async fn ask(setup: &Setup, current: &Current) -> anyhow::Result<CertStatus> {
    let issuer = current.chain.first().context("chain.pem holds no issuer")?;
    let question = OcspQuestion::about(&current.certificate, &IssuerCert::parse(issuer)?)?;
    let counter = setup.counter(None)?;
    let kind = (header::CONTENT_TYPE, "application/ocsp-request".to_owned());
    let answer = counter.ask(Method::POST, "/pki/ocsp", &[kind], question.to_der()?).await?;
    ensure!(answer.status == StatusCode::OK, "the responder says {}", answer.status);
    Ok(question.read(&answer.body, SystemClock.now())?)
}
