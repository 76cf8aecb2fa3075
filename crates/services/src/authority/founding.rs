//! Founding: a root and an issuing authority, each certificate recorded before it is signed.

use std::sync::Arc;

use domain::{
    clock::{Clock, Randomness},
    ids::AuthorityId,
};
use pki::{ChainAnchors, IssuerCert, Linter, Profiles, PublicKey, SigningKey, TerminalProfiles};
use storage::boxed;
use storage::{Db, authority as rows};

use super::{
    Authority, Issuing, KeyStore, NewAuthority, Places, RootKey,
    making::{ISSUING, ROOT, make_issuing, make_root},
};
use crate::{Error, Result};

/// What founding or opening an authority needs.
pub struct Founding<'a> {
    /// Database.
    pub db: &'a Db,
    /// Clock.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub randomness: &'a dyn Randomness,
    /// Where the keys of issuing authorities lie.
    pub keys: &'a KeyStore,
    /// Where the keys of roots lie.
    pub root_keys: &'a KeyStore,
    /// Where keys of earlier issuing authorities lie that were made before the present store was chosen.
    pub earlier_keys: Option<&'a KeyStore>,
    /// Name of the operator in subjects.
    pub operator: &'a str,
    /// Base addresses of what certificates name.
    pub places: Places<'a>,
    /// Profiles.
    pub profiles: Arc<Profiles>,
    /// Those for terminals.
    pub terminals: TerminalProfiles,
    /// Whether OCSP answers echo nonces.
    pub ocsp_nonce: bool,
}

/// Opens the authority, or founds it when there is none.
///
/// # Errors
/// When the database, the key files or the passphrase do not fit.
#[boxed]
pub async fn found(founding: &Founding<'_>) -> Result<Authority> {
    if let Some(authority) = open(founding).await? {
        return Ok(authority);
    }
    let root = make_root(founding, &NewAuthority::usual(founding, ROOT)?).await?;
    make_issuing(founding, &NewAuthority::usual(founding, ISSUING)?, &root).await?;
    open(founding).await?.ok_or_else(|| Error::internal("the founded authority does not open"))
}

async fn open(founding: &Founding<'_>) -> Result<Option<Authority>> {
    let all = rows::authorities(&mut founding.db.read().await?).await?;
    let made = |role: &'static str| all.iter().rev().filter(move |a| a.role == role && !a.certificate.is_empty());
    let Some(root) = made(ROOT).next() else { return Ok(None) };
    let mut issuing = vec![];
    for row in made(ISSUING) {
        issuing.extend(open_issuing(founding, row, AuthorityId(root.id)).await?);
    }
    if issuing.is_empty() {
        return Ok(None);
    }
    // The newest whose key opens issues; the others publish, as far as their keys open.
    let Some(first) = issuing.iter().position(Issuing::issues) else {
        return Err(Error::internal("no key of an issuing authority that is not revoked opens; the log names each"));
    };
    let mut earlier = issuing;
    let issuing = earlier.remove(first);
    let believed = std::iter::once(&issuing).chain(&earlier).filter(|one| !one.revoked());
    let certificates: Vec<&[u8]> = believed.map(|one| one.certificate.der()).collect();
    let anchors = ChainAnchors::new(&[&root.certificate], &certificates).map_err(Error::internal)?;
    Ok(Some(Authority {
        root_id: AuthorityId(root.id),
        root: IssuerCert::parse(&root.certificate).map_err(Error::internal)?,
        root_key: RootKey::new(founding.root_keys, &root.name),
        profiles: founding.profiles.clone(),
        linter: Arc::new(Linter::new().map_err(Error::internal)?),
        anchors: Arc::new(anchors),
        terminals: founding.terminals.clone(),
        ocsp_nonce: founding.ocsp_nonce,
        issuing,
        earlier,
    }))
}

/// An issuing authority that was made; none once its certificate has ended.
async fn open_issuing(founding: &Founding<'_>, row: &rows::Authority, root: AuthorityId) -> Result<Option<Issuing>> {
    let certificate = IssuerCert::parse(&row.certificate).map_err(Error::internal)?;
    if certificate.validity().not_after < founding.clock.now() {
        return Ok(None);
    }
    let key = open_key(founding, &row.name, certificate.public_key()).await.unwrap_or_else(|error| {
        tracing::error!(name = %row.name, %error, "the key of an issuing authority does not open");
        Arc::new(SigningKey::Absent(certificate.public_key().clone()))
    });
    let serial = certificate.serial().to_hex();
    let issuing = Issuing::new(row, certificate, key, founding.places);
    if rows::is_revoked_by(&mut founding.db.read().await?, &serial, root).await? {
        issuing.note_revoked();
    }
    Ok(Some(issuing))
}

async fn open_key(founding: &Founding<'_>, name: &str, certified: &PublicKey) -> Result<Arc<SigningKey>> {
    match founding.earlier_keys {
        Some(earlier) if earlier.find(name).await?.is_some() => earlier.open(name, certified).await,
        _ => founding.keys.open(name, certified).await,
    }
}
