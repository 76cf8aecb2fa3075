//! Figures beside their targets.

use std::fmt;

/// All figures of a run, in the order they were taken.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

struct Line {
    what: String,
    found: String,
    target: String,
    holds: Option<bool>,
}

impl Report {
    /// A figure without a target: a probe or a limit of the machine.
    pub(crate) fn probe(&mut self, what: &str, found: String) {
        self.add(what, found, String::new(), None);
    }

    /// A figure that must be at least so high.
    pub(crate) fn at_least(&mut self, what: &str, found: f64, target: f64, unit: &str) {
        let target_words = format!("≥ {} {unit}", number(target));
        self.add(what, format!("{} {unit}", number(found)), target_words, Some(found >= target));
    }

    /// A figure that must stay below.
    pub(crate) fn below(&mut self, what: &str, found: f64, target: f64, unit: &str) {
        let target_words = format!("< {} {unit}", number(target));
        self.add(what, format!("{} {unit}", number(found)), target_words, Some(found < target));
    }

    fn add(&mut self, what: &str, found: String, target: String, holds: Option<bool>) {
        eprintln!("{what}: {found} {target}");
        self.lines.push(Line { what: what.to_owned(), found, target, holds });
    }

    /// Whether every target was met.
    pub(crate) fn holds(&self) -> bool {
        self.lines.iter().all(|line| line.holds != Some(false))
    }
}

/// A number as people write it: no more digits than matter.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | found | target | |\n|---|---:|---:|---|")?;
        for line in &self.lines {
            let mark = match line.holds {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "",
            };
            writeln!(f, "| {} | {} | {} | {mark} |", line.what, line.found, line.target)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_seen() {
        let mut report = Report::default();
        report.at_least("pages", 5_200.0, 5_000.0, "/s");
        assert!(report.holds());
        report.below("memory", 120.0, 100.0, "MiB");
        assert!(!report.holds());
        assert!(report.to_string().contains("| pages | 5,200 /s | ≥ 5,000 /s | met |"));
    }
}
