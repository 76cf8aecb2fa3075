//! Programs that the tests and checks use and that no Debian package has, kept below `target/tools`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::needs;
use crate::process::{capture, cargo, command, find_program, root, run, target};

/// Version of cargo-deny; an installed one of this version is used as it is.
const CARGO_DENY: &str = "0.20.2";

/// The virtual environment with pkilint, aiosmtpd and feedparser; returns its folder of programs.
///
/// # Errors
/// When Python or the package index cannot be reached.
pub(crate) fn python_programs() -> anyhow::Result<PathBuf> {
    environment("requirements.txt", "venv")
}

/// The virtual environment with a server that speaks S3; returns its folder of programs.
///
/// # Errors
/// When Python or the package index cannot be reached.
pub(crate) fn s3() -> anyhow::Result<PathBuf> {
    environment("s3.txt", "s3")
}

/// The virtual environment with django-ca; returns its folder of programs.
///
/// # Errors
/// When Python or the package index cannot be reached.
pub(crate) fn peers() -> anyhow::Result<PathBuf> {
    environment("peers.txt", "peers")
}

fn environment(list: &str, name: &str) -> anyhow::Result<PathBuf> {
    let list = root().join("xtask/tools").join(list);
    let folder = target()?.join("tools").join(name);
    let programs = folder.join("bin");
    unless_installed(&list, &folder.join("installed.txt"), || {
        let python = needs::python().context("no Python 3 with venv")?;
        run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(programs.join("python")).args(pip).arg(&list))
    })?;
    Ok(programs)
}

/// The browser driver and axe, as e2e's lock file says.
///
/// # Errors
/// When npm fails.
pub(crate) fn browser_driver() -> anyhow::Result<()> {
    let folder = root().join("e2e");
    unless_installed(&folder.join("package-lock.json"), &folder.join("node_modules/installed.json"), || {
        run(command("npm").args(["ci", "--ignore-scripts", "--loglevel=error"]).current_dir(&folder))
    })
}

/// Installs again only when the list differs from the one that was installed last.
fn unless_installed(list: &Path, seal: &Path, install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let wanted = std::fs::read(list).with_context(|| format!("reading {}", list.display()))?;
    if std::fs::read(seal).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    std::fs::write(seal, wanted).with_context(|| format!("writing {}", seal.display()))
}

/// cargo-deny, built once if the machine has none of this version.
///
/// Unoptimised on purpose: that builds in a third of the time and checks this workspace in seconds.
///
/// # Errors
/// When it cannot be built.
pub(crate) fn cargo_deny() -> anyhow::Result<PathBuf> {
    let folder = target()?.join("tools/cargo-deny");
    let own = folder.join("bin/cargo-deny");
    let right = |program: &PathBuf| {
        let version = capture(Command::new(program).arg("--version"));
        version.is_ok_and(|text| text == format!("cargo-deny {CARGO_DENY}"))
    };
    if let Some(found) = find_program("cargo-deny").into_iter().chain([own.clone()]).find(right) {
        return Ok(found);
    }
    let words = ["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug", "--quiet", "--root"];
    run(cargo(words).arg(&folder).env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_installed_once_and_again_when_it_changes() {
        let folder = std::env::temp_dir().join(format!("madoguchi-seal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (list, seal) = (folder.join("list"), folder.join("seal"));
        let mut installed = 0;
        let mut call = |text: &str, result: anyhow::Result<()>| {
            std::fs::write(&list, text).unwrap();
            let outcome = unless_installed(&list, &seal, || {
                installed += 1;
                result
            });
            (outcome.is_ok(), installed)
        };
        assert_eq!(call("one", Err(anyhow::anyhow!("no network"))), (false, 1));
        assert_eq!(call("one", Ok(())), (true, 2), "a failed installation is tried again");
        assert_eq!(call("one", Ok(())), (true, 2));
        assert_eq!(call("two", Ok(())), (true, 3));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
