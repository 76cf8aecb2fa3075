//! What the index holds of a text: pairs of neighbouring characters, written so that no engine changes them.
//!
//! A pair is the two code points in hexadecimal with an `x` between them, a title's pairs once more behind a `t`, and the
//! kind of the text behind a `k`: lower-case letters and digits only, which every tokenizer leaves as they are.

use std::collections::{BTreeSet, HashSet};

use super::search::{Kind, Needle};

/// Most pairs of one text: below the 1 MB that a text vector of PostgreSQL may have. What comes later in a longer text is
/// not found.
const MOST_PAIRS: usize = 50_000;
/// Most pairs of one word that the index is asked for; the text itself is compared with all of it afterwards.
const MOST_ASKED: usize = 24;

/// The pairs of neighbouring characters of a normalised text.
fn pairs(key: &str) -> impl Iterator<Item = String> + '_ {
    key.chars().zip(key.chars().skip(1)).map(|(a, b)| format!("{:x}x{:x}", u32::from(a), u32::from(b)))
}

/// What the index holds of a text, in order and separated by spaces. `others` are what is compared besides the title.
pub fn tokens(kind: Kind, title: &str, others: &[&str]) -> String {
    let mut seen = HashSet::new();
    let all = [title].into_iter().chain(others.iter().copied()).flat_map(pairs);
    let mut tokens: BTreeSet<String> = all.filter(|pair| seen.insert(pair.clone())).take(MOST_PAIRS).collect();
    tokens.extend(pairs(title).take(MOST_PAIRS / 10).map(|pair| format!("t{pair}")));
    tokens.insert(of_kind(kind));
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// A pair in four letters, of which there are a million: for a register so large that its index must stay small. Two pairs may
/// be written alike, so what the index proposes is compared with the text itself.
fn short((a, b): (char, char)) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mixed = (u64::from(u32::from(a)) << 32 | u64::from(u32::from(b))).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
    let letter = |place: u32| char::from(LETTERS[usize::try_from(mixed >> (5 * place) & 31).unwrap_or(0)]);
    (0..4).map(letter).collect()
}

/// What the index of the register holds of a normalised text, in order and separated by spaces.
pub fn short_tokens(key: &str) -> String {
    let all: BTreeSet<String> = key.chars().zip(key.chars().skip(1)).map(short).collect();
    all.into_iter().collect::<Vec<_>>().join(" ")
}

/// What the index of the register is asked for a normalised text; none when it has no pair.
pub fn short_expression(key: &str) -> Option<Expression> {
    let all: BTreeSet<String> = key.chars().zip(key.chars().skip(1)).take(MOST_ASKED).map(short).collect();
    let group = |token: String| vec![vec![token]];
    (!all.is_empty()).then(|| Expression(all.into_iter().map(group).collect()))
}

fn of_kind(kind: Kind) -> String {
    format!("k{kind}")
}

/// What the index is asked for: every group must be there, of a group one alternative, of an alternative every token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression(pub Vec<Vec<Vec<String>>>);

/// What the index is asked for a needle; `titles` asks for titles only. None when it could not narrow anything.
pub fn expression(needle: &Needle, kind: Option<Kind>, titles: bool) -> Option<Expression> {
    let prefix = if titles { "t" } else { "" };
    let alternative = |key: &str| pairs(key).take(MOST_ASKED).map(|pair| format!("{prefix}{pair}")).collect::<Vec<_>>();
    let words = needle.words.iter().map(|word| word.keys().map(alternative).collect::<Vec<_>>());
    // A single character has no pair: it is only compared.
    let mut groups: Vec<Vec<Vec<String>>> = words.filter(|group| group.iter().all(|one| !one.is_empty())).collect();
    if groups.is_empty() {
        return None;
    }
    groups.extend(kind.map(|kind| vec![vec![of_kind(kind)]]));
    Some(Expression(groups))
}

/// The number under which a text stands in the index: what was changed last has the smallest, and of the same second the
/// order is as good as drawn, but the same everywhere.
pub fn order_key(kind: Kind, subject: &str, changed_at: i64) -> i64 {
    const SECONDS: i64 = (1 << 33) - 1;
    let second = (changed_at / 1_000).clamp(0, SECONDS);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in kind.as_str().bytes().chain([b'/']).chain(subject.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let drawn = i64::try_from((hash ^ (hash >> 32)) & ((1 << 30) - 1)).unwrap_or(0);
    ((SECONDS - second) << 30) | drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::synonyms::Synonyms;

    #[test]
    fn whatever_part_of_a_name_is_asked_for_its_short_pairs_are_there() {
        let name = "青葉さくら歯科くりにっく2号";
        let held = short_tokens(name);
        let letters: Vec<char> = name.chars().collect();
        for (from, to) in (0..letters.len()).flat_map(|from| (from + 2..=letters.len()).map(move |to| (from, to))) {
            let part: String = letters[from..to].iter().collect();
            let wanted = short_expression(&part).unwrap();
            assert!(wanted.0.iter().flatten().flatten().all(|token| held.split(' ').any(|one| one == token)), "{part}");
        }
        assert_eq!(short_expression("歯"), None);
        assert!(held.split(' ').all(|token| token.len() == 4));
    }

    #[test]
    fn a_token_is_made_of_letters_and_digits_that_no_tokenizer_changes() {
        let held = tokens(Kind::Faq, "かい𠮷", &["a%'\"\\ -", "回線"]);
        assert!(held.split(' ').all(|token| token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
        let wanted = ["304bx3044", "t304bx3044", "56dex7dda", "kfaq"];
        assert!(wanted.iter().all(|token| held.split(' ').any(|one| one == *token)), "{held}");
        assert!(!held.contains("t56dex7dda"), "what stands in the text is not in the title");
    }

    #[test]
    fn a_text_beyond_measure_is_cut() {
        let long: String = (0..400_000_u32).map(|n| char::from_u32(0x4e00 + (n * 7_919) % 20_000).unwrap()).collect();
        let held = tokens(Kind::Document, "題", &[&long]);
        assert!(held.split(' ').count() <= MOST_PAIRS + 1 && held.len() < 900_000);
    }

    #[test]
    fn one_character_is_only_compared_and_two_are_one_pair() {
        let needle = |typed: &str| Needle::read(typed, &Synonyms::default()).unwrap();
        let asked = |typed: &str| expression(&needle(typed), None, false).unwrap().0;
        assert_eq!(asked("回線"), [[["56dex7dda".to_owned()]]]);
        assert_eq!(asked("回線 種"), asked("回線"));
        assert_eq!(asked("回 線"), asked("回線"));
        let narrowed = expression(&needle("回線"), Some(Kind::Notice), true).unwrap().0;
        assert_eq!(narrowed, [[["t56dex7dda".to_owned()]], [["knotice".to_owned()]]]);
    }

    #[test]
    fn what_was_changed_last_stands_first() {
        let key = |at: i64| order_key(Kind::Article, "a", at);
        assert!(key(2_000_000_000_000) < key(1_999_999_999_000) && key(i64::MAX) >= 0 && key(-5) > 0);
        assert_ne!(order_key(Kind::Article, "a", 0), order_key(Kind::Faq, "a", 0));
    }
}
