//! The line finder: from what is printed on a clinic's papers to the options of both forms (spec 03, 05).
//!
//! The table is a list that an editor maintains. Both forms ask for the papers in the same field, and whoever chooses
//! against them gives a reason, which the reviewer reads.

use super::{Entry, Facts, Lists};
use crate::forms::{Answers, Choice, Field, Findings, Input};
use crate::typed::{compact, search_key};

/// Name of the list.
pub const LIST: &str = "line_finder";
/// Key of the field that asks which name stands on the papers.
pub const PAPERS: &str = "papers";
/// Key of the field that asks why another option than that of the papers was chosen.
pub const REASON: &str = "line_reason";
/// Page on which one looks for what is printed.
pub const PAGE: &str = "/line-finder";

/// What a wrong option leads to (manual 1-6).
const CONSEQUENCE: &str = "当日の設置ができず再訪問となり、変更の反映に1週間ほどかかります";
/// Longest reason in characters.
const LONGEST_REASON: usize = 200;
/// Names of an entry that stand beside its choice.
const EXAMPLES: usize = 6;
/// Fewest letters that are looked for.
const FEWEST: usize = 2;

/// A table that names an option which no form offers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line_finder: entry {entry:?} names {option:?}, which {list} does not offer")]
pub struct LineFinderFault {
    /// Value of the entry.
    pub entry: String,
    /// The option that it names.
    pub option: String,
    /// The list in which the option should stand.
    pub list: &'static str,
}

/// Compares the table with the options of both forms.
///
/// # Errors
/// [`LineFinderFault`] for the first entry that names an option which its form does not offer.
pub fn check(lists: &Lists) -> Result<(), LineFinderFault> {
    for entry in lists.entries(LIST) {
        for question in [LINE_KIND, CONNECTION] {
            let option = question.option(entry);
            if !option.is_empty() && lists.entry(question.list, option).is_none() {
                let (entry, option) = (entry.value.clone(), option.to_owned());
                return Err(LineFinderFault { entry, option, list: question.list });
            }
        }
    }
    Ok(())
}

/// Whether a stored table is one that names no options, as it was kept before they were read.
pub fn is_bare(lists: &Lists) -> bool {
    lists.entries(LIST).iter().all(|entry| entry.line_kind.is_empty() && entry.claims_connection.is_empty())
}

/// The entry that was chosen in the field [`PAPERS`].
pub fn find<'a>(lists: &'a Lists, value: &str) -> Option<&'a Entry> {
    lists.entry(LIST, value)
}

/// An entry that a printed text points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The name by which it was found.
    pub name: &'a str,
    /// Whether the name stands whole in the text.
    pub whole: bool,
}

/// The entries that a text as printed on the papers points to, the longest name first; width, kana, case, spaces and
/// hyphens make no difference. Parts of names count only when no whole name stands in the text.
pub fn search<'a>(lists: &'a Lists, printed: &str) -> Vec<Hit<'a>> {
    let text = key(printed);
    if text.chars().count() < FEWEST {
        return vec![];
    }
    let best = |entry: &'a Entry| {
        let names = entry.names.iter().chain(std::iter::once(&entry.label)).map(String::as_str);
        let hits = names.filter_map(|name| hit(&text, name).map(|(whole, length)| (whole, length, name)));
        hits.max_by_key(|(whole, length, _)| (*whole, *length))
            .map(|(whole, length, name)| (length, Hit { entry, name, whole }))
    };
    let mut found: Vec<_> = lists.offered(LIST).filter_map(best).collect();
    if found.iter().any(|(_, hit)| hit.whole) {
        found.retain(|(_, hit)| hit.whole);
    }
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.into_iter().map(|(_, hit)| hit).collect()
}

/// Whether a name stands whole in the text or the text in it, and how many letters they share.
fn hit(text: &str, name: &str) -> Option<(bool, usize)> {
    let name = key(name);
    if name.chars().count() >= FEWEST && text.contains(&name) {
        Some((true, name.chars().count()))
    } else {
        name.contains(text).then(|| (false, text.chars().count()))
    }
}

/// A text as the finder compares it: letters and digits of the search key, 「ひかり」 as 「光」.
fn key(text: &str) -> String {
    let letters: String = search_key(&compact(text)).chars().filter(|letter| letter.is_alphanumeric()).collect();
    letters.replace("ひかり", "光")
}

/// The question of a form that the papers answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Key of its field.
    pub key: &'static str,
    /// Label of its field.
    pub label: &'static str,
    /// List of its options.
    pub list: &'static str,
}

/// 電気通信回線種別 of the eligibility application.
pub const LINE_KIND: Question = Question { key: "line_kind", label: "電気通信回線種別", list: "line_kinds" };
/// 接続種別 of the claims filing.
pub const CONNECTION: Question = Question { key: "connection", label: "接続種別", list: "claims_connections" };

/// What the papers say of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Nothing is known of the papers.
    Unknown,
    /// The same.
    Agrees,
    /// They do not settle it; the words say what to look at.
    Unsettled(String),
    /// Something else, in words.
    Contradicts(String),
}

