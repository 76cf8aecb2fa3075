//! 一括申請: a person with many institutions hands a table in; what is wrong is named by row and column, put right on a page or in
//! the file, and nothing of anybody else is seen.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{
    applications::Kind,
    forms::Answers,
    group::RowState,
    ids::{AccountId, InstitutionId, MembershipId, SheetId},
    institutions::{Institution, InstitutionCode, InstitutionStatus},
};
use encoding_rs::SHIFT_JIS;
use storage::group::{NewRow, Sheet};

use crate::{
    browser::{Answer, Browser, account, institution},
    home::code,
    steps::ELIGIBILITY,
    support::{House, on_each_database},
};

/// A table with one good row, for the list of all addresses.
pub(crate) async fn kept(house: &House, account: AccountId, place: InstitutionId, code: &str) -> String {
    let now = house.app.clock.now();
    let id = SheetId::new(now, &*house.app.randomness);
    let sheet = Sheet {
        id,
        account,
        kind: Kind::Claims,
        name: "CSVファイル".to_owned(),
        rows: 1,
        sending: false,
        run: 0,
        queued: 0,
        sent: 0,
        agreed: Answers::new(),
        fee_yen: 0,
        source: String::new(),
        made_at: now,
        touched_at: now,
    };
    let row = NewRow {
        number: 2,
        code: code.to_owned(),
        institution: Some(place),
        answers: Answers::new(),
        faults: vec![],
        remarks: vec![],
        state: RowState::Good,
    };
    let mut tx = house.app.db.write().await.unwrap();
    assert!(storage::group::insert_sheet(&mut tx, &sheet).await.unwrap());
    storage::group::insert_rows(&mut tx, id, &[row]).await.unwrap();
    tx.commit().await.unwrap();
    id.to_string()
}

