//! What a new value changes, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::{FigureTopic, MailText, Shape, Topic, Value};
use crate::{applications::Entry, subsidies::Scheme, text::thousands};

/// One thing that a change changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub label: String,
    /// Before; empty when it was not there.
    pub before: String,
    /// After; empty when it is no longer there.
    pub after: String,
}

fn difference(label: impl Into<String>, before: impl Into<String>, after: impl Into<String>) -> Difference {
    Difference { label: label.into(), before: before.into(), after: after.into() }
}

/// What differs between two values of a topic, in the order of its form.
pub fn differences(topic: &Topic, before: &Value, after: &Value) -> Vec<Difference> {
    let all = match (topic, before, after) {
        (Topic::Figures(topic), Value::Figures { figures: before }, Value::Figures { figures: after }) => {
            of_figures(*topic, before, after)
        }
        (_, Value::Holidays { days: before }, Value::Holidays { days: after }) => of_days(before, after),
        (_, Value::List { entries: before }, Value::List { entries: after }) => of_entries(before, after),
        (_, Value::Mail(before), Value::Mail(after)) => of_mails(before, after),
        (_, Value::Scheme(before), Value::Scheme(after)) => of_schemes(before, after),
        (
            _,
            Value::Document { version: v0, title: t0, body: b0 },
            Value::Document { version: v1, title: t1, body: b1 },
        ) => {
            let mut all = vec![difference("版", v0, v1), difference("題名", t0, t1)];
            all.push(of_lines("本文で変わる行", b0, b1));
            all
        }
        _ => vec![],
    };
    all.into_iter().filter(|one| one.before != one.after).collect()
}

/// A figure as it is read: 「1,500円」, 「2人で行う」.
pub fn figure_words(shape: Shape, value: i64) -> String {
    match shape {
        Shape::Number { unit, .. } => format!("{}{unit}", thousands(value)),
        Shape::YesNo { yes, no } => if value == 1 { yes } else { no }.to_owned(),
    }
}

fn of_figures(topic: FigureTopic, before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> Vec<Difference> {
    let words = |figures: &BTreeMap<String, i64>, key: &str, shape| {
        figures.get(key).map(|value| figure_words(shape, *value)).unwrap_or_default()
    };
    let line = |figure: &super::Figure| {
        difference(figure.label, words(before, figure.key, figure.shape), words(after, figure.key, figure.shape))
    };
    topic.figures().iter().map(line).collect()
}

fn of_days(before: &[(String, String)], after: &[(String, String)]) -> Vec<Difference> {
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (before.iter().cloned().collect(), after.iter().cloned().collect());
    let dates: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let name = |days: &BTreeMap<String, String>, date: &String| days.get(date).cloned().unwrap_or_default();
    dates.into_iter().map(|date| difference(date, name(&before, date), name(&after, date))).collect()
}

fn of_entries(before: &[Entry], after: &[Entry]) -> Vec<Difference> {
    let find = |entries: &[Entry], value: &str| entries.iter().find(|entry| entry.value == value).map(entry_words);
    let known = before.iter().chain(after.iter().filter(|entry| before.iter().all(|one| one.value != entry.value)));
    let line = |entry: &Entry| {
        let words = |entries| find(entries, &entry.value).unwrap_or_default();
        difference(&entry.label, words(before), words(after))
    };
    let mut all: Vec<Difference> = known.map(line).collect();
    let order = |entries: &[Entry]| entries.iter().map(|entry| entry.label.clone()).collect::<Vec<_>>().join("、");
    let same = |a: &[Entry], b: &[Entry]| {
        a.iter().map(|e| &e.value).collect::<BTreeSet<_>>() == b.iter().map(|e| &e.value).collect()
    };
    if same(before, after) && all.iter().all(|one| one.before == one.after) {
        all.push(difference("並び順", order(before), order(after)));
    }
    all
}

/// An entry in one line, with whatever of it is filled.
fn entry_words(entry: &Entry) -> String {
    let names = entry.names.join("、");
    let parts = [
        ("", entry.label.as_str()),
        ("見出し：", &entry.group),
        ("メーカー：", &entry.maker),
        ("表示される場所：", &entry.displayed),
        ("説明：", &entry.note),
        ("言葉：", &names),
        ("資格確認：", &entry.line_kind),
        ("オンライン請求：", &entry.claims_connection),
        ("項目：", &entry.field),
        ("端末のOS：", &entry.os),
        ("形式：", &entry.pkcs12),
        ("鍵と証明書の種類：", &entry.profile),
        ("", if entry.certain { "この名前だけで決まる" } else { "" }),
        ("", if entry.free_text { "名前を入力してもらう" } else { "" }),
        ("", if entry.retired { "新しい申請では選べない" } else { "" }),
    ];
    let filled = parts.iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label}{text}"));
    filled.collect::<Vec<_>>().join("\n")
}

