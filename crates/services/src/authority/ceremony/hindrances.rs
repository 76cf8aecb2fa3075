//! What hinders a ceremony, told before anything is made.

use pki::{CertificateInfo, IssuerCert};
use storage::{authority as rows, boxed};

use super::{
    super::{making::newest_root, timekeeper::not_behind},
    Ceremony, Founding,
};
use crate::{Error, Result};

/// What hinders a ceremony in the state of this installation, in words for its operator; empty when nothing does. Nothing is
/// changed.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn hindrances(founding: &Founding<'_>, ceremony: &Ceremony<'_>) -> Result<Vec<String>> {
    let mut found = vec![];
    let now = founding.clock.now();
    match not_behind(founding.db, now).await {
        Err(Error::ClockInDoubt(why)) => found.push(format!("the machine's clock: {why}")),
        other => other?,
    }
    let all = rows::authorities(&mut founding.db.read().await?).await?;
    for new in ceremony.root.iter().chain([&ceremony.issuing]) {
        if all.iter().any(|one| common_name(&one.certificate).as_deref() == Some(new.common_name)) {
            found.push(format!("an authority has the common name {} already: take another one", new.common_name));
        }
        if let Some(why) = new.store.hindrance(new.key).await? {
            found.push(format!("no key for {} can be made: {why}", new.common_name));
        }
    }
    match (newest_root(founding).await?, &ceremony.root) {
        (Some(root), Some(_)) => {
            found.push(format!("there is a root already ({}): leave [root] out for a rollover below it", root.name));
        }
        (None, None) => found.push("there is no root: [root] must say what it shall be".to_owned()),
        (Some(root), None) => standing(founding, &root, &mut found).await?,
        (None, Some(_)) => {}
    }
    Ok(found)
}

/// Whether the root that is there can sign: its key is at hand and its own, and it has not ended.
async fn standing(founding: &Founding<'_>, root: &rows::Authority, found: &mut Vec<String>) -> Result<()> {
    let certificate = IssuerCert::parse(&root.certificate).map_err(Error::internal)?;
    if certificate.validity().not_after < founding.clock.now() {
        found.push(format!("the root ({}) has ended, if the machine's clock is right", root.name));
    }
    match founding.root_keys.find(&root.name).await {
        Ok(Some(key)) if key.public_key() == certificate.public_key() => {}
        Ok(Some(_)) => found.push(format!("the key of the root ({}) is not that of its certificate", root.name)),
        Ok(None) => {
            found.push(format!("the key of the root ({}) is not there: bring it, or name its folder", root.name));
        }
        Err(error) => found.push(format!("the key of the root ({}) does not open: {error}", root.name)),
    }
    Ok(())
}

fn common_name(certificate: &[u8]) -> Option<String> {
    CertificateInfo::parse(certificate).ok()?.subject.common_name
}
