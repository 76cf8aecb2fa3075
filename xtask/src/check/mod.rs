//! `cargo xtask check`: what must hold before any test runs.

mod arrows;
mod documents;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, ensure};

use crate::process::{self, capture, cargo, command, root};
use crate::tools;

/// Runs every check, the quick ones first, and fails at the end when any failed.
///
/// # Errors
/// When a check failed or a word is not understood.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let advisories = match arguments {
        [] => false,
        [word] if word == "--advisories" => true,
        _ => bail!("check understands only --advisories"),
    };
    let failed = std::thread::scope(|scope| {
        // Built beside the lints, which wait for one crate after the other; so what it judges comes last.
        let deny = scope.spawn(tools::cargo_deny);
        let deny = || deny.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        all(vec![
            ("format", Box::new(format)),
            ("files and documents", Box::new(files_and_documents)),
            ("arrows between crates", Box::new(|| none(arrows::complaints()?))),
            ("lints", Box::new(lints)),
            ("documentation", Box::new(documentation)),
            ("dependencies", Box::new(|| dependencies(&deny()?, advisories))),
        ])
    });
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    println!("\nAll checks passed.");
    Ok(())
}

/// A check and what it is called.
type Check<'a> = (&'static str, Box<dyn FnOnce() -> anyhow::Result<()> + 'a>);

/// Runs each check, also when one failed; gives the names of those that did.
fn all(checks: Vec<Check<'_>>) -> Vec<&'static str> {
    let mut failed = Vec::new();
    for (name, check) in checks {
        println!("\n== {name}");
        if let Err(error) = check() {
            eprintln!("{error:#}");
            failed.push(name);
        }
    }
    failed
}

fn format() -> anyhow::Result<()> {
    process::run(&mut cargo(["fmt", "--all", "--check"]))?;
    // The registry of procedures names their modules within a macro, where `cargo fmt` does not look.
    let folder = root().join("crates/domain/src/procedures");
    let own = tracked_files()?.into_iter().map(|file| root().join(file)).filter(|file| file.starts_with(&folder));
    let own = own.filter(|file| file.extension().is_some_and(|ending| ending == "rs"));
    process::run(command("rustfmt").args(["--check", "--edition", "2024"]).args(own))
}

fn files_and_documents() -> anyhow::Result<()> {
    let files = tracked_files()?;
    let mut complaints = tree::complaints(root(), &files)?;
    complaints.extend(documents::complaints(root(), &files)?);
    none(complaints)?;
    println!("{} files are in order.", files.len());
    Ok(())
}

/// Files that git follows, by their path from the root; a file removed but not yet committed is left out.
fn tracked_files() -> anyhow::Result<Vec<PathBuf>> {
    let list = capture(command("git").args(["ls-files", "-z"]))?;
    let files = list.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    Ok(files.filter(|file| root().join(file).is_file()).collect())
}

fn dependencies(deny: &Path, advisories: bool) -> anyhow::Result<()> {
    // Offline it must find every crate, those of other systems included.
    process::run(&mut cargo(["fetch", "--locked", "--quiet"]))?;
    let check = |words: &[&str]| process::run(command(deny).args(["--log-level", "error"]).args(words));
    if advisories {
        return check(&["--locked", "check", "--hide-inclusion-graph"]);
    }
    check(&["--offline", "--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"])
}

fn lints() -> anyhow::Result<()> {
    let words = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    process::run(&mut cargo(words))
}

fn documentation() -> anyhow::Result<()> {
    let mut doc: Command = cargo(["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"]);
    process::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn none(complaints: Vec<String>) -> anyhow::Result<()> {
    ensure!(complaints.is_empty(), "{}", complaints.join("\n"));
    Ok(())
}

/// The text of a file, or `None` for pictures, fonts and the like.
fn text_of(root: &Path, file: &Path) -> anyhow::Result<Option<String>> {
    Ok(String::from_utf8(std::fs::read(root.join(file))?).ok())
}

/// A folder for a check's own tests, filled with `(path, text)`; the caller removes it.
#[cfg(test)]
fn folder_with(name: &str, files: &[(&str, &str)]) -> (PathBuf, Vec<PathBuf>) {
    let folder = std::env::temp_dir().join(format!("madoguchi-{name}-{}", std::process::id()));
    for (path, text) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    (folder, files.iter().map(|(path, _)| PathBuf::from(path)).collect())
}
