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
    /// What the shim between program and disk is told; none without shim.
    pub(crate) fault: Option<Fault>,
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
        Self { folder: folder.join("demo"), fault: None, portal: port(portal), closed: port(closed) }
    }

    /// The same with a shim between the program and its journal.
    pub(crate) fn with_fault(folder: &Path) -> Self {
        Self { fault: Some(Fault::build(folder)), ..Self::new(folder) }
    }

    /// A copy of what the process left, on ports of its own and under orders of its own.
    pub(crate) fn copy(&self, folder: &Path) -> Self {
        let copy = Self { fault: self.fault.as_ref().map(|fault| fault.another(folder)), ..Self::new(folder) };
        let copied = Command::new("cp").arg("-r").arg(&self.folder).arg(&copy.folder).status().unwrap();
        assert!(copied.success());
        copy
    }

    /// Starts and waits until both listeners accept.
    pub(crate) fn start(&self) -> Demo {
        let mut command = Command::new(PROGRAM);
        command.arg("demo").arg("--json").arg("--data-dir").arg(&self.folder);
        command.args(["--port", &self.portal.to_string(), "--closed-port", &self.closed.to_string()]);
        if let Some(fault) = &self.fault {
            command.env("LD_PRELOAD", &fault.shim).env("FAULT_ORDER", &fault.order);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Demo { child, said }
    }

    /// Follows the audit chain with the program's own command.
    pub(crate) fn verify_audit(&self) -> String {
        let (status, said) = run(&["audit", "verify", "--data-dir", self.folder.to_str().unwrap()]);
        assert_eq!(status, 0, "{said}");
        said
    }

    /// All lines of the journal.
    pub(crate) fn journal(&self) -> String {
        let entries = std::fs::read_dir(self.folder.join("journal")).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.filter(|path| path.extension().is_some_and(|end| end == "journal"));
        files.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

/// Runs a command of the program; gives its status and everything it said.
pub(crate) fn run(words: &[&str]) -> (i32, String) {
    let output = Command::new(PROGRAM).args(words).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

/// A process that serves with a configuration file; what it logs can be read.
pub(crate) fn serve(config: &Path) -> Demo {
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--config"]).arg(config).stdin(Stdio::null()).stderr(Stdio::piped());
    Demo { child: command.spawn().unwrap(), said: Value::Null }
}

/// A library that stands between the program and the files of its journal.
pub(crate) struct Fault {
    shim: PathBuf,
    order: PathBuf,
}

impl Fault {
    fn build(folder: &Path) -> Self {
        let (shim, order) = (folder.join("fault.so"), folder.join("fault.order"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/killed/fault.c");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).args([source, "-ldl"]).output();
        let built = built.unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Self { shim, order }
    }

    /// From now on something goes wrong, in the words of `fault.c`.
    pub(crate) fn order(&self, words: &str) {
        // A process must never read half an order.
        let draft = self.order.with_extension("draft");
        std::fs::write(&draft, words).unwrap();
        std::fs::rename(draft, &self.order).unwrap();
    }

    /// What the process was about to do when it was killed.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(self.order.with_extension("order.told")).unwrap_or_default()
    }

    /// The same shim under orders of its own.
    pub(crate) fn another(&self, folder: &Path) -> Self {
        Self { shim: self.shim.clone(), order: folder.join("fault.order") }
    }

    /// Everything is well again.
    pub(crate) fn none(&self) {
        std::fs::remove_file(&self.order).unwrap();
    }
}

impl Demo {
    /// Waits for a line of the log with these words.
    pub(crate) fn says(&mut self, words: &str) {
        let log = BufReader::new(self.child.stderr.take().unwrap());
        let mut lines = log.lines();
        assert!(lines.any(|line| line.unwrap().contains(words)), "it ended without saying {words:?}");
        // Whoever writes to a pipe that nobody reads would be stopped.
        std::thread::spawn(move || lines.for_each(drop));
    }

    /// Whether the process still lives.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until the process has ended by itself.
    pub(crate) fn ended(&mut self) {
        let ended = (0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            !self.lives()
        });
        assert!(ended, "it still lives");
    }

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
