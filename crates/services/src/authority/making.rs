//! Making an authority: key to its store, record, signature, certificate to the database (spec 04.4).

use std::sync::Arc;

use domain::{
    clock::Timestamp,
    ids::{AuthorityId, CertificateId},
};
use pki::{CertificateOrder, CrlOrder, IssuerCert, KeyKind, Linter, Serial, SigningKey, Subject, Urls, prepare_crl};
use storage::{
    Tx,
    audit::{self, Entry},
    authority as rows,
};

use super::{
    Founding, KeyStore, key_store::signed, lists::ROOT_CRL_LIFE, own::record, refuse_faults, timekeeper::not_behind,
};
use crate::{Error, Result};

pub(super) const ROOT: &str = "root";
pub(super) const ISSUING: &str = "issuing";
/// Shards of a new authority's revocation list: with 230,000 institutions of several terminals, a list of a shard stays in
/// the tens of kilobytes.
const CRL_SHARDS: i64 = 64;

/// What a new authority shall be.
#[derive(Clone, Copy, Debug)]
pub struct NewAuthority<'a> {
    /// Name of its profile.
    pub profile: &'a str,
    /// Kind of its key.
    pub key: KeyKind,
    /// Common name.
    pub common_name: &'a str,
    /// Where its key is made.
    pub store: &'a KeyStore,
}

impl<'a> NewAuthority<'a> {
    /// What an authority is when nobody chose.
    pub(super) fn usual(founding: &Founding<'a>, role: &'static str) -> Result<Self> {
        let profile = founding.profiles.get(role).ok_or_else(|| Error::internal(format!("no profile {role}")))?;
        let (common_name, store) = match role {
            ROOT => ("共通認証局 ルート", founding.root_keys),
            _ => ("共通認証局 発行局", founding.keys),
        };
        Ok(Self { profile: role, key: profile.generated_key(), common_name, store })
    }
}

/// An authority with its key at hand.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) id: AuthorityId,
    /// Its short name, which is also that of its key.
    pub(super) name: String,
    pub(super) certificate: IssuerCert,
    pub(super) key: Arc<SigningKey>,
}

/// Makes a root and its first revocation list: it is offline afterwards, so that is done while its key is at hand.
pub(super) async fn make_root(founding: &Founding<'_>, new: &NewAuthority<'_>) -> Result<Made> {
    let root = make(founding, ROOT, new, None).await?;
    first_crl(founding, &root).await?;
    Ok(root)
}

/// Makes an issuing authority below a root.
pub(super) async fn make_issuing(founding: &Founding<'_>, new: &NewAuthority<'_>, root: &Made) -> Result<Made> {
    make(founding, ISSUING, new, Some(root)).await
}

/// The newest root that was made; none before the founding.
pub(super) async fn newest_root(founding: &Founding<'_>) -> Result<Option<rows::Authority>> {
    let mut all = rows::authorities(&mut founding.db.read().await?).await?;
    all.retain(|one| one.role == ROOT && !one.certificate.is_empty());
    Ok(all.pop())
}

async fn make(founding: &Founding<'_>, role: &str, new: &NewAuthority<'_>, above: Option<&Made>) -> Result<Made> {
    let now = founding.clock.now();
    not_behind(founding.db, now).await?;
    let count = rows::authorities(&mut founding.db.read().await?).await?.iter().filter(|a| a.role == role).count();
    let id = AuthorityId::new(now, founding.randomness);
    let name = format!("{role}-{}-{}", count + 1, &id.to_string()[24..]);
    let key = new.store.make(&name, new.key, founding.randomness).await?;
    let prepared = prepare(founding, new, &key, above)?;
    let row = rows::Authority {
        id: id.0,
        name: name.clone(),
        role: role.to_owned(),
        certificate: vec![],
        crl_number: 0,
        created_at: now.as_millis(),
        crl_shards: CRL_SHARDS,
    };
    let signer = above.map_or(id, |above| above.id);
    let own = CertificateId::new(now, founding.randomness);
    let record = record(&prepared, own, signer, new.profile, new.common_name, now);
    let mut tx = founding.db.write().await?;
    rows::insert_authority(&mut tx, &row).await?;
    rows::insert_prepared(&mut tx, std::slice::from_ref(&record)).await?;
    note(&mut tx, now, "certificate.prepare", format!("certificate:{own}"), ["", &record.serial]);
    tx.commit().await?;
    let signed = signed(above.map_or(&key, |above| &above.key), |key| pki::sign(prepared, key)).await?;
    install(founding, id, &record, &signed).await?;
    Ok(Made { id, name, certificate: IssuerCert::parse(&signed.der).map_err(Error::internal)?, key })
}

