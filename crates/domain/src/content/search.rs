//! The search: what is looked for, what fits, in which order, and which characters are marked.
//!
//! The index only proposes texts. Whether one fits is decided here, by comparing normalised texts, so that both engines find
//! the same in the same order.

mod marks;

use std::cmp::Reverse;

pub use marks::{Piece, excerpt, pieces, plain};

use super::synonyms::{Alternative, Synonyms};
use crate::{typed::search_key, words::words};

/// Fewest characters that are looked for.
pub const SHORTEST: usize = 2;
/// Most characters of a search; what is typed beyond is left out.
pub const LONGEST: usize = 100;
/// Most words of a search; what is typed beyond is left out.
const MOST_WORDS: usize = 5;
/// Hits in one text beyond this number do not lift it any more.
const MOST_HITS: usize = 99;

words! {
    /// What was found.
    Kind {
        /// A case of one's own institution, or for staff one that they may read.
        Case = "case", "申請";
        /// A terminal of one's own institution.
        Terminal = "terminal", "端末";
        /// An inquiry of one's own, or for staff one that they may read.
        Inquiry = "inquiry", "お問い合わせ";
        /// A procedure.
        Procedure = "procedure", "手続";
        /// An article that explains.
        Article = "article", "解説";
        /// A question and its answer.
        Faq = "faq", "よくある質問";
        /// A notice.
        Notice = "notice", "お知らせ";
        /// Terms and other documents with versions.
        Document = "document", "規約・手引き";
    }
}

words! {
    /// What a search is narrowed to.
    Only {
        /// Notices.
        Notice = "notice", "お知らせ";
        /// Articles.
        Article = "article", "解説";
        /// Questions and answers.
        Faq = "faq", "よくある質問";
        /// Procedures.
        Procedure = "procedure", "手続";
        /// Documents.
        Document = "document", "規約・手引き";
        /// Cases, terminals and inquiries of one's own.
        Own = "own", "自分の申請";
    }
}

impl Only {
    /// The kind of public text; none for what is one's own.
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Notice => Some(Kind::Notice),
            Self::Article => Some(Kind::Article),
            Self::Faq => Some(Kind::Faq),
            Self::Procedure => Some(Kind::Procedure),
            Self::Document => Some(Kind::Document),
            Self::Own => None,
        }
    }
}

/// A word that is looked for, and what means the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as it is compared.
    pub key: String,
    /// What means the same.
    pub alternatives: Vec<Alternative>,
}

impl Word {
    /// Everything that is compared, what was typed first.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str()).chain(self.alternatives.iter().map(|one| one.key.as_str()))
    }
}

/// What is looked for: every word must be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The words, at least one.
    pub words: Vec<Word>,
    /// All words without spaces.
    pub joined: String,
}

impl Needle {
    /// Reads what was typed; none when it is shorter than two characters.
    pub fn read(typed: &str, synonyms: &Synonyms) -> Option<Self> {
        let typed: String = typed.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let joined = search_key(&typed);
        if joined.chars().count() < SHORTEST {
            return None;
        }
        let mut keys: Vec<String> = typed.split_whitespace().map(search_key).filter(|key| !key.is_empty()).collect();
        keys.truncate(MOST_WORDS);
        keys.dedup();
        // Single characters alone are a word that was typed with spaces.
        if keys.iter().all(|key| key.chars().count() < 2) {
            keys = vec![joined.clone()];
        }
        let word = |key: String| Word { alternatives: synonyms.alternatives(&key), key };
        Some(Self { words: keys.into_iter().map(word).collect(), joined })
    }

    /// Whether a normalised text contains every word as it was typed.
    pub fn fits_plainly(&self, key: &str) -> bool {
        self.words.iter().all(|word| key.contains(&word.key))
    }
}

/// A text as it is compared: everything normalised.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Title.
    pub title: &'a str,
    /// Number, or another short name.
    pub number: &'a str,
    /// Category.
    pub category: &'a str,
    /// Text.
    pub body: &'a str,
}

/// Where a word was found, the best place first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It is the whole title, or the whole number.
    Whole,
    /// The title begins with it.
    Begins,
    /// In the title.
    Title,
    /// In the number or the category.
    Head,
    /// In the text.
    Body,
}

/// How well a text fits: the smallest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Whether a word was found only by what means the same.
    pub by_synonym: bool,
    /// The worst place of all words.
    pub place: Place,
    /// How often the words were found in the text, most first.
    pub hits: Reverse<usize>,
}