/// An answer that something speaks against.
struct Contradiction<'a> {
    /// What speaks against it, in words.
    source: String,
    /// The option that it points to; empty when it points to none.
    expected: &'a str,
}

impl Question {
    /// The option of this question that an entry points to; empty when there is none.
    pub fn option(self, entry: &Entry) -> &str {
        if self == LINE_KIND { &entry.line_kind } else { &entry.claims_connection }
    }

    /// The words of an option.
    pub fn words(self, lists: &Lists, option: &str) -> String {
        lists.entry(self.list, option).map_or(option, |entry| &entry.label).to_owned()
    }

    /// 「お手元の書類にある会社の名前」, asked just before this question.
    pub(crate) fn papers_field(self, facts: &Facts) -> Field {
        let choices = facts.lists.offered(LIST).map(|entry| self.choice(entry)).collect();
        Field::new(PAPERS, "お手元の書類にある会社の名前", Input::Select(choices))
            .help(format!(
                "契約書、請求書、「開通のご案内」にある会社や回線の名前を選ぶと、次の「{}」がわかります。",
                self.label
            ))
            .page("書類にある言葉から調べる", PAGE)
            .optional()
            .beside(self.key)
    }

    fn choice(self, entry: &Entry) -> Choice {
        let names = entry.names.iter().take(EXAMPLES).map(String::as_str).collect::<Vec<_>>().join("、");
        let examples = if names.is_empty() { names } else { format!("書類にある言葉の例：{names}。") };
        let choice = Choice::new(&entry.value, &entry.label).noted(examples + &entry.note);
        if entry.certain { choice.suggesting(self.option(entry)) } else { choice }
    }

    /// 「書類と違う…を選ぶ理由」, while the answer contradicts the papers.
    pub(crate) fn reason_field(self, facts: &Facts, answers: &Answers) -> Option<Field> {
        self.contradiction(facts, answers)?;
        let label = format!("書類と違う{}を選ぶ理由", self.label);
        let field = Field::new(REASON, label, Input::Lines { max: LONGEST_REASON })
            .help("工事会社やシステムベンダから聞いたことなどを入力してください。審査担当が確認します。");
        Some(field.optional().beside(self.key))
    }

    /// Answers the question from the papers when they settle it, and drops a reason that nothing asks for.
    pub(crate) fn complete(self, facts: &Facts, answers: &mut Answers) {
        let settled = find(&facts.lists, answers.get(PAPERS)).filter(|entry| entry.certain);
        if let Some(entry) = settled.filter(|_| !answers.has(self.key)) {
            answers.set(self.key, self.option(entry));
        }
        if self.contradiction(facts, answers).is_none() {
            answers.set(REASON, "");
        }
    }

    /// Compares the answer with the papers: a contradiction needs a reason, and then is a remark for the reviewer.
    pub(crate) fn rules(self, facts: &Facts, answers: &Answers, findings: &mut Findings) {
        if let Some(found) = self.contradiction(facts, answers) {
            let told = self.told(facts, answers, &found);
            if answers.has(REASON) {
                findings.warn(self.key, told);
            } else {
                let how = "選び直してください。このまま送信するときは、下の欄に理由を入力してください。";
                findings.error(self.key, format!("{told}{how}"));
            }
        } else if let Some(entry) = find(&facts.lists, answers.get(PAPERS)) {
            self.unsettled(entry, answers, findings);
        }
    }

    /// What the papers, or else the application on record, say of an answer.
    pub(crate) fn judged(self, facts: &Facts, answers: &Answers) -> Judged {
        if let Some(found) = self.contradiction(facts, answers) {
            return Judged::Contradicts(self.told(facts, answers, &found));
        }
        match find(&facts.lists, answers.get(PAPERS)) {
            None => Judged::Unknown,
            Some(entry) if entry.certain => Judged::Agrees,
            Some(entry) => Judged::Unsettled(format!("書類の「{}」だけでは決まりません。{}", entry.label, entry.note)),
        }
    }

    fn told(self, facts: &Facts, answers: &Answers, found: &Contradiction<'_>) -> String {
        let chosen = self.words(&facts.lists, answers.get(self.key));
        let source = &found.source;
        if found.expected.is_empty() {
            return format!(
                "{source}は、この手続では使えない回線ですが、「{chosen}」が選ばれています。回線が違うと、{CONSEQUENCE}。"
            );
        }
        let expected = self.words(&facts.lists, found.expected);
        format!(
            "{source}からは「{expected}」と考えられますが、「{chosen}」が選ばれています。違うものを選ぶと、{CONSEQUENCE}。"
        )
    }

    /// What is said when the papers do not settle the question.
    fn unsettled(self, entry: &Entry, answers: &Answers, findings: &mut Findings) {
        let (label, papers, note) = (self.label, &entry.label, &entry.note);
        if !answers.has(self.key) {
            findings.instead(
                self.key,
                format!("書類の「{papers}」だけでは、「{label}」が決まりません。{note}確かめてから選んでください。"),
            );
        } else if !entry.certain {
            findings.warn(self.key, format!("書類の「{papers}」だけでは、「{label}」が決まりません。{note}"));
        }
    }

