//! The parts of the test suite, and reading them from the command line.

use anyhow::{Context, bail, ensure};

/// A part that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Every crate but the two below.
    Unit,
    /// The database layer.
    Storage,
    /// Whole-app stories through HTTP.
    Stories,
    /// Programs that only tests use.
    Tools,
    /// Journeys in a browser.
    E2e,
}

impl Part {
    /// All parts, in the order they run.
    pub(crate) const ALL: [Self; 5] = [Self::Unit, Self::Storage, Self::Stories, Self::Tools, Self::E2e];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Storage => "storage",
            Self::Stories => "stories",
            Self::Tools => "tools",
            Self::E2e => "e2e",
        }
    }

    /// cargo's words that select this part's packages; `None` for parts that cargo does not run.
    pub(crate) fn packages(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Unit => Some(&["--workspace", "--exclude", "madoguchi-storage", "--exclude", "madoguchi-tests"]),
            Self::Storage => Some(&["--package", "madoguchi-storage"]),
            Self::Stories => Some(&["--package", "madoguchi-tests"]),
            Self::Tools | Self::E2e => None,
        }
    }

    fn named(name: &str) -> anyhow::Result<Self> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|part| part.name() == name).with_context(|| format!("{name} is none of {}", names()))
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// In the order they run, each once.
    pub(crate) parts: Vec<Part>,
    /// Handed to the test runner.
    pub(crate) words: Vec<String>,
}

impl Selection {
    /// Reads `[--only PART]… [-- WORDS…]`.
    ///
    /// # Errors
    /// When a word is not understood, or words are given for several runners.
    pub(crate) fn parse(arguments: &[String]) -> anyhow::Result<Self> {
        let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
        let (own, words) = (&arguments[..end], arguments[end..].iter().skip(1).cloned().collect::<Vec<_>>());
        let mut asked = Vec::new();
        let mut rest = own.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--only" => asked.push(Part::named(rest.next().context("--only needs a part")?)?),
                other => bail!("{other} is not understood"),
            }
        }
        ensure!(words.is_empty() || asked.len() == 1, "words for the runner need exactly one --only");
        let all = asked.is_empty();
        Ok(Self { parts: Part::ALL.into_iter().filter(|part| all || asked.contains(part)).collect(), words })
    }

    /// Whether cargo runs any of the parts.
    pub(crate) fn uses_cargo(&self) -> bool {
        self.parts.iter().any(|part| part.packages().is_some())
    }

    /// Whether everything was asked for, so that cargo builds and runs the workspace in one go.
    pub(crate) fn is_everything(&self) -> bool {
        self.parts == Part::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> anyhow::Result<Selection> {
        Selection::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_asked_is_everything() {
        assert!(parse("").unwrap().is_everything());
    }

    #[test]
    fn parts_run_in_their_own_order_and_once() {
        let asked = parse("--only e2e --only storage --only e2e").unwrap();
        assert_eq!(asked.parts, [Part::Storage, Part::E2e]);
        assert!(!asked.is_everything());
    }

    #[test]
    fn words_go_to_one_runner() {
        assert_eq!(parse("--only stories -- claims --nocapture").unwrap().words, ["claims", "--nocapture"]);
        assert!(parse("-- claims").is_err());
        assert!(parse("--only unit --only e2e -- claims").is_err());
    }

    #[test]
    fn slips_are_named() {
        assert_eq!(
            parse("--only units").unwrap_err().to_string(),
            "units is none of unit, storage, stories, tools, e2e"
        );
        assert_eq!(parse("--only").unwrap_err().to_string(), "--only needs a part");
        assert_eq!(parse("unit").unwrap_err().to_string(), "unit is not understood");
    }
}
