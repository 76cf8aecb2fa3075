//! Revocation lists: one for each shard of an issuing authority, a full one beside them, and the root's (spec 04.5).
//!
//! A list is made in four steps, and a process that dies between them leaves nothing half done: numbers are taken under a
//! lease; what is revoked is read and the bytes are built and linted; they are recorded; they are signed and stored, a few
//! at a time. How many changes a shard has seen and how many its newest list knows tells whether it is up to date.

use std::{collections::BTreeMap, sync::Arc};

use domain::{clock::Timestamp, ids::AuthorityId};
use pki::{CrlOrder, IssuerCert, Linter, PreparedCrl, RevocationReason, RevokedEntry, Serial, SigningKey, prepare_crl};
use storage::{Tx, audit::Entry, authority as rows, boxed};
use time::Duration;

use super::{Issuing, key_store::ready, refuse_faults, timekeeper::believed};
use crate::{App, Ctx, Error, Result};

/// A list lasts this long; a new one is made after half of it (spec 04.5).
const CRL_LIFE: Duration = Duration::hours(24);
/// The root's list lasts this long; it holds only issuing authorities, and its key is seldom at hand.
pub(super) const ROOT_CRL_LIFE: Duration = Duration::days(365);
/// From when on the log asks for the key of the root.
const ROOT_CRL_WARNING: Duration = Duration::days(60);
/// How long one node may work on lists before another may.
const LEASE: Duration = Duration::seconds(60);
/// Lists that are signed before they are stored and the lease is prolonged: while the slowest token that is still waited for,
/// ten seconds a signature, makes so many, the lease does not run out.
const AT_ONCE: usize = 5;
/// How much the clocks of nodes may differ.
const SKEW: Duration = Duration::seconds(5);
/// The full list.
pub(super) const FULL: i64 = 0;

/// Who signs lists, and how long they last.
#[derive(Clone)]
struct Signer {
    id: AuthorityId,
    certificate: IssuerCert,
    key: Arc<SigningKey>,
    linter: Arc<Linter>,
    life: Duration,
    /// The authority that has shards; none for the root.
    shards: Option<Issuing>,
}

/// A number taken for the next list of a shard, and what that list must know.
#[derive(Clone, Copy, Debug)]
struct Taken {
    shard: i64,
    number: i64,
    changes: i64,
    before: i64,
}

/// A list that was built and linted.
struct Built {
    taken: Taken,
    prepared: PreparedCrl,
    this_update: Timestamp,
}

/// Publishes every list that is missing, does not know the latest revocations, or has lived half of its life; tells whether
/// there was one. The work of a `PUBLISH_CRL` job, and of each round.
///
/// The root can only sign while its key file is there. Without it nothing is done, and in the last days of its list the log
/// asks for it.
///
/// # Errors
/// [`Error::Busy`] while another process holds the lease, [`Error::ClockInDoubt`] when the clock cannot be right. Others when the database refuses, the lint objects, or a key
/// cannot be used.
#[boxed]
pub async fn publish_when_due(app: &App) -> Result<bool> {
    let authority = &app.authority;
    let _alone = app.shelf.publishing.lock().await;
    let mut done = vec![];
    for issuing in authority.all().filter(|issuing| issuing.can_sign()) {
        done.push(publish_issuing(app, issuing).await);
    }
    done.push(publish_root(app).await);
    if done.iter().any(|one| matches!(one, Ok(true))) {
        crate::journal::note_head(&app.db, app.clock.now()).await?;
    }
    // One whose key cannot sign now must not keep the others from it.
    done.into_iter().try_fold(false, |before, one| Ok(one? || before))
}

async fn publish_issuing(app: &App, issuing: &Issuing) -> Result<bool> {
    let signer = Signer {
        id: issuing.id,
        certificate: issuing.certificate.clone(),
        key: issuing.key.clone(),
        linter: app.authority.linter.clone(),
        life: CRL_LIFE,
        shards: Some(issuing.clone()),
    };
    let due = due(app, &signer, issuing.crl_shards).await?;
    if due.is_empty() {
        return Ok(false);
    }
    publish(app, signer, &due).await?;
    Ok(true)
}

