//! Days as they stand in the stored form of a scheme: `2027-03-31`.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use time::Date;

use crate::calendar::typed_day;

pub(super) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    typed_day(&text).ok_or_else(|| D::Error::custom(format!("no day: {text}")))
}

/// The same where there may be none.
pub(super) mod option {
    use super::{Date, Deserialize, Deserializer, Serializer, typed_day};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "serde gives it so")]
    pub(in super::super) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => serializer.collect_str(day),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        typed_day(&text).map(Some).ok_or_else(|| D::Error::custom(format!("no day: {text}")))
    }
}
