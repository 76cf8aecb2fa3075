//! An institution as the register knows it.

use super::InstitutionCode;
use crate::ids::InstitutionId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use time::Date;

/// Whether an institution works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionStatus {
    /// 現存.
    #[default]
    Active,
    /// 休止.
    Suspended,
    /// 廃止.
    Closed,
}

impl InstitutionStatus {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Closed];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    /// The word on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "現存",
            Self::Suspended => "休止",
            Self::Closed => "廃止",
        }
    }

    /// From what a list gives: either word, or nothing for 現存.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "" | "現存" | "開設" => Some(Self::Active),
            "休止" | "休止中" => Some(Self::Suspended),
            "廃止" | "閉鎖" => Some(Self::Closed),
            _ => Self::ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(text)),
        }
    }
}

impl fmt::Display for InstitutionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stored status that this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown institution status {0:?}")]
pub struct UnknownStatus(pub String);

impl FromStr for InstitutionStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// A hospital, clinic, dental clinic, pharmacy or home-nursing station (医療機関等).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Identifier; stays when the code changes hands.
    pub id: InstitutionId,
    /// Ten-digit code.
    pub code: InstitutionCode,
    /// 名称.
    pub name: String,
    /// 名称カナ; empty when unknown, like the texts below.
    pub name_kana: String,
    /// 郵便番号, `123-4567`.
    pub postal_code: String,
    /// 所在地.
    pub address: String,
    /// 電話番号.
    pub phone: String,
    /// 開設者.
    pub founder: String,
    /// Whether it works.
    pub status: InstitutionStatus,
    /// First day of the designation, if known.
    pub valid_from: Option<Date>,
    /// Last day of the designation, if it ends.
    pub valid_to: Option<Date>,
    /// Whether an import has brought it; otherwise it is 「確認待ち」 (spec 2.2).
    pub in_register: bool,
}

impl Institution {
    /// Whether the institution works on a day: in its term and not suspended or closed.
    pub fn works_on(&self, day: Date) -> bool {
        let begun = self.valid_from.is_none_or(|from| from <= day);
        let ended = self.valid_to.is_some_and(|to| to < day);
        self.status == InstitutionStatus::Active && begun && !ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;
    use uuid::Uuid;

    fn clinic() -> Institution {
        Institution {
            id: InstitutionId(Uuid::nil()),
            code: "1330100016".parse().unwrap(),
            name: "あおば歯科".into(),
            name_kana: String::new(),
            postal_code: "100-0001".into(),
            address: "東京都千代田区千代田1-1".into(),
            phone: String::new(),
            founder: String::new(),
            status: InstitutionStatus::Active,
            valid_from: Some(date!(2026 - 04 - 01)),
            valid_to: Some(date!(2026 - 09 - 30)),
            in_register: true,
        }
    }

    #[test]
    fn an_institution_works_within_its_term_only() {
        let clinic = clinic();
        assert!(!clinic.works_on(date!(2026 - 03 - 31)));
        assert!(clinic.works_on(date!(2026 - 04 - 01)) && clinic.works_on(date!(2026 - 09 - 30)));
        assert!(!clinic.works_on(date!(2026 - 10 - 01)));
        let suspended = Institution { status: InstitutionStatus::Suspended, valid_to: None, ..clinic };
        assert!(!suspended.works_on(date!(2026 - 05 - 01)));
    }

    #[test]
    fn a_status_is_read_in_the_words_of_lists_and_of_the_database() {
        for status in InstitutionStatus::ALL {
            assert_eq!(InstitutionStatus::parse(status.label()), Some(status));
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!(InstitutionStatus::parse(" "), Some(InstitutionStatus::Active));
        assert_eq!(InstitutionStatus::parse("引越"), None);
        assert!("現存".parse::<InstitutionStatus>().is_err());
    }
}
