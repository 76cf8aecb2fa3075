//! Other authorities and responders on the same machine in the same run, each with its own way of working. What is missing on the
//! machine is said and left out.

mod cfssl;
mod django_ca;
mod openssl;
pub(crate) mod wagtail;

use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::{Bench, certificates, machine::instant, report::Report};

/// How long a load lasts.
const LENGTH: Duration = Duration::from_secs(5);

/// Names the folder of Python programs that are measured; `cargo xtask bench` sets it.
const PROGRAMS: &str = "PEERS_PYTHON";

/// Measures every peer.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let folder = bench.folder.path().join("peers");
    std::fs::create_dir_all(&folder)?;
    let requests = certificates::requests(&folder)?;
    openssl::authority(&folder)?;
    openssl::measure(&folder, &requests, report).await?;
    cfssl::measure(&folder, &requests, report).await?;
    django_ca::measure(&folder, &requests, report).await
}

/// A peer's server, stopped with this value.
struct Peer {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    /// Starts one that is told its port, and waits until it takes connections.
    fn start(name: &str, folder: &Path, command: impl FnOnce(u16) -> Command) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = command(address.port());
        let child = command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut peer = Self { child: child.spawn().with_context(|| format!("starting {name}"))?, address };
        let begun = instant();
        while TcpStream::connect(address).is_err() {
            if peer.child.try_wait()?.is_some() || begun.elapsed() > Duration::from_secs(30) {
                let mut said = String::new();
                peer.child.kill()?;
                peer.child.stderr.take().context("no output")?.read_to_string(&mut said)?;
                anyhow::bail!("{name} does not serve: {said}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Nobody reads its log, and a full pipe would stop it.
        if let Some(mut log) = peer.child.stderr.take() {
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        }
        Ok(peer)
    }
}

impl Drop for Peer {
    /// Ends it, and the workers that it started, as its own group is told to.
    fn drop(&mut self) {
        // It may have ended already, and then nothing is left to do.
        let _ = Command::new("pkill").args(["-P", &self.child.id().to_string()]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program on the machine.
fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Runs a command to its end.
fn done(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
