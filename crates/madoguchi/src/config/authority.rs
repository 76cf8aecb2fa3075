//! The certification authority's part of the configuration.

use pki::{EXAMPLE_POLICY_ARC, Profiles};

use super::{Authority, KeyStore};

impl Default for Authority {
    fn default() -> Self {
        Self {
            passphrase_files: vec![],
            key_store: KeyStore::default(),
            root_key_store: KeyStore::default(),
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
}
