//! What a profile must be for the use that is made of it: a name alone makes no root of it.

use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsages;

use super::{Profile, ProfileFault, ProfileFaults, Profiles};
use crate::names::{self, Subject, SubjectFault};

/// Profiles that the program asks for by their names, and what it needs them for.
const OWN: [(&str, Role); 4] = [
    ("root", Role::Root),
    ("issuing", Role::Issuing),
    ("ocsp", Role::Responder),
    ("closed-network-server", Role::Server),
];

/// A use of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Root,
    Issuing,
    Responder,
    Server,
}

impl Profile {
    /// What of its subject cannot be composed from these values; empty when all of it can.
    pub fn subject_faults(&self, subject: &Subject) -> Vec<SubjectFault> {
        self.subject.iter().filter_map(|rule| names::text(rule, subject).err()).collect()
    }

    /// Adds what hinders its certificates from being those of terminals: the connection test would refuse them.
    pub(super) fn check_terminal(&self, faults: &mut Vec<ProfileFault>) {
        if !self.extended_key_usage.contains(&ID_KP_CLIENT_AUTH) {
            faults.push(self.fault("", "端末のプロファイルには、拡張鍵用途 clientAuth が必要です。"));
            return;
        }
        self.require_usage(KeyUsages::DigitalSignature, "端末のプロファイルには digitalSignature が必要です。", faults);
        if self.alternative_names {
            faults.push(self.fault("alternative_names", "端末のプロファイルには書けません。"));
        }
        let sample = Subject::terminal("医療法人社団まどぐち会 窓口医院", "1312345678", "受付のパソコン", "C7KM-4X8P");
        self.check_subject(&sample, faults);
    }

    fn check_role(&self, role: Role, subject: &Subject, faults: &mut Vec<ProfileFault>) {
        match role {
            Role::Root => {
                if !(self.authority && self.self_signed) {
                    let problem = "ルート認証局には authority = true と self_signed = true が必要です。";
                    faults.push(self.fault("authority", problem));
                }
            }
            Role::Issuing => {
                if !self.authority || self.self_signed {
                    let problem = "発行認証局には authority = true が必要で、self_signed は書けません。";
                    faults.push(self.fault("authority", problem));
                }
            }
            Role::Responder => {
                self.require_purpose(ID_KP_OCSP_SIGNING, "OCSPレスポンダには ocspSigning が必要です。", faults);
                let problem = "OCSPレスポンダには digitalSignature が必要です。";
                self.require_usage(KeyUsages::DigitalSignature, problem, faults);
            }
            Role::Server => {
                self.require_purpose(ID_KP_SERVER_AUTH, "閉域網のサーバーには serverAuth が必要です。", faults);
                let problem = "閉域網のサーバーには digitalSignature が必要です。";
                self.require_usage(KeyUsages::DigitalSignature, problem, faults);
            }
        }
        self.check_subject(subject, faults);
    }

    fn require_usage(&self, usage: KeyUsages, problem: &str, faults: &mut Vec<ProfileFault>) {
        if !self.key_usage.contains(usage) {
            faults.push(self.fault("key_usage", problem));
        }
    }

    fn require_purpose(&self, purpose: ObjectIdentifier, problem: &str, faults: &mut Vec<ProfileFault>) {
        if !self.extended_key_usage.contains(&purpose) {
            faults.push(self.fault("extended_key_usage", problem));
        }
    }

    fn check_subject(&self, subject: &Subject, faults: &mut Vec<ProfileFault>) {
        faults.extend(self.subject_faults(subject).iter().map(|fault| self.fault("subject", &fault.to_string())));
    }

    fn fault(&self, key: &str, problem: &str) -> ProfileFault {
        ProfileFault { profile: self.name.clone(), key: key.to_owned(), problem: problem.to_owned() }
    }
}

impl Profiles {
    /// Checks the profiles that the program asks for by name (`root`, `issuing`, `ocsp`, `closed-network-server`): each must
    /// be what it is used for, and its subject must be composed of what the operator has.
    ///
    /// # Errors
    /// Every fault of each of them, and those that are missing.
    pub fn check_roles(&self, operator: &str) -> Result<(), ProfileFaults> {
        let subject = Subject::operator(operator, "共通認証局 発行局");
        let mut faults = Vec::new();
        for (name, role) in OWN {
            match self.get(name) {
                Some(profile) => profile.check_role(role, &subject, &mut faults),
                None => faults.push(ProfileFault {
                    profile: name.to_owned(),
                    key: String::new(),
                    problem: "このプロファイルはありません。".to_owned(),
                }),
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(ProfileFaults(faults)) }
    }
}
