use super::*;
use crate::calendar::YearMonth;
use crate::forms::{Choice, Document, Field, Input, Keyboard, Section};
use time::macros::date;

fn line(key: &str, label: &str) -> Field {
    Field::new(key, label, Input::Line { max: 60, keyboard: Keyboard::Text, suggestions: vec![] })
}

fn sections() -> Vec<Section> {
    let terms = Document { slug: "terms".to_owned(), version: "1.2".to_owned(), title: "規約".to_owned() };
    let kinds = vec![Choice::new("ip", "1 : IP-VPN（NTTなど）"), Choice::new("ipsec", "2. IPsec+IKE")];
    let fee = vec![Choice::new("agree", "同意する"), Choice::new("refuse", "同意しない")];
    let months = Input::Month { from: YearMonth::new(2026, 5).unwrap(), to: YearMonth::new(2027, 5).unwrap() };
    vec![
        Section::new(
            "一",
            vec![
                Field::shown("name", "名称", "さくら歯科"),
                Field::new("terms", "規約", Input::Agreement(terms)),
                Field::new("consent", "発行料", Input::Radio(fee)),
                Field::new("kind", "種別", Input::Radio(kinds)),
                line("note", "備考").optional(),
            ],
        ),
        Section::new(
            "二",
            vec![
                line("customer_id", "お客様ID").when("kind", &["ip"]),
                line("customer_id_confirm", "確認用お客様ID").when("kind", &["ip"]),
                Field::new("start", "開始", months),
                line("other_note", "備考").optional(),
            ],
        ),
    ]
}

fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn each_question_that_differs_from_row_to_row_is_a_column() {
    let columns = columns(&sections());
    let headings: Vec<&str> = columns.iter().map(|column| column.heading.as_str()).collect();
    assert_eq!(headings, ["種別", "一：備考", "お客様ID", "開始", "二：備考"]);
    let hints: Vec<String> = columns.iter().map(Column::hint).collect();
    assert_eq!(hints[0], "必須。1 : IP-VPN（NTTなど）／2. IPsec+IKE");
    assert_eq!(hints[2], "条件により必須。60文字まで");
    assert_eq!(hints[3], "必須。2026年5月から2027年5月まで");
    assert_eq!(presumed(&sections()), Answers::new().with("terms", "1.2").with("consent", "agree"));
    let row: Vec<String> = row_sections(sections()).into_iter().flat_map(|s| s.fields).map(|f| f.key).collect();
    assert_eq!(row, ["name", "kind", "note", "customer_id", "start", "other_note"]);
}

#[test]
fn a_column_of_days_says_between_which_they_lie() {
    let input = Input::Date { from: date!(2026 - 05 - 20), to: date!(2027 - 05 - 20) };
    let columns = columns(&[Section::new("日", vec![Field::new("day", "開始日", input)])]);
    assert_eq!(columns[0].hint(), "必須。2026年5月20日（水）から2027年5月20日（木）まで");
    for typed in ["2026-07-01", "2026年7月1日", "2026/7/1"] {
        assert_eq!(answer(&columns[0].field, typed), typed, "the rule of all forms reads it");
    }
}

#[test]
fn cells_hold_words_numbers_or_codes_in_any_width() {
    let columns = columns(&sections());
    let (kind, start) = (&columns[0].field, &columns[3].field);
    for typed in ["ip", "1 : IP-VPN（NTTなど）", "１：ＩＰ－ＶＰＮ(NTTなど)", "1", " １ "] {
        assert_eq!(answer(kind, typed), "ip", "{typed}");
    }
    assert_eq!(answer(kind, "２"), "ipsec");
    assert_eq!(answer(kind, "3"), "3", "what nobody offers stays as it was typed");
    for typed in ["2026-07", "2026年7月", "２０２６年７月", "2026/7", "2026/07/01", "202607", "2026.7"] {
        assert_eq!(answer(start, typed), "2026-07", "{typed}");
    }
    for typed in ["7月", "Jul-26", "2026年13月", "令和8年7月", ""] {
        assert_eq!(answer(start, typed), typed);
    }
    assert_eq!(answer(&columns[1].field, "'=1+1"), "=1+1", "our own guard against formulas is taken off again");
    for column in &columns {
        let value = if column.field.key == "kind" { "ipsec" } else { "2026-07" };
        assert_eq!(answer(&column.field, &cell(&column.field, value)), value, "what we write we read");
    }
}

#[test]
fn a_head_names_what_is_missing_double_or_unknown() {
    let columns = columns(&sections());
    let read = |texts: &[&str]| Head::read(&cells(texts), &columns);
    let head = read(&["医療機関等名", "医療機関等コード", "種別", "開始", "回線を変更しましたか", "", ""]).unwrap();
    assert_eq!((head.code, head.width), (1, 5));
    assert_eq!(head.known, [(2, 0), (3, 3)]);
    assert_eq!(head.late, [(4, "回線を変更しましたか".to_owned())]);
    assert!(read(&["医療機関等コード", "ｽﾊﾟﾑ", "種別", "開始"]).unwrap().late_in(&columns).is_empty());
    assert_eq!(read(&["コード", "種別"]), Err(HeadFault::NoCode));
    assert_eq!(read(&["医療機関等コード", "種別", "開始", "種 別"]), Err(HeadFault::Double(vec!["種 別".to_owned()])));
    let missing = read(&["医療機関等コード", "種別"]).unwrap_err();
    assert_eq!(missing.to_string(), "「開始」の列がありません。ひな形の見出しのとおりに列を加えてください。");
    let wide: Vec<String> = (0..300).map(|number| format!("列{number}")).collect();
    assert_eq!(Head::read(&wide, &columns), Err(HeadFault::Wide(300)));
}

#[test]
fn a_second_input_repeats_the_first_and_what_was_agreed_to_counts() {
    let typed = Answers::new().with("customer_id", "CAF1").with("terms", "0.9").with("customer_id_confirm", "CAF9");
    let whole = whole(&typed, &Answers::new().with("terms", "1.2"));
    assert_eq!((whole.get("customer_id_confirm"), whole.get("terms")), ("CAF1", "1.2"));
    assert!(!whole.has(TERMINAL_COUNT), "asked only where the procedure asks it");
}

#[test]
fn two_rows_of_one_institution_differ_by_their_terminal() {
    let row = |name: &str| Answers::new().with(TERMINAL_COUNT, "1").with("terminal_name_1", name);
    let same = |a: &str, b: &str| sameness(Kind::Certificate, &row(a)) == sameness(Kind::Certificate, &row(b));
    assert!(same("受付パソコン", "受付ﾊﾟｿｺﾝ") && !same("受付", "会計"));
    assert_eq!(sameness(Kind::Claims, &row("受付")), sameness(Kind::Claims, &Answers::new()));
    let (field, sentence) = doubled(Kind::Certificate, &row("受付"), 7);
    assert_eq!(field, "terminal_name_1");
    assert!(sentence.starts_with("「受付」が7行目にも入力されています。"), "{sentence}");
}
