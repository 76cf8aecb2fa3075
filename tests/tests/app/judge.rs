//! OpenSSL as judge of a stored certificate, with the lists that stand at the moment.

use std::process::Command;

use services::authority::{Issuing, crl, root_crl};
use storage::authority::Certificate;

use crate::support::House;

/// What it says with the list of the certificate's own shard at hand: `OK` or `revoked`.
pub(crate) async fn with_its_list(house: &House, issuing: &Issuing, certificate: &Certificate) -> &'static str {
    let shard = crl(&house.app, issuing.id, certificate.crl_shard).await.unwrap();
    verified(house, issuing, certificate, "-crl_check", &pki::pem::crl(&shard.der))
}

/// What it says of the whole chain, with the root's list too: `OK` or `revoked`.
pub(crate) async fn with_all_lists(house: &House, issuing: &Issuing, certificate: &Certificate) -> &'static str {
    let shard = crl(&house.app, issuing.id, certificate.crl_shard).await.unwrap();
    let above = root_crl(&house.app).await.unwrap();
    let lists = pki::pem::crl(&shard.der) + &pki::pem::crl(&above.der);
    verified(house, issuing, certificate, "-crl_check_all", &lists)
}

fn verified(house: &House, issuing: &Issuing, certificate: &Certificate, check: &str, lists: &str) -> &'static str {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let root = file("root.pem", &pki::pem::certificate(house.app.authority.root.der()));
    let issuer = file("issuing.pem", &pki::pem::certificate(issuing.certificate.der()));
    let leaf = file("leaf.pem", &pki::pem::certificate(certificate.certificate.as_deref().unwrap()));
    let lists = file("lists.pem", lists);
    let now = house.app.clock.now().as_seconds().to_string();
    let words = ["verify", check, "-extended_crl", "-CRLfile", &lists, "-attime", &now, "-CAfile", &root];
    let output = Command::new("openssl").args(words).args(["-untrusted", &issuer, &leaf]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.success() {
        true => "OK",
        false if said.contains("certificate revoked") => "revoked",
        false => unreachable!("{said}"),
    }
}