/// Stores a certificate and makes it that of its authority, unless its record was given up meanwhile.
async fn install(
    founding: &Founding<'_>,
    id: AuthorityId,
    record: &rows::Certificate,
    signed: &pki::Certificate,
) -> Result<()> {
    let (own, now) = (record.id, record.prepared_at);
    let mut tx = founding.db.write().await?;
    if !rows::store_signed(&mut tx, own, &signed.der, now).await? {
        // A process that serves was started meanwhile and gave the record up: its serial is on the way to the list.
        return Err(Error::ChangedMeanwhile);
    }
    rows::set_authority_certificate(&mut tx, id, &signed.der).await?;
    note(&mut tx, now, "certificate.issue", format!("certificate:{own}"), [&record.serial, &signed.fingerprint]);
    note(&mut tx, now, "authority.make", format!("authority:{id}"), ["", &signed.fingerprint]);
    Ok(tx.commit().await?)
}

/// Notes an act in the audit chain; what was before and after it is kept as hashes.
fn note(tx: &mut Tx, now: Timestamp, action: &str, subject: String, [before, after]: [&str; 2]) {
    let hash = |text: &str| if text.is_empty() { String::new() } else { audit::fingerprint(text) };
    tx.audit(Entry {
        at: now.as_millis(),
        actor: "system:founding".to_owned(),
        on_behalf_of: String::new(),
        action: action.to_owned(),
        subject,
        source: String::new(),
        before_hash: hash(before),
        after_hash: hash(after),
    });
}

fn prepare(
    founding: &Founding<'_>,
    new: &NewAuthority<'_>,
    key: &SigningKey,
    above: Option<&Made>,
) -> Result<pki::PreparedCertificate> {
    let profile = founding.profiles.get(new.profile).ok_or_else(|| Error::internal("no such profile"))?;
    let issuer = above.map(|above| &above.certificate);
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer,
        serial: &Serial::generate(founding.randomness),
        subject: &Subject::operator(founding.operator, new.common_name),
        alternative_names: &[],
        public_key: key.public_key(),
        validity: profile.validity(founding.clock.now(), issuer).map_err(Error::internal)?,
        urls: &if above.is_some() { founding.places.of_root() } else { Urls::default() },
    })
    .map_err(Error::internal)?;
    refuse_faults(&Linter::new().map_err(Error::internal)?.lint(&prepared))?;
    Ok(prepared)
}

/// Makes the list of a root that has none.
pub(super) async fn first_crl(founding: &Founding<'_>, root: &Made) -> Result<()> {
    let now = founding.clock.now();
    let next = now + ROOT_CRL_LIFE;
    let mut tx = founding.db.write().await?;
    let number = rows::reserve_crl_numbers(&mut tx, root.id, 1).await?;
    let prepared = prepare_crl(&CrlOrder {
        issuer: &root.certificate,
        number: u64::try_from(number).map_err(Error::internal)?,
        this_update: now,
        next_update: next,
        revoked: &[],
        distribution_point: None,
    })
    .map_err(Error::internal)?;
    refuse_faults(&Linter::new().map_err(Error::internal)?.lint_crl(&prepared))?;
    let record = rows::NewCrl {
        authority: root.id,
        shard: 0,
        number,
        tbs: prepared.tbs_der(),
        this_update: now,
        next_update: next,
    };
    rows::insert_prepared_crl(&mut tx, &record).await?;
    let (subject, told) = (format!("authority:{}", root.id), number.to_string());
    note(&mut tx, now, "crl.prepare", subject.clone(), ["", &told]);
    tx.commit().await?;
    let der = signed(&root.key, |key| prepared.sign(key)).await?;
    let mut tx = founding.db.write().await?;
    rows::store_signed_crl(&mut tx, root.id, number, &der).await?;
    let (this_update, next_update) = (now.as_millis(), next.as_millis());
    let newest = rows::Standing { number, this_update, next_update, ..rows::Standing::default() };
    rows::set_newest_crl(&mut tx, root.id, &newest).await?;
    note(&mut tx, now, "crl.publish", subject, [&told, &pki::sha256_hex(&der)]);
    tx.commit().await?;
    Ok(())
}
