//! A scheme: who may apply for what, until when, and how much of it is paid.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{Date, macros::date};

use super::{
    applying::{InstitutionKind, Terms, kept_terms},
    days,
};
use crate::{
    institutions::{InstitutionCode, ScoreTable},
    words::words,
};

words! {
    /// A document that a scheme may ask for.
    Paper {
        /// Copy of the receipt.
        Receipt = "receipt", "領収書（写）";
        /// Copy of what the receipt is made up of.
        Breakdown = "breakdown", "領収書内訳書（写）";
        /// Report that the work is done.
        Report = "report", "事業完了報告書";
    }
}

/// First and last day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First day.
    #[serde(with = "days")]
    pub from: Date,
    /// Last day.
    #[serde(with = "days")]
    pub to: Date,
}

impl Span {
    /// Whether a day lies within.
    pub fn holds(self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// Which part of a cost is paid: 3/4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    parts: i64,
    of: i64,
}

/// A text that is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("補助率は、「3/4」や「10/10」のように、1以下の分数で入力してください。")]
pub struct RateFault;

impl Rate {
    /// All of it.
    pub const WHOLE: Self = Self { parts: 1, of: 1 };

    /// So many parts of so many; none for a rate above one or without sense.
    pub const fn new(parts: i64, of: i64) -> Option<Self> {
        if parts > 0 && of > 0 && parts <= of && of <= 1_000 { Some(Self { parts, of }) } else { None }
    }

    /// This part of some yen; what is less than a yen is dropped.
    pub const fn of(self, yen: i64) -> i64 {
        yen.saturating_mul(self.parts) / self.of
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.parts, self.of)
    }
}

impl FromStr for Rate {
    type Err = RateFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let folded = crate::typed::fold(text);
        let (parts, of) = folded.trim().split_once('/').ok_or(RateFault)?;
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| RateFault);
        Self::new(number(parts)?, number(of)?).ok_or(RateFault)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A category of costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Name in the keys of a form, unique in the scheme.
    pub key: String,
    /// Name as read.
    pub name: String,
    /// Most yen of these costs that count.
    #[serde(default)]
    pub ceiling_yen: Option<i64>,
    /// Last day on which these costs may be applied for; that of the scheme if none.
    #[serde(default, with = "days::option")]
    pub until: Option<Date>,
}

/// For whom an exception is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// One institution.
    Institution(InstitutionCode),
    /// All of a score table.
    Table(ScoreTable),
    /// All of a kind.
    Kind(InstitutionKind),
}

/// Another last day or another rate for some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// For whom.
    pub whom: Whom,
    /// Last day on which they may apply.
    #[serde(default, with = "days::option")]
    pub until: Option<Date>,
    /// Their rate.
    #[serde(default)]
    pub rate: Option<Rate>,
}

/// A scheme in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheme {
    /// Name in addresses and rows; the topic of the settings carries it.
    #[serde(skip)]
    pub key: String,
    /// Number of the version; the row of the version carries it.
    #[serde(skip)]
    pub version: i64,
    /// Name as read.
    pub name: String,
    /// When applications are taken.
    pub applications: Span,
    /// When the work must have been done and paid.
    pub costs: Span,
    /// What each kind of institution gets; kinds that are missing get nothing.
    #[serde(deserialize_with = "kept_terms")]
    pub terms: Vec<Terms>,
    /// Categories of costs.
    pub categories: Vec<Category>,
    /// A grant is rounded down to a multiple of so many yen.
    pub unit_yen: i64,
    /// Documents that must be sent.
    pub papers: Vec<Paper>,
    /// Who has another last day or rate.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Whether the operation start date must be registered before.
    #[serde(default)]
    pub needs_start: bool,
}

impl Default for Scheme {
    /// One that offers nothing yet: the empty form of the back office.
    fn default() -> Self {
        let never = Span { from: date!(2000 - 01 - 01), to: date!(2000 - 01 - 01) };
        Self {
            key: String::new(),
            version: 0,
            name: String::new(),
            applications: never,
            costs: never,
            terms: vec![],
            categories: vec![],
            unit_yen: 1_000,
            papers: Paper::ALL.to_vec(),
            exceptions: vec![],
            needs_start: false,
        }
    }
}

/// A scheme in a version, as an answer of the form keeps it: `card-reader@3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeRef {
    /// Name of the scheme.
    pub key: String,
    /// Number of the version.
    pub version: i64,
}

impl FromStr for SchemeRef {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, version) = text.split_once('@').ok_or(())?;
        Ok(Self { key: key.to_owned(), version: version.parse().map_err(|_| ())? })
    }
}

impl fmt::Display for SchemeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.key, self.version)
    }
}

impl Scheme {
    /// The scheme in this version as an answer.
    pub fn choice(&self) -> SchemeRef {
        SchemeRef { key: self.key.clone(), version: self.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_fraction_up_to_one() {
        for (typed, read) in [("3/4", "3/4"), (" ３／４ ", "3/4"), ("10/10", "10/10")] {
            assert_eq!(typed.parse::<Rate>().map(|rate| rate.to_string()), Ok(read.to_owned()));
        }
        for odd in ["", "0.75", "5/4", "0/4", "3/0", "-1/2", "3/4/5", "75%"] {
            assert_eq!(odd.parse::<Rate>(), Err(RateFault), "{odd}");
        }
        assert_eq!("3/4".parse::<Rate>().unwrap().of(101), 75, "less than a yen is dropped");
    }
}
