//! Subsidies: from a scheme that the office makes to the notice that a clinic downloads and the file that pays it.

use axum::http::StatusCode;
use domain::{
    ids::{GrantBatchId, InstitutionId},
    permissions::Role,
    subsidies::fiscal_year,
    uploads::UploadState,
};
use storage::subsidies::Sums;
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    fees_paid::by_hand,
    refused::without,
    steps::{begin, clinic, decide, mails, staff, stored},
    support::{House, on_each_database},
    uploads::{RECEIPT, handed_in_for},
};

/// What the form of a scheme is filled with; the period is open for a month.
pub(crate) fn scheme(house: &House, seen: &str) -> Vec<(&'static str, String)> {
    let day = |days: i64| (house.app.clock.now() + Duration::days(days)).date().to_string();
    [
        ("name", "カードリーダー導入の補助".to_owned()),
        ("apply_from", day(-10)),
        ("apply_to", day(30)),
        ("cost_from", "2026-01-01".to_owned()),
        ("cost_to", "2027-12-31".to_owned()),
        ("rate_dental", "3/4".to_owned()),
        ("ceiling_dental", "429,000".to_owned()),
        ("categories", "カードリーダー、250000\n回線の工事\n".to_owned()),
        ("unit_yen", "1000".to_owned()),
        ("paper_receipt", "yes".to_owned()),
        ("from", day(0)),
        ("why", "委員会の決定".to_owned()),
        ("seen", seen.to_owned()),
    ]
    .into()
}

