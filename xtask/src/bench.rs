//! `cargo xtask bench`: what the release build does in a second.

use crate::needs;
use crate::postgres::Cluster;
use crate::process::{self, cargo, command, target};
use crate::tools;

/// Builds the program and the benchmark for release and runs the one against the other: all parts, or those that are named.
///
/// # Errors
/// When the build fails or a target is missed.
pub(crate) fn run(parts: &[String]) -> anyhow::Result<()> {
    process::run(&mut cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "madoguchi",
        "--package",
        "madoguchi-bench",
    ]))?;
    let builds = target()?.join("release");
    let mut bench = command(builds.join("madoguchi-bench"));
    bench.arg(builds.join("madoguchi")).args(parts);
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|one| one == part);
    if wanted("token") {
        needs::provide(&[&needs::TOKEN])?;
        bench.env("SOFTHSM2_CONF", builds.join("bench-softhsm2.conf"));
    }
    // Each part fills an installation of its own.
    let mut clusters = vec![];
    for (part, name) in [("office", "BENCH_POSTGRES"), ("content", "BENCH_POSTGRES_CONTENT")] {
        if wanted(part) {
            needs::provide(needs::DATABASE.iter().collect::<Vec<_>>().as_slice())?;
            let cluster = Cluster::start()?;
            bench.env(name, cluster.url());
            clusters.push(cluster);
        }
    }
    if wanted("peers") || wanted("front") {
        needs::provide(needs::PEERS.iter().collect::<Vec<_>>().as_slice())?;
        bench.env("PEERS_PYTHON", tools::peers()?);
    }
    process::run(&mut bench)
}
