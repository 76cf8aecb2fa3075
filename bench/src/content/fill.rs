//! 10,000 articles of words that people look for, and 100,000 cases, 5,000 of them of one institution.

use domain::{
    applications::Kind,
    clock::{Clock, Timestamp},
    ids::{AccountId, ApplicationId, InstitutionId, MembershipId},
    institutions::{Institution, InstitutionStatus, Prefecture, ScoreTable, check_digit_for},
    reference::ReferenceNumber,
};
use services::secrets::{new_token, token_hash};
use storage::{Db, dump::Value};
use time::Duration;

use crate::{
    machine::{Numbers, RealClock, instant, seconds_since},
    office::sheet::{Sheet, at, below, id, text},
    report::Report,
};

/// Name of the setting that says that the index is made.
pub(super) const BUILT: &str = "search.format";
/// Articles.
const ARTICLES: usize = 10_000;
/// Words of an article: about 1,000 characters.
const WORDS: usize = 220;
/// Cases.
const CASES: usize = 100_000;
/// Cases of the first institution.
const OWN: usize = 5_000;
/// Institutions.
const INSTITUTIONS: usize = 2_000;
/// Where the numbers begin.
const SEED: u64 = 0x6b65_6e73_616b_7520;

/// Words of the articles; the last ones are rare.
const VOCABULARY: &[&str] = &[
    "です。",
    "ます。",
    "申請",
    "の",
    "を",
    "は",
    "に",
    "端末",
    "電子証明書",
    "回線",
    "オンライン資格確認",
    "医療機関等",
    "通知書",
    "ください。",
    "請求",
    "画面",
    "送信",
    "入力",
    "確認",
    "設定",
    "場合",
    "お客様ID",
    "レセコン",
    "期限",
    "利用",
    "開始",
    "変更",
    "発行料",
    "取得",
    "更新",
    "ログイン",
    "メール",
    "窓口",
    "書類",
    "番号",
    "事業者",
    "契約",
    "工事",
    "接続",
    "種別",
];
const RARE: &[&str] = &["回線種別", "CAF", "書留", "光コラボレーション", "v6オプション", "失効", "払込請求書"];

/// An installation that was filled.
pub(super) struct Filled {
    /// Its database.
    pub(super) db: Db,
    /// Cookie of the owner of the first institution.
    pub(super) cookie: String,
    /// Reference number of one of its cases.
    pub(super) reference: String,
}

/// Fills an installation that was founded; its index is made after its next start.
pub(super) async fn fill(url: &str, report: &mut Report) -> anyhow::Result<Filled> {
    let begun = instant();
    let (db, now, numbers) = (Db::open(url).await?, RealClock.now(), Numbers::from_seed(SEED));
    let mut tx = db.write().await?;
    storage::settings::remove(&mut tx, BUILT).await?;
    tx.commit().await?;
    articles(&db, now, &numbers).await?;
    let institutions = register(&db, now, &numbers).await?;
    let (owner, cookie) = owner(&db, now, &numbers, institutions[0]).await?;
    let reference = cases(&db, now, &numbers, (&institutions, owner)).await?;
    report.probe("Filling articles and cases", format!("{:.0} s", seconds_since(begun)));
    Ok(Filled { db, cookie, reference })
}

fn words(numbers: &Numbers, count: usize) -> String {
    let word = |_| match below(numbers, 400) {
        0 => RARE[below(numbers, RARE.len())],
        _ => VOCABULARY[below(numbers, VOCABULARY.len())],
    };
    (0..count).map(word).collect()
}

async fn articles(db: &Db, now: Timestamp, numbers: &Numbers) -> anyhow::Result<()> {
    const COLUMNS: [&str; 10] =
        ["slug", "number", "kind", "category", "title", "body", "editor", "search_text", "views", "updated_at"];
    let mut loader = db.adder().await?;
    let mut sheet = Sheet::new(&loader, "articles", &COLUMNS)?;
    for number in 0..ARTICLES {
        let row = vec![
            text(format!("made-{number}")),
            text(format!("KB9{number:06}")),
            text(if number % 5 == 0 { "faq" } else { "article" }),
            text("その他"),
            text(words(numbers, 6)),
            text(format!("{}です。", words(numbers, WORDS))),
            text("編集者"),
            text(""),
            Value::Integer(0),
            at(now - Duration::minutes(i64::try_from(number)?)),
        ];
        sheet.push(&mut loader, row).await?;
    }
    sheet.flush(&mut loader).await?;
    Ok(loader.finish().await?)
}

