//! The menus beside and above the pages, as lists that editors maintain (manual 1-2, 1-3, 3-1).

use crate::applications::{Entry, Lists};

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
    fn a_menu_leads_only_to_pages_of_the_portal() {
        assert_eq!(fault(&entry("甲", "一", "/procedures?category=claims#top")), None);
        for odd in ["", "faq", "//elsewhere.example", "https://elsewhere.example", "/a b", "/\u{3042}", "/<x>"] {
            assert_eq!(fault(&entry("甲", "一", odd)).map(|found| found.0), Some("href"), "{odd}");
        }
        assert_eq!(fault(&entry(" ", "一", "/")).map(|found| found.0), Some("group"));
    }
}
