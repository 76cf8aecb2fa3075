//! マスターアカウント: two notices once an eligibility application is accepted, thirty days, and what a re-issue ends.

use std::{
    io::{Cursor, Read},
    process::Command,
};

use axum::http::StatusCode;
use domain::{
    ids::InstitutionId,
    master_account::{Environment, in_groups, is_user_id},
    permissions::Role,
};
use storage::{Conn, master_accounts::MasterAccount};
use tempfile::TempDir;
use time::Duration;
use zip::ZipArchive;

use crate::{
    browser::{Browser, account},
    feed::events,
    steps::{ELIGIBILITY, accepted, clinic, file, filed, mails, staff},
    support::{House, on_each_database},
};

const PAGE: &str = "/master-account";
const CODE: &str = "1330100016";

/// What a notice says: the name of its file, user ID and password.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Notice {
    file: String,
    user_id: String,
    password: String,
}

/// The text of a PDF of one page as poppler reads it.
fn text_of(pdf: &[u8]) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notice.pdf");
    std::fs::write(&path, pdf).unwrap();
    let told = Command::new("pdfinfo").arg(&path).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.lines().any(|line| line.starts_with("Pages:") && line.ends_with(" 1")), "{told}");
    let read = Command::new("pdftotext").arg("-layout").arg(&path).arg("-").output().unwrap();
    String::from_utf8(read.stdout).unwrap()
}

/// The line of a text that consists of so many groups of four characters.
fn groups(text: &str, count: usize) -> String {
    let is_group = |word: &&str| word.len() == 4 && word.chars().all(|letter| letter.is_ascii_alphanumeric());
    let of = |line: &str| line.split_whitespace().filter(is_group).map(str::to_owned).collect::<Vec<_>>();
    text.lines().map(of).find(|words| words.len() == count).unwrap_or_default().concat()
}

/// The notices in a ZIP file.
fn notices(bytes: &[u8]) -> Vec<Notice> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    let mut all = vec![];
    for name in names {
        let mut pdf = vec![];
        zip.by_name(&name).unwrap().read_to_end(&mut pdf).unwrap();
        let text = text_of(&pdf);
        let environment = name.trim_start_matches("マスターアカウント通知書_").trim_end_matches(".pdf").to_owned();
        assert!(text.contains(&environment) && text.contains("さくら歯科"), "{text}");
        let (user_id, password) = (groups(&text, 3), groups(&text, 4));
        for letter in password.chars() {
            let kind = if letter.is_ascii_digit() {
                "数字"
            } else if letter.is_ascii_uppercase() {
                "大文字"
            } else {
                "小文字"
            };
            assert!(text.contains(&format!("{kind}の{letter}（")), "{letter} has no reading in\n{text}");
        }
        all.push(Notice { file: name, user_id, password });
    }
    all.sort_by(|one, other| one.file.cmp(&other.file));
    all
}

async fn stored(house: &House, institution: InstitutionId) -> Vec<MasterAccount> {
    storage::master_accounts::of(&mut house.app.db.read().await.unwrap(), institution).await.unwrap()
}

/// Whether the eligibility system, which knows the hash, lets somebody in with this notice.
async fn opens(house: &House, account: &MasterAccount, notice: &Notice) -> bool {
    assert_eq!(account.user_id, notice.user_id);
    house.app.hasher.matches(&notice.password, Some(&account.secret_hash)).await.unwrap()
}

/// What the eligibility system learns of master accounts: what happened, and the hash.
async fn learnt(house: &House) -> Vec<(String, String)> {
    let all = events(house, 0).await.into_iter();
    all.filter_map(|event| {
        let what = event.kind.strip_prefix("master_account.")?.to_owned();
        Some((what, event.data["password_hash"].as_str()?.to_owned()))
    })
    .collect()
}

/// The notice of an account among those of a ZIP file.
fn of<'n>(notices: &'n [Notice], account: &MasterAccount) -> &'n Notice {
    notices.iter().find(|one| one.file.contains(account.environment.label())).unwrap()
}

/// A clinic whose eligibility application was accepted.
async fn begun(house: &House) -> (InstitutionId, Browser) {
    let (place, browser) = clinic(house, CODE).await;
    accepted(house, &filed(house, &browser).await).await;
    (place, browser)
}

/// Takes the accounts of an institution away.
async fn forget(house: &House, place: InstitutionId) {
    let text = "DELETE FROM master_accounts WHERE institution_id = $1";
    let mut tx = house.app.db.write().await.unwrap();
    match &mut *tx {
        Conn::Sqlite(conn) => drop(sqlx::query(text).bind(place.0).execute(&mut *conn).await.unwrap()),
        Conn::Postgres(conn) => drop(sqlx::query(text).bind(place.0).execute(&mut **conn).await.unwrap()),
    }
    tx.commit().await.unwrap();
}

