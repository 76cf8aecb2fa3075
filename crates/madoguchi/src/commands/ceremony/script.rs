//! The script of a ceremony: what two people reviewed before it is held.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use pki::{KeyKind, Profiles, Subject};
use serde::Deserialize;
use services::authority::Present;

use crate::config::Config;

/// The fewest people who are there.
const FEWEST: usize = 2;

/// A script as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// Name of the ceremony.
    pub(super) title: String,
    /// Operator; must be that of the configuration.
    operator: String,
    /// Who is there.
    #[serde(default)]
    present: Vec<Person>,
    /// The new root; left out for a rollover.
    pub(super) root: Option<New>,
    /// Where the key file of the root lies for a rollover, if not in the data folder.
    pub(super) root_key_folder: Option<PathBuf>,
    /// The new issuing authority.
    pub(super) issuing: New,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    role: String,
}

/// A new authority as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// Common name.
    pub(super) common_name: String,
    /// Profile.
    pub(super) profile: String,
    /// Kind of key: `p256`, `p384`, `rsa3072`, `rsa4096`.
    key: String,
    /// `file` or `pkcs11`; must be that of the configuration.
    key_store: String,
    /// Where the key file of a root is written, to be carried away.
    pub(super) folder: Option<PathBuf>,
}

impl New {
    /// Kind of its key, once the script was checked.
    pub(super) fn kind(&self) -> anyhow::Result<KeyKind> {
        self.key.parse().map_err(|()| anyhow::anyhow!("{}: no kind of key", self.key))
    }
}

impl Script {
    /// Who is there.
    pub(super) fn people(&self) -> Vec<Present> {
        let of = |person: &Person| Present { name: person.name.clone(), role: person.role.clone() };
        self.present.iter().map(of).collect()
    }

    /// Every fault in it, before anything is opened.
    pub(super) fn faults(&self, config: &Config, profiles: &Profiles) -> Vec<String> {
        let mut faults = vec![];
        if self.title.trim().is_empty() {
            faults.push("title: give the ceremony a name".to_owned());
        }
        if self.operator != config.operator.name {
            faults.push(format!("operator: the configuration says {}", config.operator.name));
        }
        self.check_people(&mut faults);
        if let Some(root) = &self.root {
            root.check("root", config, profiles, &mut faults);
            if self.root_key_folder.is_some() {
                faults.push("root_key_folder: only for a rollover; a new root has [root] folder".to_owned());
            }
            if root.common_name == self.issuing.common_name {
                faults.push("issuing.common_name: is that of the root".to_owned());
            }
        }
        self.issuing.check("issuing", config, profiles, &mut faults);
        if self.issuing.folder.is_some() {
            faults.push(
                "issuing.folder: its key lies where the configuration says, or nothing could be issued".to_owned(),
            );
        }
        if let Some(folder) = &self.root_key_folder {
            check_folder("root_key_folder", folder, &mut faults);
        }
        faults
    }

    fn check_people(&self, faults: &mut Vec<String>) {
        let names: BTreeSet<&str> = self.present.iter().map(|one| one.name.trim()).collect();
        if names.len() < FEWEST || names.len() < self.present.len() {
            faults.push(format!("present: name at least {FEWEST} different people"));
        }
        if self.present.iter().any(|one| one.name.trim().is_empty() || one.role.trim().is_empty()) {
            faults.push("present: each has a name and a role".to_owned());
        }
    }
}

impl New {
    fn check(&self, table: &str, config: &Config, profiles: &Profiles, faults: &mut Vec<String>) {
        let authority = &config.authority;
        let store = if table == "root" { &authority.root_key_store } else { &authority.key_store };
        if self.common_name.trim().is_empty() {
            faults.push(format!("{table}.common_name: is empty"));
        }
        let kind = self.key.parse::<KeyKind>();
        if kind.is_err() {
            faults.push(format!("{table}.key: must be p256, p384, rsa3072 or rsa4096"));
        }
        match profiles.get(&self.profile) {
            None => faults.push(format!("{table}.profile: there is no profile {}", self.profile)),
            Some(profile) if !profile.is_authority() || profile.is_self_signed() != (table == "root") => {
                faults.push(format!("{table}.profile: {} is none for this", self.profile));
            }
            Some(profile) => {
                if kind.is_ok_and(|kind| !profile.takes(kind)) {
                    faults.push(format!("{table}.key: profile {} does not take {}", self.profile, self.key));
                }
                let subject = Subject::operator(&config.operator.name, &self.common_name);
                faults.extend(profile.subject_faults(&subject).iter().map(|fault| format!("{table}: {fault}")));
            }
        }
        if self.key_store != store.kind {
            let name = if table == "root" { "root_key_store" } else { "key_store" };
            faults.push(format!("{table}.key_store: the configuration's {name} says {}", store.kind));
        }
        if let Some(folder) = &self.folder {
            if !store.is_file() {
                faults.push(format!("{table}.folder: a token has none"));
            }
            check_folder(&format!("{table}.folder"), folder, faults);
        }
    }
}

fn check_folder(name: &str, folder: &Path, faults: &mut Vec<String>) {
    if !folder.is_dir() {
        faults.push(format!("{name}: {} is not a folder", folder.display()));
    }
}
