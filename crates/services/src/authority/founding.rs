//! Founding: a root and an issuing authority, each certificate recorded before it is signed.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{
    clock::{Clock, Randomness, Timestamp},
    ids::{AuthorityId, CertificateId},
};
use pki::{
    AlternativeName, CertificateOrder, ChainAnchors, CrlOrder, IssuerCert, Linter, Passphrase, Profiles, Serial,
    SigningKey, Subject, TerminalProfiles, Urls, prepare_crl,
};
use storage::boxed;
use storage::{Db, authority as rows};

use super::{Authority, Places, RootKey, publication::ROOT_CRL_LIFE, refuse_faults, urls_below};
use crate::{Error, Result};

/// What founding or opening an authority needs.
pub struct Founding<'a> {
    /// Database.
    pub db: &'a Db,
    /// Clock.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub randomness: &'a dyn Randomness,
    /// Folder of the encrypted key files.
    pub keys: &'a Path,
    /// Passphrase of the key files.
    pub passphrase: Arc<Passphrase>,
    /// Name of the operator in subjects.
    pub operator: &'a str,
    /// Base addresses of what certificates name.
    pub places: Places<'a>,
    /// Profiles.
    pub profiles: Arc<Profiles>,
    /// Those for terminals.
    pub terminals: TerminalProfiles,
}

const ROOT: &str = "root";
const ISSUING: &str = "issuing";

/// Opens the authority, or founds it when there is none.
///
/// # Errors
/// When the database, the key files or the passphrase do not fit.
#[boxed]
pub async fn found(founding: &Founding<'_>) -> Result<Authority> {
    if let Some(authority) = open(founding).await? {
        return Ok(authority);
    }
    let linter = Linter::new().map_err(Error::internal)?;
    let root = raise(founding, &linter, ROOT, None).await?;
    first_crl(founding, &linter, &root).await?;
    raise(founding, &linter, ISSUING, Some(&root)).await?;
    open(founding).await?.ok_or_else(|| Error::internal("the founded authority does not open"))
}

/// An authority just made, with its key still in memory.
struct Raised {
    id: AuthorityId,
    certificate: IssuerCert,
    key: SigningKey,
}

async fn open(founding: &Founding<'_>) -> Result<Option<Authority>> {
    let all = rows::authorities(&mut founding.db.read().await?).await?;
    let latest = |role: &str| all.iter().rev().find(|a| a.role == role && !a.certificate.is_empty());
    let (Some(root), Some(issuing)) = (latest(ROOT), latest(ISSUING)) else { return Ok(None) };
    let path = key_file(founding, &issuing.name);
    let pem =
        tokio::fs::read_to_string(&path).await.map_err(|e| Error::Internal(format!("{}: {e}", path.display())))?;
    let key = SigningKey::from_encrypted_pem(&pem, &founding.passphrase).map_err(Error::internal)?;
    let issuer = IssuerCert::parse(&issuing.certificate).map_err(Error::internal)?;
    let anchors = ChainAnchors::new(&[&root.certificate], &[&issuing.certificate]).map_err(Error::internal)?;
    Ok(Some(Authority {
        id: AuthorityId(issuing.id),
        issuer,
        key: Arc::new(key),
        root_id: AuthorityId(root.id),
        root: IssuerCert::parse(&root.certificate).map_err(Error::internal)?,
        root_key: RootKey::new(key_file(founding, &root.name), founding.passphrase.clone()),
        profiles: founding.profiles.clone(),
        linter: Arc::new(Linter::new().map_err(Error::internal)?),
        anchors: Arc::new(anchors),
        urls: urls_below(founding.places, ISSUING),
        terminals: founding.terminals.clone(),
    }))
}

fn key_file(founding: &Founding<'_>, name: &str) -> PathBuf {
    founding.keys.join(format!("{name}.key.pem"))
}

async fn write_key(founding: &Founding<'_>, name: &str, key: &SigningKey) -> Result<()> {
    let pem = key.to_encrypted_pem(&founding.passphrase, founding.randomness).map_err(Error::internal)?;
    let path = key_file(founding, name);
    let write = move || -> std::io::Result<()> {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()
    };
    tokio::task::spawn_blocking(write).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Makes an authority: key to file, record, signature, certificate to the database.
async fn raise(founding: &Founding<'_>, linter: &Linter, role: &str, above: Option<&Raised>) -> Result<Raised> {
    let now = founding.clock.now();
    let count = rows::authorities(&mut founding.db.read().await?).await?.iter().filter(|a| a.role == role).count();
    let id = AuthorityId::new(now, founding.randomness);
    let name = format!("{role}-{}-{}", count + 1, &id.to_string()[24..]);
    let profile = founding.profiles.get(role).ok_or_else(|| Error::internal(format!("no profile {role}")))?;
    let key = SigningKey::generate(profile.generated_key()).map_err(Error::internal)?;
    write_key(founding, &name, &key).await?;
    let validity = profile.validity(now, above.map(|above| &above.certificate)).map_err(Error::internal)?;
    let title = if role == ROOT { "共通認証局 ルート" } else { "共通認証局 発行局" };
    let serial = Serial::generate(founding.randomness);
    let urls = if above.is_some() { urls_below(founding.places, ROOT) } else { Urls::default() };
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer: above.map(|above| &above.certificate),
        serial: &serial,
        subject: &Subject::operator(founding.operator, title),
        alternative_names: &[],
        public_key: key.public_key(),
        validity,
        urls: &urls,
    })
    .map_err(Error::internal)?;
    refuse_faults(&linter.lint(&prepared))?;
    let mut tx = founding.db.write().await?;
    let row = rows::Authority {
        id: id.0,
        name,
        role: role.to_owned(),
        certificate: vec![],
        crl_number: 0,
        created_at: now.as_millis(),
    };
    rows::insert_authority(&mut tx, &row).await?;
    let signer = above.map_or(id, |above| above.id);
    let record = record(&prepared, CertificateId::new(now, founding.randomness), signer, role, title, now);
    rows::insert_prepared(&mut tx, &record).await?;
    tx.commit().await?;
    let signed = pki::sign(prepared, above.map_or(&key, |above| &above.key)).map_err(Error::internal)?;
    let mut tx = founding.db.write().await?;
    rows::store_signed(&mut tx, record.id, &signed.der, now).await?;
    rows::set_authority_certificate(&mut tx, id, &signed.der).await?;
    tx.commit().await?;
    Ok(Raised { id, certificate: IssuerCert::parse(&signed.der).map_err(Error::internal)?, key })
}

