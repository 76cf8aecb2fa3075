//! Passing a test runner's output through while counting the tests that passed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::process::shown;

/// Runs a test runner, repeats every line it prints on `to`, and returns how many tests passed.
///
/// # Errors
/// When the runner fails, and when it ends well without having run a single test.
pub(crate) fn run_tests(command: &mut Command, mut to: impl Write) -> anyhow::Result<u64> {
    writeln!(to, "\n$ {}", shown(command))?;
    count_tests(command, to)
}

fn count_tests(command: &mut Command, to: impl Write) -> anyhow::Result<u64> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("starting {}", shown(command)))?;
    let output = child.stdout.take().context("the runner's output is a pipe")?;
    let passed = repeat_and_count(BufReader::new(output), to)?;
    let status = child.wait()?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    ensure!(passed > 0, "{} ran no test", shown(command));
    Ok(passed)
}

fn repeat_and_count(mut from: impl BufRead, mut to: impl Write) -> anyhow::Result<u64> {
    let mut passed = 0;
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        passed += passed_in(&String::from_utf8_lossy(&line)).unwrap_or(0);
        line.clear();
    }
    to.flush()?;
    Ok(passed)
}

/// The figure in a closing line: `test result: ok. 3 passed; …` (cargo), `ℹ pass 3` or `# pass 3` (node),
/// `3 passed, 0 failed` (our own).
fn passed_in(line: &str) -> Option<u64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["test", "result:", _, figure, "passed;", ..] => figure.parse().ok(),
        ["ℹ" | "#", "pass", figure] => figure.parse().ok(),
        [figure, "passed,", _, "failed"] => figure.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up_and_everything_is_repeated() {
        let printed = "test a_story ... ok\ntest result: ok. 3 passed; 0 failed; 0 ignored\n\
            test result: FAILED. 2 passed; 1 failed\nℹ pass 4\n# pass 5\n6 passed, 1 failed\nwe pass 9 houses\nlast line without end";
        let mut repeated = Vec::new();
        assert_eq!(repeat_and_count(printed.as_bytes(), &mut repeated).unwrap(), 20);
        assert_eq!(String::from_utf8(repeated).unwrap(), printed);
    }

    #[test]
    fn a_runner_without_a_test_fails_as_a_failing_one_does() {
        let shell = |script: &str| count_tests(Command::new("sh").args(["-c", script]), std::io::sink());
        assert_eq!(shell("echo test result: ok. '1 passed; 0 failed'").unwrap(), 1);
        assert!(shell("echo test result: ok. '0 passed; 0 failed'").unwrap_err().to_string().ends_with("ran no test"));
        assert!(shell("echo '# pass 3'; exit 1").unwrap_err().to_string().contains("failed"));
    }
}
