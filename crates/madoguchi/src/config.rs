//! Configuration: one TOML file, checked whole at start, every fault named (spec 8.3).

mod authority;
mod check;
mod inquiries;
mod key_store;
mod listener;
mod uploads;
mod webhooks;

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::Place;

pub(crate) use check::NO_PASSPHRASE;
pub(crate) use key_store::KeyStore;
pub(crate) use listener::Listener;
pub(crate) use uploads::JUDGE;

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
    #[serde(deserialize_with = "listener::portal")]
    pub(crate) portal: Listener,
    /// The closed network's listener.
    #[serde(deserialize_with = "listener::closed_network")]
    pub(crate) closed_network: Listener,
    /// Mail.
    pub(crate) mail: Mail,
    /// Inquiries.
    pub(crate) inquiries: inquiries::Inquiries,
    /// Webhooks.
    pub(crate) webhooks: webhooks::Webhooks,
    /// Certification authority.
    pub(crate) authority: Authority,
    /// How fees are paid.
    pub(crate) fees: Fees,
    /// Rules that an installation chooses.
    pub(crate) rules: Rules,
    /// Files of applications.
    pub(crate) uploads: uploads::Uploads,
}

/// How fees are paid.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fees {
    /// Bank, branch and account in one line, as payment slips print it.
    pub(crate) account: String,
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
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Authority {
    /// Files with the two halves of the passphrase of the key files, each held by one officer.
    pub(crate) passphrase_files: Vec<PathBuf>,
    /// Whether the passphrase of the key files may lie beside them instead, for an installation that nobody attends.
    pub(crate) unattended_passphrase: bool,
    /// Where the keys of issuing authorities lie.
    pub(crate) key_store: KeyStore,
    /// Where the keys of roots lie; mostly on something that is carried away.
    pub(crate) root_key_store: KeyStore,
    /// Where keys of issuing authorities lie that were made before `key_store` was chosen.
    pub(crate) earlier_key_stores: Vec<KeyStore>,
    /// Arc for policy identifiers.
    pub(crate) policy_arc: Option<String>,
    /// Profiles of terminal certificates; the first is for keys made here, a request gets the first that takes its key.
    pub(crate) terminal_profiles: Vec<String>,
    /// Folder of the journal, best on a disk of its own; `journal` in the data folder if none.
    pub(crate) journal: Option<PathBuf>,
    /// File with further profiles (TOML).
    pub(crate) profiles: Option<PathBuf>,
    /// Base address of revocation lists, OCSP and issuers in certificates; the portal's with `http://` if none.
    pub(crate) publication_url: Option<String>,
    /// Address and port of a plain listener for them, where the portal's own speaks TLS and nothing stands before it.
    pub(crate) publication_listen: Option<SocketAddr>,
    /// Whether OCSP answers echo the nonce of their request; each is then signed for that request alone.
    pub(crate) ocsp_nonce: bool,
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
    /// Days for which a draft is kept after it was last written.
    pub(crate) draft_days: u32,
    /// Days before the end of a draft on which its owners are told.
    pub(crate) draft_notice_days: u32,
    /// For what a second person of the staff is asked, until it is set in the back office.
    pub(crate) four_eyes: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./madoguchi-data"),
            database: None,
            database_file: None,
            operator: Operator::default(),
            portal: listener::DEFAULT_PORTAL.alone(),
            closed_network: listener::DEFAULT_CLOSED_NETWORK.alone(),
            mail: Mail::default(),
            fees: Fees::default(),
            inquiries: inquiries::Inquiries::default(),
            webhooks: webhooks::Webhooks::default(),
            authority: Authority::default(),
            rules: Rules::default(),
            uploads: uploads::Uploads::default(),
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
            draft_days: 90,
            draft_notice_days: 14,
            four_eyes: ["revocation", "terms", "fees"].map(str::to_owned).to_vec(),
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
            None => {
                let mut config = Self { data_dir: place.data_dir.clone(), ..Self::default() };
                config.authority.unattended_passphrase = crate::demo::is_demo(&place.data_dir);
                config
            }
        };
        let mut faults = vec![];
        config.take_secrets(&mut faults);
        config.validate(&mut faults);
        if place.config.is_some() {
            config.validate_passphrase(&mut faults);
        }
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

    /// The cut-off rule.
    pub(crate) fn cut_off(&self) -> domain::calendar::CutOff {
        domain::calendar::CutOff {
            day: self.rules.cut_off_day,
            months_before: self.rules.months_before_cut_off,
            months_after: self.rules.months_after_cut_off,
        }
    }

    /// How long drafts are kept.
    pub(crate) fn drafts(&self) -> domain::applications::Keeping {
        domain::applications::Keeping { days: self.rules.draft_days, notice_days: self.rules.draft_notice_days }
    }

    /// For what a second person is asked.
    pub(crate) fn four_eyes(&self) -> domain::office::FourEyes {
        let mut asked = domain::office::FourEyes::none();
        self.rules.four_eyes.iter().filter_map(|word| word.parse().ok()).for_each(|matter| asked.set(matter, true));
        asked
    }

    /// Base address of the authority's publications: never `https://`, since whoever checks a certificate of TLS would
    /// need another check for it (RFC 5280, section 8).
    pub(crate) fn publication_url(&self) -> String {
        let portal = &self.portal.url;
        let plain = || portal.strip_prefix("https://").map_or(portal.clone(), |rest| format!("http://{rest}"));
        self.authority.publication_url.clone().unwrap_or_else(plain)
    }

    /// Folder of the journal.
    pub(crate) fn journal(&self) -> PathBuf {
        self.authority.journal.clone().unwrap_or_else(|| self.data_dir.join("journal"))
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

#[cfg(test)]
mod tests;