fn institution(now: Timestamp, numbers: &Numbers, number: usize) -> Option<Institution> {
    let (prefecture, table) = (Prefecture::all().nth(number % Prefecture::all().count())?, ScoreTable::Medical);
    let six = format!("{:06}", 100_000 + number / Prefecture::all().count());
    let digit = check_digit_for(prefecture, table, &six)?;
    Some(Institution {
        id: InstitutionId::new(now, numbers),
        code: format!("{}{}{six}{digit}", prefecture.code(), table.code()).parse().ok()?,
        name: format!("医療法人社団　青葉会　第{number}診療所"),
        name_kana: format!("アオバカイダイ{number}シンリョウジョ"),
        postal_code: "100-0001".to_owned(),
        address: format!("{prefecture}青葉市本町{number}番地"),
        phone: "03-0000-0000".to_owned(),
        founder: "医療法人社団　青葉会".to_owned(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    })
}

async fn register(db: &Db, now: Timestamp, numbers: &Numbers) -> anyhow::Result<Vec<InstitutionId>> {
    let rows: Vec<Institution> = (0..INSTITUTIONS).filter_map(|number| institution(now, numbers, number)).collect();
    anyhow::ensure!(rows.len() == INSTITUTIONS, "a code could not be made");
    let mut tx = db.write().await?;
    storage::institutions::upsert(&mut tx, &rows, now).await?;
    tx.commit().await?;
    Ok(rows.iter().map(|row| row.id).collect())
}

/// An owner of an institution, with the cookie of a session.
async fn owner(
    db: &Db,
    now: Timestamp,
    numbers: &Numbers,
    institution: InstitutionId,
) -> anyhow::Result<(AccountId, String)> {
    let (account, membership) = (AccountId::new(now, numbers), MembershipId::new(now, numbers));
    let (token, end) = (new_token(numbers), now + Duration::hours(1));
    let mut tx = db.write().await?;
    storage::accounts::insert(&mut tx, &crate::prepare::account(account, now, "search@clinic.example".to_owned()))
        .await?;
    storage::accounts::insert_membership(&mut tx, membership, account, institution, "owner", "active", now).await?;
    storage::sessions::insert(&mut tx, &token_hash(&token), account, Some(institution), now, end, "bench").await?;
    tx.commit().await?;
    Ok((account, format!("mg_session={token}")))
}

/// Writes the cases; gives a reference number of the first institution.
async fn cases(
    db: &Db,
    now: Timestamp,
    numbers: &Numbers,
    (institutions, owner): (&[InstitutionId], AccountId),
) -> anyhow::Result<String> {
    const COLUMNS: [&str; 14] = [
        "id",
        "kind",
        "institution_id",
        "state",
        "version",
        "reference",
        "answers",
        "findings",
        "terminal_name",
        "created_by",
        "reasons",
        "created_at",
        "updated_at",
        "submitted_at",
    ];
    let columns = [&COLUMNS[..], &["state_since"]].concat();
    let mut loader = db.adder().await?;
    let mut sheet = Sheet::new(&loader, "applications", &columns)?;
    let mut first = String::new();
    for number in 0..CASES {
        let place = if number < OWN { 0 } else { 1 + number % (institutions.len() - 1) };
        let sent = now - Duration::minutes(i64::try_from(number)?);
        let reference = ReferenceNumber::generate(numbers).as_str().to_owned();
        if number == OWN / 2 {
            first.clone_from(&reference);
        }
        let row = vec![
            id(ApplicationId::new(sent, numbers).0),
            text(Kind::Certificate.as_str()),
            id(institutions[place].0),
            text("installed"),
            Value::Integer(3),
            text(reference),
            text(format!(
                "{{\"terminal_name\":\"受付の端末{number}\",\"terminal_os\":\"windows_11\",\"purpose\":\"both\"}}"
            )),
            text("[]"),
            text(format!("受付の端末{number}")),
            id(owner.0),
            text("[]"),
            at(sent),
            at(sent),
            at(sent),
            at(sent),
        ];
        sheet.push(&mut loader, row).await?;
    }
    sheet.flush(&mut loader).await?;
    loader.finish().await?;
    Ok(first)
}
