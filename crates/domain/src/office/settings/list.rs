//! Lists that forms offer, as staff edit them entry by entry.

use std::collections::BTreeSet;

use super::{LINE, finding};
use crate::{
    applications::{Entry, Lists, line_finder},
    content::{menus, synonyms},
    forms::Finding,
    typed::search_key,
};

/// A column of a list beside what is stored and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Heading under which it stands.
    Group,
    /// A sentence under the choice.
    Note,
    /// Where a product displays its name.
    Displayed,
    /// Maker of a product.
    Maker,
    /// The terminal's system that a receipt computer's belongs to.
    Os,
    /// Format of the certificate file: `modern` or `legacy`.
    Pkcs12,
    /// Profile of the keys that are made for an operating system.
    Profile,
    /// Field that a canned reason is about.
    Field,
    /// Whether words of one's own are asked for.
    FreeText,
    /// Words that stand for the entry.
    Names,
    /// Words that mean the same.
    Words,
    /// Option of the eligibility application.
    LineKind,
    /// Option of the claims filing.
    ClaimsConnection,
    /// Whether the entry settles the option.
    Certain,
    /// Page of the portal that it opens.
    Address,
}

/// A list that staff may edit.
#[derive(Clone, Copy, Debug)]
pub struct ListTopic {
    /// Name of the list.
    pub name: &'static str,
    /// Its name on pages.
    pub label: &'static str,
    /// Where it is offered.
    pub place: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

/// The lists that staff may edit; what is missing here hangs together with rules of the program.
pub const EDITABLE_LISTS: &[ListTopic] = &[
    ListTopic {
        name: "ipsec_providers",
        label: "IPsec+IKEサービス提供事業者",
        place: "資格確認の申請とオンライン請求の届出",
        columns: &[Column::Note, Column::FreeText],
    },
    ListTopic {
        name: "line_finder",
        label: "回線種別の案内に使う会社の名前",
        place: "「回線種別を調べる」と審査の点検",
        columns: &[Column::Names, Column::LineKind, Column::ClaimsConnection, Column::Certain, Column::Note],
    },
    ListTopic {
        name: "receipt_products",
        label: "レセコンのプログラム",
        place: "オンライン請求の届出",
        columns: &[Column::Group, Column::Maker, Column::Displayed, Column::FreeText],
    },
    ListTopic {
        name: "os_browsers",
        label: "レセコンのOSとブラウザ",
        place: "オンライン請求の届出",
        columns: &[Column::Group, Column::Os, Column::Note, Column::FreeText],
    },
    ListTopic {
        name: "terminal_oses",
        label: "端末のOS",
        place: "端末の電子証明書の申請",
        columns: &[Column::Pkcs12, Column::Profile, Column::Note],
    },
    ListTopic {
        name: "return_reasons",
        label: "補正依頼の定型文",
        place: "審査のページ",
        columns: &[Column::Group, Column::Field],
    },
    ListTopic {
        name: "rejection_reasons",
        label: "却下の理由の定型文",
        place: "審査のページ",
        columns: &[Column::Group],
    },
    ListTopic {
        name: "inquiry_categories", label: "お問い合わせの種類", place: "お問い合わせのページ", columns: &[]
    },
    ListTopic {
        name: menus::TOP,
        label: "事業別トップメニュー",
        place: "すべてのページの上",
        columns: &[Column::Group, Column::Address],
    },
    ListTopic {
        name: menus::SIDE,
        label: "解説のページのメニュー",
        place: "解説、よくある質問、手続の一覧",
        columns: &[Column::Group, Column::Address],
    },
    ListTopic {
        name: synonyms::LIST, label: "検索の同じ意味の言葉", place: "検索", columns: &[Column::Words]
    },
];

/// The list that staff may edit under a name.
pub fn list_topic(name: &str) -> Option<&'static ListTopic> {
    EDITABLE_LISTS.iter().find(|topic| topic.name == name)
}

pub(super) fn judge(name: &str, entries: &[Entry], lists: Option<&Lists>) -> Vec<Finding> {
    let Some(topic) = list_topic(name) else { return vec![finding("", "この一覧は変更できません。")] };
    let mut seen = BTreeSet::new();
    let found: Vec<Finding> = entries.iter().flat_map(|entry| judge_entry(topic, entry, &mut seen)).collect();
    if !found.is_empty() {
        return found;
    }
    if entries.iter().all(|entry| entry.retired) {
        return vec![finding("retired", "選べるものが1つもなくなります。少なくとも1つは選べるようにしてください。")];
    }
    lists.and_then(|lists| judge_pointers(name, entries, lists)).into_iter().collect()
}

