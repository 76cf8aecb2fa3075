//! What a configuration must fulfil; every fault is named.

use std::path::Path;

use domain::office::Matter;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::Config;

/// What to do where key files have no passphrase.
pub(crate) const NO_PASSPHRASE: &str = "authority.passphrase_files: name the two files with the halves that two officers \
    hold; or say unattended_passphrase = true, and whoever reads the data folder has the keys";

impl Config {
    /// Adds a sentence for every fault.
    pub(super) fn validate(&self, faults: &mut Vec<String>) {
        if let Some(database) = &self.database
            && !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| database.starts_with(scheme))
        {
            faults.push("database: must begin with sqlite: or postgres:".to_owned());
        }
        for (name, url, schemes) in [
            ("portal.url", &self.portal.url, &["http://", "https://"][..]),
            ("closed_network.url", &self.closed_network.url, &["https://"][..]),
        ] {
            if url.ends_with('/') || !schemes.iter().any(|scheme| url.starts_with(scheme)) {
                faults.push(format!("{name}: must begin with {} and not end with a slash", schemes.join(" or ")));
            }
        }
        for (name, listener) in [("portal", &self.portal), ("closed_network", &self.closed_network)] {
            listener.validate_identity(name, faults);
        }
        let closed = &self.closed_network;
        if closed.certificate.is_none()
            && let Err(fault) = pki::AlternativeName::of_url(&closed.url)
        {
            let why = "the certificate that is made for this listener must name its host";
            faults.push(format!("closed_network.url: {fault}; {why}"));
        }
        if let Err(found) = self.portal.proxies() {
            faults.extend(found.into_iter().map(|fault| format!("portal.trusted_proxies: {fault}")));
        }
        self.webhooks.validate(faults);
        self.validate_publications(faults);
        self.validate_profiles(faults);
        self.validate_rules(faults);
        self.authority.key_store.validate("authority.key_store", faults);
        self.authority.root_key_store.validate("authority.root_key_store", faults);
        for (number, store) in (1..).zip(&self.authority.earlier_key_stores) {
            store.validate(&format!("authority.earlier_key_stores, table {number}"), faults);
        }
    }

    /// Adds a sentence when key files would be closed with a passphrase that lies beside them, and nobody said so.
    pub(super) fn validate_passphrase(&self, faults: &mut Vec<String>) {
        let authority = &self.authority;
        if authority.keeps_key_files() && authority.passphrase_files.is_empty() && !authority.unattended_passphrase {
            faults.push(NO_PASSPHRASE.to_owned());
        }
    }

    fn validate_publications(&self, faults: &mut Vec<String>) {
        match &self.authority.publication_url {
            Some(url) if url.ends_with('/') || !url.starts_with("http://") => {
                faults.push("authority.publication_url: must begin with http:// and not end with a slash".to_owned());
            }
            None if self.portal.url.starts_with("https://") && names_a_port(&self.portal.url) => faults.push(
                "authority.publication_url: must be given when portal.url is https with a port of its own".to_owned(),
            ),
            _ => {}
        }
    }

    fn validate_profiles(&self, faults: &mut Vec<String>) {
        match self.authority.profiles() {
            Err(found) => faults.extend(found.to_string().lines().map(|fault| format!("authority.profiles: {fault}"))),
            Ok(profiles) => {
                if let Err(found) = profiles.check_roles(&self.operator.name) {
                    faults.extend(found.0.iter().map(|fault| format!("authority.profiles: {fault}")));
                }
                if let Err(found) = profiles.for_terminals(&self.authority.terminal_profiles) {
                    let named = found.0.iter().map(|fault| format!("authority.terminal_profiles: {fault}"));
                    faults.extend(named);
                }
            }
        }
    }

    fn validate_rules(&self, faults: &mut Vec<String>) {
        if let Some(mailbox) = &self.inquiries.mailbox {
            mailbox.validate(faults);
        }
        self.uploads.validate(faults);
        self.validate_mail(faults);
        if !["letter", "reviewer"].contains(&self.rules.membership.as_str()) {
            faults.push("rules.membership: must be letter or reviewer".to_owned());
        }
        if !(5..=1_440).contains(&self.rules.session_minutes) {
            faults.push("rules.session_minutes: must be between 5 and 1440".to_owned());
        }
        let cut_off = self.cut_off();
        if let Err(error) = cut_off.validate() {
            faults.push(format!("rules.cut_off_day: {error}"));
        }
        if let Err(error) = self.drafts().validate() {
            faults.push(format!("rules.draft_days, rules.draft_notice_days: {error}"));
        }
        for word in self.rules.four_eyes.iter().filter(|word| word.parse::<Matter>().is_err()) {
            let known: Vec<&str> = Matter::ALL.iter().map(|matter| matter.as_str()).collect();
            faults.push(format!("rules.four_eyes: {word:?} is none of {}", known.join(", ")));
        }
        self.validate_halves(faults);
    }

    fn validate_mail(&self, faults: &mut Vec<String>) {
        if !self.mail.from.contains('@') {
            faults.push("mail.from: must be a mail address".to_owned());
        }
        if let Some(Err(fault)) = self.mail.smtp.as_deref().map(services::mail::Smtp::check) {
            faults.push(format!("mail.smtp: no address of a mail server such as smtp://127.0.0.1:25: {fault}"));
        }
    }

    fn validate_halves(&self, faults: &mut Vec<String>) {
        let authority = &self.authority;
        if ![0, 2].contains(&authority.passphrase_files.len()) {
            faults.push("authority.passphrase_files: name two files, one half each".to_owned());
        }
        if authority.unattended_passphrase && !authority.passphrase_files.is_empty() {
            faults.push("authority.unattended_passphrase: leave it out, since passphrase_files are named".to_owned());
        }
        if let Err(found) = authority.halves() {
            faults.extend(found.into_iter().map(|fault| format!("authority.passphrase_files: {fault}")));
        }
    }
}

/// Whether an address ends with a port; the colons of an IPv6 address stand in brackets.
fn names_a_port(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    place.rsplit_once(']').map_or(place, |(_, port)| port).contains(':')
}

pub(super) fn check_file(path: &Path, name: &str, faults: &mut Vec<String>) {
    if !path.is_file() {
        faults.push(format!("{name}: {} is not a file", path.display()));
    }
}

/// Certificates to trust, as a file in PEM.
///
/// # Errors
/// In words that name the file: when it cannot be read, or holds no certificates.
pub(super) fn roots(path: &Path) -> Result<Vec<u8>, String> {
    let words = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let pem = std::fs::read(path).map_err(|error| words(&error))?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| words(&error))?;
        roots.add(certificate).map_err(|error| words(&error))?;
    }
    if roots.is_empty() { Err(words(&"no certificates in PEM")) } else { Ok(pem) }
}
