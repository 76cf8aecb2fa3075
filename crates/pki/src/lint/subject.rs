//! Rules on the subject: encodings, upper bounds, nothing twice (RFC 5280, 4.1.2.6 and appendix A).

use der::Tagged;
use x509_cert::name::Name;

use super::Report;
use crate::names::{AttributeKind, check_attribute};

/// Applies the rules to a subject.
pub(super) fn lint(name: &Name, report: &mut Report) {
    report.require(!name.is_empty(), "subject.empty", "the subject is empty");
    report.require(
        name.iter_rdn().all(|step| step.len() == 1),
        "subject.multivalued",
        "a step holds several attributes",
    );
    let mut seen = Vec::new();
    for attribute in name.iter() {
        let Some(kind) = AttributeKind::from_oid(attribute.oid) else {
            report.notice("subject.attribute", format!("attribute {} is not one of this house", attribute.oid));
            continue;
        };
        report.require(!seen.contains(&kind), "subject.repeated", "an attribute stands twice");
        seen.push(kind);
        report.require(
            attribute.value.tag() == kind.tag(),
            "subject.encoding",
            "an attribute has the wrong string type",
        );
        match std::str::from_utf8(attribute.value.value()) {
            Ok(text) => {
                if let Err(fault) = check_attribute(kind, text) {
                    report.error("subject.text", fault.to_string());
                }
            }
            Err(_) => report.error("subject.text", format!("{kind} is not UTF-8")),
        }
    }
    report.require(seen.contains(&AttributeKind::CommonName), "subject.common_name", "there is no common name");
}
