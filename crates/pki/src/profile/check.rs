//! Whether the parts of a profile fit together.

use const_oid::db::rfc5280::{ANY_POLICY, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::KeyUsages;

use super::{Profile, ProfileFault};
use crate::names::AttributeKind;

/// Reports every contradiction in one profile.
pub(super) fn profile(profile: &Profile, faults: &mut Vec<ProfileFault>) {
    let mut require = |holds: bool, key: &str, problem: &str| {
        if !holds {
            let (profile, key, problem) = (profile.name.clone(), key.to_owned(), problem.to_owned());
            faults.push(ProfileFault { profile, key, problem });
        }
    };
    let kinds: Vec<AttributeKind> = profile.subject.iter().map(|rule| rule.kind).collect();
    let repeated =
        kinds.iter().enumerate().any(|(index, kind)| kinds.iter().take(index).any(|earlier| earlier == kind));
    require(!repeated, "subject", "同じ属性が2回あります。");
    require(kinds.is_empty() || kinds.contains(&AttributeKind::CommonName), "subject", "CN が必要です。");

    let usage = |one: KeyUsages| profile.key_usage.contains(one);
    let extended = |one| profile.extended_key_usage.contains(&one);
    if profile.authority {
        require(
            usage(KeyUsages::KeyCertSign) && usage(KeyUsages::CRLSign),
            "key_usage",
            "認証局には keyCertSign と cRLSign が必要です。",
        );
        require(profile.extended_key_usage.is_empty(), "extended_key_usage", "認証局には書けません。");
        require(!profile.alternative_names, "alternative_names", "認証局には書けません。");
    } else {
        require(
            !usage(KeyUsages::KeyCertSign) && !usage(KeyUsages::CRLSign),
            "key_usage",
            "keyCertSign と cRLSign は認証局だけのものです。",
        );
        require(!profile.extended_key_usage.is_empty(), "extended_key_usage", "1つ以上必要です。");
        require(profile.path_length.is_none(), "path_length", "認証局だけのものです。");
        require(!profile.self_signed, "self_signed", "認証局だけのものです。");
        require(!profile.policies.contains(&ANY_POLICY), "policies", "any は認証局だけのものです。");
    }
    let own_policy = profile.policies.iter().any(|policy| *policy != ANY_POLICY);
    require(own_policy || !profile.policy_statement, "policy_statement", "any 以外のポリシーが必要です。");
    let published = profile.publish.crl || profile.publish.ocsp || profile.publish.issuer;
    require(!(profile.self_signed && published), "publish", "自己署名の認証局には書けません。");
    require(
        profile.alternative_names == extended(ID_KP_SERVER_AUTH),
        "alternative_names",
        "serverAuth と一緒に使ってください。",
    );
    require(
        profile.ocsp_no_check == extended(ID_KP_OCSP_SIGNING),
        "ocsp_no_check",
        "ocspSigning と一緒に使ってください。",
    );
}
