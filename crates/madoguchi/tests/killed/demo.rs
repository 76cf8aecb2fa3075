//! The real program as a process that can be killed.

use std::{
    fs::File,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU16, Ordering},
    },
    thread::{sleep, spawn},
    time::Duration,
};

use serde_json::Value;

use crate::{register::runtime, steps::settled};

/// The program that was built with these tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_madoguchi");
/// How long the program may take for anything on a slow machine, in looks.
const PATIENCE: usize = 15_000;
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// How long ago the demo was founded, in seconds.
pub(crate) const FOUNDED_AGO: u64 = 900;
/// How often a port that somebody else has is tried once more.
const TRIES: usize = 50;

/// A port that nobody has. Below those from which outgoing connections take theirs, so that it is free again after each kill.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 200).unwrap() * 100;
    let ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::SeqCst) % 2_000);
    ports.take(2_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

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
    /// Where everything lies that it says.
    output: PathBuf,
    /// What it printed when it was ready.
    pub(crate) said: Value,
}

impl Place {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.join("demo"), fault: None, portal: free_port(), closed: free_port() }
    }

    /// The same with a shim between the program and its journal.
    pub(crate) fn with_fault(folder: &Path) -> Self {
        Self { fault: Some(Fault::build(folder)), ..Self::new(folder) }
    }

    /// The same with the demo in it, as a first start founded it a quarter of an hour ago.
    pub(crate) fn with_demo(self) -> Self {
        static FOUNDED: OnceLock<Vec<u8>> = OnceLock::new();
        // On a thread of its own: some stories are told within a runtime, and nobody waits for another one in there.
        let packed = FOUNDED.get_or_init(|| spawn(founded).join().unwrap());
        let mut tar = Command::new("tar");
        let tar = tar.args(["-xf", "-", "-C"]).arg(self.folder.parent().unwrap()).stdin(Stdio::piped());
        let mut unpacked = tar.spawn().unwrap();
        unpacked.stdin.take().unwrap().write_all(packed).unwrap();
        assert!(unpacked.wait().unwrap().success());
        self
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
        let started = (0..TRIES).find_map(|_| self.try_to_start());
        started.unwrap_or_else(|| panic!("ports {} and {} are not free", self.portal, self.closed))
    }

    /// None when somebody else has one of the ports.
    fn try_to_start(&self) -> Option<Demo> {
        let mut command = Command::new(PROGRAM);
        command.arg("demo").arg("--json").arg("--data-dir").arg(&self.folder);
        command.args(["--port", &self.portal.to_string(), "--closed-port", &self.closed.to_string()]);
        if let Some(fault) = &self.fault {
            command.env("LD_PRELOAD", &fault.shim).env("FAULT_ORDER", &fault.order);
        }
        let mut demo = Demo::begin(command, self.folder.with_extension("output"));
        let line = demo.wait_for(|said| {
            said.lines().find(|line| line.starts_with('{') && line.contains("\"portal\"")).map(str::to_owned)
        });
        if let Some(line) = line {
            demo.said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
            return Some(demo);
        }
        let output = demo.output();
        assert!(output.contains("cannot listen on"), "it ended before it served: {output}");
        sleep(Duration::from_secs(1));
        None
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

/// The files of a demo that was founded once and is copied for each story: founding stretches passphrases and lives through
/// months of history, which is slow. Its clock is behind all others, because a clock that goes back is in doubt.
fn founded() -> Vec<u8> {
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::with_fault(folder.path());
    place.fault.as_ref().unwrap().order(&format!("clock -{FOUNDED_AGO}"));
    let mut demo = place.start();
    runtime().block_on(settled(&place, FOUNDED_AGO));
    demo.kill();
    let packed = Command::new("tar").args(["-cf", "-", "-C"]).arg(folder.path()).arg("demo").output().unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    packed.stdout
}

/// Runs a command of the program; gives its status and everything it said.
pub(crate) fn run(words: &[&str]) -> (i32, String) {
    run_with(None, words)
}

/// The same with a shim between the program and its files; −1 when it was killed.
pub(crate) fn run_with(fault: Option<&Fault>, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(PROGRAM);
    if let Some(fault) = fault {
        command.env("LD_PRELOAD", &fault.shim).env("FAULT_ORDER", &fault.order);
    }
    let output = command.args(words).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

/// A process that serves with a configuration file; what it logs can be read.
pub(crate) fn serve(config: &Path) -> Demo {
    serve_with(config, None)
}

/// The same with a shim between the program and its files.
pub(crate) fn serve_with(config: &Path, fault: Option<&Fault>) -> Demo {
    let mut command = Command::new(PROGRAM);
    if let Some(fault) = fault {
        command.env("LD_PRELOAD", &fault.shim).env("FAULT_ORDER", &fault.order);
    }
    command.args(["serve", "--config"]).arg(config);
    Demo::begin(command, config.with_extension("output"))
}

/// A library that stands between the program and the files of its journal.
pub(crate) struct Fault {
    shim: PathBuf,
    order: PathBuf,
}

impl Fault {
    pub(crate) fn build(folder: &Path) -> Self {
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
    pub(crate) fn begin(mut command: Command, output: PathBuf) -> Self {
        let file = File::create(&output).unwrap();
        let (out, err) = (Stdio::from(file.try_clone().unwrap()), Stdio::from(file));
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        Self { child, output, said: Value::Null }
    }

    /// Everything it has said.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.output).unwrap()).into_owned()
    }

    /// Waits until it has said something; none when it ended before.
    fn wait_for<T>(&mut self, mut find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        for _ in 0..PATIENCE {
            let lives = self.lives();
            let output = self.output();
            // What comes after the last end of a line is not whole yet.
            let whole = output.rfind('\n').map_or("", |end| &output[..=end]);
            match find(whole) {
                None if lives => sleep(LOOK),
                found => return found,
            }
        }
        panic!("it says nothing more: {}", self.output());
    }

    /// Waits for a line of the log with these words.
    pub(crate) fn says(&mut self, words: &str) {
        let said = self.wait_for(|said| said.contains(words).then_some(()));
        assert!(said.is_some(), "it ended without saying {words:?}: {}", self.output());
    }

    /// Whether the process still lives.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The most memory that the process has had so far, in MiB.
    pub(crate) fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<usize>().unwrap() / 1024
    }

    /// Waits until the process has ended by itself.
    pub(crate) fn ended(&mut self) {
        let ended = (0..PATIENCE).any(|_| {
            sleep(LOOK);
            !self.lives()
        });
        assert!(ended, "it still lives: {}", self.output());
    }

    /// Asks the process to end.
    pub(crate) fn stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
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
