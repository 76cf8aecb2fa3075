//! 一括申請 of tables with as many rows as they may have, of 資格確認 and of a procedure of the common kind: from handing one in until
//! every row is a case.

use std::time::Duration;

use anyhow::Context;
use domain::{
    calendar::YearMonth,
    clock::{Clock, Timestamp},
    group::MOST_ROWS,
    ids::{AccountId, InstitutionId, MembershipId, SheetId},
    institutions::{Institution, InstitutionCode, InstitutionStatus},
};
use services::secrets::{csrf_token, new_token, token_hash};
use storage::Db;

use crate::{
    Bench,
    load::{Answer, Client, Shot},
    machine::{Numbers, RealClock, instant, seconds_since},
    prepare, register,
    report::Report,
    server::Server,
};

/// How often the page of the progress is read.
const PAUSE: Duration = Duration::from_millis(500);

/// The person, and the codes of their institutions.
struct Operator {
    token: String,
    codes: Vec<String>,
}

/// A procedure whose table is measured.
struct Table {
    /// Its key in addresses.
    kind: &'static str,
    /// Its short name in the report.
    name: &'static str,
    head: &'static [&'static str],
    /// The cells of a row behind its code: a number of its own, and the month of the start.
    row: fn(usize, YearMonth) -> String,
}

/// The second one builds on the first: its institutions have filed that.
const TABLES: [Table; 2] = [
    Table {
        kind: "eligibility",
        name: "資格確認",
        head: &[
            "申請区分",
            "電気通信回線種別",
            "お客様IDの種類",
            "お客様ID",
            "フレッツ・v6オプション契約の確認",
            "利用開始予定年月",
            "電子証明書発行料の支払方法",
        ],
        row: |number, month| format!("開始\t1\tCAF\tCAF{number:010}\t1\t{month}\t1"),
    },
    Table {
        kind: "home_visit",
        name: "訪問診療等",
        head: &[
            "申請区分",
            "利用するサービス",
            "利用開始予定年月",
            "機器の種類",
            "機器の台数",
            "担当者の氏名",
            "担当者の電話番号",
        ],
        row: |_, month| format!("開始\t訪問診療\t{month}\tphone\t1台\t事務部 山田 花子\t03-0000-0000"),
    },
];

/// Measures one table after the other.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    Server::start(bench, report, "Start on an empty folder, filling the demo").await?.stop().await?;
    let operator = prepared(bench).await?;
    let server = Server::start(bench, report, "Start to first answer").await?;
    let mut desk = Desk { client: Client::connect(server.portal).await?, operator };
    for table in &TABLES {
        desk.file(table, report).await?;
        report.probe("Memory after it", format!("{:.0} MiB", server.memory("VmRSS")?));
    }
    server.stop().await
}

/// The person in front of the portal.
struct Desk {
    client: Client,
    operator: Operator,
}

impl Desk {
    async fn ask(&mut self, path: &str, form: Option<String>) -> anyhow::Result<Answer> {
        let cookie = format!("mg_session={}", self.operator.token);
        self.client.send(&Shot { path: path.to_owned(), cookie, form }).await
    }