/// A text that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit<'n> {
    /// How well.
    pub rank: Rank,
    /// What was found of each word: the word itself or what means the same.
    pub found: Vec<&'n str>,
    /// Words that were not typed, as they are read.
    pub instead: Vec<&'n str>,
}

/// Judges whether a text fits, and how well; none when a word is missing.
pub fn judge<'n>(needle: &'n Needle, text: &Compared<'_>) -> Option<Fit<'n>> {
    let mut fit =
        Fit { rank: Rank { by_synonym: false, place: Place::Whole, hits: Reverse(0) }, found: vec![], instead: vec![] };
    let mut hits = 0;
    for word in &needle.words {
        let (place, key) = match place_of(text, &word.key) {
            Some(place) => (place, word.key.as_str()),
            None => {
                let places = word.alternatives.iter().filter_map(|one| Some((place_of(text, &one.key)?, one)));
                let (place, one) = places.min_by_key(|(place, _)| *place)?;
                fit.rank.by_synonym = true;
                fit.instead.push(&one.label);
                (place, one.key.as_str())
            }
        };
        fit.rank.place = fit.rank.place.max(place);
        hits += text.body.matches(key).count();
        fit.found.push(key);
    }
    // Several words that are the whole title together are as good as one.
    if needle.words.len() > 1 && [text.title, text.number].contains(&needle.joined.as_str()) {
        fit.rank.place = Place::Whole;
    }
    fit.rank.hits = Reverse(hits.min(MOST_HITS));
    Some(fit)
}

fn place_of(text: &Compared<'_>, key: &str) -> Option<Place> {
    if text.title == key || text.number == key {
        Some(Place::Whole)
    } else if text.title.starts_with(key) {
        Some(Place::Begins)
    } else if text.title.contains(key) {
        Some(Place::Title)
    } else if text.number.contains(key) || text.category.contains(key) {
        Some(Place::Head)
    } else {
        text.body.contains(key).then_some(Place::Body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applications::Entry;

    fn read(typed: &str) -> Needle {
        let group = Entry { label: "回線".to_owned(), names: vec!["かいせん".to_owned()], ..Entry::default() };
        Needle::read(typed, &Synonyms::of(&[group])).unwrap()
    }

    fn rank(typed: &str, [title, number, body]: [&str; 3]) -> Option<Rank> {
        let [title, number, body] = [title, number, body].map(search_key);
        let text = Compared { title: &title, number: &number, category: "", body: &body };
        judge(&read(typed), &text).map(|fit| fit.rank)
    }

    #[test]
    fn every_word_must_be_there_wherever_it_stands() {
        let text = ["回線種別の選び方", "KB0010147", "フレッツ光の方は、IP-VPNです。"];
        for typed in ["回線種別", "回線 種別", "種別　回線", "ﾌﾚｯﾂ 回線", "kb0010147", "ＩＰ－ＶＰＮ", "かいせん 種別"]
        {
            assert!(rank(typed, text).is_some(), "{typed}");
        }
        for typed in ["回線 端末", "種別回線", "kb0010148"] {
            assert!(rank(typed, text).is_none(), "{typed}");
        }
        assert!(
            Needle::read("回", &Synonyms::default()).is_none()
                && Needle::read(" \u{0} ", &Synonyms::default()).is_none()
        );
    }

    #[test]
    fn the_whole_title_comes_before_a_part_the_text_and_what_means_the_same() {
        let texts = [
            ["回線", "", ""],
            ["回線の種別", "", ""],
            ["お使いの回線", "", ""],
            ["ほか", "回線-1", ""],
            ["ほか", "", "回線と回線"],
            ["ほか", "", "回線"],
            ["かいせん", "", "かいせん"],
        ];
        let ranks: Vec<Rank> = texts.into_iter().map(|text| rank("回線", text).unwrap()).collect();
        assert!(ranks.is_sorted() && ranks.windows(2).all(|pair| pair[0] != pair[1]), "{ranks:?}");
        assert!(ranks[6].by_synonym && !ranks[5].by_synonym);
        assert_eq!(rank("回線 種別", ["回線種別", "", ""]).unwrap().place, Place::Whole);
    }

    #[test]
    fn what_was_found_instead_is_told() {
        let needle = read("ｶｲｾﾝ");
        let text = Compared { title: "回線", number: "", category: "", body: "" };
        let fit = judge(&needle, &text).unwrap();
        assert_eq!((fit.found, fit.instead), (vec!["回線"], vec!["回線"]));
    }
}
