//! Where keys of authorities lie, as configured: in encrypted files or in a token behind PKCS#11.

use std::path::PathBuf;

use pki::{PinFault, TokenChoice, TokenPin, TokenPlace};
use serde::{Deserialize, Serialize};

use crate::secret;

/// The most sessions that are kept open; tokens in the network have some dozens for all their users.
const MOST_SESSIONS: usize = 64;

/// A store of keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeyStore {
    /// `file` or `pkcs11`.
    pub(crate) kind: String,
    /// PKCS#11 library of the token's maker.
    pub(crate) module: Option<PathBuf>,
    /// Label of the token.
    pub(crate) token: Option<String>,
    /// Slot of the token, instead of its label.
    pub(crate) slot: Option<u64>,
    /// File with the PIN of the token's user.
    pub(crate) pin_file: Option<PathBuf>,
    /// Files with the two halves of the PIN, each held by one officer, instead.
    pub(crate) pin_files: Vec<PathBuf>,
    /// How many signatures may be made at a time.
    pub(crate) sessions: usize,
}

impl Default for KeyStore {
    fn default() -> Self {
        Self {
            kind: "file".to_owned(),
            module: None,
            token: None,
            slot: None,
            pin_file: None,
            pin_files: vec![],
            sessions: 2,
        }
    }
}

impl KeyStore {
    /// Whether keys lie in encrypted files.
    pub(crate) fn is_file(&self) -> bool {
        self.kind == "file"
    }

    /// Adds a sentence for every fault; `name` is that of the table.
    pub(super) fn validate(&self, name: &str, faults: &mut Vec<String>) {
        match self.kind.as_str() {
            "file" if *self != Self::default() => {
                faults.push(format!("{name}: kind = \"file\" takes no other key; the files lie below data_dir"));
            }
            "file" => {}
            "pkcs11" => self.validate_token(name, faults),
            _ => faults.push(format!("{name}.kind: must be file or pkcs11")),
        }
    }

    fn validate_token(&self, name: &str, faults: &mut Vec<String>) {
        match &self.module {
            Some(module) => super::check::check_file(module, &format!("{name}.module"), faults),
            None => faults.push(format!("{name}.module: name the PKCS#11 library of the token's maker")),
        }
        if self.token.is_some() == self.slot.is_some() {
            faults.push(format!("{name}: name the token by its label (token) or its slot, one of the two"));
        }
        if !(1..=MOST_SESSIONS).contains(&self.sessions) {
            faults.push(format!("{name}.sessions: must be between 1 and {MOST_SESSIONS}"));
        }
        match (&self.pin_file, self.pin_files.as_slice()) {
            (Some(_), []) | (None, [_, _]) => match self.pin() {
                Ok(_) => {}
                Err(found) => faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}"))),
            },
            _ => faults.push(format!("{name}: name one pin_file, or two pin_files with one half each")),
        }
    }

    /// Reads the PIN; every file that cannot be read, or that others can read, is named.
    fn pin(&self) -> Result<TokenPin, Vec<String>> {
        let texts: Vec<_> = self.pin_file.iter().chain(&self.pin_files).map(secret::text).collect();
        let faults: Vec<String> = texts.iter().filter_map(|text| text.as_ref().err().cloned()).collect();
        let texts: Vec<_> = texts.into_iter().flatten().collect();
        let pin = match texts.as_slice() {
            _ if !faults.is_empty() => return Err(faults),
            [whole] => TokenPin::new(whole),
            [first, second] => TokenPin::from_halves(first, second),
            _ => Err(PinFault::TooShort),
        };
        pin.map_err(|fault| vec![fault.to_string()])
    }

    /// How its token is opened.
    ///
    /// # Errors
    /// When a file with the PIN cannot be read any more, or the store was not validated.
    pub(crate) fn place(&self) -> anyhow::Result<TokenPlace> {
        let token = match (&self.token, self.slot) {
            (Some(label), _) => TokenChoice::Label(label.clone()),
            (None, Some(number)) => TokenChoice::Slot(number),
            (None, None) => anyhow::bail!("no token is named"),
        };
        let module = self.module.clone().ok_or_else(|| anyhow::anyhow!("no PKCS#11 library is named"))?;
        let pin = self.pin().map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
        Ok(TokenPlace { module, token, pin, sessions: self.sessions })
    }
}
