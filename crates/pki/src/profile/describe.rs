//! A profile in words, key by key as in its file: what is in force can be read without the file.

use const_oid::db::rfc5280::{ANY_POLICY, ID_KP_CLIENT_AUTH, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
use der::asn1::ObjectIdentifier;

use super::{FixedExtension, Profile, read::KEY_USAGES};
use crate::names::SubjectSource;

impl Profile {
    /// Every key that it has, with its value, in the order of its file; title, term and keys are left out.
    pub fn in_words(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("subject", self.subject_in_words())];
        if self.authority {
            let path = self.path_length.map(|length| format!(", path_length {length}")).unwrap_or_default();
            let own = if self.self_signed { ", self_signed" } else { "" };
            lines.push(("authority", format!("true{path}{own}")));
        }
        let usages = KEY_USAGES.iter().filter(|(_, usage)| self.key_usage.contains(*usage));
        lines.push(("key_usage", listed(usages.map(|(word, _)| (*word).to_owned()))));
        lines.push(("extended_key_usage", listed(self.extended_key_usage.iter().map(purpose))));
        lines.push(("policies", listed(self.policies.iter().map(policy))));
        lines.push(("publish", self.publish_in_words()));
        for (key, set) in [
            ("policy_statement", self.policy_statement),
            ("alternative_names", self.alternative_names),
            ("ocsp_no_check", self.ocsp_no_check),
        ] {
            if set {
                lines.push((key, "true".to_owned()));
            }
        }
        lines.extend(self.extensions.iter().map(|extension| ("extension", in_words(extension))));
        lines.retain(|(_, value)| !value.is_empty());
        lines
    }

    /// The attributes of the subject in their order: the name of each, and its text or, in braces, the word of the order that
    /// it takes, such as `{terminal_name}`.
    pub fn subject_in_parts(&self) -> Vec<(String, String)> {
        let value = |source: &SubjectSource| match source {
            SubjectSource::Fixed(text) => text.clone(),
            SubjectSource::Field(field) => format!("{{{field}}}"),
        };
        self.subject.iter().map(|rule| (rule.kind.to_string(), value(&rule.source))).collect()
    }

    fn subject_in_words(&self) -> String {
        listed(self.subject_in_parts().into_iter().map(|(kind, value)| format!("{kind}={value}")))
    }

    fn publish_in_words(&self) -> String {
        let all = [("crl", self.publish.crl), ("ocsp", self.publish.ocsp), ("issuer", self.publish.issuer)];
        listed(all.into_iter().filter(|(_, set)| *set).map(|(word, _)| word.to_owned()))
    }
}

fn listed(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn purpose(oid: &ObjectIdentifier) -> String {
    match *oid {
        ID_KP_CLIENT_AUTH => "clientAuth".to_owned(),
        ID_KP_SERVER_AUTH => "serverAuth".to_owned(),
        ID_KP_OCSP_SIGNING => "ocspSigning".to_owned(),
        other => other.to_string(),
    }
}

fn policy(oid: &ObjectIdentifier) -> String {
    if *oid == ANY_POLICY { "any".to_owned() } else { oid.to_string() }
}

fn in_words(extension: &FixedExtension) -> String {
    let critical = if extension.critical { "critical" } else { "not critical" };
    let value: String = extension.value.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{}, {critical}, {value}", extension.oid)
}
