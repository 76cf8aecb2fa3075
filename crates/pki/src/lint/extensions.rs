//! Rules on a certificate's extensions (RFC 5280, 4.2; RFC 6960, 4.2.2.2.1).

use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_QT_CPS};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::Decode;
use der::asn1::ObjectIdentifier;
use x509_cert::certificate::{Raw, TbsCertificateInner};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};

use super::Report;
use super::certificate::Expected;

type Tbs = TbsCertificateInner<Raw>;

/// Every extension that is issued here, and whether it must be critical.
const KNOWN: [(ObjectIdentifier, bool); 10] = [
    (BasicConstraints::OID, true),
    (KeyUsage::OID, true),
    (ExtendedKeyUsage::OID, false),
    (AuthorityKeyIdentifier::OID, false),
    (SubjectKeyIdentifier::OID, false),
    (SubjectAltName::OID, false),
    (CertificatePolicies::OID, false),
    (CrlDistributionPoints::OID, false),
    (AuthorityInfoAccessSyntax::OID, false),
    (ID_PKIX_OCSP_NOCHECK, false),
];

/// Applies every rule on extensions.
pub(super) fn lint(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    lint_list(tbs, expected, report);
    lint_role(tbs, expected, report);
    lint_key_identifiers(tbs, expected, report);
    lint_alternative_names(tbs, expected, report);
    lint_policies(tbs, expected, report);
    lint_distribution_points(tbs, expected, report);
    lint_access(tbs, expected, report);
    let no_check = tbs.extensions().into_iter().flatten().find(|one| one.extn_id == ID_PKIX_OCSP_NOCHECK);
    report.require(
        no_check.is_some() == expected.profile.ocsp_no_check,
        "ocsp_no_check.profile",
        "ocsp-nocheck is not as the profile says",
    );
    report.require(
        no_check.is_none_or(|one| one.extn_value.as_bytes() == [5, 0]),
        "ocsp_no_check.value",
        "ocsp-nocheck is not NULL",
    );
}

fn lint_list(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let fixed = &expected.profile.extensions;
    let mut seen = Vec::new();
    for extension in tbs.extensions().into_iter().flatten() {
        let oid = extension.extn_id;
        report.require(!seen.contains(&oid), "extension.repeated", "an extension stands twice");
        seen.push(oid);
        if let Some(wanted) = fixed.iter().find(|wanted| wanted.oid == oid) {
            let same = wanted.critical == extension.critical && wanted.value == extension.extn_value.as_bytes();
            report.require(same, "extension.profile", "an extension is not as the profile says");
            continue;
        }
        match KNOWN.iter().find(|(known, _)| *known == oid) {
            Some((_, critical)) if *critical == extension.critical => {}
            Some(_) => report.error("extension.criticality", format!("extension {oid} has the wrong criticality")),
            None if extension.critical => {
                report.error("extension.unknown", format!("unknown critical extension {oid}"))
            }
            None => report.notice("extension.unknown", format!("unknown extension {oid}")),
        }
    }
    let complete = fixed.iter().all(|wanted| seen.contains(&wanted.oid));
    report.require(complete, "extension.missing", "an extension that the profile writes out is missing");
}

/// The extension decoded, none when absent; reported when it cannot be read.
fn read<'a, T>(tbs: &'a Tbs, report: &mut Report) -> Option<T>
where
    T: Decode<'a> + AssociatedOid,
    T::Error: std::fmt::Display,
{
    match tbs.get_extension::<T>() {
        Ok(found) => found.map(|(_, extension)| extension),
        Err(error) => {
            report.error("extension.value", format!("extension {} cannot be read: {error}", T::OID));
            None
        }
    }
}

fn lint_role(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let profile = expected.profile;
    let constraints = read::<BasicConstraints>(tbs, report);
    let as_profile = match &constraints {
        Some(found) => profile.authority && found.ca && found.path_len_constraint == profile.path_length,
        None => !profile.authority,
    };
    report.require(as_profile, "basic_constraints.profile", "basic constraints are not as the profile says");
    match read::<KeyUsage>(tbs, report) {
        Some(usage) => {
            report.require(usage.0 == profile.key_usage, "key_usage.profile", "key usage is not as the profile says");
            let signs = usage.key_cert_sign();
            report.require(
                signs == constraints.is_some_and(|found| found.ca),
                "key_usage.authority",
                "keyCertSign and basic constraints disagree",
            );
        }
        None => report.error("key_usage.missing", "there is no key usage"),
    }
    let usages = read::<ExtendedKeyUsage>(tbs, report).map(|found| found.0).unwrap_or_default();
    report.require(
        usages == profile.extended_key_usage,
        "extended_key_usage.profile",
        "extended key usage is not as the profile says",
    );
    let below = expected.issuer.is_none_or(|issuer| !profile.authority || issuer.path_length() != Some(0));
    report.require(below, "path_length.issuer", "the issuer may not have authorities below it");
}

