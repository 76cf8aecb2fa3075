//! Judges one stored certificate by what is known today. Reads nothing: everything needed is at hand before.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    checks::{Fault, Reason},
    ids::AuthorityId,
};
use pki::{Error as Unread, Issued, IssuerCert, Linter, Profiles};
use storage::{
    Conn,
    authority::{self as rows, ToCheck},
};
use uuid::Uuid;

use crate::{App, Result, authority::making::ROOT};

/// The state of one that is relied upon.
const VALID: &str = "valid";

/// An authority as the database knows it now.
struct Issuer {
    name: String,
    is_root: bool,
    certificate: IssuerCert,
    revoked: bool,
}

/// What stored certificates are judged by.
pub(super) struct Judge {
    issuers: BTreeMap<Uuid, Issuer>,
    profiles: Arc<Profiles>,
    linter: Arc<Linter>,
}

impl Judge {
    /// Reads the authorities; one whose certificate is missing or cannot be read is not at hand.
    pub(super) async fn read(app: &App, conn: &mut Conn) -> Result<Self> {
        let all = rows::authorities(conn).await?;
        let roots: Vec<Uuid> = all.iter().filter(|one| one.role == ROOT).map(|one| one.id).collect();
        let mut issuers = BTreeMap::new();
        for row in all {
            let Ok(certificate) = IssuerCert::parse(&row.certificate) else { continue };
            let mut revoked = false;
            for root in &roots {
                revoked |= rows::is_revoked_by(conn, &certificate.serial().to_hex(), AuthorityId(*root)).await?;
            }
            let is_root = roots.contains(&row.id);
            issuers.insert(row.id, Issuer { name: row.name, is_root, certificate, revoked });
        }
        Ok(Self { issuers, profiles: app.authority.profiles.clone(), linter: app.authority.linter.clone() })
    }

    /// Everything that stands against a certificate; empty when it is good. What only says that it should be revoked does not
    /// stand against one that is.
    pub(super) fn judge(&self, row: &ToCheck) -> Vec<Reason> {
        let mut reasons = vec![];
        if let Some(why) = row.blocked.as_ref().filter(|_| row.state == VALID) {
            reasons.push(Reason::new(Fault::Blocked, why));
        }
        let issued = match Issued::parse(row.certificate.as_deref().unwrap_or_default()) {
            Ok(issued) => issued,
            Err(Unread::Key(fault)) => {
                reasons.push(Reason::new(Fault::Key, fault.to_string()));
                return reasons;
            }
            Err(error) => {
                reasons.push(Reason::new(Fault::Bytes, error.to_string()));
                return reasons;
            }
        };
        reasons.extend(differing(row, &issued));
        match self.issuers.get(&row.authority_id) {
            None => reasons.push(Reason::new(Fault::Issuer, "")),
            Some(issuer) => self.judge_by(issuer, row, &issued, &mut reasons),
        }
        reasons
    }

    fn judge_by(&self, issuer: &Issuer, row: &ToCheck, issued: &Issued, reasons: &mut Vec<Reason>) {
        if issuer.revoked && row.state == VALID {
            reasons.push(Reason::new(Fault::IssuerRevoked, &issuer.name));
        }
        if !issued.is_signed_by(&issuer.certificate) {
            reasons.push(Reason::new(Fault::Signature, &issuer.name));
        }
        let list = list_of(issuer, row.crl_shard);
        if issued.crl_addresses.iter().any(|address| !address.ends_with(&list)) {
            reasons.push(Reason::new(Fault::Shard, issued.crl_addresses.join(" ")));
        }
        let Some(profile) = self.profiles.get(&row.profile) else {
            reasons.push(Reason::new(Fault::Profile, &row.profile));
            return;
        };
        let findings = self.linter.lint_issued(issued, profile, &issuer.certificate);
        let broken = findings.iter().filter(|finding| finding.blocks());
        reasons.extend(broken.map(|finding| Reason::new(Fault::Rule, finding.to_string())));
    }
}

/// The end of the address of a list: what stands before it may change with the configuration.
fn list_of(issuer: &Issuer, shard: i64) -> String {
    match shard {
        _ if issuer.is_root => "/pki/root.crl".to_owned(),
        0 => format!("/pki/{}.crl", issuer.name),
        _ => format!("/pki/{}/{shard}.crl", issuer.name),
    }
}

/// What the register says otherwise than the certificate.
fn differing(row: &ToCheck, issued: &Issued) -> Vec<Reason> {
    let info = &issued.info;
    let seconds = |millis: i64| millis.div_euclid(1_000);
    let same = [
        ("serial", info.serial.to_hex() == row.serial),
        ("subject", info.subject.common_name.as_ref() == Some(&row.subject)),
        ("not_before", info.validity.not_before.as_seconds() == seconds(row.not_before)),
        ("not_after", info.validity.not_after.as_seconds() == seconds(row.not_after)),
        ("key_hash", info.key_hash == row.key_hash),
        ("tbs", issued.tbs == row.tbs),
    ];
    same.into_iter().filter(|(_, same)| !same).map(|(field, _)| Reason::new(Fault::Record, field)).collect()
}
