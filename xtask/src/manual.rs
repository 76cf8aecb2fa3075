//! `cargo xtask manual`: the clinic's manual, made by walking through the pages as it says.

use anyhow::bail;

use crate::needs;
use crate::process::{self, binaries, cargo, command};
use crate::tools;

/// Builds `docs/user/manual` anew, or checks with `--check` that the pages still show what it says.
///
/// # Errors
/// When a step does not fit its page, the record differs, or something cannot be installed or built.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    if !matches!(arguments, [] | [_]) || arguments.iter().any(|word| word != "--check") {
        bail!("manual understands only --check");
    }
    needs::provide(&needs::BROWSER.iter().collect::<Vec<_>>())?;
    needs::node_is_new_enough()?;
    tools::browser_driver()?;
    process::run(&mut cargo(["build", "--locked", "--package", "madoguchi"]))?;
    let mut make = command("node");
    make.arg("e2e/book/make.mjs").args(arguments).env("MADOGUCHI_BIN", binaries()?.join("madoguchi"));
    process::run(&mut make)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_are_refused_before_anything_is_done() {
        for words in [&["--chek"][..], &["--check", "--check"]] {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            assert!(run(&words).unwrap_err().to_string().contains("only --check"));
        }
    }
}
