//! The four score tables (点数表).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Which score table an institution bills by; the third digit of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScoreTable {
    /// 医科.
    Medical,
    /// 歯科.
    Dental,
    /// 調剤.
    Pharmacy,
    /// 訪問看護.
    HomeNursing,
}

impl ScoreTable {
    /// All four in the order of their digits.
    pub const ALL: [Self; 4] = [Self::Medical, Self::Dental, Self::Pharmacy, Self::HomeNursing];

    /// From the digit, exactly as in `1`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.code() == code)
    }

    /// From what a person or a list gives: `3`, `3 : 歯科` or `歯科`, in any width.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = crate::typed::fold(typed);
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        match digits {
            0 => Self::ALL.into_iter().find(|table| table.name() == text),
            1 => text.get(..1).and_then(Self::from_code),
            _ => None,
        }
    }

    /// The digit: `1`, `3`, `4` or `6`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Medical => "1",
            Self::Dental => "3",
            Self::Pharmacy => "4",
            Self::HomeNursing => "6",
        }
    }

    /// The name: 「医科」.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Medical => "医科",
            Self::Dental => "歯科",
            Self::Pharmacy => "調剤",
            Self::HomeNursing => "訪問看護",
        }
    }

    /// The label as on the forms: `3 : 歯科`.
    pub fn label(self) -> String {
        format!("{} : {}", self.code(), self.name())
    }

    /// The class on the certificate form (spec 04.1, 分類): `2 保険医療機関（歯科）`.
    pub const fn certificate_class(self) -> &'static str {
        match self {
            Self::Medical => "2 保険医療機関（医科）",
            Self::Dental => "2 保険医療機関（歯科）",
            Self::Pharmacy => "3 保険薬局",
            Self::HomeNursing => "4 訪問看護ステーション",
        }
    }
}

impl fmt::Display for ScoreTable {
    /// The name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ScoreTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for ScoreTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("unknown score table {code:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_table_is_read_in_the_ways_people_write_it() {
        for table in ScoreTable::ALL {
            for typed in [table.code(), table.name(), &table.label()] {
                assert_eq!(ScoreTable::parse(typed), Some(table), "{typed}");
            }
        }
        for typed in ["３", "3 医療機関（歯科）"] {
            assert_eq!(ScoreTable::parse(typed), Some(ScoreTable::Dental), "{typed}");
        }
        for typed in ["", "2", "5", "13", "内科"] {
            assert_eq!(ScoreTable::parse(typed), None, "{typed}");
        }
    }
}
