//! What the portal and the authority do in a second, each figure beside its target and its probe or limit.
//!
//! `cargo xtask bench` builds the program for release and runs this against it, on the same machine, over HTTP where a
//! browser would use HTTP. See docs/benchmarks.md.

mod certificates;
mod content;
mod counter;
mod filings;
mod front;
mod group;
mod home;
mod installation;
mod limits;
mod lists;
mod load;
mod machine;
mod million;
mod ocsp;
mod office;
mod peers;
mod prepare;
mod raw;
mod register;
mod report;
mod server;
mod token;

use std::path::PathBuf;

use anyhow::Context;

use crate::{report::Report, server::Server};

/// What a run works on.
pub(crate) struct Bench {
    /// The release build.
    pub(crate) program: PathBuf,
    /// Data of this run; removed at the end.
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    /// Folder of the demo that is measured.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("demo")
    }
}

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let program = words.next().context("which program? cargo xtask bench names it")?;
    let parts: Vec<String> = words.collect();
    // Beside the program, not in a memory-backed folder: a durable commit must reach a disk.
    let beside = PathBuf::from(&program).parent().map_or_else(|| PathBuf::from("."), PathBuf::from);
    let bench = Bench { program: program.into(), folder: tempfile::tempdir_in(beside)? };
    let runtime = services::runtime()?;
    let report = runtime.block_on(measure(&bench, &parts))?;
    println!("{report}");
    anyhow::ensure!(report.holds(), "a target was missed");
    Ok(())
}

/// Measures the parts that were named, or all.
async fn measure(bench: &Bench, parts: &[String]) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|one| one == part);
    limits::measure(bench, &mut report)?;
    if wanted("portal") {
        portal(bench, &mut report).await?;
    }
    if wanted("certificates") {
        certificates::measure(bench, &mut report).await?;
    }
    if wanted("lists") {
        lists::measure(bench, &mut report).await?;
    }
    if wanted("ocsp") {
        ocsp::measure(bench, &mut report).await?;
    }
    if wanted("token") {
        token::measure(bench, &mut report).await?;
    }
    if wanted("million") {
        million::measure(bench, &mut report).await?;
    }
    if wanted("office") {
        office::measure(bench, &mut report).await?;
    }
    if wanted("content") {
        content::measure(bench, &mut report).await?;
    }
    if wanted("front") {
        front::measure(bench, &mut report).await?;
    }
    if wanted("group") {
        group::measure(bench, &mut report).await?;
    }
    if wanted("peers") {
        peers::measure(bench, &mut report).await?;
    }
    Ok(report)
}

/// The program from outside: start, import, pages, filings.
async fn portal(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let first = Server::start(bench, report, "Start on an empty folder, filling the demo").await?;
    first.stop().await?;
    register::measure(bench, report)?;
    let ready = prepare::cases(bench).await?;
    let server = Server::start(bench, report, "Start to first answer").await?;
    server.rest(report).await?;
    home::measure(&server, &ready, report).await?;
    filings::measure(&server, &ready, report).await?;
    server.stop().await
}