/// The same owner after a new login, whatever time has passed.
pub(crate) async fn again(house: &House) -> Browser {
    let email = format!("owner-{CODE}@clinic.example");
    let owner = storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), &email).await.unwrap().unwrap();
    Browser::of(house, owner.id, false).await
}

#[tokio::test]
async fn an_accepted_clinic_downloads_two_notices_and_each_password_is_the_one_that_opens() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, CODE).await;
        let early = browser.get(PAGE).await.body;
        assert!(early.contains("通知書はまだありません") && !early.contains("/master-account/download"), "{early}");
        let case = filed(house, &browser).await;
        mails(house).await;
        accepted(house, &case).await;
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].1.contains("2026年6月19日（金）までに次のページから"), "{told:?}");
        let home = browser.get("/").await.body;
        let next = home.split("class=\"next-step\"").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(next.contains("マスターアカウント情報ダウンロード") && next.contains("あと30日"), "{next}");
        let page = browser.get(PAGE).await.body;
        assert!(page.contains("ダウンロードできます") && page.contains("本番環境"), "{page}");

        house.clock.pass(Duration::minutes(1));
        let got = browser.post("/master-account/download", &[]).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert_eq!(got.header("content-disposition"), format!("attachment; filename=\"master-account-{CODE}.zip\""));
        assert_ne!(u16::from_le_bytes([got.bytes[6], got.bytes[7]]) & 0x0800, 0, "the names are marked as UTF-8");
        let read = notices(&got.bytes);
        let files: Vec<&str> = read.iter().map(|notice| notice.file.as_str()).collect();
        assert_eq!(files, ["マスターアカウント通知書_接続確認環境.pdf", "マスターアカウント通知書_本番環境.pdf"]);
        let accounts = stored(house, place).await;
        assert_eq!(accounts.iter().map(|one| one.environment).collect::<Vec<_>>(), Environment::ALL);
        for account in &accounts {
            assert!(is_user_id(&account.user_id) && account.secret_hash.starts_with("$argon2id$"), "{account:?}");
            assert!(opens(house, account, of(&read, account)).await);
            assert!(!page.contains(&of(&read, account).password), "no page shows a password");
        }
        let heard = learnt(house).await;
        assert_eq!(heard.len(), 2, "the eligibility system hears of both");
        assert!(
            accounts.iter().all(|one| heard.contains(&("issued".to_owned(), one.secret_hash.clone()))),
            "{heard:?}"
        );
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].0.contains("ダウンロードされました"), "{told:?}");
        assert!(!read.iter().any(|one| told[0].1.contains(&one.password)), "no mail carries a password");
        let page = browser.get(PAGE).await.body;
        assert!(page.contains("ダウンロード済み") && page.contains("発行とダウンロードの記録"), "{page}");
        let acts =
            storage::master_accounts::acts(&mut house.app.db.read().await.unwrap(), place, None, 10).await.unwrap();
        assert_eq!(acts.iter().map(|act| act.act.as_str()).collect::<Vec<_>>(), ["download", "issue"]);
        assert!(!browser.get("/").await.body.contains("まだダウンロードされていません"));
        assert_eq!(notices(&browser.post("/master-account/download", &[]).await.bytes), read, "the same again");

        let (_, stranger) = clinic(house, "2730100019").await;
        let nothing = stranger.post("/master-account/download", &[]).await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
        assert!(stranger.get(PAGE).await.body.contains("通知書はまだありません"));
    })
    .await;
}

