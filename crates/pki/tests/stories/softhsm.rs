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

    /// Makes tokens of these labels in a folder.
    pub(crate) fn new(folder: &Path, labels: &[&str]) -> Self {
        let (softhsm, tokens) = (Self(folder.to_owned()), folder.join("tokens"));
        fs::create_dir(&tokens).unwrap();
        let lines =
            format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
        fs::write(softhsm.settings(), lines).unwrap();
        for label in labels {
            make(&softhsm.settings(), label);
        }
        softhsm
    }

    /// What must stand in `SOFTHSM2_CONF` of whoever uses them.
    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("softhsm2.conf")
    }

    /// How its token of a label is opened with a PIN.
    pub(crate) fn place(&self, label: &str, pin: &str) -> TokenPlace {
        let (module, token) = (PathBuf::from(Self::MODULE), TokenChoice::Label(label.to_owned()));
        TokenPlace { module, token, pin: TokenPin::new(pin).unwrap(), sessions: 2 }
    }

    /// The same behind a module whose signatures can be made to hang (`hang.c`).
    pub(crate) fn hanging_place(&self, label: &str) -> TokenPlace {
        TokenPlace { module: self.hanging_module(), ..self.place(label, PIN) }
    }

    /// Builds that module.
    pub(crate) fn hanging_module(&self) -> PathBuf {
        let (module, source) = (self.0.join("hang.so"), self.0.join("hang.c"));
        fs::write(&source, include_str!("hang.c")).unwrap();
        // A module that a process has loaded is not written over.
        let draft = self.0.join("hang.draft");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&draft).arg(source).arg("-ldl").output();
        let built = built.unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        fs::rename(draft, &module).unwrap();
        module
    }

    /// From now on signatures hang until all is well again, or those that are asked for now for ever.
    pub(crate) fn hang(&self, forever: bool) {
        // A process must never read half a word.
        let draft = self.0.join("draft");
        fs::write(&draft, if forever { "forever" } else { "" }).unwrap();
        fs::rename(draft, self.0.join("softhsm2.conf.hangs")).unwrap();
    }

    /// Nothing hangs any more, but what hangs for ever.
    pub(crate) fn go_on(&self) {
        fs::remove_file(self.0.join("softhsm2.conf.hangs")).unwrap();
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
    let softhsm = SoftHsm::new(folder.path(), labels);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env("SOFTHSM2_CONF", softhsm.settings()).env(FOLDER, folder.path());
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
