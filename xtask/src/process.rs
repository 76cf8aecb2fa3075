//! Starting other programs: said before, failed loudly.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Root of the repository this program was built from.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Folder with the development builds of the workspace's binaries, wherever the target directory is.
pub(crate) fn binaries() -> anyhow::Result<PathBuf> {
    let myself = std::env::current_exe().context("finding this program's own file")?;
    Ok(myself.parent().context("a program lies in a folder")?.to_path_buf())
}

/// The target directory, two floors above this program (`target/debug/xtask`).
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    Ok(binaries()?.parent().context("binaries lie in the target directory")?.to_path_buf())
}

/// A command in the repository's root, without the variables that cargo set for *this* program: build scripts that
/// watch them would run again at every call.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|own| text.starts_with(own)) {
            command.env_remove(&name);
        }
    }
    command
}

/// `cargo WORDS…` in the repository's root.
pub(crate) fn cargo<const N: usize>(words: [&str; N]) -> Command {
    let mut cargo = command("cargo");
    cargo.args(words);
    cargo
}

/// Says the command line, runs it with our own input and output, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("starting {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs quietly and returns the standard output without the last line's end.
pub(crate) fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}\n{}", shown(command), output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout).context("output is not UTF-8")?.trim_end().to_owned())
}

/// Prints the command line as a person would type it.
pub(crate) fn announce(command: &Command) {
    println!("\n$ {}", shown(command));
}

/// The command line, cut where it gets long.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let root = format!("{}/", root().display());
    let line = line.replace(&root, "");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The file of a program in `PATH` or one of Debian's usual folders.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/local/bin", "/usr/bin", "/usr/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(usual).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether this process may do anything (user id 0).
pub(crate) fn is_root() -> anyhow::Result<bool> {
    Ok(capture(Command::new("id").arg("-u"))? == "0")
}
