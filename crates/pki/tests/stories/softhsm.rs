//! A SoftHSM for one story, in a process of its own: the module and its settings belong to a whole process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pki::{TokenChoice, TokenPin, TokenPlace};

/// Where the child finds the folder of its tokens.
pub(crate) const FOLDER: &str = "SOFTHSM_STORY";
/// The PIN of every token here.
pub(crate) const PIN: &str = "fedcba98";
/// The PIN of every token's security officer.
pub(crate) const OFFICER_PIN: &str = "12345678";

/// Tokens of SoftHSM in a folder.
pub(crate) struct SoftHsm(PathBuf);

impl SoftHsm {
    /// Debian's module.
    pub(crate) const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

    /// How its token of a label is opened with a PIN.
    pub(crate) fn place(&self, label: &str, pin: &str) -> TokenPlace {
        let (module, token) = (PathBuf::from(Self::MODULE), TokenChoice::Label(label.to_owned()));
        TokenPlace { module, token, pin: TokenPin::new(pin).unwrap(), sessions: 2 }
    }

    /// Takes all tokens away.
    pub(crate) fn remove(&self) {
        fs::rename(self.0.join("tokens"), self.0.join("away")).unwrap();
    }

    /// Puts them back.
    pub(crate) fn put_back(&self) {
        fs::rename(self.0.join("away"), self.0.join("tokens")).unwrap();
    }
}

/// Runs the test of this name again in a process of its own, with tokens of these labels; there, tells the story.
pub(crate) fn with_softhsm(test: &str, labels: &[&str], story: impl FnOnce(&SoftHsm)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return story(&SoftHsm(folder.into()));
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("softhsm2.conf");
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let lines = format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
    fs::write(&settings, lines).unwrap();
    for label in labels {
        make(&settings, label);
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env("SOFTHSM2_CONF", &settings).env(FOLDER, folder.path());
    let output = child.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{test}: {}\n{said}", output.status);
}

fn make(settings: &Path, label: &str) {
    let output = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", label, "--so-pin", OFFICER_PIN, "--pin", PIN])
        .env("SOFTHSM2_CONF", settings)
        .output()
        .expect("softhsm2-util runs: install the Debian package softhsm2");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
