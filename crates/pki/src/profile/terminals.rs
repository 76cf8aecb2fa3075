//! Which profiles terminals may get, and which of them a key gets.

use std::sync::Arc;

use super::{Profile, ProfileFault, ProfileFaults, Profiles};
use crate::keys::{KeyAlgorithm, KeyKind};

/// The profiles of terminal certificates in order of preference. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TerminalProfiles {
    preferred: Arc<Profile>,
    all: Arc<[Arc<Profile>]>,
}

impl TerminalProfiles {
    /// The profile for keys that are made here.
    pub fn preferred(&self) -> &Arc<Profile> {
        &self.preferred
    }

    /// All of them, the preferred one first.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.all.iter().map(AsRef::as_ref)
    }

    /// The profile of a name, or the preferred one where none of that name is in force.
    pub fn named_or_preferred(&self, name: &str) -> &Arc<Profile> {
        self.all.iter().find(|profile| profile.name() == name).unwrap_or(&self.preferred)
    }

    /// The first profile that takes a key of this kind, if any.
    pub fn for_key(&self, key: KeyAlgorithm) -> Option<&Profile> {
        self.all.iter().find(|profile| profile.accepts(key)).map(AsRef::as_ref)
    }

    /// The kinds of keys that are taken, the preferred first; none that another one covers.
    pub fn keys(&self) -> Vec<KeyKind> {
        let mut kinds: Vec<KeyKind> = Vec::new();
        for kind in self.all.iter().flat_map(|profile| profile.keys()).copied() {
            if !kinds.iter().any(|known| known.covers(kind)) {
                kinds.retain(|known| !kind.covers(*known));
                kinds.push(kind);
            }
        }
        kinds
    }
}

impl Profiles {
    /// The profiles of these names for terminals, the first being the preferred one.
    ///
    /// # Errors
    /// Every name that is not the profile of a terminal's certificate, with every reason, and an empty list.
    pub fn for_terminals<S: AsRef<str>>(&self, names: &[S]) -> Result<TerminalProfiles, ProfileFaults> {
        let mut faults = Vec::new();
        let fault = |profile: &str, problem: &str| ProfileFault {
            profile: profile.to_owned(),
            key: String::new(),
            problem: problem.to_owned(),
        };
        let mut found = Vec::with_capacity(names.len());
        for name in names.iter().map(AsRef::as_ref) {
            match self.get(name) {
                None => faults.push(fault(name, "このプロファイルはありません。")),
                Some(profile) => {
                    profile.check_terminal(&mut faults);
                    found.push(profile.clone());
                }
            }
        }
        if names.is_empty() {
            faults.push(fault("", "端末のプロファイルが1つもありません。"));
        }
        match found.first() {
            Some(preferred) if faults.is_empty() => {
                Ok(TerminalProfiles { preferred: preferred.clone(), all: found.into() })
            }
            _ => Err(ProfileFaults(faults)),
        }
    }
}