#[tokio::test]
async fn after_thirty_days_the_password_is_gone_and_a_reissue_kills_the_old_one_at_once() {
    on_each_database(async |house| {
        let (place, browser) = begun(house).await;
        let first = notices(&browser.post("/master-account/download", &[]).await.bytes);
        house.clock.pass(Duration::days(31));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let ended = stored(house, place).await;
        assert!(ended.iter().all(|account| account.secret_sealed.is_none()), "{ended:?}");
        let browser = again(house).await;
        let page = browser.get(PAGE).await.body;
        assert!(
            page.contains("ダウンロードの期間が終わりました") && page.contains("/master-account/reissue"),
            "{page}"
        );
        let late = browser.post("/master-account/download", &[]).await;
        assert_eq!(late.location, "/master-account?done=over", "{}", late.body);
        assert!(opens(house, &ended[0], of(&first, &ended[0])).await, "the password itself may be in use");

        let second = account(house, "second@clinic.example", &[], None).await;
        let now = house.app.clock.now();
        let membership = domain::ids::MembershipId::new(now, &*house.app.randomness);
        let mut tx = house.app.db.write().await.unwrap();
        storage::accounts::insert_membership(&mut tx, membership, second, place, "staff", "active", now).await.unwrap();
        tx.commit().await.unwrap();
        let member = Browser::of(house, second, false).await;
        assert!(member.get(PAGE).await.body.contains("再発行は、代表者ができます"));
        let wanted = [("environment", "production:1")];
        assert_eq!(member.post("/master-account/reissue", &wanted).await.status, StatusCode::FORBIDDEN);

        let none = browser.post("/master-account/reissue", &[]).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(none.body.contains("1つ以上選んでください"), "{}", none.body);
        mails(house).await;
        let done = browser.post("/master-account/reissue", &wanted).await;
        assert_eq!(done.location, "/master-account?done=reissued", "{}", done.body);
        let twice = browser.post("/master-account/reissue", &wanted).await;
        assert_eq!(twice.location, "/master-account?done=changed", "a second click issues nothing");
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].1.contains("前のパスワードは、もう使えません"), "{told:?}");
        let both = stored(house, place).await;
        let (production, test) = (&both[0], &both[1]);
        assert_eq!((production.number, production.user_id.as_str()), (2, ended[0].user_id.as_str()));
        assert!(!opens(house, production, of(&first, production)).await, "the old password is dead");
        assert_eq!(test, &ended[1], "the other environment is left alone");
        assert_eq!(learnt(house).await.last(), Some(&("reissued".to_owned(), production.secret_hash.clone())));
        let read = notices(&member.post("/master-account/download", &[]).await.bytes);
        assert_eq!(read.len(), 1, "{read:?}");
        assert!(opens(house, production, &read[0]).await);
        assert!(mails(house).await[0].0.contains("ダウンロードされました"), "the owner hears of a member's download");
    })
    .await;
}

#[tokio::test]
async fn staff_see_how_the_notices_stand_and_reissue_with_a_reason_but_never_see_a_password() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, CODE).await;
        let case = filed(house, &browser).await;
        accepted(house, &case).await;
        let read = notices(&browser.post("/master-account/download", &[]).await.bytes);
        let agent = staff(house, Role::CallCentreAgent).await;
        let office = format!("/office/institutions/{place}");
        let page = agent.get(&office).await.body;
        assert!(page.contains("ダウンロード済み") && page.contains(&format!("{office}/master-account")), "{page}");
        let case = case.replace("/applications/", "/office/applications/");
        let seen = staff(house, Role::Auditor).await.get(&case).await.body;
        assert!(seen.contains("マスターアカウント") && seen.contains(&in_groups(&read[0].user_id)), "{seen}");
        let address = format!("{office}/master-account");
        let why = ("reason", "代表者から電話があり、本人確認の番号を確かめた。");
        let wanted = ("environment", "production:1");
        for missing in [[wanted, ("reason", " ")], [why, ("environment", "")]] {
            assert_eq!(agent.post(&address, &missing).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        mails(house).await;
        let done = agent.post(&address, &[wanted, why]).await;
        assert_eq!(done.location, format!("{office}?done=master_account"), "{}", done.body);
        assert!(mails(house).await[0].1.contains("まどぐち運営事務局"), "the operator is named, not the person");
        let after = stored(house, place).await;
        assert!(!opens(house, &after[0], of(&read, &after[0])).await);
        let fresh = notices(&browser.post("/master-account/download", &[]).await.bytes);
        let page = agent.get(&office).await.body;
        assert!(!fresh.iter().any(|one| page.contains(&one.password)), "{page}");
        let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap();
        for act in ["master_account.reissue", "master_account.reissue_for", "master_account.download"] {
            assert!(rows.iter().any(|row| row.action == act), "{act}");
        }
        let auditor = staff(house, Role::Auditor).await;
        assert!(!auditor.get(&office).await.body.contains(&address), "who may only read is not offered it");
    })
    .await;
}

#[tokio::test]
async fn a_change_keeps_the_accounts_and_a_clinic_that_came_without_may_have_them() {
    on_each_database(async |house| {
        let (place, browser) = begun(house).await;
        let before = stored(house, place).await;
        mails(house).await;
        let mut change = ELIGIBILITY.to_vec();
        change[0].1 = "change";
        let change = file(house, &browser, "eligibility", &change).await;
        mails(house).await;
        accepted(house, &change).await;
        assert_eq!(stored(house, place).await, before, "a change makes no new accounts");
        // As an installation has it that accepted applications before this page was there.
        forget(house, place).await;
        let page = browser.get(PAGE).await.body;
        assert!(page.contains("発行したマスターアカウントはありません"), "{page}");
        let wanted = [("environment", "production:0"), ("environment", "connection_test:0")];
        let made = browser.post("/master-account/reissue", &wanted).await;
        assert_eq!(made.location, "/master-account?done=reissued", "{}", made.body);
        let read = notices(&browser.post("/master-account/download", &[]).await.bytes);
        for account in stored(house, place).await {
            assert!(opens(house, &account, of(&read, &account)).await);
        }
    })
    .await;
}
