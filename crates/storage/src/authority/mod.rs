//! Authorities, certificates, revocation lists, OCSP answers and checks; every record stands before its signature.

mod certificates;
mod checks;
mod crls;
mod findings;
mod lookup;
mod ocsp;
mod revocations;

pub use certificates::*;
pub use checks::*;
pub use crls::*;
pub use findings::*;
pub use lookup::*;
pub use ocsp::*;
pub use revocations::*;

use domain::ids::AuthorityId;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A root or issuing authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Identifier.
    pub id: Uuid,
    /// Short name, such as `root` or `issuing-1`.
    pub name: String,
    /// `root` or `issuing`.
    pub role: String,
    /// DER.
    pub certificate: Vec<u8>,
    /// Number of its last CRL.
    pub crl_number: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at: i64,
    /// How many shards its revocation list has beside the full one; fixed when it was made.
    pub crl_shards: i64,
}
from_row!(Authority { id, name, role, certificate, crl_number, created_at, crl_shards });

sql!(
    INSERT_AUTHORITY = "INSERT INTO authorities (id, name, role, certificate, crl_number, created_at, crl_shards) VALUES ($1, $2, $3, $4, 0, $5, $6)"
);
sql!(SET_AUTHORITY_CERTIFICATE = "UPDATE authorities SET certificate = $1 WHERE id = $2");
sql!(
    AUTHORITIES = "SELECT id, name, role, certificate, crl_number, created_at, crl_shards FROM authorities ORDER BY created_at, id"
);
/// Adds an authority.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the name is taken.
#[boxed]
pub async fn insert_authority(tx: &mut Tx, authority: &Authority) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_AUTHORITY)
        .bind(authority.id)
        .bind(&authority.name)
        .bind(&authority.role)
        .bind(&authority.certificate)
        .bind(authority.created_at)
        .bind(authority.crl_shards)
        .execute(c)
        .await
        .map(drop))?)
}

/// Stores an authority's own certificate; until then it is empty.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_authority_certificate(tx: &mut Tx, id: AuthorityId, der: &[u8]) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_AUTHORITY_CERTIFICATE)
        .bind(der)
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// All authorities, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn authorities(conn: &mut Conn) -> Result<Vec<Authority>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(AUTHORITIES).fetch_all(c).await)?)
}
