//! Words that mean the same, and readings: what a search looks for besides what was typed.

use std::collections::BTreeMap;

use crate::{applications::Entry, typed::search_key};

/// Name of the list.
pub const LIST: &str = "search_synonyms";
/// Most words of one group.
pub const MOST_WORDS: usize = 20;
/// Most alternatives of one word of a search.
const MOST_ALTERNATIVES: usize = 8;
/// Fewest characters of a word that is replaced inside a longer one.
const FEWEST_INSIDE: usize = 3;

/// A word that means the same as what was typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alternative {
    /// The word as it is compared.
    pub key: String,
    /// The word as it is read.
    pub label: String,
}

/// Groups of words that mean the same.
#[derive(Clone, Debug, Default)]
pub struct Synonyms {
    groups: Vec<Vec<Alternative>>,
    places: BTreeMap<String, Vec<usize>>,
}

impl Synonyms {
    /// The groups of a list: each entry's label and its names. What is retired or shorter than two characters counts not.
    pub fn of(entries: &[Entry]) -> Self {
        let mut all = Self::default();
        for entry in entries.iter().filter(|entry| !entry.retired) {
            let words = std::iter::once(&entry.label).chain(&entry.names);
            let word = |text: &String| Alternative { key: search_key(text), label: text.trim().to_owned() };
            let group: Vec<Alternative> = words.map(word).filter(|one| one.key.chars().count() >= 2).collect();
            for one in &group {
                all.places.entry(one.key.clone()).or_default().push(all.groups.len());
            }
            all.groups.push(group);
        }
        all
    }

    /// What else a word may be called, without itself; the words of its group first, then the word with a part of it
    /// called otherwise.
    pub fn alternatives(&self, key: &str) -> Vec<Alternative> {
        let mut found: Vec<Alternative> = vec![];
        let mut add = |one: Alternative| {
            if one.key != key && found.len() < MOST_ALTERNATIVES && found.iter().all(|known| known.key != one.key) {
                found.push(one);
            }
        };
        self.groups_of(key).for_each(|one| add(one.clone()));
        for (part, _) in self.places.iter().filter(|(part, _)| part.chars().count() >= FEWEST_INSIDE) {
            if part.len() < key.len() && key.contains(part.as_str()) {
                for other in self.groups_of(part).filter(|other| other.key != *part && !key.contains(&other.key)) {
                    let label = key.replacen(part.as_str(), &other.label, 1);
                    add(Alternative { key: search_key(&label), label });
                }
            }
        }
        found
    }

    fn groups_of(&self, key: &str) -> impl Iterator<Item = &Alternative> {
        let places = self.places.get(key).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.groups.get(*place)).flatten()
    }

    /// First words of the groups in which a word begins like this, in the order of the list: what is suggested while
    /// somebody types.
    pub fn beginning(&self, key: &str) -> impl Iterator<Item = &str> {
        let begins = move |group: &&Vec<Alternative>| group.iter().any(|one| one.key.starts_with(key));
        self.groups.iter().filter(begins).filter_map(|group| group.first()).map(|one| one.label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(words: &[&str]) -> Entry {
        let (first, rest) = words.split_first().unwrap();
        let names = rest.iter().map(|&word| word.to_owned()).collect();
        Entry { value: "v".to_owned(), label: (*first).to_owned(), names, ..Entry::default() }
    }

    fn labels(words: &Synonyms, typed: &str) -> Vec<String> {
        words.alternatives(&search_key(typed)).into_iter().map(|one| one.label).collect()
    }

    #[test]
    fn a_word_stands_for_the_others_of_its_group_however_it_is_typed() {
        let words = Synonyms::of(&[
            group(&["オンライン資格確認", "オン資", "資格確認"]),
            group(&["回線", "電気通信回線", "かいせん", "線"]),
        ]);
        assert_eq!(labels(&words, "ｵﾝ資"), ["オンライン資格確認", "資格確認"]);
        assert_eq!(labels(&words, "ｶｲｾﾝ"), ["回線", "電気通信回線"]);
        assert!(labels(&words, "端末").is_empty());
        assert_eq!(labels(&words, "かいせん種別"), ["回線種別", "電気通信回線種別"]);
        assert!(labels(&words, "回線種別").is_empty(), "two characters are not replaced inside a word");
    }

    #[test]
    fn a_retired_group_and_a_single_character_are_no_alternatives() {
        let retired = Entry { retired: true, ..group(&["甲乙", "丙丁"]) };
        let words = Synonyms::of(&[retired, group(&["鍵", "かぎ"])]);
        assert!(labels(&words, "甲乙").is_empty() && labels(&words, "かぎ").is_empty());
        assert_eq!(words.beginning("か").collect::<Vec<_>>(), ["かぎ"]);
    }
}
