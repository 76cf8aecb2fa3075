//! What a person typed, by field key.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest value that is kept, in characters; the rest of a longer one is cut off before it is stored.
const LONGEST: usize = 20_000;

/// What a person typed, by field key. Absent and empty are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, String>);

impl Answers {
    /// Nothing answered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field, or the empty text.
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// Whether something was answered.
    pub fn has(&self, key: &str) -> bool {
        !self.get(key).is_empty()
    }

    /// Whether the field holds exactly this value.
    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == value
    }

    /// Sets or, with the empty text, removes a value. NUL characters cannot be stored and become U+FFFD.
    pub fn set(&mut self, key: impl Into<String>, value: impl AsRef<str>) {
        let key = key.into();
        let value: String =
            value.as_ref().chars().take(LONGEST).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect();
        if value.is_empty() {
            self.0.remove(&key);
        } else {
            self.0.insert(key, value);
        }
    }

    /// The same with one more answer.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl AsRef<str>) -> Self {
        self.set(key, value);
        self
    }

    /// All answers in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: AsRef<str>> FromIterator<(K, V)> for Answers {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        pairs.into_iter().fold(Self::new(), |answers, (key, value)| answers.with(key, value))
    }
}
