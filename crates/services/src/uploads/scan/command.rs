//! A scanner that is a program: it reads the file from its input or from a path, and says by its exit code what it found.

use std::{path::Path, process::Stdio, time::Duration};

use domain::ids::UploadId;
use tokio::{io::AsyncWriteExt, process::Command};

use super::Verdict;
use crate::uploads::store::make_private;

/// What stands in an argument in place of the path.
const PLACE: &str = "{file}";

/// A program that scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandScan {
    /// Program and arguments. `{file}` stands for the path of the file; without it, the file is the program's input.
    pub command: Vec<String>,
    /// Exit codes that mean that nothing was found.
    pub clean: Vec<i32>,
    /// Exit codes that mean that something was found. Every other code is no answer.
    pub infected: Vec<i32>,
    /// How long it may take.
    pub within: Duration,
}

impl CommandScan {
    /// Scans a file; the reason when there is no answer.
    pub(super) async fn scan(&self, spool: &Path, id: UploadId, content: &[u8]) -> Result<Verdict, String> {
        let by_path = self.command.iter().any(|part| part.contains(PLACE));
        let copy = if by_path { Some(Copy::make(spool, id, content)?) } else { None };
        let path = copy.as_ref().map(|copy| copy.0.display().to_string()).unwrap_or_default();
        let work = self.run(&path, if by_path { &[] } else { content });
        match tokio::time::timeout(self.within, work).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("it did not end within {} seconds", self.within.as_secs())),
        }
    }

    async fn run(&self, path: &str, input: &[u8]) -> Result<Verdict, String> {
        let (program, arguments) = self.command.split_first().ok_or("no program")?;
        let mut child = Command::new(program)
            .args(arguments.iter().map(|part| part.replace(PLACE, path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let mut stdin = child.stdin.take();
        // A program that has seen enough closes its input; that is no fault.
        let feed = async {
            if let Some(stdin) = &mut stdin {
                let _ = stdin.write_all(input).await;
            }
            drop(stdin.take());
        };
        let ((), output) = tokio::join!(feed, child.wait_with_output());
        let output = output.map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        match output.status.code() {
            Some(code) if self.clean.contains(&code) => Ok(Verdict::Clean),
            Some(code) if self.infected.contains(&code) => Ok(Verdict::Infected(said.to_owned())),
            Some(code) => Err(format!("{program} ended with code {code}: {said}")),
            None => Err(format!("{program} was stopped")),
        }
    }
}

/// A copy of the file for a program that wants a path; gone when it is dropped.
struct Copy(std::path::PathBuf);

impl Copy {
    fn make(spool: &Path, id: UploadId, content: &[u8]) -> Result<Self, String> {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let copy = Self(spool.join(format!("{id}.scan")));
        let write = || -> std::io::Result<()> {
            make_private(spool)?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600).open(&copy.0)?.write_all(content)
        };
        write().map_err(|error| format!("{}: {error}", copy.0.display()))?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::error!(path = %self.0.display(), %error, "a copy for the scanner stays; the daily sweep removes it");
        }
    }
}
