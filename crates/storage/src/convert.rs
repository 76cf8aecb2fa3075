//! Between stored words and domain types.

use std::str::FromStr;

use domain::{clock::Timestamp, forms::Answers};
use sqlx::types::Json;

use crate::{Error, Result};

/// A stored word as a domain type.
pub(crate) fn word<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::Corrupt(format!("{} {text:?}", std::any::type_name::<T>())))
}

/// A stored instant.
pub(crate) const fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A stored instant that may be missing.
pub(crate) fn instant_opt(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// Answers from a column.
pub(crate) type JsonAnswers = Json<Answers>;
