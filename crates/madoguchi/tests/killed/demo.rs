//! The real program as a process that can be killed.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The program that was built with these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_madoguchi");

/// An installation with its ports.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) portal: u16,
    pub(crate) closed: u16,
}

/// A running demo; killed when it is dropped.
pub(crate) struct Demo {
    child: Child,
    /// What it printed when it was ready.
    pub(crate) said: Value,
}

impl Place {
    pub(crate) fn new(folder: &Path) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (portal, closed) = (free(), free());
        let port = |listener: TcpListener| listener.local_addr().unwrap().port();
        Self { folder: folder.join("demo"), portal: port(portal), closed: port(closed) }
    }

    /// Starts and waits until both listeners accept.
    pub(crate) fn start(&self) -> Demo {
        let mut command = Command::new(PROGRAM);
        command.arg("demo").arg("--json").arg("--data-dir").arg(&self.folder);
        command.args(["--port", &self.portal.to_string(), "--closed-port", &self.closed.to_string()]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Demo { child, said }
    }

    /// Follows the audit chain with the program's own command.
    pub(crate) fn verify_audit(&self) -> String {
        let mut command = Command::new(PROGRAM);
        let output = command.args(["audit", "verify", "--data-dir"]).arg(&self.folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Demo {
    /// Ends the process at once: no signal handler, no farewell.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
