//! Configuration: one TOML file, checked whole at start, every fault named (spec 8.3).

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::Place;

/// The configuration of an installation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Folder for keys and the embedded database.
    pub(crate) data_dir: PathBuf,
    /// Database: `sqlite:PATH` or `postgres://…`; the embedded one if none.
    pub(crate) database: Option<String>,
    /// File that holds the database address instead.
    pub(crate) database_file: Option<PathBuf>,
    /// Who operates the portal.
    pub(crate) operator: Operator,
    /// The portal's listener.
    pub(crate) portal: Listener,
    /// The closed network's listener.
    pub(crate) closed_network: Listener,
    /// Mail.
    pub(crate) mail: Mail,
    /// Certification authority.
    pub(crate) authority: Authority,
    /// Rules that an installation chooses.
    pub(crate) rules: Rules,
}

/// Who operates the portal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Operator {
    pub(crate) brand: String,
    pub(crate) name: String,
    pub(crate) postal_code: String,
    pub(crate) address: String,
    pub(crate) phone: String,
    pub(crate) hours: String,
    pub(crate) mail: String,
}

/// A listener.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listener {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// Address as people reach it, without a slash at the end.
    pub(crate) url: String,
    /// Certificate chain in PEM; the portal may stand behind a proxy without one.
    pub(crate) certificate: Option<PathBuf>,
    /// Private key in PEM.
    pub(crate) key: Option<PathBuf>,
}

/// Mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mail {
    /// Sender.
    pub(crate) from: String,
    /// `smtp://host:port`, `smtps://user:password@host`; as lettre reads it.
    pub(crate) smtp: Option<String>,
    /// File that holds the address instead.
    pub(crate) smtp_file: Option<PathBuf>,
}

/// Certification authority.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Authority {
    /// Files with the two halves of the passphrase of the key files, each held by one officer.
    pub(crate) passphrase_files: Vec<PathBuf>,
    /// Arc for policy identifiers.
    pub(crate) policy_arc: Option<String>,
    /// Profile of terminal certificates.
    pub(crate) terminal_profile: Option<String>,
    /// File with further profiles (TOML).
    pub(crate) profiles: Option<PathBuf>,
}

/// Rules that an installation chooses.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rules {
    /// How a membership is proved: `letter` or `reviewer`.
    pub(crate) membership: String,
    /// Whether staff need a second factor.
    pub(crate) staff_second_factor: bool,
    /// Minutes without use after which a session ends.
    pub(crate) session_minutes: u32,
    /// Day of the month of the cut-off.
    pub(crate) cut_off_day: u8,
    /// Months from sending until the earliest start, up to the cut-off day.
    pub(crate) months_before_cut_off: i32,
    /// Months from sending until the earliest start, after the cut-off day.
    pub(crate) months_after_cut_off: i32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./madoguchi-data"),
            database: None,
            database_file: None,
            operator: Operator::default(),
            portal: Listener::at(8080, "http"),
            closed_network: Listener::at(8443, "https"),
            mail: Mail::default(),
            authority: Authority::default(),
            rules: Rules::default(),
        }
    }
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            brand: "医療機関等 手続き窓口".to_owned(),
            name: "手続き窓口 運営センター".to_owned(),
            postal_code: "100-0001".to_owned(),
            address: "東京都千代田区千代田1-1".to_owned(),
            phone: "0120-000-000".to_owned(),
            hours: "月～金 8:00～18:00、土 8:00～16:00（祝日を除く）".to_owned(),
            mail: "counter@madoguchi.example".to_owned(),
        }
    }
}

impl Default for Listener {
    fn default() -> Self {
        Self::at(8080, "http")
    }
}

impl Listener {
    /// A listener on this machine only.
    pub(crate) fn at(port: u16, scheme: &str) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            url: format!("{scheme}://127.0.0.1:{port}"),
            certificate: None,
            key: None,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self { from: "noreply@madoguchi.example".to_owned(), smtp: None, smtp_file: None }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            membership: "letter".to_owned(),
            staff_second_factor: true,
            session_minutes: 60,
            cut_off_day: 20,
            months_before_cut_off: 2,
            months_after_cut_off: 3,
        }
    }
}