async fn publish_root(app: &App) -> Result<bool> {
    let authority = &app.authority;
    let standing = rows::crl_standing(&mut app.db.read().await?, authority.root_id).await?;
    let left = standing.first().map_or(Duration::ZERO, |s| Timestamp::from_millis(s.next_update) - app.clock.now());
    let is_behind = standing.first().is_some_and(|s| s.covers < s.changes);
    if left > ROOT_CRL_LIFE / 2 && !is_behind {
        return Ok(false);
    }
    let Some(key) = authority.root_key.open().await? else {
        if is_behind {
            tracing::error!("the root revoked an authority, but its list does not say so yet: bring its key file back");
        } else if left <= ROOT_CRL_WARNING {
            tracing::error!(days = left.whole_days(), "the root's revocation list ends soon: bring its key file back");
        }
        return Ok(false);
    };
    let signer = Signer {
        id: authority.root_id,
        certificate: authority.root.clone(),
        key,
        linter: authority.linter.clone(),
        life: ROOT_CRL_LIFE,
        shards: None,
    };
    publish(app, signer, &[FULL]).await?;
    Ok(true)
}

/// The shards whose list is missing, behind, or half over.
async fn due(app: &App, signer: &Signer, shards: i64) -> Result<Vec<i64>> {
    let now = app.clock.now();
    let standing = rows::crl_standing(&mut app.db.read().await?, signer.id).await?;
    let standing: BTreeMap<i64, rows::Standing> = standing.into_iter().map(|s| (s.shard, s)).collect();
    let is_due = |shard: &i64| {
        standing.get(shard).is_none_or(|s| {
            s.number == 0 || s.covers < s.changes || Timestamp::from_millis(s.next_update) - now <= signer.life / 2
        })
    };
    Ok((FULL..=shards).filter(is_due).collect())
}

async fn publish(app: &App, signer: Signer, shards: &[i64]) -> Result<()> {
    let ctx = Ctx::system(app, "crl");
    believed(app, ctx.now).await?;
    ready(&signer.key).await?;
    let taken = take_numbers(&ctx, &signer, shards).await?;
    let mut revoked = vec![];
    // Whatever was revoked stands on a list that was made after its end, too (RFC 5280, 3.3).
    let since = ctx.now - signer.life * 2;
    for one in taken {
        let lines = rows::revoked(&mut app.db.read().await?, signer.id, one.shard, since).await?;
        revoked.push((one, lines));
    }
    let (now, builder) = (app.clock.now(), signer.clone());
    let build =
        move || revoked.into_iter().map(|(taken, lines)| builder.build(taken, &lines, now)).collect::<Result<_>>();
    let mut built: Vec<Built> = tokio::task::spawn_blocking(build).await.map_err(Error::internal)??;
    record(&ctx, &signer, &built).await?;
    while !built.is_empty() {
        let some: Vec<Built> = built.drain(..built.len().min(AT_ONCE)).collect();
        let (key, life) = (signer.key.clone(), signer.life);
        let sign = move || some.into_iter().map(|built| sign(built, &key, life)).collect::<Result<_>>();
        let signed: Vec<Signed> = tokio::task::spawn_blocking(sign).await.map_err(Error::internal)??;
        store(&ctx, &signer, &signed, built.is_empty()).await?;
    }
    Ok(())
}

fn lease(signer: &Signer) -> String {
    format!("crl:{}", signer.id)
}

/// Takes a number for each shard, in the order of the shards.
async fn take_numbers(ctx: &Ctx<'_>, signer: &Signer, shards: &[i64]) -> Result<Vec<Taken>> {
    let mut tx = ctx.app.db.write().await?;
    if !storage::leases::take(&mut tx, &lease(signer), &ctx.app.node, ctx.now, ctx.now + LEASE).await? {
        return Err(Error::Busy("publishing revocation lists"));
    }
    let count = i64::try_from(shards.len()).map_err(Error::internal)?;
    let last = rows::reserve_crl_numbers(&mut tx, signer.id, count).await?;
    let standing = rows::crl_standing(&mut tx, signer.id).await?;
    let of = |shard: i64| standing.iter().find(|s| s.shard == shard).copied().unwrap_or_default();
    if standing.iter().any(|s| Timestamp::from_millis(s.this_update) > ctx.now + SKEW) {
        return Err(Error::ClockInDoubt("the newest revocation list was made later than now".to_owned()));
    }
    let numbers = last - count + 1..=last;
    let take = |(shard, number): (&i64, i64)| {
        let standing = of(*shard);
        Taken { shard: *shard, number, changes: standing.changes, before: standing.number }
    };
    let taken = shards.iter().zip(numbers).map(take).collect();
    tx.commit().await?;
    Ok(taken)
}

