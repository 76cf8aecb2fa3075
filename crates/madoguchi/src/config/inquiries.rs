//! Where replies to mails about inquiries are read.

use std::{net::IpAddr, path::PathBuf};

use serde::{Deserialize, Serialize};
use services::inquiries::inbox::{Account, Security};

use super::check;
use crate::secret;

/// Inquiries.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Inquiries {
    /// The mailbox for replies; none when replies are not read.
    pub(crate) mailbox: Option<Mailbox>,
}

/// A mailbox over IMAP.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mailbox {
    /// Address to which replies are sent.
    pub(crate) address: String,
    /// Whether the server takes `name+token@domain` for `name@domain`.
    #[serde(default = "yes")]
    pub(crate) subaddresses: bool,
    /// Host of the server.
    pub(crate) host: String,
    /// Its port; 993 if none.
    #[serde(default = "imaps")]
    pub(crate) port: u16,
    /// `tls`, `starttls`, or `none` for a server on this machine.
    #[serde(default = "tls")]
    pub(crate) tls: String,
    /// File with the certificates to trust instead of the system's, in PEM.
    pub(crate) ca: Option<PathBuf>,
    /// User.
    pub(crate) user: String,
    /// File with the password.
    pub(crate) password_file: PathBuf,
    /// Folder.
    #[serde(default = "inbox")]
    pub(crate) folder: String,
}

const fn yes() -> bool {
    true
}

const fn imaps() -> u16 {
    993
}

fn tls() -> String {
    "tls".to_owned()
}

fn inbox() -> String {
    "INBOX".to_owned()
}

impl Mailbox {
    fn security(&self) -> Option<Security> {
        match self.tls.as_str() {
            "tls" => Some(Security::Tls),
            "starttls" => Some(Security::StartTls),
            "none" => Some(Security::None),
            _ => None,
        }
    }

    /// Adds a sentence for every fault.
    pub(super) fn validate(&self, faults: &mut Vec<String>) {
        let mut fault = |key: &str, words: &str| faults.push(format!("inquiries.mailbox.{key}: {words}"));
        let well_formed =
            |(name, domain): (&str, &str)| !name.is_empty() && !name.contains('+') && domain.contains('.');
        if !self.address.split_once('@').is_some_and(well_formed) || self.address.contains(char::is_whitespace) {
            fault("address", "must be a mail address without a plus");
        }
        for (key, value) in [("host", &self.host), ("user", &self.user), ("folder", &self.folder)] {
            if value.trim().is_empty() || value.contains(char::is_control) {
                fault(key, "must not be empty");
            }
        }
        if self.port == 0 {
            fault("port", "must be between 1 and 65535");
        }
        match self.security() {
            None => fault("tls", "must be tls, starttls or none"),
            Some(Security::None) if !is_this_machine(&self.host) => {
                fault("tls", "none sends the password readably: only for a server on this machine");
            }
            Some(_) => {}
        }
        match secret::text(&self.password_file) {
            Err(words) => fault("password_file", &words),
            Ok(password) if password.is_empty() => fault("password_file", "is empty"),
            Ok(_) => {}
        }
        if let Some(Err(words)) = self.ca.as_deref().map(check::roots) {
            fault("ca", &words);
        }
    }

    /// The account as the mailbox's reader needs it.
    pub(crate) fn account(&self) -> anyhow::Result<Account> {
        Ok(Account {
            host: self.host.clone(),
            port: self.port,
            security: self.security().unwrap_or(Security::Tls),
            roots: self.ca.as_ref().map(std::fs::read).transpose()?,
            user: self.user.clone(),
            password: secret::text(&self.password_file).map_err(anyhow::Error::msg)?.to_string(),
            folder: self.folder.clone(),
        })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