/// So many institutions of one person, in one transaction.
pub(crate) async fn chain(house: &House, count: usize) -> (AccountId, Browser, Vec<String>) {
    let person = account(house, "group@clinic.example", &[], None).await;
    let now = house.app.clock.now();
    let codes: Vec<String> = (0..count).map(code).collect();
    let place = |(number, code): (usize, &String)| Institution {
        id: InstitutionId::new(now, &*house.app.randomness),
        code: InstitutionCode::parse(code).unwrap(),
        name: format!("第{number:03}歯科"),
        name_kana: String::new(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        phone: "03-0000-0000".to_owned(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    let places: Vec<Institution> = codes.iter().enumerate().map(place).collect();
    let mut tx = house.app.db.write().await.unwrap();
    for place in &places {
        storage::institutions::insert(&mut tx, place, now).await.unwrap();
        let id = MembershipId::new(now, &*house.app.randomness);
        let joined =
            storage::accounts::insert_membership(&mut tx, id, person, place.id, "staff", "active", now).await.unwrap();
        assert!(joined.is_some());
    }
    tx.commit().await.unwrap();
    (person, Browser::of(house, person, false).await, codes)
}

/// A file of ours as cells: without its mark, each row by its headings.
pub(crate) fn cells(file: &Answer) -> Vec<Vec<String>> {
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    assert!(file.bytes.starts_with(&[0xef, 0xbb, 0xbf]), "a spreadsheet needs the mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&file.bytes[3..]);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// A table under the headings of a template.
pub(crate) struct Form {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Form {
    pub(crate) async fn of(browser: &Browser, kind: &str) -> Self {
        let rows = cells(&browser.get(&format!("/group/new/{kind}/template.csv")).await);
        Self { head: rows[0].clone(), rows: vec![] }
    }

    pub(crate) fn add(&mut self, code: &str, filled: &[(&str, &str)]) {
        let cell = |heading: &String| match heading.as_str() {
            "医療機関等コード" => code.to_owned(),
            heading => filled.iter().rev().find(|(key, _)| *key == heading).map_or("", |(_, value)| value).to_owned(),
        };
        let row: Vec<String> = self.head.iter().map(cell).collect();
        let known = |key: &str| self.head.iter().any(|heading| heading == key);
        assert!(filled.iter().all(|(key, _)| known(key)), "{filled:?} {:?}", self.head);
        self.rows.push(row);
    }

    pub(crate) fn text(&self, between: char) -> String {
        let line = |cells: &Vec<String>| cells.join(&between.to_string()) + "\r\n";
        std::iter::once(&self.head).chain(&self.rows).map(line).collect()
    }
}

/// The identifier that the page of a procedure was made with.
pub(crate) fn sheet_of(page: &Answer) -> String {
    page.body.split_once("name=\"sheet\" value=\"").unwrap().1[..36].to_owned()
}

/// Hands a file in; gives the address of the table.
pub(crate) async fn hand_in(browser: &Browser, kind: &str, file: &[u8]) -> String {
    let address = format!("/group/new/{kind}");
    let id = sheet_of(&browser.get(&address).await);
    let taken = browser.post_with_file(&address, &[("sheet", &id)], ("file", file)).await;
    assert_eq!(
        (taken.status, taken.location.as_str()),
        (StatusCode::SEE_OTHER, &*format!("/group/{id}")),
        "{}",
        taken.body
    );
    taken.location
}

/// What became of each row, by its number: state, reference number, what to put right.
pub(crate) async fn results(browser: &Browser, sheet: &str) -> BTreeMap<i64, [String; 3]> {
    let rows = cells(&browser.get(&format!("{sheet}/result.csv")).await);
    let read = |row: &Vec<String>| (row[0].parse().unwrap(), [row[3].clone(), row[4].clone(), row[6].clone()]);
    rows[1..].iter().map(read).collect()
}

/// A good row of an eligibility application with its own customer ID.
pub(crate) fn good(number: usize) -> Vec<(&'static str, String)> {
    vec![
        ("申請区分", "開始".to_owned()),
        ("電気通信回線種別", "1".to_owned()),
        ("お客様IDの種類", "ＣＡＦ".to_owned()),
        ("お客様ID", format!("CAF-{:010}", 1_000 + number)),
        ("フレッツ・v6オプション契約の確認", "１".to_owned()),
        ("利用開始予定年月", "2026年7月".to_owned()),
        ("電子証明書発行料の支払方法", "1: 診療報酬支払額等から控除".to_owned()),
    ]
}

/// What can be wrong with a row: the heading, the cell, and what is said of it.
const WRONG: [(&str, &str, &str); 9] = [
    ("電気通信回線種別", "光", "「電気通信回線種別」で、一覧にないものが選ばれています。"),
    ("利用開始予定年月", "2026年4月", "「利用開始予定年月」に2026年4月は選べません。"),
    ("利用開始予定年月", "Jul-26", "「利用開始予定年月」を一覧から選び直してください。"),
    ("利用開始予定年月", "", "「利用開始予定年月」を選んでください。"),
    ("お客様ID", "", "「お客様ID」を入力してください。"),
    ("お客様ID", "COP0123456789", "お客様ID"),
    (
        "フレッツ・v6オプション契約の確認",
        "2",
        "フレッツ・v6オプション契約の確認：フレッツ・v6オプションの契約がないと利用できません。",
    ),
    ("申請区分", "変更", "申請区分：前の申請がこのポータルに見つかりません。"),
    ("電子証明書発行料の支払方法", "現金", "「電子証明書発行料の支払方法」で、一覧にないものが"),
];

/// Three hundred rows, of which 37 are wrong in twelve ways; gives what must be said of which row.
fn three_hundred(form: &mut Form, codes: &[String], foreign: &str) -> BTreeMap<i64, String> {
    let mut told = BTreeMap::new();
    for (number, code) in codes.iter().enumerate() {
        let row = good(number);
        let mut filled: Vec<(&str, &str)> = row.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let (mut code, line) = (code.as_str(), i64::try_from(number).unwrap() + 2);
        if number % 8 == 0 && number / 8 < 37 {
            let which = number / 8;
            let unknown = "は、あなたが申請できる医療機関等のコードではありません。";
            let words = match which % 12 {
                9 => {
                    code = foreign;
                    format!("「{foreign}」{unknown}")
                }
                10 => {
                    code = "1330";
                    "医療機関等コードは".to_owned()
                }
                11 => {
                    code = codes[number + 1].as_str();
                    String::new()
                }
                way => {
                    filled.push((WRONG[way].0, WRONG[way].1));
                    WRONG[way].2.to_owned()
                }
            };
            // The second of two rows of one institution is the one that is named.
            let (line, words) = if which % 12 == 11 {
                (line + 1, format!("{line}行目と同じ医療機関等です。"))
            } else {
                (line, words)
            };
            told.insert(line, words);
        }
        form.add(code, &filled);
    }
    told
}

#[tokio::test]
async fn of_three_hundred_rows_each_wrong_one_is_named_by_row_and_column_and_put_right() {
    on_each_database(async |house| {
        let (_, browser, codes) = chain(house, 300).await;
        let foreign = institution(house, &code(900), "よその歯科").await;
        let stranger = account(house, "stranger@clinic.example", &[], Some(foreign)).await;
        let template = cells(&browser.get("/group/new/eligibility/template.csv").await);
        assert_eq!(template.len(), 302, "headings, what can stand there, and a row for each institution");
        assert!(template[1][0].starts_with('※'), "{:?}", template[1]);
        assert_eq!(template[2][..2], ["13-3-0000000", "第000歯科"], "{:?}", template[2]);
        let mut form = Form::of(&browser, "eligibility").await;
        let told = three_hundred(&mut form, &codes, &code(900));
        assert_eq!(told.len(), 37);
        let sheet = hand_in(&browser, "eligibility", form.text(',').as_bytes()).await;
        let found = results(&browser, &sheet).await;
        assert_eq!(found.len(), 300);
        for (number, [state, _, faults]) in &found {
            match told.get(number) {
                Some(words) => {
                    assert!(state == "直すところがあります" && faults.contains(words), "{number}: {words}: {faults}")
                }
                None => assert_eq!((state.as_str(), faults.as_str()), ("送信できます", ""), "{number}"),
            }
        }
        let page = browser.get(&sheet).await.body;
        for words in ["263件の送信へ進む", "直すところがある行 37", "送信できる行 263", "すべて 300", "第000歯科"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        // On its page a row is the form of the procedure.
        let row = format!("{sheet}/rows/2");
        let shown = browser.get(&row).await.body;
        assert!(shown.contains("一覧にないものが選ばれています") && shown.contains("2行目：第000歯科"), "{shown}");
        assert!(!shown.contains("利用規約への同意"), "agreed to once, before sending");
        let mended = browser.post(&row, ELIGIBILITY).await;
        assert_eq!(mended.location, format!("{sheet}?said=mended"), "{}", mended.body);
        let still = browser.post(&format!("{sheet}/rows/10"), &ELIGIBILITY[2..5]).await;
        assert_eq!(still.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(still.body.contains("「利用開始予定年月」を選んでください。"), "{}", still.body);
        // A row of two of one institution is left out, and the other one can be sent.
        let twice = told.iter().find(|(_, words)| words.contains("行目と同じ医療機関等です")).unwrap().0;
        let left = browser.post(&format!("{sheet}/rows/{}", twice - 1), &[("action", "leave")]).await;
        assert_eq!(left.location, format!("{sheet}?said=left"));
        let found = results(&browser, &sheet).await;
        assert_eq!((found[&(twice - 1)][0].as_str(), found[twice][0].as_str()), ("送信しません", "送信できます"));
        // The rest is put right in the file that says what to put right.
        let mut faulty = cells(&browser.get(&format!("{sheet}/faulty.csv")).await);
        assert_eq!(faulty[0][2], "直すところ");
        let place = |heading: &str| faulty[0].iter().position(|cell| cell == heading).unwrap();
        let places: Vec<(usize, String)> =
            good(7).iter().map(|(heading, value)| (place(heading), value.clone())).collect();
        for (number, row) in faulty.iter_mut().enumerate().skip(2) {
            assert!(!row[2].is_empty());
            row[0] = code(number * 8);
            for (at, value) in &places {
                row[*at] = if value.starts_with("CAF") { format!("CAF{number:010}") } else { value.clone() };
            }
        }
        let count = faulty.len() - 2;
        let again = Form { head: faulty[0].clone(), rows: faulty[2..].iter().map(|row| quoted(row)).collect() };
        let second = hand_in(&browser, "eligibility", again.text(',').as_bytes()).await;
        let found = results(&browser, &second).await;
        assert_eq!(found.values().filter(|[state, ..]| state == "送信できます").count(), count, "{found:?}");
        // Nobody else sees any of it.
        for address in [sheet.clone(), row, format!("{sheet}/result.csv"), format!("{sheet}/send")] {
            let seen = Browser::of(house, stranger, false).await.get(&address).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{address}");
        }
    })
    .await;
}

fn quoted(row: &[String]) -> Vec<String> {
    row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect()
}

#[tokio::test]
async fn a_table_is_taken_from_a_spreadsheet_as_it_is_and_refused_with_a_sentence() {
    on_each_database(async |house| {
        let (_, browser, codes) = chain(house, 3).await;
        let form = |columns: &dyn Fn(&mut Form)| {
            let head = [
                "医療機関等コード",
                "医療機関等名",
                "申請区分",
                "電気通信回線種別",
                "お客様IDの種類",
                "お客様ID",
                "フレッツ・v6オプション契約の確認",
                "利用開始予定年月",
                "電子証明書発行料の支払方法",
            ];
            let mut form = Form { head: head.map(str::to_owned).to_vec(), rows: vec![] };
            columns(&mut form);
            form
        };
        let whole = form(&|form| {
            for (number, code) in codes.iter().enumerate() {
                let row = good(number);
                form.add(code, &row.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>());
            }
            // A spreadsheet takes the zero at the beginning away, a person adds hyphens, and one row is untouched.
            form.rows[1][0] = "13-3-0000001".replace("0000001", &codes[1][3..]);
        });
        let good_rows = async |sheet: &str| {
            let found = results(&browser, sheet).await;
            assert!(found.values().all(|[state, ..]| state == "送信できます"), "{found:?}");
            found.len()
        };
        let cp932 = SHIFT_JIS.encode(&whole.text(',')).0.into_owned();
        assert_eq!(good_rows(&hand_in(&browser, "eligibility", &cp932).await).await, 3);
        let address = "/group/new/eligibility";
        let id = sheet_of(&browser.get(address).await);
        let pasted = [("sheet", id.as_str()), ("pasted", &whole.text('\t'))];
        let (first, second) = tokio::join!(browser.post(address, &pasted), browser.post(address, &pasted));
        assert_eq!((first.location.as_str(), &*second.location), (&*format!("/group/{id}"), &*first.location));
        assert_eq!(good_rows(&first.location).await, 3);
        let listed = browser.get("/group").await.body;
        assert_eq!(listed.matches("href=\"/group/0").count(), 2, "a second click hands nothing in: {listed}");
        // What is refused as a whole, and why.
        let refused = async |file: Vec<u8>| {
            let answer = browser.post_file(address, "file", &file).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            answer.body
        };
        let text = whole.text(',');
        let long = text.clone() + &"1330000000,,,,,,,,\r\n".repeat(10_000);
        for (file, words) in [
            (long.into_bytes(), "1つの表で送信できるのは5,000行までです。この表には10,003行あります。"),
            (text.replace("お客様IDの種類", "お客様ID").into_bytes(), "「お客様ID」の列が2つ以上あります。"),
            (text.replace("利用開始予定年月", "開始").into_bytes(), "「利用開始予定年月」の列がありません。"),
            (
                text.replace("お客様IDの種類", "番号の種類").into_bytes(),
                "「番号の種類」という列は、この手続にはありません。",
            ),
            (text.replace("医療機関等コード", "コード").into_bytes(), "「医療機関等コード」の列が見つかりません"),
            (b"PK\x03\x04".to_vec(), "Excelのブックか圧縮ファイルです。"),
            (b"\xff\xfe1\x00".to_vec(), "文字コードがUTF-16です。"),
            (vec![0xff; 40_000], "見出しの行"),
            (whole.head.join(",").into_bytes(), "申請の行がありません"),
        ] {
            let page = refused(file).await;
            assert!(page.contains(words), "{words}: {page}");
        }
        let nothing = browser.post(address, &[("pasted", " ")]).await.body;
        assert!(nothing.contains("CSVファイルを選ぶか、Excelの表を貼り付けてください。"), "{nothing}");
        // Hostile cells stay cells.
        let mut hostile = form(&|_| {});
        hostile.add(&codes[0], &[("お客様ID", "<script>alert(1)</script>"), ("申請区分", "=1+1")]);
        let sheet = hand_in(&browser, "eligibility", hostile.text(',').as_bytes()).await;
        let page = browser.get(&format!("{sheet}/rows/2")).await.body;
        assert!(!page.contains("<script>alert"), "{page}");
        let faulty = cells(&browser.get(&format!("{sheet}/faulty.csv")).await);
        assert!(faulty[2].iter().any(|cell| cell == "'=1+1"), "{faulty:?}");
    })
    .await;
}
