//! The parts from which rows are made, as they stand in `content/demo/`.

use std::collections::BTreeMap;

use serde::Deserialize;

const PLACES: &str = include_str!("../../../../../content/demo/municipalities.toml");
const NAMES: &str = include_str!("../../../../../content/demo/names.toml");

/// All parts of the made-up register.
pub(super) struct Parts {
    pub(super) towns: Vec<String>,
    pub(super) prefectures: Vec<Prefecture>,
    pub(super) heads: Vec<Part>,
    pub(super) tails: Vec<Part>,
    pub(super) persons: Persons,
    kinds: BTreeMap<char, Vec<Kind>>,
    founders: BTreeMap<char, Vec<String>>,
}

#[derive(Deserialize)]
struct Places {
    towns: Vec<String>,
    prefectures: Vec<Prefecture>,
}

#[derive(Deserialize)]
struct Names {
    heads: Vec<Part>,
    tails: Vec<Part>,
    kinds: BTreeMap<char, Vec<Kind>>,
    founders: BTreeMap<char, Vec<String>>,
    persons: Persons,
}

/// A prefecture with some of its municipalities.
#[derive(Deserialize)]
pub(super) struct Prefecture {
    /// Two digits, `01` to `47`.
    pub(super) code: String,
    pub(super) name: String,
    pub(super) municipalities: Vec<Municipality>,
}

/// A city or ward.
#[derive(Deserialize)]
pub(super) struct Municipality {
    pub(super) name: String,
    /// The first three digits of its postal codes.
    pub(super) postal: String,
    /// Its area code, with the leading zero.
    pub(super) area: String,
}

/// Part of a stem, with its reading.
#[derive(Deserialize)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) kana: String,
}

/// What an institution calls itself, before or behind its stem.
#[derive(Deserialize)]
pub(super) struct Kind {
    #[serde(default)]
    pub(super) before: String,
    #[serde(default)]
    pub(super) after: String,
    pub(super) kana: String,
}

/// Names of people.
#[derive(Deserialize)]
pub(super) struct Persons {
    pub(super) family: Vec<String>,
    pub(super) given: Vec<String>,
}

impl Parts {
    /// Reads the data files that were built in.
    pub(super) fn read() -> Result<Self, toml::de::Error> {
        let Places { towns, prefectures } = toml::from_str(PLACES)?;
        let Names { heads, tails, kinds, founders, persons } = toml::from_str(NAMES)?;
        Ok(Self { towns, prefectures, heads, tails, persons, kinds, founders })
    }

    /// The kinds of a score table.
    pub(super) fn kinds_of(&self, table: char) -> &[Kind] {
        self.kinds.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The patterns of founders of a score table.
    pub(super) fn founders_of(&self, table: char) -> &[String] {
        self.founders.get(&table).map_or(&[], Vec::as_slice)
    }
}
