//! The one entry for developers: `cargo xtask check`, `test`, `manual`, `permissions` and `bench`.
//!
//! They work on a fresh Debian 12 with a Rust toolchain and a C compiler: they look for what they need, say what is
//! missing and install it. `.ci/run` calls the first two.

mod bench;
mod check;
mod manual;
mod needs;
mod parts;
mod permissions;
mod postgres;
mod process;
mod suite;
mod surroundings;
mod tally;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask check [--advisories]
    Formatting, lints, documentation, licences and sources of dependencies, arrows between crates, links and lists
    in the documents. --advisories also fetches the advisory database and checks against it (needs its host).

cargo xtask test [--only PART]… [-- WORDS…]
    Everything, or only some parts; WORDS go to the test runner (needs exactly one --only).
    unit      crates without storage         storage   the database layer, on both engines
    stories   whole-app stories              tools     the SMTP server that tests use
    e2e       journeys in a browser
    A PostgreSQL server of its own is started unless TEST_POSTGRES names one.

cargo xtask manual [--check]
    Walks through the pages as the clinic's manual says and writes docs/user/manual anew: page, pictures, PDF, record.
    --check writes nothing and fails when the pages show something else than the record; the e2e part does the same.

cargo xtask permissions
    Writes docs/operate/permissions.md anew from the table of roles and the list of routes; a test compares it.

cargo xtask bench [PART…]
    Builds the program for release and measures it, whole or only some parts (portal, certificates, lists,
    ocsp, token, million, office, content, group, peers, front); fails when a target is missed. Let nothing else run beside it.";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[String]) -> anyhow::Result<()> {
    match words.split_first() {
        Some((command, rest)) if command == "check" => check::run(rest),
        Some((command, rest)) if command == "test" => suite::run(rest),
        Some((command, rest)) if command == "manual" => manual::run(rest),
        Some((command, rest)) if command == "permissions" => permissions::write(rest),
        Some((command, rest)) if command == "bench" => bench::run(rest),
        Some((help, _)) if help == "--help" || help == "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => anyhow::bail!("which command?\n{USAGE}"),
    }
}
