//! The menus beside and above the pages, as lists that editors maintain (manual 1-2, 1-3, 3-1).

use crate::applications::{Entry, Kind, Lists};
use crate::procedures::Common;

/// Name of the list of the 事業別トップメニュー: its groups are the businesses.
pub const TOP: &str = "top_menu";
/// Name of the list of the menu beside articles and answers: its groups are the chapters.
pub const SIDE: &str = "side_menu";
/// Longest address in characters.
const LONGEST: usize = 200;

/// A part of a menu: its heading and its entries, each with its words and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The heading.
    pub title: &'a str,
    /// The entries.
    pub links: Vec<(&'a str, &'a str)>,
}

/// The parts of a menu that are shown, in their order; entries of one heading stand together.
pub fn parts<'a>(lists: &'a Lists, name: &str) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = vec![];
    for entry in lists.offered(name) {
        let link = (entry.label.as_str(), entry.href.as_str());
        match parts.iter_mut().find(|part| part.title == entry.group) {
            Some(part) => part.links.push(link),
            None => parts.push(Part { title: &entry.group, links: vec![link] }),
        }
    }
    parts
}

/// Enters procedures of the common kind that a menu does not name yet, behind the last one of the same business. A menu that
/// staff keep is theirs: this is for the one that comes with the program.
pub fn enter(name: &str, entries: &mut Vec<Entry>) {
    for common in Common::ALL {
        let kind = Kind::Common(*common);
        if entries.iter().all(|entry| entry.value != kind.as_str()) {
            enter_one(name, entries, kind);
        }
    }
}

fn enter_one(name: &str, entries: &mut Vec<Entry>, kind: Kind) {
    let words = kind.words();
    let (label, href) = match name {
        SIDE => (words.tile_title(), format!("/articles/{}", kind.article())),
        _ => (words.label, format!("/procedures/{kind}")),
    };
    let akin = |entry: &Entry| entry.value.parse::<Kind>().is_ok_and(|other| other.words().business == words.business);
    let place = entries.iter().rposition(akin);
    let group = place.map_or_else(|| words.business.label().to_owned(), |place| entries[place].group.clone());
    let (value, label) = (kind.as_str().to_owned(), label.to_owned());
    let entry = Entry { value, label, group, href, ..Entry::default() };
    entries.insert(place.map_or(entries.len(), |place| place + 1), entry);
}

/// What is wrong with an entry: the field, and a sentence.
pub fn fault(entry: &Entry) -> Option<(&'static str, &'static str)> {
    if entry.group.trim().is_empty() {
        return Some(("group", "「見出し」を入力してください。"));
    }
    let inside = entry.href.starts_with('/') && !entry.href.starts_with("//");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.?=&%#".contains(letter);
    let fits = inside && entry.href.len() <= LONGEST && entry.href.chars().all(plain);
    (!fits).then_some((
        "href",
        "「開くページ」は、このポータルの中のアドレスを「/faq」のように「/」から入力してください。",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(group: &str, label: &str, href: &str) -> Entry {
        Entry { group: group.to_owned(), label: label.to_owned(), href: href.to_owned(), ..Entry::default() }
    }

    #[test]
    fn entries_of_one_heading_stand_together_and_retired_ones_nowhere() {
        let mut lists = Lists::default();
        let gone = Entry { retired: true, ..entry("甲", "三", "/c") };
        let list = vec![entry("甲", "一", "/a"), entry("乙", "二", "/b"), gone, entry("甲", "四", "/d")];
        lists.0.insert(SIDE.to_owned(), list);
        let found = parts(&lists, SIDE);
        assert_eq!(found[0], Part { title: "甲", links: vec![("一", "/a"), ("四", "/d")] });
        assert_eq!((found.len(), found[1].title), (2, "乙"));
    }

    #[test]
    fn a_procedure_that_a_menu_does_not_name_stands_behind_those_of_its_business() {
        let known = |key: &str| Entry { value: key.to_owned(), ..entry("申請", key, "/x") };
        let mut menu = vec![known("eligibility"), Entry { value: "faq".to_owned(), ..entry("質問", "FAQ", "/faq") }];
        enter(TOP, &mut menu);
        let all: Vec<&str> = menu.iter().map(|entry| entry.value.as_str()).collect();
        assert!(Common::ALL.iter().all(|common| all.contains(&common.words().key)), "{all:?}");
        let place = |key: &str| all.iter().position(|value| *value == key).unwrap();
        assert!(place("operation_start") < place("faq"), "beside the other one of its business");
        assert_eq!(menu[place("operation_start")].group, "申請");
        assert_eq!(menu[place("operation_start")].href, "/procedures/operation_start");
        assert_eq!(menu[place("closing")].group, "変更・承継・廃止", "a business of which nothing stood there");
        let whole = menu.clone();
        enter(TOP, &mut menu);
        assert_eq!(menu, whole, "nothing twice");
        let mut side = vec![];
        enter(SIDE, &mut side);
        assert!(side.iter().all(|entry| entry.href.starts_with("/articles/KB") && fault(entry).is_none()));
    }

    #[test]
    fn a_menu_leads_only_to_pages_of_the_portal() {
        assert_eq!(fault(&entry("甲", "一", "/procedures?category=claims#top")), None);
        for odd in ["", "faq", "//elsewhere.example", "https://elsewhere.example", "/a b", "/\u{3042}", "/<x>"] {
            assert_eq!(fault(&entry("甲", "一", odd)).map(|found| found.0), Some("href"), "{odd}");
        }
        assert_eq!(fault(&entry(" ", "一", "/")).map(|found| found.0), Some("group"));
    }
}