/// Line by line; a line that only one of the two has stands alone.
fn of_schemes(before: &Scheme, after: &Scheme) -> Vec<Difference> {
    let (before, after) = (super::scheme_lines(before), super::scheme_lines(after));
    let value = |lines: &[(String, String)], label: &String| {
        lines.iter().find(|(known, _)| known == label).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let gone = before.iter().filter(|(label, _)| after.iter().all(|(known, _)| known != label));
    let labels = after.iter().chain(gone).map(|(label, _)| label);
    labels.map(|label| difference(label, value(&before, label), value(&after, label))).collect()
}

fn of_mails(before: &MailText, after: &MailText) -> Vec<Difference> {
    vec![difference("件名", &before.subject, &after.subject), of_lines("本文で変わる行", &before.body, &after.body)]
}

/// The lines that only one of two texts has; of equal ones that moved, the first.
fn of_lines(label: &str, before: &str, after: &str) -> Difference {
    let only = |text: &str, other: &str| {
        let known: BTreeSet<&str> = other.lines().collect();
        text.lines().filter(|line| !known.contains(line)).collect::<Vec<_>>().join("\n")
    };
    let (gone, new) = (only(before, after), only(after, before));
    if gone.is_empty() && new.is_empty() && before != after {
        return difference(label, "（行の順番）", "（行の順番が変わります）");
    }
    difference(label, gone, new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applications::Rules;

    #[test]
    fn a_fee_is_read_in_yen_and_what_stays_is_left_out() {
        let value = |fee| Value::Figures { figures: BTreeMap::from([("certificate_fee_yen".to_owned(), fee)]) };
        let found = differences(&Topic::Figures(FigureTopic::Fees), &value(1_500), &value(1_800));
        assert_eq!(found, [difference("端末の電子証明書1枚の発行料", "1,500円", "1,800円")]);
        let rules = Rules::default();
        let same = Value::Figures { figures: FigureTopic::Targets.of(&rules) };
        assert_eq!(differences(&Topic::Figures(FigureTopic::Targets), &same, &same), []);
    }

    #[test]
    fn of_texts_the_lines_are_shown_that_only_one_has() {
        let mail = |body: &str| Value::Mail(MailText { subject: "件名".to_owned(), body: body.to_owned() });
        let topic = Topic::Mail("probe".to_owned());
        let found = differences(&topic, &mail("甲\n乙\n丙"), &mail("甲\n丁\n丙"));
        assert_eq!(found, [difference("本文で変わる行", "乙", "丁")]);
        assert_eq!(differences(&topic, &mail("甲\n乙"), &mail("乙\n甲")).len(), 1);
    }

    #[test]
    fn of_a_list_new_changed_and_moved_entries_are_shown() {
        let entry = |value: &str, label: &str| Entry { value: value.into(), label: label.into(), ..Entry::default() };
        let list = |entries: &[Entry]| Value::List { entries: entries.to_vec() };
        let topic = Topic::List("ipsec_providers".to_owned());
        let (one, two) = (entry("a", "甲"), entry("b", "乙"));
        let added = differences(&topic, &list(std::slice::from_ref(&one)), &list(&[one.clone(), two.clone()]));
        assert_eq!(added, [difference("乙", "", "乙")]);
        let retired = Entry { retired: true, ..one.clone() };
        let found = differences(&topic, &list(std::slice::from_ref(&one)), &list(&[retired]));
        assert_eq!(found, [difference("甲", "甲", "甲\n新しい申請では選べない")]);
        let moved = differences(&topic, &list(&[one.clone(), two.clone()]), &list(&[two, one]));
        assert_eq!(moved, [difference("並び順", "甲、乙", "乙、甲")]);
    }
}