fn record(
    prepared: &pki::PreparedCertificate,
    id: CertificateId,
    authority: AuthorityId,
    profile: &str,
    subject: &str,
    now: Timestamp,
) -> rows::Certificate {
    rows::Certificate {
        id,
        authority_id: authority,
        application_id: None,
        institution_id: None,
        serial: prepared.serial().to_hex(),
        profile: profile.to_owned(),
        state: "prepared".to_owned(),
        subject: subject.to_owned(),
        key_hash: prepared.key_hash().to_owned(),
        tbs: prepared.tbs_der().to_vec(),
        certificate: None,
        not_before: prepared.validity().not_before,
        not_after: prepared.validity().not_after,
        prepared_at: now,
        signed_at: None,
        revoked_at: None,
        revocation_reason: None,
    }
}

/// The root is offline afterwards, so its first CRL is made while its key is at hand.
async fn first_crl(founding: &Founding<'_>, linter: &Linter, root: &Raised) -> Result<()> {
    let now = founding.clock.now();
    let next = now + ROOT_CRL_LIFE;
    let mut tx = founding.db.write().await?;
    let number = rows::reserve_crl_number(&mut tx, root.id).await?;
    let prepared = prepare_crl(&CrlOrder {
        issuer: &root.certificate,
        number: u64::try_from(number).unwrap_or(1),
        this_update: now,
        next_update: next,
        revoked: &[],
    })
    .map_err(Error::internal)?;
    refuse_faults(&linter.lint_crl(&prepared))?;
    rows::insert_prepared_crl(&mut tx, root.id, number, prepared.tbs_der(), now, next).await?;
    tx.commit().await?;
    let der = prepared.sign(&root.key).map_err(Error::internal)?;
    let mut tx = founding.db.write().await?;
    rows::store_signed_crl(&mut tx, root.id, number, &der).await?;
    tx.commit().await?;
    Ok(())
}

/// Issues a certificate for the closed network's listener: chain in DER (leaf first) and the key in PKCS#8 DER.
///
/// # Errors
/// When the database or the authority refuses.
#[boxed]
pub async fn server_certificate(
    db: &Db,
    authority: &Authority,
    clock: &dyn Clock,
    randomness: &dyn Randomness,
    operator: &str,
) -> Result<(Vec<Vec<u8>>, Vec<u8>)> {
    let now = clock.now();
    let profile =
        authority.profiles.get("closed-network-server").ok_or_else(|| Error::internal("no server profile"))?;
    let key = SigningKey::generate(profile.generated_key()).map_err(Error::internal)?;
    let serial = Serial::generate(randomness);
    let names = [AlternativeName::Dns("localhost".to_owned()), AlternativeName::Ip(IpAddr::from([127, 0, 0, 1]))];
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer: Some(&authority.issuer),
        serial: &serial,
        subject: &Subject::operator(operator, "localhost"),
        alternative_names: &names,
        public_key: key.public_key(),
        validity: profile.validity(now, Some(&authority.issuer)).map_err(Error::internal)?,
        urls: &authority.urls,
    })
    .map_err(Error::internal)?;
    refuse_faults(&authority.linter.lint(&prepared))?;
    let record =
        record(&prepared, CertificateId::new(now, randomness), authority.id, "closed-network-server", "localhost", now);
    let mut tx = db.write().await?;
    rows::insert_prepared(&mut tx, &record).await?;
    tx.commit().await?;
    let signed = pki::sign(prepared, &authority.key).map_err(Error::internal)?;
    let mut tx = db.write().await?;
    rows::store_signed(&mut tx, record.id, &signed.der, now).await?;
    tx.commit().await?;
    let key = key.pkcs8_der().map(<[u8]>::to_vec).ok_or_else(|| Error::internal("the key cannot leave its store"))?;
    Ok((vec![signed.der, authority.issuer.der().to_vec()], key))
}
