//! The made-up institution register of the demonstration.
//!
//! The rows are put together from the parts in `content/demo/`: places are facts, institutions, people and numbers
//! are not. The same count always gives the same rows, so that a demonstration can be described beforehand.

mod draw;
mod parts;
mod row;

pub use row::Row;

use std::collections::BTreeMap;

use domain::institutions::InstitutionCode;

use draw::Draw;
use parts::{Kind, Municipality, Parts, Prefecture};

/// Heading of the full layout of the register (spec 2.2).
pub const HEADING: [&str; 10] =
    ["code", "name", "name_kana", "postal_code", "address", "phone", "founder", "status", "valid_from", "valid_to"];

/// Score tables in the order in which rows are made: 医科, 歯科, 調剤, 訪問看護 (spec 2.1).
const SCORE_TABLES: [char; 4] = ['1', '3', '4', '6'];

/// One row for each prefecture and score table comes first; the rest follows these shares of 20.
const SHARES: [(char, u32); 4] = [('1', 9), ('3', 6), ('4', 4), ('6', 1)];

/// Numbers start here: made-up codes stay clear of those that were given out.
const FIRST_NUMBER: u32 = 9001;

/// Why the register could not be made; only damaged data files lead here.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A data file is no TOML or lacks a key.
    #[error("a data file of the made-up register cannot be read: {0}")]
    Parts(#[from] toml::de::Error),
    /// A list of parts is empty, so that nothing can be drawn from it.
    #[error("the list {0} of the made-up register is empty")]
    Empty(&'static str),
    /// No digit completes the number to a code.
    #[error("no check digit completes {0}")]
    CheckDigit(String),
    /// The rows could not be written as CSV.
    #[error("the made-up register cannot be written: {0}")]
    Csv(#[from] csv::Error),
    /// The writer could not give back what was written.
    #[error("the made-up register cannot be written: {0}")]
    Text(String),
}

/// The register as CSV text in the full layout, with heading, in UTF-8 without BOM.
///
/// # Errors
/// Only when the data files in `content/demo/` are damaged.
pub fn register_csv(count: usize) -> Result<String, RegisterError> {
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(HEADING)?;
    for row in rows(count)? {
        writer.write_record(row.fields())?;
    }
    let bytes = writer.into_inner().map_err(|fault| RegisterError::Text(fault.to_string()))?;
    String::from_utf8(bytes).map_err(|fault| RegisterError::Text(fault.to_string()))
}

/// The rows of the register; the first 188 hold each prefecture with each score table once.
///
/// # Errors
/// Only when the data files in `content/demo/` are damaged.
pub fn rows(count: usize) -> Result<Vec<Row>, RegisterError> {
    let parts = Parts::read()?;
    let mut maker = Maker { parts: &parts, draw: Draw::new(), used: BTreeMap::new() };
    (0..count).map(|index| maker.row(index)).collect()
}

/// Makes row after row; remembers the last number given out in each place.
struct Maker<'a> {
    parts: &'a Parts,
    draw: Draw,
    used: BTreeMap<String, u32>,
}

impl Maker<'_> {
    fn row(&mut self, index: usize) -> Result<Row, RegisterError> {
        let prefectures = &self.parts.prefectures;
        let prefecture =
            prefectures.get(index % prefectures.len().max(1)).ok_or(RegisterError::Empty("prefectures"))?;
        let table = self.table(index / prefectures.len().max(1));
        let place_number = self.draw.below(prefecture.municipalities.len());
        let place = prefecture.municipalities.get(place_number).ok_or(RegisterError::Empty("municipalities"))?;
        let code = self.code(prefecture, table, place_number + 1)?;
        let stem = self.stem(index)?;
        let kind = self.draw.from(self.parts.kinds_of(table), "kinds")?;
        let status = match index % 97 {
            48 => "suspended",
            96 => "closed",
            _ => "active",
        };
        Ok(Row {
            code,
            name: kind.around(&stem.0),
            name_kana: kind.around_kana(&stem.1),
            postal_code: format!("{}-{:04}", place.postal, self.draw.below(90) + 1),
            address: self.address(prefecture, place)?,
            phone: self.phone(place),
            founder: self.founder(table, &stem.0)?,
            status,
            valid_from: format!("{}-{:02}-01", 1989 + self.draw.below(36), self.draw.below(12) + 1),
            valid_to: if status == "closed" { "2026-03-31".to_owned() } else { String::new() },
        })
    }

    fn table(&mut self, round: usize) -> char {
        if let Some(table) = SCORE_TABLES.get(round) {
            return *table;
        }
        let mut drawn = self.draw.number(SHARES.iter().map(|(_, share)| share).sum());
        for (table, share) in SHARES {
            if drawn < share {
                return table;
            }
            drawn -= share;
        }
        SCORE_TABLES[0]
    }

    /// The next free code of a place: number and check digit.
    fn code(&mut self, prefecture: &Prefecture, table: char, place: usize) -> Result<String, RegisterError> {
        let start = format!("{}{table}{place:02}", prefecture.code);
        let number = self.used.entry(start.clone()).and_modify(|last| *last += 1).or_insert(FIRST_NUMBER);
        let body = format!("{start}{number:04}");
        let whole = (0..10).map(|digit| format!("{body}{digit}")).find(|code| holds(code));
        whole.ok_or(RegisterError::CheckDigit(body))
    }

    /// A stem and its reading. Walking through all pairs with a step prime to their number uses each once a round.
    fn stem(&self, index: usize) -> Result<(String, String), RegisterError> {
        let (heads, tails) = (&self.parts.heads, &self.parts.tails);
        let pair = index * 67 % (heads.len() * tails.len()).max(1);
        let head = heads.get(pair / tails.len().max(1)).ok_or(RegisterError::Empty("heads"))?;
        let tail = tails.get(pair % tails.len().max(1)).ok_or(RegisterError::Empty("tails"))?;
        Ok((format!("{}{}", head.text, tail.text), format!("{}{}", head.kana, tail.kana)))
    }

    fn address(&mut self, prefecture: &Prefecture, place: &Municipality) -> Result<String, RegisterError> {
        let town = self.draw.from(&self.parts.towns, "towns")?;
        let (block, house) = (self.draw.below(5) + 1, self.draw.below(30) + 1);
        let floor = match self.draw.below(4) {
            0 => format!(" {}ビル{}階", town, self.draw.below(4) + 1),
            _ => String::new(),
        };
        Ok(format!("{}{}{town}{block}-{house}{floor}", prefecture.name, place.name))
    }

    /// Ten digits; the exchange begins with 0, which no real number does.
    fn phone(&mut self, place: &Municipality) -> String {
        let digits = 6_usize.saturating_sub(place.area.len());
        let exchange = self.draw.below(10_usize.pow(u32::try_from(digits.saturating_sub(1)).unwrap_or(0)));
        format!("{}-{exchange:0digits$}-{:04}", place.area, self.draw.below(10_000))
    }

    fn founder(&mut self, table: char, stem: &str) -> Result<String, RegisterError> {
        let pattern = self.draw.from(self.parts.founders_of(table), "founders")?;
        let family = self.draw.from(&self.parts.persons.family, "persons.family")?;
        let given = self.draw.from(&self.parts.persons.given, "persons.given")?;
        Ok(pattern.replace("{stem}", stem).replace("{person}", &format!("{family} {given}")))
    }
}

impl Kind {
    fn around(&self, stem: &str) -> String {
        format!("{}{stem}{}", self.before, self.after)
    }

    fn around_kana(&self, stem: &str) -> String {
        if self.before.is_empty() { format!("{stem}{}", self.kana) } else { format!("{}{stem}", self.kana) }
    }
}

fn holds(code: &str) -> bool {
    InstitutionCode::parse(code).is_ok_and(|code| code.check_digit_holds())
}

#[cfg(test)]
mod tests;
