//! `cargo xtask test`: everything that can fail, on both databases and in a browser.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::parts::{Part, Selection};
use crate::process::{self, cargo, command, root};
use crate::surroundings::Surroundings;
use crate::tally::run_tests;

/// Installs what is missing, builds, starts a database server and runs the parts asked for: all of them, even when
/// one fails.
///
/// # Errors
/// When anything cannot be installed or built, a test fails, or a part has no test.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let selection = Selection::parse(arguments)?;
    let browser = selection.parts.contains(&Part::E2e);
    let mut surroundings = Surroundings::provide(&selection, || if browser { build(&selection) } else { Ok(()) })?;
    if browser {
        surroundings.add_binary()?;
    }
    let mut failures = Vec::new();
    let mut passed = 0;
    for outcome in start_all(&runs(&selection), &selection.words, &surroundings)? {
        match outcome {
            Ok(more) => passed += more,
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    println!("\n{passed} tests passed in all.");
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

/// Journeys wait for the browser half of the time, other tests for the disk: they run beside each other, and what the
/// journeys print is shown when the others are done.
fn start_all(runs: &[Run], words: &[String], surroundings: &Surroundings) -> anyhow::Result<Vec<anyhow::Result<u64>>> {
    let (journeys, others): (Vec<&Run>, Vec<&Run>) = runs.iter().partition(|run| **run == Run::Journeys);
    let mut printed = Vec::new();
    let outcomes = std::thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut to: Box<dyn Write> = if others.is_empty() { Box::new(stdout()) } else { Box::new(&mut printed) };
            journeys.iter().map(|run| run.start(words, surroundings, &mut to)).collect::<Vec<_>>()
        });
        let mut outcomes: Vec<_> = others.iter().map(|run| run.start(words, surroundings, &mut stdout())).collect();
        outcomes.extend(beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        outcomes
    });
    stdout().write_all(&printed)?;
    Ok(outcomes)
}

/// Builds the binary; together with the tests when those run too, so that each dependency is compiled with one set of
/// features only.
fn build(selection: &Selection) -> anyhow::Result<()> {
    let everything = ["--workspace", "--bin", "madoguchi", "--tests"];
    let binary = ["--package", "madoguchi"];
    let words = if selection.is_everything() { &everything[..] } else { &binary[..] };
    process::run(cargo(["build", "--locked"]).args(words))
}

/// How many tests run at a time for each core. They wait for a database, a judge or a disk half of the time, and none of them
/// looks at how long something takes.
const TESTS_PER_CORE: usize = 2;

/// One call of one test runner.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    Cargo(&'static [&'static str]),
    Tools,
    Journeys,
}

/// One run per part, but one for all of cargo's parts when nothing is left out.
fn runs(selection: &Selection) -> Vec<Run> {
    let mut runs = Vec::new();
    if selection.is_everything() {
        runs.push(Run::Cargo(&["--workspace"]));
    }
    for part in &selection.parts {
        match part {
            Part::Tools => runs.push(Run::Tools),
            Part::E2e => runs.push(Run::Journeys),
            _ if selection.is_everything() => {}
            part => runs.extend(part.packages().map(Run::Cargo)),
        }
    }
    runs
}

impl Run {
    fn start(&self, words: &[String], surroundings: &Surroundings, to: &mut dyn Write) -> anyhow::Result<u64> {
        let mut tests = match self {
            Self::Cargo(packages) => {
                // Everything but examples in documentation: `check` sees to it that there is none.
                let mut tests = cargo(["test", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]);
                if std::env::var_os("RUST_TEST_THREADS").is_none() {
                    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
                    tests.env("RUST_TEST_THREADS", (cores * TESTS_PER_CORE).to_string());
                }
                tests.args(*packages).arg("--").args(words);
                tests
            }
            Self::Tools => {
                let mut tests = surroundings.python()?;
                tests.arg("xtask/tools/test_smtp_sink.py").args(words);
                tests
            }
            Self::Journeys => {
                let mut tests = command("node");
                tests.args(["--test", "--test-reporter=spec"]).args(words).args(journey_files(&root().join("e2e"))?);
                tests
            }
        };
        run_tests(surroundings.apply(&mut tests), to)
    }
}

/// Every `*.test.mjs` below a folder, in order, without what npm installed.
///
/// # Errors
/// When there is none: a journey that was renamed must not vanish in silence.
fn journey_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect_journeys(folder, &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "no *.test.mjs below {}", folder.display());
    Ok(files)
}

fn collect_journeys(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            collect_journeys(&path, files)?;
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs_of(line: &str) -> Vec<Run> {
        runs(&Selection::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).unwrap())
    }

    #[test]
    fn cargo_runs_the_workspace_once_when_nothing_is_left_out() {
        assert_eq!(runs_of(""), [Run::Cargo(&["--workspace"]), Run::Tools, Run::Journeys]);
        assert_eq!(runs_of("--only storage"), [Run::Cargo(&["--package", "madoguchi-storage"])]);
        assert_eq!(runs_of("--only e2e"), [Run::Journeys]);
    }

    #[test]
    fn a_folder_without_journeys_is_an_error() {
        let found = journey_files(&root().join("e2e")).unwrap();
        assert!(found.iter().any(|file| file.ends_with("support/harness.test.mjs")));
        assert!(found.iter().all(|file| !file.to_string_lossy().contains("node_modules")));
        assert!(journey_files(&root().join("xtask/src")).is_err());
    }
}
