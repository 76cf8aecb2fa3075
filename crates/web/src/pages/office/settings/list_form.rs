//! The form of one entry of a list that forms offer.

use domain::applications::{Entry, Lists};
use domain::office::settings::{Column, list_topic};

use super::form::Typed;
use crate::view::form::{ChoiceView, FieldView, InputView, TextView};

/// Where a new or moved entry stands: after which one.
const LAST: &str = "";

/// What stands in the fields for an entry; empty ones for a new entry.
pub(super) fn typed_of(entries: &[Entry], value: &str) -> Vec<(String, String)> {
    let place = entries.iter().position(|entry| entry.value == value);
    let entry = place.and_then(|place| entries.get(place)).cloned().unwrap_or_default();
    let position = place.map_or(entries.len() + 1, |place| place + 1);
    let yes = |is: bool| if is { "yes" } else { LAST };
    [
        ("label", entry.label.as_str()),
        ("position", &position.to_string()),
        ("group", &entry.group),
        ("note", &entry.note),
        ("where", &entry.displayed),
        ("maker", &entry.maker),
        ("os", &entry.os),
        ("pkcs12", &entry.pkcs12),
        ("profile", &entry.profile),
        ("field", &entry.field),
        ("free_text", yes(entry.free_text)),
        ("names", &entry.names.join("\n")),
        ("href", &entry.href),
        ("line_kind", &entry.line_kind),
        ("claims_connection", &entry.claims_connection),
        ("certain", yes(entry.certain)),
        ("retired", yes(entry.retired)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

/// The fields of an entry of a list; `profiles` are those in force for terminals.
pub(super) fn fields(lists: &Lists, profiles: &[Entry], name: &str, typed: &Typed) -> Vec<FieldView> {
    let columns = list_topic(name).map_or(&[][..], |topic| topic.columns);
    let words = columns.contains(&Column::Words);
    let menu = columns.contains(&Column::Address);
    let label = if words { "言葉" } else { "表示する文" };
    let mut fields = vec![text("label", label, typed).required()];
    fields.extend(columns.iter().map(|column| field(lists, profiles, *column, typed)));
    fields.push(TextField { key: "position", label: "上から何番目か" }.numeric(typed));
    fields.push(if words {
        check("retired", "検索で使わないようにする", typed)
    } else if menu {
        check("retired", "メニューに出さないようにする", typed)
    } else {
        check("retired", "新しい申請では選べないようにする", typed)
            .with_help("前に選んだ方の申請には、これまでどおり表示されます。")
    });
    fields
}

struct TextField {
    key: &'static str,
    label: &'static str,
}

impl TextField {
    fn numeric(&self, typed: &Typed) -> FieldView {
        let input = TextView { inputmode: "numeric".to_owned(), ..TextView::new(value(self.key, typed)) };
        FieldView::new(self.key, self.label, InputView::Text(input)).required()
    }
}

fn value<'a>(key: &str, typed: &'a Typed) -> &'a str {
    typed.get(key).map(String::as_str).unwrap_or_default()
}

fn text(key: &str, label: &str, typed: &Typed) -> FieldView {
    FieldView::new(key, label, InputView::Text(TextView::new(value(key, typed))))
}

fn check(key: &str, label: &str, typed: &Typed) -> FieldView {
    let selected = value(key, typed) == "yes";
    let choices = vec![ChoiceView { selected, ..ChoiceView::new("yes", label) }];
    FieldView::new(key, label, InputView::Checks { choices })
}

fn select(key: &str, label: &str, entries: &[Entry], typed: &Typed, placeholder: &str) -> FieldView {
    let chosen = value(key, typed);
    let choice =
        |entry: &Entry| ChoiceView { selected: entry.value == chosen, ..ChoiceView::new(&entry.value, &entry.label) };
    let choices = entries.iter().map(choice).collect();
    FieldView::new(key, label, InputView::Select { choices, placeholder: placeholder.to_owned() })
}

fn profile(profiles: &[Entry], typed: &Typed) -> FieldView {
    let (mut entries, chosen) = (profiles.to_vec(), value("profile", typed));
    if !chosen.is_empty() && entries.iter().all(|entry| entry.value != chosen) {
        let label = format!("{chosen}（いまの設定では使われません）");
        entries.push(Entry { value: chosen.to_owned(), label, ..Entry::default() });
    }
    select("profile", "鍵と証明書の種類", &entries, typed, "決めない（いつもの種類）")
        .with_help("取得のページで作る鍵に使います。端末で作った鍵の証明書は、その鍵に合う種類になります。")
}

fn field(lists: &Lists, profiles: &[Entry], column: Column, typed: &Typed) -> FieldView {
    let entry = |value: &str, label: &str| Entry { value: value.into(), label: label.into(), ..Entry::default() };
    match column {
        Column::Group => text("group", "見出し", typed).with_help("同じ見出しのものは、続けて並べてください。"),
        Column::Note => text("note", "選択肢の下に出す説明", typed),
        Column::Displayed => text("where", "名前が表示される場所", typed),
        Column::Maker => {
            text("maker", "ソフトメーカー名", typed).with_help("選んだ方の「ソフトメーカー名」に入ります。")
        }
        Column::Os => select("os", "端末のOS", lists.entries("terminal_oses"), typed, "決まらない"),
        Column::Pkcs12 => {
            let formats = [entry("modern", "新しい形式"), entry("legacy", "古いWindowsで読める形式")];
            select("pkcs12", "証明書ファイルの形式", &formats, typed, "選んでください").required()
        }
        Column::Profile => profile(profiles, typed),
        Column::Field => {
            text("field", "項目の記号", typed).with_help("どの項目の補正に使うか。全体に使うものは空のままにします。")
        }
        Column::FreeText => check("free_text", "選んだ方に、名前を入力してもらう", typed),
        Column::Names => {
            let value = value("names", typed).to_owned();
            FieldView::new("names", "書類にある言葉", InputView::LongText { value, maxlength: 0 }).with_help(
                "1行に1つ入力してください。全角と半角、大文字と小文字、空白の違いは気にしなくてかまいません。",
            )
        }
        Column::Words => {
            let value = value("names", typed).to_owned();
            FieldView::new("names", "同じ意味の言葉と、ひらがなの読み", InputView::LongText { value, maxlength: 0 })
                .required()
                .with_help("1行に1つ入力してください。どれで検索しても、ほかの言葉でもさがします。カタカナの読みは、ひらがなと同じに扱います。")
        }
        Column::LineKind => {
            select("line_kind", "資格確認の電気通信回線種別", lists.entries("line_kinds"), typed, "使えない")
        }
        Column::ClaimsConnection => select(
            "claims_connection",
            "オンライン請求の接続種別",
            lists.entries("claims_connections"),
            typed,
            "使えない",
        ),
        Column::Certain => check("certain", "この名前だけで、回線種別が決まる", typed),
        Column::Address => text("href", "開くページ", typed)
            .required()
            .with_help("このポータルの中のアドレスを、「/faq」のように「/」から入力してください。"),
    }
}

/// The entries with one changed or added, at the place that was typed.
pub(super) fn changed(mut entries: Vec<Entry>, which: &str, typed: &Typed) -> Vec<Entry> {
    let known = entries.iter().position(|entry| entry.value == which);
    let before = known.map(|place| entries.remove(place));
    let trimmed = |key: &str| value(key, typed).trim().to_owned();
    let fresh = before.is_none();
    let base = before.unwrap_or_else(|| Entry { value: fresh_value(&entries), ..Entry::default() });
    let entry = Entry {
        label: trimmed("label"),
        group: trimmed("group"),
        note: trimmed("note"),
        displayed: trimmed("where"),
        maker: trimmed("maker"),
        os: trimmed("os"),
        pkcs12: trimmed("pkcs12"),
        profile: trimmed("profile"),
        field: trimmed("field"),
        free_text: trimmed("free_text") == "yes",
        names: trimmed("names").lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
        href: trimmed("href"),
        line_kind: trimmed("line_kind"),
        claims_connection: trimmed("claims_connection"),
        certain: trimmed("certain") == "yes",
        retired: trimmed("retired") == "yes",
        ..base
    };
    let place = domain::typed::fold(&trimmed("position")).parse::<usize>().ok();
    let place = place.or(if fresh { None } else { known.map(|place| place + 1) });
    let place = place.map_or(entries.len(), |place| place.saturating_sub(1)).min(entries.len());
    entries.insert(place, entry);
    entries
}

/// A sign that no entry of the list has.
fn fresh_value(entries: &[Entry]) -> String {
    let taken = |value: &String| entries.iter().any(|entry| entry.value == *value);
    (entries.len() + 1..).map(|number| format!("added_{number}")).find(|value| !taken(value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: &str) -> Entry {
        Entry { value: value.to_owned(), label: value.to_owned(), rfc: "kept".to_owned(), ..Entry::default() }
    }

    #[test]
    fn an_entry_is_changed_at_its_place_or_moved_and_keeps_what_the_form_does_not_show() {
        let entries = vec![entry("a"), entry("b"), entry("c")];
        let mut typed: Typed = typed_of(&entries, "b").into_iter().collect();
        assert_eq!(changed(entries.clone(), "b", &typed), entries, "nothing was typed");
        typed.insert("label".to_owned(), " 新しい文 ".to_owned());
        typed.insert("position".to_owned(), "１".to_owned());
        let after = changed(entries, "b", &typed);
        let shown: Vec<&str> = after.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(shown, ["新しい文", "a", "c"]);
        assert_eq!((after[0].value.as_str(), after[0].rfc.as_str()), ("b", "kept"));
    }

    #[test]
    fn a_new_entry_stands_last_with_a_sign_of_its_own() {
        let entries = vec![entry("added_2"), entry("added_3")];
        let mut typed: Typed = typed_of(&entries, "").into_iter().collect();
        typed.insert("label".to_owned(), "丙".to_owned());
        let after = changed(entries, "", &typed);
        assert_eq!((after.len(), after[2].label.as_str(), after[2].value.as_str()), (3, "丙", "added_4"));
    }
}