fn lint_key_identifiers(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let own = expected.key.key_id();
    let subject = read::<SubjectKeyIdentifier>(tbs, report);
    let fits = subject.is_some_and(|found| found.0.as_bytes() == own);
    report.require(fits, "subject_key_id", "the subject key identifier is not that of the key");
    let issuer_id = expected.issuer.map_or(own.as_slice(), |issuer| issuer.key_id());
    match read::<AuthorityKeyIdentifier>(tbs, report) {
        Some(found) => {
            let fits = found.key_identifier.as_ref().is_some_and(|id| id.as_bytes() == issuer_id);
            report.require(fits, "authority_key_id.issuer", "the authority key identifier is not the issuer's");
            let bare = found.authority_cert_issuer.is_none() && found.authority_cert_serial_number.is_none();
            report.require(bare, "authority_key_id.form", "the authority key identifier names issuer and serial");
        }
        None => report.error("authority_key_id.missing", "there is no authority key identifier"),
    }
}

fn lint_alternative_names(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let names = read::<SubjectAltName>(tbs, report).map(|found| found.0).unwrap_or_default();
    let as_profile = expected.profile.alternative_names != names.is_empty();
    report.require(as_profile, "alternative_names.profile", "alternative names are not as the profile says");
    let sound = names.iter().all(|name| match name {
        GeneralName::DnsName(name) => !name.as_str().is_empty() && !name.as_str().contains(' '),
        GeneralName::IpAddress(address) => matches!(address.as_bytes().len(), 4 | 16),
        _ => false,
    });
    report.require(sound, "alternative_names.form", "an alternative name is neither a DNS name nor an address");
}

fn lint_policies(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let policies = read::<CertificatePolicies>(tbs, report).map(|found| found.0).unwrap_or_default();
    let found: Vec<ObjectIdentifier> = policies.iter().map(|policy| policy.policy_identifier).collect();
    report.require(found == expected.profile.policies, "policies.profile", "policies are not as the profile says");
    let stated = policies.iter().any(|policy| policy.policy_qualifiers.is_some());
    report.require(
        stated == expected.profile.policy_statement,
        "policies.statement",
        "the address of the CPS is not as the profile says",
    );
    let qualifiers = policies.iter().flat_map(|policy| policy.policy_qualifiers.iter().flatten());
    let only_statements = qualifiers.into_iter().all(|qualifier| qualifier.policy_qualifier_id == ID_QT_CPS);
    report.require(only_statements, "policies.qualifier", "a policy has another qualifier than a CPS address");
}

fn lint_distribution_points(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let points = read::<CrlDistributionPoints>(tbs, report).map(|found| found.0).unwrap_or_default();
    let as_profile = expected.profile.publish.crl != points.is_empty();
    report.require(as_profile, "distribution_points.profile", "distribution points are not as the profile says");
    let sound = points.iter().all(|point| {
        let web = matches!(&point.distribution_point, Some(DistributionPointName::FullName(names))
            if !names.is_empty() && names.iter().all(is_web_address));
        web && point.reasons.is_none() && point.crl_issuer.is_none()
    });
    report.require(sound, "distribution_points.form", "a distribution point is not a plain web address");
}

fn lint_access(tbs: &Tbs, expected: &Expected<'_>, report: &mut Report) {
    let access = read::<AuthorityInfoAccessSyntax>(tbs, report).map(|found| found.0).unwrap_or_default();
    let count = |method| access.iter().filter(|one| one.access_method == method).count();
    let publish = expected.profile.publish;
    let as_profile = count(ID_AD_OCSP) == usize::from(publish.ocsp)
        && count(ID_AD_CA_ISSUERS) == usize::from(publish.issuer)
        && access.len() == usize::from(publish.ocsp) + usize::from(publish.issuer);
    report.require(as_profile, "authority_access.profile", "authority information access is not as the profile says");
    let sound = access.iter().all(|one| is_web_address(&one.access_location));
    report.require(sound, "authority_access.form", "an access location is not a web address");
}

fn is_web_address(name: &GeneralName) -> bool {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => {
            uri.as_str().starts_with("http://") || uri.as_str().starts_with("https://")
        }
        _ => false,
    }
}
