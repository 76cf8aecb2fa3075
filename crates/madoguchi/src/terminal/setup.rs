//! What is settled about a terminal, and the end of every exchange: the certificate is put where it is used, then tested.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, ensure};
use axum::http::Method;
use pki::Pkcs12Passphrase;

use super::{
    Enroll, Place, Uses,
    counter::{Counter, Identity},
    folder::{About, Folder, plain},
};

/// The terminal's folder, and what was settled.
pub(super) struct Setup {
    pub(super) folder: Folder,
    pub(super) root: Vec<u8>,
    about: About,
    trusted: Vec<Vec<u8>>,
}

impl Setup {
    /// That of a terminal that enrols; it is noted.
    ///
    /// # Errors
    /// When a file cannot be read or the disk refuses.
    pub(super) fn first(folder: Folder, options: &Enroll, root: Vec<u8>) -> anyhow::Result<Self> {
        let about = About {
            server: options.server.clone(),
            root_fingerprint: plain(&options.fingerprint),
            p12_passphrase_file: whole(options.uses.p12_passphrase_file.as_deref())?,
            install: whole(options.uses.install.as_deref())?,
        };
        let trusted = folder.trusted(options.place.tls_ca.as_deref(), &root)?;
        let setup = Self { folder, root, about, trusted };
        setup.passphrase()?;
        setup.folder.note(&setup.about, &setup.root)?;
        Ok(setup)
    }

    /// What was noted of a terminal; what the options say now is noted in its place.
    ///
    /// # Errors
    /// As [`Self::first`], and when the terminal never enrolled.
    pub(super) fn noted(folder: Folder, place: &Place, uses: Option<&Uses>) -> anyhow::Result<Self> {
        let (before, root) = folder.noted()?;
        let mut about = before.clone();
        if let Some(uses) = uses {
            about.p12_passphrase_file = whole(uses.p12_passphrase_file.as_deref())?.or(about.p12_passphrase_file);
            about.install = whole(uses.install.as_deref())?.or(about.install);
        }
        let trusted = folder.trusted(place.tls_ca.as_deref(), &root)?;
        let setup = Self { folder, root, about, trusted };
        if setup.about != before {
            setup.passphrase()?;
            setup.folder.note(&setup.about, &setup.root)?;
        }
        Ok(setup)
    }

    /// The counter, and what is shown to it.
    ///
    /// # Errors
    /// When the address or a certificate cannot be used.
    pub(super) fn counter(&self, identity: Option<Identity>) -> anyhow::Result<Counter> {
        Counter::new(&self.about.server, &self.trusted, identity)
    }

    /// The passphrase of the PKCS#12 file, if one is written.
    ///
    /// # Errors
    /// When it cannot be read, or nobody said what becomes of the file that is there.
    pub(super) fn passphrase(&self) -> anyhow::Result<Option<Pkcs12Passphrase>> {
        let Some(path) = &self.about.p12_passphrase_file else {
            let told = "current/terminal.p12 is there, but not its passphrase: name it with --p12-passphrase-file, \
                        or delete the file if it is not needed any more";
            ensure!(!self.folder.has_bundle(), told);
            return Ok(None);
        };
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(Some(Pkcs12Passphrase::new(text.lines().next().unwrap_or_default())?))
    }

    /// Puts the certificate in use where it is used, and shows it at the counter, which notes that it is installed.
    ///
    /// # Errors
    /// When one of the two fails; the next run does both again.
    pub(super) async fn finish(&self) -> anyhow::Result<()> {
        let current = self.folder.current()?;
        if let Some(program) = &self.about.install {
            install(program, &self.folder.place()?).await?;
        }
        let counter = self.counter(Some(current.identity()?))?;
        let answer = counter.ask(Method::GET, "/connection-test/result", &[], vec![]).await;
        let stored =
            "the certificate is stored; what is left is the connection test, which the same command does again";
        answer.and_then(|answer| answer.done()).context(stored)?;
        self.folder.note_tested()?;
        let (serial, end) = (current.info.serial.to_hex(), current.info.validity.not_after.date());
        let name = current.info.subject.common_name.unwrap_or_default();
        println!("{name}: certificate {serial} until the end of {end} (Japan), connection test passed");
        Ok(())
    }
}

/// A path that means the same wherever the next run starts.
fn whole(path: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    path.map(|path| std::path::absolute(path).with_context(|| path.display().to_string())).transpose()
}

async fn install(program: &Path, place: &Path) -> anyhow::Result<()> {
    let name = program.display();
    let ran = tokio::process::Command::new(program).arg(place).stdin(Stdio::null()).status().await;
    let status = ran.with_context(|| name.to_string())?;
    ensure!(status.success(), "the certificate is stored, but {name} did not put it to use ({status}); run this again");
    Ok(())
}
