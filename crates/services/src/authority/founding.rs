//! Founding, which is done once and on purpose, and opening, which never makes anything.

use std::sync::Arc;

use domain::{
    clock::{Clock, Randomness, Timestamp},
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
#[derive(Clone)]
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
    pub earlier_keys: &'a [KeyStore],
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

/// Founds a root and an issuing authority without witnesses, where there has never been any; else nothing is done. Tells
/// whether it founded.
///
/// # Errors
/// When the database, the key stores or the lint refuse.
#[boxed]
pub async fn found(founding: &Founding<'_>) -> Result<bool> {
    if !rows::authorities(&mut founding.db.read().await?).await?.is_empty() {
        return Ok(false);
    }
    let root = make_root(founding, &NewAuthority::usual(founding, ROOT)?).await?;
    make_issuing(founding, &NewAuthority::usual(founding, ISSUING)?, &root).await?;
    Ok(true)
}

/// Opens the authority; it never makes one.
///
/// # Errors
/// When there is none in force, with what to do about it; when the database, the key files or the passphrase do not fit.
#[boxed]
pub async fn open(founding: &Founding<'_>) -> Result<Authority> {
    let all = rows::authorities(&mut founding.db.read().await?).await?;
    let made = |role: &'static str| all.iter().rev().filter(move |a| a.role == role && !a.certificate.is_empty());
    let Some(root) = made(ROOT).next() else { return Err(no_root(all.is_empty())) };
    let mut issuing = vec![];
    for (place, row) in made(ISSUING).enumerate() {
        issuing.extend(open_issuing(founding, row, AuthorityId(root.id), place == 0).await?);
    }
    if issuing.is_empty() {
        return Err(no_issuing(made(ISSUING).count(), founding.clock.now()));
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
    Ok(Authority {
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
    })
}

fn no_root(never: bool) -> Error {
    Error::internal(if never {
        "there is no certification authority yet: hold the ceremony (`madoguchi ca ceremony`), or make one without witnesses \
         (`madoguchi ca init`)"
    } else {
        "the making of the root broke off, and there is no root: hold the ceremony again (`madoguchi ca ceremony`)"
    })
}

fn no_issuing(ended: usize, now: Timestamp) -> Error {
    let what = if ended == 0 {
        "there is a root, but no issuing authority: its making broke off".to_owned()
    } else {
        format!("all issuing authorities have ended, if it is {} now: see to the machine's clock first", now.in_japan())
    };
    Error::Internal(format!(
        "{what}; hold a ceremony without [root] for a new one (`madoguchi ca ceremony`, docs/operate/rollover.md)"
    ))
}

/// An issuing authority that was made; none once its certificate has ended.
async fn open_issuing(
    founding: &Founding<'_>,
    row: &rows::Authority,
    root: AuthorityId,
    newest: bool,
) -> Result<Option<Issuing>> {
    let certificate = IssuerCert::parse(&row.certificate).map_err(Error::internal)?;
    if certificate.validity().not_after < founding.clock.now() {
        return Ok(None);
    }
    let key = open_key(founding, &row.name, certificate.public_key(), newest).await.unwrap_or_else(|error| {
        tracing::error!(name = %row.name, %error, "the key of an issuing authority does not open");
        Arc::new(SigningKey::Absent(certificate.public_key().clone()))
    });
    let serial = certificate.serial().to_hex();
    let issuing = Issuing::new(row, certificate, key, founding.places)?;
    if rows::is_revoked_by(&mut founding.db.read().await?, &serial, root).await? {
        issuing.note_revoked();
    }
    Ok(Some(issuing))
}

/// Opens a key where it lies. While no store that can be asked holds it, it is taken to lie in the first that cannot: for the
/// newest authority the present store, for others one of the earlier ones.
async fn open_key(founding: &Founding<'_>, name: &str, certified: &PublicKey, newest: bool) -> Result<Arc<SigningKey>> {
    let earlier = founding.earlier_keys.iter();
    let stores: Vec<&KeyStore> = if newest {
        std::iter::once(founding.keys).chain(earlier).collect()
    } else {
        earlier.chain([founding.keys]).collect()
    };
    let (mut silent, mut fault) = (None, None);
    for store in stores {
        match store.holds(name).await {
            Ok(Some(true)) => return store.open(name, certified).await,
            Ok(Some(false)) => {}
            Ok(None) => silent = silent.or(Some(store)),
            // A store that is of no use any more must not hide a key that lies in another one.
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    match (silent, fault) {
        (None, Some(fault)) => Err(fault),
        (silent, _) => silent.unwrap_or(founding.keys).open(name, certified).await,
    }
}