    /// Hands the table in, agrees, and waits until all is sent.
    async fn file(&mut self, table: &Table, report: &mut Report) -> anyhow::Result<()> {
        let (address, name) = (format!("/group/new/{}", table.kind), table.name);
        let csrf = csrf_token(&self.operator.token);
        let begun = instant();
        let template = self.ask(&format!("{address}/template.csv"), None).await?;
        anyhow::ensure!(template.status == 200, "the template was {}", template.status);
        report.probe(&format!("{name}: template of 5,000 institutions"), format!("{:.2} s", seconds_since(begun)));
        let id = SheetId::new(RealClock.now(), &Numbers::new());
        let pasted = table.of(&self.operator.codes);
        let form = encoded(&[("csrf", &csrf), ("sheet", &id.to_string()), ("pasted", &pasted)]);
        let begun = instant();
        let taken = self.ask(&address, Some(form)).await?;
        anyhow::ensure!(taken.status == 303, "the table was answered by {}: {}", taken.status, text(&taken));
        report.probe(&format!("{name}: 5,000 rows read and judged"), format!("{:.2} s", seconds_since(begun)));
        let sheet = format!("/group/{id}");
        let offer = self.ask(&format!("{sheet}/send"), None).await?;
        let version = field(&offer, "terms").context("no terms to agree to")?;
        let count = MOST_ROWS.to_string();
        let form = encoded(&[("csrf", &csrf), ("run", "0"), ("count", &count), ("terms", &version)]);
        let sent = self.ask(&format!("{sheet}/send"), Some(form)).await?;
        anyhow::ensure!(sent.status == 303, "the consent was answered by {}: {}", sent.status, text(&sent));
        self.wait(&sheet).await?;
        let all = format!("一括申請 of 5,000 rows of {name}, from the upload until all are sent");
        report.below(&all, seconds_since(begun), 60.0, "s");
        Ok(())
    }

    /// Until no row waits any more.
    async fn wait(&mut self, sheet: &str) -> anyhow::Result<()> {
        loop {
            let page = text(&self.ask(sheet, None).await?);
            if !page.contains("data-progress") {
                anyhow::ensure!(page.contains("送信済みの行 5,000"), "not all were sent: {page}");
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The value of the box of a field.
fn field(answer: &Answer, name: &str) -> Option<String> {
    let page = text(answer);
    let (_, rest) = page.split_once(&format!("name=\"{name}\""))?;
    let (_, rest) = rest.split_once("value=\"")?;
    rest.split('"').next().map(str::to_owned)
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let encode = |text: &str| {
        text.bytes().fold(String::with_capacity(text.len() * 3), |mut encoded, byte| {
            if plain(byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            encoded
        })
    };
    pairs.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect::<Vec<_>>().join("&")
}

impl Table {
    /// As a spreadsheet copies it.
    fn of(&self, codes: &[String]) -> String {
        let month = YearMonth::of(RealClock.now().date()).plus_months(2);
        let row = |(number, code): (usize, &String)| format!("{code}\t{}\n", (self.row)(number, month));
        let head = format!("医療機関等コード\t{}\n", self.head.join("\t"));
        std::iter::once(head).chain(codes.iter().enumerate().map(row)).collect()
    }
}

/// A member of as many institutions as a table has rows, written while the program rests.
async fn prepared(bench: &Bench) -> anyhow::Result<Operator> {
    let db = Db::open(&format!("sqlite:{}", bench.data().join("madoguchi.db").display())).await?;
    let (now, numbers) = (RealClock.now(), Numbers::new());
    let codes: Vec<String> = register::rows().take(MOST_ROWS).map(|row| row.code()).collect();
    let person = AccountId::new(now, &numbers);
    let mut tx = db.write().await?;
    storage::accounts::insert(&mut tx, &prepare::account(person, now, "group-bench@clinic.example".to_owned())).await?;
    for code in &codes {
        let place = institution(now, &numbers, code)?;
        storage::institutions::insert(&mut tx, &place, now).await?;
        let membership = MembershipId::new(now, &numbers);
        storage::accounts::insert_membership(&mut tx, membership, person, place.id, "staff", "active", now).await?;
    }
    let (token, end) = (new_token(&numbers), now + time::Duration::hours(1));
    storage::sessions::insert(&mut tx, &token_hash(&token), person, None, now, end, "bench").await?;
    tx.commit().await?;
    db.close().await;
    Ok(Operator { token, codes })
}

fn institution(now: Timestamp, numbers: &Numbers, code: &str) -> anyhow::Result<Institution> {
    Ok(Institution {
        id: InstitutionId::new(now, numbers),
        code: InstitutionCode::parse(code)?,
        name: format!("青葉会 {code} 診療所"),
        name_kana: String::new(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        phone: "03-0000-0000".to_owned(),
        founder: "医療法人社団 青葉会".to_owned(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    })
}
