//! `cargo xtask bench`: what the release build does in a second.

use crate::process::{self, cargo, command, target};

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
    process::run(command(builds.join("madoguchi-bench")).arg(builds.join("madoguchi")).args(parts))
}
