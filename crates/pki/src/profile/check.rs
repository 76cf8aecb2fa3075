//! Whether the parts of a profile fit together.

use const_oid::db::rfc5280::{ANY_POLICY, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::KeyUsages;

use super::{Profile, ProfileFault};
use crate::names::AttributeKind;

/// Reports every contradiction in one profile.
pub(super) fn profile(profile: &Profile, faults: &mut Vec<ProfileFault>) {
    let mut check = Check { profile, faults };
    check.subject();
    if profile.authority {
        check.authority();
    } else {
        check.end_entity();
    }
    check.companions();
}

struct Check<'a> {
    profile: &'a Profile,
    faults: &'a mut Vec<ProfileFault>,
}

impl Check<'_> {
    fn require(&mut self, holds: bool, key: &str, problem: &str) {
        if !holds {
            let (profile, key, problem) = (self.profile.name.clone(), key.to_owned(), problem.to_owned());
            self.faults.push(ProfileFault { profile, key, problem });
        }
    }

    fn has_usage(&self, usage: KeyUsages) -> bool {
        self.profile.key_usage.contains(usage)
    }

    fn subject(&mut self) {
        let kinds: Vec<AttributeKind> = self.profile.subject.iter().map(|rule| rule.kind).collect();
        let repeated =
            (1..kinds.len()).any(|end| kinds.iter().take(end).any(|earlier| Some(earlier) == kinds.get(end)));
        self.require(!repeated, "subject", "同じ属性が2回あります。");
        let named = kinds.is_empty() || kinds.contains(&AttributeKind::CommonName);
        self.require(named, "subject", "CN が必要です。");
    }

    fn authority(&mut self) {
        let signs = self.has_usage(KeyUsages::KeyCertSign) && self.has_usage(KeyUsages::CRLSign);
        self.require(signs, "key_usage", "認証局には keyCertSign と cRLSign が必要です。");
        let bare = self.profile.extended_key_usage.is_empty();
        self.require(bare, "extended_key_usage", "認証局には書けません。");
        self.require(!self.profile.alternative_names, "alternative_names", "認証局には書けません。");
    }

    fn end_entity(&mut self) {
        let signs = self.has_usage(KeyUsages::KeyCertSign) || self.has_usage(KeyUsages::CRLSign);
        self.require(!signs, "key_usage", "keyCertSign と cRLSign は認証局だけのものです。");
        let bare = self.profile.extended_key_usage.is_empty();
        self.require(!bare, "extended_key_usage", "1つ以上必要です。");
        self.require(self.profile.path_length.is_none(), "path_length", "認証局だけのものです。");
        self.require(!self.profile.self_signed, "self_signed", "認証局だけのものです。");
        let any = self.profile.policies.contains(&ANY_POLICY);
        self.require(!any, "policies", "any は認証局だけのものです。");
    }

    /// Keys that only make sense together with others.
    fn companions(&mut self) {
        let profile = self.profile;
        let own_policy = profile.policies.iter().any(|policy| *policy != ANY_POLICY);
        let stated = own_policy || !profile.policy_statement;
        self.require(stated, "policy_statement", "any 以外のポリシーが必要です。");
        let published = profile.publish.crl || profile.publish.ocsp || profile.publish.issuer;
        self.require(!(profile.self_signed && published), "publish", "自己署名の認証局には書けません。");
        let server = profile.extended_key_usage.contains(&ID_KP_SERVER_AUTH);
        self.require(profile.alternative_names == server, "alternative_names", "serverAuth と一緒に使ってください。");
        let responder = profile.extended_key_usage.contains(&ID_KP_OCSP_SIGNING);
        self.require(profile.ocsp_no_check == responder, "ocsp_no_check", "ocspSigning と一緒に使ってください。");
    }
}