async fn set(browser: &Browser, typed: &[(&'static str, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = typed.iter().map(|(key, value)| (*key, value.as_str())).collect();
    browser.post("/office/settings/scheme.reader/change", &fields).await
}

/// A scheme that an administrator makes through its form, in force at once.
pub(crate) async fn offered(house: &House) {
    let admin = staff(house, Role::Administrator).await;
    let begun = admin.post("/office/subsidies/schemes", &[("key", "Ｒeader")]).await;
    assert_eq!(begun.location, "/office/settings/scheme.reader/change", "{}", begun.body);
    let saved = set(&admin, &scheme(house, "0")).await;
    assert!(saved.location.ends_with("?done=set"), "{}", saved.body);
}

pub(crate) const ANSWERS: &[(&str, &str)] = &[
    ("scheme", "reader@1"),
    ("amount_c1", "３００，０００"),
    ("amount_c2", "123,457円"),
    ("done_on", "2026-05-01"),
    ("contact", "山田 花子"),
    ("contact_phone", "03-1234-5678"),
];

/// The answers with some of them changed.
fn but(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = ANSWERS.iter().filter(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
    kept.chain(changes).copied().collect()
}

/// Fills the form of a subsidy and sends it; gives the address of its case.
pub(crate) async fn applied(house: &House, browser: &Browser, answers: &[(&str, &str)]) -> String {
    let case = begin(browser, "subsidy").await;
    receipt(house, &case).await;
    let saved = browser.post(&format!("{case}/edit"), answers).await;
    assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
    let sent = send(house, browser, &case).await;
    assert_eq!(sent.location, format!("{case}/done"), "{}", sent.body);
    case
}

/// The copy of the receipt, as the form keeps it.
pub(crate) async fn receipt(house: &House, case: &str) {
    let id = handed_in_for(house, case, "file_receipt", UploadState::Clean, Some(RECEIPT)).await;
    let case = stored(house, case).await;
    let answers = case.answers.clone().with("file_receipt", id.to_string());
    let mut tx = house.app.db.write().await.unwrap();
    assert!(storage::applications::save_answers(&mut tx, case.id, &answers, house.app.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
}

pub(crate) async fn send(house: &House, browser: &Browser, case: &str) -> Answer {
    let version = stored(house, case).await.version.to_string();
    browser.post(&format!("{case}/submit"), &[("version", &version)]).await
}

pub(crate) fn office(case: &str) -> String {
    case.replace("/applications/", "/office/subsidies/cases/")
}

/// Gathers what waits into a batch; gives its address.
pub(crate) async fn gathered(clerk: &Browser) -> String {
    let made = clerk.post("/office/subsidies/batches", &[("scheme", "reader")]).await;
    assert!(made.location.ends_with("?said=made"), "{} {}", made.location, made.body);
    made.location.trim_end_matches("?said=made").to_owned()
}

/// Decides a batch today.
pub(crate) async fn decided(house: &House, clerk: &Browser, batch: &str) -> Answer {
    let today = house.app.clock.now().date().to_string();
    clerk.post(&format!("{batch}/decide"), &[("day", &today)]).await
}

/// A scheme is made, and a clinic's application goes all its way until it is being paid: its case, its batch and its grant.
pub(crate) async fn paying(house: &House, browser: &Browser) -> [String; 3] {
    offered(house).await;
    let case = applied(house, browser, ANSWERS).await;
    let (first, second) = (staff(house, Role::Reviewer).await, staff(house, Role::Reviewer).await);
    decide(house, &first, &case, "accept", &[]).await;
    let batch = gathered(&first).await;
    assert!(decided(house, &second, &batch).await.location.ends_with("?said=decided"));
    let clerk = staff(house, Role::BillingClerk).await;
    clerk.post(&format!("{batch}/payments"), &[]).await;
    let grant = links(&clerk.get(&batch).await.body, "/office/subsidies/grants/").remove(0);
    [case, batch, grant].map(|address| address.rsplit('/').next().unwrap().to_owned())
}

/// The addresses of what a page links to below a path, in its order.
pub(crate) fn links(page: &str, below: &str) -> Vec<String> {
    let start = format!("href=\"{below}");
    let rest = page.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    rest.map(|rest| format!("{below}{rest}")).collect()
}

async fn sums(house: &House, batch: &str) -> Sums {
    let id: GrantBatchId = batch.rsplit('/').next().unwrap().parse().unwrap();
    storage::subsidies::sums_of_batch(&mut house.app.db.read().await.unwrap(), id).await.unwrap()
}

async fn granted(house: &House, clinic: InstitutionId) -> Vec<i64> {
    let mut conn = house.app.db.read().await.unwrap();
    let found = storage::subsidies::grants_of_institution(&mut conn, clinic, None, 50).await.unwrap();
    found.into_iter().map(|grant| grant.amount_yen).collect()
}

#[tokio::test]
async fn a_clinic_applies_an_officer_counts_less_another_decides_and_the_notice_is_downloaded() {
    on_each_database(async |house| {
        offered(house).await;
        let (id, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "subsidy").await;
        let form = browser.get(&format!("{case}/edit")).await.body;
        assert!(form.contains("カードリーダー") && form.contains("250,000円まで"), "the only scheme is chosen: {form}");
        let odd = but(&[("amount_c1", "二十八万円"), ("action", "shape:amount_c1")]);
        assert_eq!(browser.post(&format!("{case}/edit"), &odd).await.location, format!("{case}/edit#f-amount_c1"));
        let told = browser.get(&format!("{case}/edit")).await.body;
        assert!(told.contains("数字として読み取れない額"), "{told}");
        let bare = browser.post(&format!("{case}/edit"), ANSWERS).await;
        let words = "「領収書（写）」のファイルを追加してください";
        assert!(bare.status == StatusCode::UNPROCESSABLE_ENTITY && bare.body.contains(words), "{}", bare.body);
        receipt(house, &case).await;
        let saved = browser.post(&format!("{case}/edit"), ANSWERS).await;
        assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
        let check = browser.get(&saved.location).await.body;
        for words in
            ["300,000円", "この費用の上限の250,000円が対象です", "187,500円", "92,592円", "－92円", "280,000円"]
        {
            assert!(check.contains(words), "{words}: {check}");
        }
        assert_eq!(send(house, &browser, &case).await.location, format!("{case}/done"));
        let answers = stored(house, &case).await.answers;
        assert_eq!((answers.get("scheme"), answers.get("grant_yen")), ("reader@1", "280000"));

        let (reviewer, second) = (staff(house, Role::Reviewer).await, staff(house, Role::Reviewer).await);
        let shown = reviewer.get(&case.replace("/app", "/office/app")).await.body;
        assert!(shown.contains(&office(&case)), "the case leads to its computation: {shown}");
        let version = stored(house, &case).await.version.to_string();
        let nothing = [("version", version.as_str()), ("category", "c2"), ("amount_c2", ""), ("reason_c2", "")];
        let told = reviewer.post(&format!("{}/adjust", office(&case)), &nothing).await;
        assert!(told.body.contains("「対象にする額」を入力してください"), "{}", told.body);
        let typed =
            [("version", version.as_str()), ("category", "c2"), ("amount_c2", "200,000"), ("reason_c2", "保守料")];
        let told = reviewer.post(&format!("{}/adjust", office(&case)), &typed).await;
        assert!(
            told.status == StatusCode::UNPROCESSABLE_ENTITY && told.body.contains("申請された額より小さく"),
            "{}",
            told.body
        );
        let typed = [
            ("version", version.as_str()),
            ("category", "c2"),
            ("amount_c2", "100,000"),
            ("reason_c2", "保守料を除く"),
        ];
        let kept = reviewer.post(&format!("{}/adjust", office(&case)), &typed).await;
        assert!(kept.location.ends_with("?said=adjusted"), "{}", kept.body);
        let stale = second.post(&format!("{}/adjust", office(&case)), &typed).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "the case is another one's by now");
        let page = reviewer.get(&office(&case)).await.body;
        assert!(page.contains("保守料を除く") && page.contains("262,000円") && page.contains("280,000円"), "{page}");
        assert!(page.contains("のうち、審査で認められた100,000円が対象です"), "what was claimed stays: {page}");
        decide(house, &reviewer, &case, "accept", &[]).await;

        let batch = gathered(&second).await;
        assert!(decided(house, &second, &batch).await.location.ends_with("?said=part"), "who made it");
        assert!(decided(house, &reviewer, &batch).await.location.ends_with("?said=part"), "who accepted a case");
        assert!(granted(house, id).await.is_empty());
        mails(house).await;
        let third = staff(house, Role::Reviewer).await;
        let odd = third.post(&format!("{batch}/decide"), &[("day", "2020-01-01")]).await;
        assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.body.contains("2020-01-01"), "{}", odd.body);
        assert!(decided(house, &third, &batch).await.location.ends_with("?said=decided"));
        assert!(decided(house, &third, &batch).await.location.ends_with("?said=before"), "twice changes nothing");
        assert_eq!(granted(house, id).await, [262_000]);
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].1.contains("262,000円"), "{told:?}");

        let list = browser.get("/grants").await.body;
        let number = format!("{}-000001", fiscal_year(house.app.clock.now().date()));
        assert!(list.contains(&number) && list.contains("262,000円"), "{list}");
        let notice = links(&list, "/grants/").remove(0);
        let pdf = browser.get(&notice).await;
        assert!(pdf.status == StatusCode::OK && pdf.bytes.starts_with(b"%PDF"));
        let (_, stranger) = clinic(house, "2730100019").await;
        assert_eq!(stranger.get(&notice).await.status, StatusCode::NOT_FOUND);
        assert!(!stranger.get("/grants").await.body.contains(&number));
    })
    .await;
}

#[tokio::test]
async fn every_yen_is_in_the_file_once_and_taken_back_only_by_a_new_entry() {
    on_each_database(async |house| {
        offered(house).await;
        let codes = ["1330100016", "2730100019", "1430100016"];
        let (mut clinics, reviewer) = (vec![], staff(house, Role::Reviewer).await);
        for (code, amount) in codes.iter().zip(["100,000", "200,000", "240,000"]) {
            let (id, browser) = clinic(house, code).await;
            let mut answers = but(&[]);
            answers.retain(|(key, _)| *key != "amount_c2");
            answers.iter_mut().filter(|(key, _)| *key == "amount_c1").for_each(|answer| answer.1 = amount);
            let case = applied(house, &browser, &answers).await;
            decide(house, &reviewer, &case, "accept", &[]).await;
            clinics.push((id, browser, case));
        }
        let (maker, decider) = (staff(house, Role::Reviewer).await, staff(house, Role::Reviewer).await);
        let batch = gathered(&maker).await;
        let any = "1 = 1";
        for about in
            [("grants", "INSERT", any), ("mails", "INSERT", any), ("audit", "INSERT", "NEW.action = 'subsidy.decide'")]
        {
            let told = without(house, about, async || decided(house, &decider, &batch).await).await;
            assert_eq!(told.status, StatusCode::INTERNAL_SERVER_ERROR, "{about:?}");
            assert_eq!(sums(house, &batch).await, Sums::default(), "{about:?}");
        }
        assert!(decided(house, &decider, &batch).await.location.ends_with("?said=decided"));
        assert_eq!(sums(house, &batch).await.granted_yen, 405_000);
        let again = maker.post("/office/subsidies/batches", &[("scheme", "reader")]).await;
        assert!(again.location.ends_with("?said=nothing"), "no case is decided twice");

        let clerk = staff(house, Role::BillingClerk).await;
        let page = clerk.get(&batch).await.body;
        let grants = links(&page, "/office/subsidies/grants/");
        assert_eq!(grants.len(), 3, "{page}");
        let nameless = clerk.post(&format!("{}/reverse", grants[0]), &[("reason", " ")]).await;
        assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
        let back = clerk.post(&format!("{}/reverse", grants[0]), &[("reason", "重複のため")]).await;
        assert!(back.location.ends_with("?said=reversed"), "{}", back.body);
        let twice = clerk.post(&format!("{}/reverse", grants[0]), &[("reason", "重複のため")]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        assert_eq!(clerk.get(&format!("{batch}/payments.csv")).await.status, StatusCode::NOT_FOUND, "none was made");
        assert!(clerk.post(&format!("{batch}/payments"), &[]).await.location.ends_with("?said=listed"));
        let file = clerk.get(&format!("{batch}/payments.csv")).await;
        assert!(clerk.post(&format!("{batch}/payments"), &[]).await.location.ends_with("?said=listed-before"));
        let late = clerk.post(&format!("{}/reverse", grants[1]), &[("reason", "対象外のため")]).await;
        assert!(late.location.ends_with("?said=reversed"), "{}", late.body);
        assert_eq!(clerk.get(&format!("{batch}/payments.csv")).await.bytes, file.bytes, "the same octets each time");
        let lines: Vec<&str> = file.body.lines().collect();
        assert_eq!(lines.len(), 4, "{}", file.body);
        let yen = |line: &&str| line.split(',').nth(5).unwrap().parse::<i64>().unwrap();
        assert_eq!(lines[1..3].iter().map(yen).sum::<i64>(), yen(&lines[3]), "{}", file.body);
        for line in &lines[1..3] {
            let case = line.rsplit(',').next().unwrap();
            assert!(clinics.iter().any(|(_, _, known)| known.ends_with(case)), "each yen leads to its case: {line}");
        }
        let today = house.app.clock.now().date().to_string();
        let paid = clerk.post(&format!("{batch}/paid"), &[("day", &today)]).await;
        assert!(paid.location.ends_with("?said=paid&count=1"), "what was taken back was not paid: {}", paid.location);
        let paid = clerk.post(&format!("{batch}/paid"), &[("day", &today)]).await;
        assert!(paid.location.ends_with("count=0"), "{}", paid.location);

        let (sums, mut entries) = (sums(house, &batch).await, 0);
        for (id, _, _) in &clinics {
            entries += granted(house, *id).await.iter().sum::<i64>();
        }
        assert_eq!(sums.granted_yen - sums.reversed_yen, entries, "the ledger adds up");
        assert_eq!(sums.listed_yen, sums.paid_yen + sums.owed_back_yen);
        assert_eq!(entries, sums.paid_yen, "what stands was paid");
        for text in [
            "UPDATE grants SET amount_yen = 1",
            "DELETE FROM grants",
            "UPDATE grant_payments SET amount_yen = 1",
            "DELETE FROM grant_payments",
            "DELETE FROM grant_receipts",
            "UPDATE grant_batches SET amount_yen = 1",
            "DELETE FROM grant_batches",
        ] {
            let refused = by_hand(house, text).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{text}: {refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_a_period_that_ends_meanwhile_loses_nothing() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let none = browser.get("/procedures/subsidy").await.body;
        assert!(none.contains("申請できる補助金の制度はありません"), "{none}");
        offered(house).await;
        let case = begin(&browser, "subsidy").await;
        let told = |answers: Vec<(&'static str, &'static str)>| {
            let (browser, case) = (&browser, &case);
            async move { browser.post(&format!("{case}/edit"), &answers).await }
        };
        for (changes, words) in [
            (but(&[("amount_c1", "千円")]), "「カードリーダー」：金額は"),
            (but(&[("amount_c1", ""), ("amount_c2", "0")]), "少なくとも1つの費用"),
            (but(&[("amount_c1", "900"), ("amount_c2", "")]), "0円になります"),
            (but(&[("done_on", "いつか")]), "カレンダーから選ぶか"),
            (but(&[("done_on", "2025-12-31")]), "最も早い日は"),
            (but(&[("done_on", "2027-01-31")]), "までの日を選んでください"),
        ] {
            let answer = told(changes).await;
            assert!(
                answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(words),
                "{words}: {}",
                answer.body
            );
        }
        receipt(house, &case).await;
        assert_eq!(told(but(&[])).await.location, format!("{case}/check"));

        // The scheme is changed: what is a draft follows, what was sent does not.
        let admin = staff(house, Role::Administrator).await;
        let mut dearer = scheme(house, "1");
        dearer.retain(|(key, _)| *key != "rate_dental");
        dearer.push(("rate_dental", "1/2".to_owned()));
        let sent = applied_by_another(house).await;
        assert!(set(&admin, &dearer).await.location.ends_with("?done=set"));
        assert!(browser.get(&format!("{case}/check")).await.body.contains("186,000円"), "half of it, rounded down");
        let reviewer = staff(house, Role::Reviewer).await;
        assert!(reviewer.get(&office(&sent)).await.body.contains("280,000円"), "by the version it was sent with");
        decide(house, &reviewer, &sent, "return", &[("words-done_on", "日付を確かめてください。")]).await;

        // The period ends while both forms are open.
        house.clock.pass(Duration::days(31));
        let browser = again(house, &case).await;
        let late = send(house, &browser, &case).await;
        assert_ne!(late.location, format!("{case}/done"));
        let form = browser.post(&format!("{case}/edit"), &but(&[])).await.body;
        assert!(form.contains("申請の受付は、") && form.contains("下書きに残っています"), "{form}");
        assert!(form.contains("123,457円"), "nothing is lost: {form}");
        let other = again(house, &sent).await;
        let saved = other.post(&format!("{sent}/edit"), &[("done_on", "2026-05-02")]).await;
        assert_eq!(saved.location, format!("{sent}/check"), "it was sent in time: {}", saved.body);
        assert_eq!(send(house, &other, &sent).await.location, format!("{sent}/done"));
    })
    .await;
}

async fn applied_by_another(house: &House) -> String {
    let (_, other) = clinic(house, "2730100019").await;
    let case = applied(house, &other, ANSWERS).await;
    let twice = begin(&other, "subsidy").await;
    let told = other.post(&format!("{twice}/edit"), ANSWERS).await;
    assert!(told.body.contains("すでに申請しています"), "once for each scheme: {}", told.body);
    case
}

/// Whoever began a case, with a new session.
async fn again(house: &House, case: &str) -> Browser {
    Browser::of(house, stored(house, case).await.created_by, false).await
}