impl Signer {
    fn build(&self, taken: Taken, lines: &[rows::RevokedRow], now: Timestamp) -> Result<Built> {
        let mut entries = lines.iter().map(entry).collect::<Result<Vec<_>>>()?;
        // Another node's clock may be a little ahead.
        let latest = entries.iter().map(|entry| entry.revoked_at).filter(|at| *at <= now + SKEW).max();
        let this_update = latest.map_or(now, |at| at.max(now));
        // What a clock that was ahead dated into the future is revoked all the same, and no list may say so of the future.
        for entry in &mut entries {
            entry.revoked_at = entry.revoked_at.min(this_update);
        }
        let point = self.shards.as_ref().filter(|_| taken.shard != FULL).map(|issuing| issuing.crl_url(taken.shard));
        let prepared = prepare_crl(&CrlOrder {
            issuer: &self.certificate,
            number: u64::try_from(taken.number).map_err(Error::internal)?,
            this_update,
            next_update: this_update + self.life,
            revoked: &entries,
            distribution_point: point.as_deref(),
        })
        .map_err(Error::internal)?;
        refuse_faults(&self.linter.lint_crl(&prepared))?;
        Ok(Built { taken, prepared, this_update })
    }
}

fn entry((serial, at, reason): &rows::RevokedRow) -> Result<RevokedEntry> {
    Ok(RevokedEntry {
        serial: Serial::from_hex(serial).map_err(Error::internal)?,
        revoked_at: Timestamp::from_millis(*at),
        reason: reason.parse().unwrap_or(RevocationReason::Unspecified),
    })
}

async fn keep_lease(ctx: &Ctx<'_>, tx: &mut Tx, signer: &Signer) -> Result<()> {
    let now = ctx.app.clock.now();
    match storage::leases::hold(tx, &lease(signer), &ctx.app.node, now, now + LEASE).await? {
        true => Ok(()),
        false => Err(Error::internal("publishing took so long that another node may have begun")),
    }
}

async fn record(ctx: &Ctx<'_>, signer: &Signer, built: &[Built]) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    keep_lease(ctx, &mut tx, signer).await?;
    for one in built {
        let row = rows::NewCrl {
            authority: signer.id,
            shard: one.taken.shard,
            number: one.taken.number,
            tbs: one.prepared.tbs_der(),
            this_update: one.this_update,
            next_update: one.this_update + signer.life,
        };
        rows::insert_prepared_crl(&mut tx, &row).await?;
    }
    ctx.audit(&mut tx, "crl.prepare", format!("authority:{}", signer.id), "", &numbers(built.iter().map(|b| b.taken)));
    tx.commit().await?;
    Ok(())
}

/// The numbers of lists made together, such as `66` or `66-130`.
fn numbers(mut taken: impl Iterator<Item = Taken>) -> String {
    let first = taken.next().map_or(0, |one| one.number);
    taken.last().map_or_else(|| first.to_string(), |last| format!("{first}-{}", last.number))
}

/// A signed list and the place it takes.
struct Signed {
    newest: rows::Standing,
    before: i64,
    der: Vec<u8>,
}

fn sign(built: Built, key: &SigningKey, life: Duration) -> Result<Signed> {
    let Taken { shard, number, changes, before } = built.taken;
    let newest = rows::Standing {
        shard,
        changes,
        covers: changes,
        number,
        this_update: built.this_update.as_millis(),
        next_update: (built.this_update + life).as_millis(),
    };
    Ok(Signed { newest, before, der: built.prepared.sign(key).map_err(Error::signing)? })
}

/// Stores lists and takes away those before them; number and hash of each stay in the audit chain.
async fn store(ctx: &Ctx<'_>, signer: &Signer, signed: &[Signed], last: bool) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    keep_lease(ctx, &mut tx, signer).await?;
    for one in signed {
        let rows::Standing { shard, number, .. } = one.newest;
        rows::store_signed_crl(&mut tx, signer.id, number, &one.der).await?;
        rows::set_newest_crl(&mut tx, signer.id, &one.newest).await?;
        rows::prune_crls(&mut tx, signer.id, shard, one.before).await?;
        let entry = ctx.entry("crl.publish", format!("crl:{}:{shard}:{number}", signer.id), "", "");
        tx.audit(Entry { after_hash: pki::sha256_hex(&one.der), ..entry });
    }
    if last {
        storage::leases::give_back(&mut tx, &lease(signer), &ctx.app.node).await?;
    }
    tx.commit().await?;
    ctx.app.shelf.clear();
    Ok(())
}
