//! The measured program: `madoguchi demo` in a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context;

use crate::{
    Bench,
    load::{Client, Shot},
    machine::{instant, memory, seconds_since},
    report::Report,
};

/// Seconds of rest before memory is read.
const REST: Duration = Duration::from_secs(5);

/// A running demo.
pub(crate) struct Server {
    child: Child,
    /// Address of the portal.
    pub(crate) portal: SocketAddr,
}

impl Drop for Server {
    /// Whatever ends the run also ends the program.
    fn drop(&mut self) {
        // It may have ended already, and then nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts the program and waits for the first answer; the time goes into the report.
    pub(crate) async fn start(bench: &Bench, report: &mut Report, what: &str) -> anyhow::Result<Self> {
        let [portal, closed] = free_ports()?;
        let begun = instant();
        let mut child = Command::new(&bench.program)
            .args(["demo", "--json", "--port", &portal.port().to_string(), "--closed-port", &closed.port().to_string()])
            .arg("--data-dir")
            .arg(bench.data())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take();
        let server = Self { child, portal };
        let mut line = String::new();
        BufReader::new(output.context("no output")?).read_line(&mut line)?;
        anyhow::ensure!(line.starts_with('{'), "the demo printed no JSON object: {line}");
        let first = Shot { path: "/".to_owned(), cookie: String::new(), form: None };
        let answer = Client::connect(portal).await?.send(&first).await?;
        let seconds = seconds_since(begun);
        anyhow::ensure!(answer.status == 200, "the first answer was {}", answer.status);
        if what.contains("filling") {
            report.probe(what, format!("{seconds:.2} s"));
        } else {
            report.below(what, seconds, 1.0, "s");
        }
        Ok(server)
    }

    /// Waits until the program is idle and reads its memory.
    pub(crate) async fn rest(&self, report: &mut Report) -> anyhow::Result<()> {
        tokio::time::sleep(REST).await;
        report.below("Memory, idle", self.memory("VmRSS")?, 100.0, "MiB");
        Ok(())
    }

    /// A figure of the program's memory in MiB.
    pub(crate) fn memory(&self, name: &str) -> anyhow::Result<f64> {
        memory(self.child.id(), name).context("the program has ended")
    }

    /// Ends the program as an operator does, so that it can finish what it has begun.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// Two ports that nobody has.
pub(crate) fn free_ports() -> anyhow::Result<[SocketAddr; 2]> {
    let held = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    Ok([held[0].local_addr()?, held[1].local_addr()?])
}
