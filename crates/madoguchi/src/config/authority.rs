//! The certification authority's part of the configuration.

use pki::{EXAMPLE_POLICY_ARC, Passphrase, Profiles};

use super::{Authority, KeyStore};
use crate::secret;

impl Default for Authority {
    fn default() -> Self {
        Self {
            passphrase_files: vec![],
            unattended_passphrase: false,
            key_store: KeyStore::default(),
            root_key_store: KeyStore::default(),
            earlier_key_stores: vec![],
            policy_arc: None,
            terminal_profiles: ["p256", "rsa3072", "rsa2048"].map(str::to_owned).to_vec(),
            journal: None,
            profiles: None,
            publication_url: None,
            publication_listen: None,
            ocsp_nonce: false,
        }
    }
}

impl Authority {
    /// The profiles in force: those that come with the program, and above them those of the file.
    ///
    /// # Errors
    /// When the file cannot be read; otherwise every fault in it, one a line.
    pub(crate) fn profiles(&self) -> anyhow::Result<Profiles> {
        let arc = self.policy_arc.as_deref().unwrap_or(EXAMPLE_POLICY_ARC);
        let built_in = Profiles::built_in(arc)?;
        let Some(path) = &self.profiles else { return Ok(built_in) };
        let text = std::fs::read_to_string(path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        Ok(built_in.overlaid_with(Profiles::parse(&text, arc)?))
    }

    /// Whether any key lies, or will lie, in a file.
    pub(crate) fn keeps_key_files(&self) -> bool {
        [&self.key_store, &self.root_key_store].into_iter().chain(&self.earlier_key_stores).any(KeyStore::is_file)
    }

    /// The passphrase that two officers hold in halves; none when no files are named.
    ///
    /// # Errors
    /// Every fault in the files, in words that name them.
    pub(crate) fn halves(&self) -> Result<Option<Passphrase>, Vec<String>> {
        let [first, second] = self.passphrase_files.as_slice() else { return Ok(None) };
        match (secret::text(first), secret::text(second)) {
            (Ok(first), Ok(second)) => {
                Passphrase::from_halves(&first, &second).map(Some).map_err(|fault| vec![fault.to_string()])
            }
            (first, second) => Err([first.err(), second.err()].into_iter().flatten().collect()),
        }
    }
}
