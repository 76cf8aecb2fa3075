//! The extensions of a certificate, in the order they are written (RFC 5280, 4.2).

use const_oid::db::rfc5280::{ANY_POLICY, ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_QT_CPS};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{Any, Ia5String, Null, OctetString};
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use super::{AlternativeName, CertificateOrder};
use crate::error::Error;
use crate::profile::Profile;

/// The list under construction, with the subject that some criticalities depend on.
struct List<'a> {
    subject: &'a Name,
    extensions: Vec<Extension>,
}

impl List<'_> {
    fn add<E: ToExtension<Error = der::Error>>(&mut self, extension: E) -> Result<(), Error> {
        self.extensions.push(extension.to_extension(self.subject, &self.extensions)?);
        Ok(())
    }
}

/// All extensions that the profile and the order ask for.
pub(super) fn build(order: &CertificateOrder<'_>, subject: &Name) -> Result<Vec<Extension>, Error> {
    let mut list = List { subject, extensions: Vec::new() };
    add_role(&mut list, order.profile)?;
    add_key_identifiers(&mut list, order)?;
    if !order.alternative_names.is_empty() {
        let names = order.alternative_names.iter().map(general_name).collect::<Result<_, _>>()?;
        list.add(&SubjectAltName(names))?;
    }
    add_policies(&mut list, order)?;
    add_addresses(&mut list, order)?;
    if order.profile.ocsp_no_check {
        list.add((ID_PKIX_OCSP_NOCHECK, false, &Null))?;
    }
    for fixed in &order.profile.extensions {
        let value = OctetString::new(fixed.value.as_slice())?;
        list.extensions.push(Extension { extn_id: fixed.oid, critical: fixed.critical, extn_value: value });
    }
    Ok(list.extensions)
}

fn add_role(list: &mut List<'_>, profile: &Profile) -> Result<(), Error> {
    if profile.authority {
        list.add(&BasicConstraints { ca: true, path_len_constraint: profile.path_length })?;
    }
    list.add(&KeyUsage(profile.key_usage))?;
    if !profile.extended_key_usage.is_empty() {
        list.add(&ExtendedKeyUsage(profile.extended_key_usage.clone()))?;
    }
    Ok(())
}

fn add_key_identifiers(list: &mut List<'_>, order: &CertificateOrder<'_>) -> Result<(), Error> {
    let own = order.public_key.key_id();
    let issuer = order.issuer.map_or(own.as_slice(), |issuer| issuer.key_id());
    let authority =
        AuthorityKeyIdentifier { key_identifier: Some(OctetString::new(issuer)?), ..AuthorityKeyIdentifier::default() };
    list.add(&authority)?;
    list.add(&SubjectKeyIdentifier(OctetString::new(own)?))
}

fn add_policies(list: &mut List<'_>, order: &CertificateOrder<'_>) -> Result<(), Error> {
    if order.profile.policies.is_empty() {
        return Ok(());
    }
    let statement = match order.profile.policy_statement {
        true => Some(address("the practice statement", order.urls.cps.as_deref())?),
        false => None,
    };
    let mut policies = Vec::new();
    for policy in &order.profile.policies {
        // An authority under anyPolicy speaks for no particular statement.
        let qualifiers = match &statement {
            Some(statement) if *policy != ANY_POLICY => {
                let qualifier = Some(Any::encode_from(statement)?);
                Some(vec![PolicyQualifierInfo { policy_qualifier_id: ID_QT_CPS, qualifier }])
            }
            _ => None,
        };
        policies.push(PolicyInformation { policy_identifier: *policy, policy_qualifiers: qualifiers });
    }
    list.add(&CertificatePolicies(policies))
}

fn add_addresses(list: &mut List<'_>, order: &CertificateOrder<'_>) -> Result<(), Error> {
    let publish = order.profile.publish;
    if publish.crl {
        let address =
            GeneralName::UniformResourceIdentifier(address("the revocation list", order.urls.crl.as_deref())?);
        let point = DistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(vec![address])),
            reasons: None,
            crl_issuer: None,
        };
        list.add(&CrlDistributionPoints(vec![point]))?;
    }
    let mut access = Vec::new();
    let mut describe = |access_method, uri| {
        access.push(AccessDescription { access_method, access_location: GeneralName::UniformResourceIdentifier(uri) });
    };
    if publish.ocsp {
        describe(ID_AD_OCSP, address("OCSP", order.urls.ocsp.as_deref())?);
    }
    if publish.issuer {
        describe(ID_AD_CA_ISSUERS, address("the issuer's certificate", order.urls.issuer.as_deref())?);
    }
    if access.is_empty() { Ok(()) } else { list.add(&AuthorityInfoAccessSyntax(access)) }
}

fn address(what: &'static str, given: Option<&str>) -> Result<Ia5String, Error> {
    uri(given.ok_or(Error::MissingUrl(what))?)
}

pub(crate) fn uri(text: &str) -> Result<Ia5String, Error> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or_default();
    if rest.is_empty()
        || rest.starts_with('/')
        || !rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
    {
        return Err(Error::BadUrl(text.to_owned()));
    }
    Ok(Ia5String::new(text)?)
}

fn general_name(name: &AlternativeName) -> Result<GeneralName, Error> {
    match name {
        AlternativeName::Ip(address) => Ok(GeneralName::from(*address)),
        AlternativeName::Dns(name) if !is_dns_name(name) => Err(Error::BadDnsName(name.clone())),
        AlternativeName::Dns(name) => Ok(GeneralName::DnsName(Ia5String::new(name)?)),
    }
}

/// Whether a name can stand in a certificate (RFC 1123, 2.1).
pub(super) fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
