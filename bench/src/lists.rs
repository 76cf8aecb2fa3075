//! Revocation lists of an authority that has revoked 100,000 certificates, every shard of it due at once.

use domain::{
    clock::{Clock, Timestamp},
    ids::CertificateId,
};
use pki::Serial;
use services::{App, authority::publish_when_due};
use storage::authority::{Certificate, crl_changed, insert_prepared, revoke, store_signed};
use time::Duration;

use crate::{
    Bench,
    installation::Installation,
    machine::{RealClock, instant, seconds_since},
    report::Report,
};

/// Revoked certificates.
const REVOKED: usize = 100_000;
/// Certificates of one transaction.
const STEP: usize = 500;

/// Builds, lints, records and signs all lists, and the same after one more revocation.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let place = Installation::new(bench, "lists").await?;
    let app = &*place.app;
    for _ in 0..REVOKED / STEP {
        revoked(app, STEP).await?;
    }
    report.below("64 shards and the full list with 100,000 revoked, built anew", timed(app).await?, 2.0, "s");
    revoked(app, 1).await?;
    report.probe("One more revocation: its shard and the full list", format!("{:.2} s", timed(app).await?));
    app.db.close().await;
    Ok(())
}

async fn timed(app: &App) -> anyhow::Result<f64> {
    let begun = instant();
    anyhow::ensure!(publish_when_due(app).await?, "nothing was due");
    Ok(seconds_since(begun))
}

/// Writes revoked certificates into the register; their content is of no account here.
async fn revoked(app: &App, count: usize) -> anyhow::Result<()> {
    let now = RealClock.now();
    let certificates: Vec<Certificate> = (0..count).map(|_| certificate(app, now)).collect();
    let mut tx = app.db.write().await?;
    insert_prepared(&mut tx, &certificates).await?;
    for one in &certificates {
        store_signed(&mut tx, one.id, &one.tbs, now).await?;
        revoke(&mut tx, one.id, "superseded", now).await?;
    }
    for shard in std::iter::once(0).chain(certificates.iter().map(|one| one.crl_shard)) {
        crl_changed(&mut tx, app.authority.issuing.id, shard).await?;
    }
    Ok(tx.commit().await?)
}

/// A recorded certificate with a serial of its own and as many octets as usual.
pub(crate) fn certificate(app: &App, now: Timestamp) -> Certificate {
    let issuing = &app.authority.issuing;
    let serial = Serial::generate(&*app.randomness);
    Certificate {
        id: CertificateId::new(now, &*app.randomness),
        authority_id: issuing.id,
        application_id: None,
        institution_id: None,
        serial: serial.to_hex(),
        profile: "p256".to_owned(),
        state: "prepared".to_owned(),
        subject: "計測".to_owned(),
        key_hash: pki::sha256_hex(serial.as_bytes()),
        tbs: vec![0; 800],
        certificate: None,
        not_before: now,
        not_after: now + Duration::days(1_000),
        prepared_at: now,
        signed_at: None,
        revoked_at: None,
        revocation_reason: None,
        crl_shard: issuing.shard_of(&serial),
        renews: None,
        installed_at: None,
    }
}