    /// What speaks against the answer: the papers when they settle it, or else the application on record.
    fn contradiction<'a>(self, facts: &'a Facts, answers: &Answers) -> Option<Contradiction<'a>> {
        let chosen = answers.get(self.key);
        facts.lists.entry(self.list, chosen)?;
        let (source, expected) = match find(&facts.lists, answers.get(PAPERS)) {
            Some(entry) if entry.certain => (format!("お手元の書類の「{}」", entry.label), self.option(entry)),
            Some(_) => return None,
            None => self.on_record(facts, chosen)?,
        };
        (expected != chosen).then_some(Contradiction { source, expected })
    }

    /// What the eligibility application on record says of the connection. A line that only claims can use is another.
    fn on_record<'a>(self, facts: &'a Facts, chosen: &str) -> Option<(String, &'a str)> {
        let filed = facts.known.eligibility.as_ref().filter(|_| self == CONNECTION)?.get(LINE_KIND.key);
        let entries = || facts.lists.offered(LIST).filter(|entry| entry.certain);
        let claims_only = entries().any(|entry| entry.line_kind.is_empty() && entry.claims_connection == chosen);
        let entry = entries().find(|entry| !filed.is_empty() && entry.line_kind == filed).filter(|_| !claims_only)?;
        let source = format!("オンライン資格確認の利用申請の「{}」", LINE_KIND.words(&facts.lists, filed));
        Some((source, &entry.claims_connection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: &str, names: &[&str], line_kind: &str, claims_connection: &str) -> Entry {
        Entry {
            value: value.to_owned(),
            label: value.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            line_kind: line_kind.to_owned(),
            claims_connection: claims_connection.to_owned(),
            ..Entry::default()
        }
    }

    fn lists() -> Lists {
        let option = |value: &str| entry(value, &[], "", "");
        let table = vec![
            entry("east", &["NTT東日本", "フレッツ光"], "ip_vpn", "ip_vpn_ipv6"),
            entry("west", &["NTT西日本", "フレッツ光"], "ip_vpn", "ip_vpn_ipv6"),
            entry("collaboration", &["ドコモ光", "So-net 光", "@nifty光", "楽天ひかり"], "ip_vpn", "ip_vpn_ipv6"),
            entry("ctc", &["CTC", "コミュファ光", "メガ・エッグ"], "ip_vpn", "ip_vpn_ipv6"),
        ];
        Lists(
            [
                (LIST.to_owned(), table),
                ("line_kinds".to_owned(), vec![option("ip_vpn")]),
                ("claims_connections".to_owned(), vec![option("ip_vpn_ipv6")]),
            ]
            .into(),
        )
    }

    #[test]
    fn what_is_printed_is_found_however_it_is_written() {
        let lists = lists();
        let found =
            |printed: &str| search(&lists, printed).iter().map(|hit| hit.entry.value.clone()).collect::<Vec<_>>();
        for printed in ["ｺﾐｭﾌｧ光", "コミュファ 光", "こみゅふぁひかり", "ctc", "ＣＴＣ株式会社", "ﾒｶﾞ･ｴｯｸﾞ", "コミュ"]
        {
            assert_eq!(found(printed), ["ctc"], "{printed}");
        }
        for printed in
            ["ドコモ光", "ﾄﾞｺﾓ ひかり", "Ｓｏ－ｎｅｔ光", "SONET光", "nifty光", "楽天光", "ご契約：ドコモ光 1ギガ"]
        {
            assert_eq!(found(printed), ["collaboration"], "{printed}");
        }
        assert_eq!(found("フレッツ光"), ["east", "west"]);
        assert_eq!(found("NTT東日本 フレッツ光"), ["east", "west"], "the longer name first");
        assert_eq!(found("NTT"), ["east", "west"], "a part of the name");
        for printed in ["", "光", "ー", "東", "でんわ", "<script>", "東京ガス"] {
            assert_eq!(found(printed), [""; 0], "{printed}");
        }
    }

    #[test]
    fn a_whole_name_hides_those_that_only_share_a_part() {
        let lists = lists();
        let hits = search(&lists, "NTT東日本");
        assert_eq!(hits.len(), 1);
        assert!(hits[0].whole && hits[0].name == "NTT東日本");
        assert!(!search(&lists, "NTT")[0].whole);
    }

    #[test]
    fn a_table_that_names_an_option_which_no_form_offers_is_refused_with_its_name() {
        assert_eq!(check(&lists()), Ok(()));
        for (line_kind, connection, list) in [("ip_vnp", "", "line_kinds"), ("ip_vpn", "ipv6", "claims_connections")] {
            let mut faulty = lists();
            faulty.0.get_mut(LIST).unwrap().push(entry("typo", &[], line_kind, connection));
            let fault = check(&faulty).unwrap_err();
            assert_eq!((fault.entry.as_str(), fault.list), ("typo", list));
            let option = if list == "line_kinds" { line_kind } else { connection };
            assert!(fault.to_string().contains(&format!("{option:?}")), "{fault}");
        }
    }
}