impl Config {
    /// Reads the configuration file, or takes the defaults for a folder; environment variables fill secrets.
    ///
    /// # Errors
    /// Every fault that was found, one a line.
    pub(crate) fn load(place: &Place) -> anyhow::Result<Self> {
        let mut config = match &place.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
                toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?
            }
            None => Self { data_dir: place.data_dir.clone(), ..Self::default() },
        };
        let mut faults = vec![];
        config.take_secrets(&mut faults);
        config.validate(&mut faults);
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(anyhow::anyhow!("the configuration has faults:\n- {}", faults.join("\n- ")))
        }
    }

    fn take_secrets(&mut self, faults: &mut Vec<String>) {
        let mut read = |path: &Option<PathBuf>, into: &mut Option<String>, name: &str| {
            let Some(path) = path else { return };
            match std::fs::read_to_string(path) {
                Ok(text) => *into = Some(text.trim().to_owned()),
                Err(error) => faults.push(format!("{name}: {}: {error}", path.display())),
            }
        };
        read(&self.database_file, &mut self.database, "database_file");
        read(&self.mail.smtp_file, &mut self.mail.smtp, "mail.smtp_file");
        if let Ok(database) = std::env::var("MADOGUCHI_DATABASE") {
            self.database = Some(database);
        }
        if let Ok(smtp) = std::env::var("MADOGUCHI_SMTP") {
            self.mail.smtp = Some(smtp);
        }
    }

    fn validate(&self, faults: &mut Vec<String>) {
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
            if listener.certificate.is_some() != listener.key.is_some() {
                faults.push(format!("{name}: certificate and key belong together"));
            }
            for path in listener.certificate.iter().chain(&listener.key) {
                check_file(path, name, faults);
            }
        }
        self.validate_rules(faults);
    }

    fn validate_rules(&self, faults: &mut Vec<String>) {
        if !self.mail.from.contains('@') {
            faults.push("mail.from: must be a mail address".to_owned());
        }
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
        if ![0, 2].contains(&self.authority.passphrase_files.len()) {
            faults.push("authority.passphrase_files: name two files, one half each".to_owned());
        }
        for path in &self.authority.passphrase_files {
            check_file(path, "authority.passphrase_files", faults);
        }
    }

    /// The cut-off rule.
    pub(crate) fn cut_off(&self) -> domain::calendar::CutOff {
        domain::calendar::CutOff {
            day: self.rules.cut_off_day,
            months_before: self.rules.months_before_cut_off,
            months_after: self.rules.months_after_cut_off,
        }
    }

    /// Address of the database.
    pub(crate) fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("madoguchi.db").display()))
    }

    /// The configuration in force as TOML, secrets left out.
    pub(crate) fn without_secrets(&self) -> anyhow::Result<String> {
        let hide = |secret: &Option<String>| secret.as_ref().map(|_| "(secret)".to_owned());
        let mut shown = self.clone();
        shown.database = hide(&self.database);
        shown.mail.smtp = hide(&self.mail.smtp);
        Ok(toml::to_string_pretty(&shown)?)
    }
}

fn check_file(path: &Path, name: &str, faults: &mut Vec<String>) {
    if !path.is_file() {
        faults.push(format!("{name}: {} is not a file", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let mut config = Config::default();
        config.portal.url = "portal.example/".to_owned();
        config.rules.membership = "guess".to_owned();
        config.rules.session_minutes = 1;
        config.mail.from = "nobody".to_owned();
        let mut faults = vec![];
        config.validate(&mut faults);
        assert_eq!(faults.len(), 4, "{faults:?}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = Config { database: Some("postgres://user:hush@db/x".to_owned()), ..Config::default() };
        assert!(!config.without_secrets().unwrap().contains("hush"));
    }
}
