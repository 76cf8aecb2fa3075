//! What the authority publishes: certificates and revocation lists, and what the portal tells about them.

use std::sync::Arc;

use domain::{clock::Timestamp, ids::AuthorityId};
use storage::{authority as rows, boxed};

use super::lists::FULL;
use crate::{App, Error, Result};

/// A signed revocation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedCrl {
    /// Its number.
    pub number: i64,
    /// DER.
    pub der: Vec<u8>,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one will be there at the latest.
    pub next_update: Timestamp,
}

/// The newest list of an issuing authority: full for shard 0, else that of the shard.
///
/// # Errors
/// [`Error::NotFound`] for a shard that does not exist and before the first list was made.
#[boxed]
pub async fn crl(app: &App, authority: AuthorityId, shard: i64) -> Result<Arc<PublishedCrl>> {
    let look = app.shelf.look(app.clock.now());
    if let Some(list) = app.shelf.list((authority, shard), look) {
        return Ok(list);
    }
    let row = rows::latest_crl(&mut app.db.read().await?, authority, shard).await?.ok_or(Error::NotFound)?;
    let list = PublishedCrl {
        number: row.number,
        der: row.crl,
        this_update: Timestamp::from_millis(row.this_update),
        next_update: Timestamp::from_millis(row.next_update),
    };
    Ok(app.shelf.put_list((authority, shard), look, list))
}

/// The newest full list of the authority that issues now.
///
/// # Errors
/// [`Error::NotFound`] before the first one was made.
#[boxed]
pub async fn current_crl(app: &App) -> Result<Arc<PublishedCrl>> {
    crl(app, app.authority.issuing.id, FULL).await
}

/// The newest list of the root.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
#[boxed]
pub async fn root_crl(app: &App) -> Result<Arc<PublishedCrl>> {
    crl(app, app.authority.root_id, FULL).await
}

/// How the lists of an authority stand, the full one first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn crl_standing(app: &App, authority: AuthorityId) -> Result<Vec<rows::Standing>> {
    Ok(rows::crl_standing(&mut app.db.read().await?, authority).await?)
}

/// What the portal shows of an authority's certificate.
#[derive(Clone, Debug)]
pub struct Published {
    /// Common name, as operating systems show it.
    pub name: String,
    /// Subject in words.
    pub subject: String,
    /// SHA-256 in groups of four, to be read by telephone.
    pub fingerprint: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// What the portal shows of an authority's certificate in DER.
///
/// # Errors
/// When the certificate cannot be read.
pub fn published(der: &[u8]) -> Result<Published> {
    let info = pki::CertificateInfo::parse(der).map_err(Error::internal)?;
    let digits: Vec<char> = info.fingerprint.to_uppercase().chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(Published {
        name: info.subject.common_name.unwrap_or_default(),
        subject: info.subject_text,
        fingerprint: groups.join(" "),
        not_before: info.validity.not_before,
        not_after: info.validity.not_after,
    })
}

/// What the portal shows of the root.
///
/// # Errors
/// When its certificate cannot be read.
pub fn published_root(app: &App) -> Result<Published> {
    published(app.authority.root.der())
}

/// A certificate in PEM.
pub fn pem(der: &[u8]) -> String {
    pki::pem::certificate(der)
}

/// All issuing authorities that are believed, the one that issues now first, and the root, in DER.
pub fn chain(app: &App) -> Vec<&[u8]> {
    let issuing = app.authority.believed().map(|issuing| issuing.certificate.der());
    issuing.chain([app.authority.root.der()]).collect()
}

/// The same in PEM.
pub fn chain_pem(app: &App) -> String {
    chain(app).into_iter().map(pem).collect()
}

/// Subjects of the authorities whose certificates a browser should offer, in DER.
pub fn subject_names(app: &App) -> Vec<Vec<u8>> {
    let issuing = app.authority.believed().map(|issuing| issuing.certificate.name_der().to_vec());
    issuing.chain([app.authority.root.name_der().to_vec()]).collect()
}