fn judge_entry(topic: &ListTopic, entry: &Entry, seen: &mut BTreeSet<String>) -> Vec<Finding> {
    let mut found = vec![];
    let is_value = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    if entry.value.is_empty() || !entry.value.bytes().all(is_value) || !seen.insert(entry.value.clone()) {
        found.push(finding("", "同じ記号の選択肢があります。もう一度はじめから入力してください。"));
    }
    if entry.label.trim().is_empty() || entry.label.chars().count() > LINE {
        found.push(finding("label", format!("「表示する文」を、{LINE}文字までで入力してください。")));
    }
    if [&entry.note, &entry.group, &entry.maker, &entry.displayed].iter().any(|text| text.chars().count() > 2 * LINE) {
        found.push(finding("note", format!("1つの欄は{}文字までで入力してください。", 2 * LINE)));
    }
    if topic.columns.contains(&Column::Words) {
        found.extend(judge_words(entry));
    }
    if topic.columns.contains(&Column::Address) {
        found.extend(menus::fault(entry).map(|(field, message)| finding(field, message)));
    }
    if topic.columns.contains(&Column::Pkcs12) && !["modern", "legacy"].contains(&entry.pkcs12.as_str()) {
        found.push(finding("pkcs12", "「証明書ファイルの形式」を選んでください。"));
    }
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if entry.profile.chars().count() > LINE || !entry.profile.chars().all(in_name) {
        found.push(finding("profile", "「鍵と証明書の種類」を選び直してください。"));
    }
    found
}

/// A group is two words at least, each long enough to be looked for.
fn judge_words(entry: &Entry) -> Option<Finding> {
    let short = |word: &&String| search_key(word).chars().count() < 2 || word.chars().count() > LINE;
    if let Some(word) = entry.names.iter().find(short) {
        return Some(finding("names", format!("「{word}」は、2文字から{LINE}文字までの言葉にしてください。")));
    }
    let most = synonyms::MOST_WORDS;
    let fits = (1..most).contains(&entry.names.len());
    (!fits).then(|| finding("names", format!("同じ意味の言葉を、1つから{}つまで入力してください。", most - 1)))
}

/// What an entry points to must be there, or forms would offer something that cannot be sent.
fn judge_pointers(name: &str, entries: &[Entry], lists: &Lists) -> Option<Finding> {
    if name == line_finder::LIST {
        let mut with = lists.clone();
        with.0.insert(name.to_owned(), entries.to_vec());
        let fault = line_finder::check(&with).err()?;
        return Some(finding(
            "line_kind",
            format!("案内する先の選択肢が見つかりません（{fault}）。選び直してください。"),
        ));
    }
    let lost = |entry: &&Entry| !entry.os.is_empty() && lists.entry("terminal_oses", &entry.os).is_none();
    entries.iter().find(lost).map(|entry| {
        finding("os", format!("「{}」の「端末のOS」が一覧にありません。選び直してください。", entry.label))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: &str, label: &str) -> Entry {
        Entry { value: value.to_owned(), label: label.to_owned(), ..Entry::default() }
    }

    fn fields(name: &str, entries: &[Entry]) -> Vec<String> {
        judge(name, entries, Some(&Lists::default())).into_iter().map(|finding| finding.field).collect()
    }

    #[test]
    fn every_choice_has_a_sign_of_its_own_and_words() {
        assert!(fields("inquiry_categories", &[entry("a", "甲"), entry("b", "乙")]).is_empty());
        assert_eq!(fields("inquiry_categories", &[entry("a", "甲"), entry("a", "乙")]), [""]);
        assert_eq!(fields("inquiry_categories", &[entry("a", " ")]), ["label"]);
        assert_eq!(fields("terminal_oses", &[entry("a", "甲")]), ["pkcs12"]);
        let odd = Entry { pkcs12: "modern".to_owned(), profile: "p256\n".to_owned(), ..entry("a", "甲") };
        assert_eq!(fields("terminal_oses", &[odd]), ["profile"]);
        assert_eq!(fields("purposes", &[entry("a", "甲")]), [""]);
    }

    #[test]
    fn a_group_of_words_is_two_words_that_can_be_looked_for() {
        let group = |names: &[&str]| Entry {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..entry("a", "回線")
        };
        assert!(fields(synonyms::LIST, &[group(&["電気通信回線", "かいせん"])]).is_empty());
        for odd in [&[][..], &["線"], &[" "], &["かいせん"; 20]] {
            assert_eq!(fields(synonyms::LIST, &[group(odd)]), ["names"], "{odd:?}");
        }
    }

    #[test]
    fn a_list_does_not_point_to_what_is_not_there_and_offers_something() {
        let os = Entry { os: "windows".to_owned(), ..entry("a", "甲") };
        assert_eq!(fields("os_browsers", &[os]), ["os"]);
        let line = Entry { line_kind: "nowhere".to_owned(), ..entry("a", "甲") };
        assert_eq!(fields("line_finder", &[line]), ["line_kind"]);
        assert_eq!(fields("inquiry_categories", &[Entry { retired: true, ..entry("a", "甲") }]), ["retired"]);
    }
}
