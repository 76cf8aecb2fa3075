//! Pickup at a terminal: wrong secrets, unknown IDs, interrupted downloads.

use axum::http::StatusCode;
use domain::{applications::State, permissions::Role, secrets::RenewalCode};
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    est::{key, send, wire},
    steps::{Paper, approved, clinic, posted, staff, stored, works},
    support::{House, on_each_database},
};

const PASSPHRASE: &str = "correct-horse-9";

async fn letter(house: &House) -> (String, Paper) {
    letter_to(house, "1330100016", "12345678901").await
}

pub(crate) async fn letter_to(house: &House, code: &str, number: &str) -> (String, Paper) {
    let (_, browser) = clinic(house, code).await;
    let case = approved(house, &browser).await;
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, number).await;
    (case, paper)
}

/// Fetches the certificate of a letter as a file.
pub(crate) async fn fetch(terminal: &Browser, paper: &Paper) -> Answer {
    let fields = [
        ("pickup_id", paper.id.as_str()),
        ("pickup_secret", paper.secret.as_str()),
        ("passphrase", PASSPHRASE),
        ("passphrase_again", PASSPHRASE),
        ("format", "modern"),
    ];
    terminal.post("/pickup", &fields).await
}

/// The same secret with its first character replaced by another one that secrets may have.
fn wrong(paper: &Paper) -> Paper {
    let other = if paper.secret.starts_with('A') { "B" } else { "A" };
    Paper { id: paper.id.clone(), secret: format!("{other}{}", &paper.secret[1..]) }
}

/// What the page says, without what changes from page to page.
fn words(answer: &Answer, paper: &Paper) -> String {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    answer.body.replace(&paper.id, "ID")
}

pub(crate) async fn try_out(terminal: &Browser, paper: &Paper) -> Answer {
    terminal.post("/rehearsal", &[("pickup_id", paper.id.as_str()), ("pickup_secret", &paper.secret)]).await
}

#[tokio::test]
async fn an_unknown_id_and_a_wrong_secret_get_the_same_words() {
    on_each_database(async |house| {
        let (_, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        let unknown = Paper { id: another_id(&paper.id), secret: paper.secret.clone() };
        let told = try_out(&terminal, &unknown).await;
        assert_eq!(words(&told, &unknown), words(&try_out(&terminal, &wrong(&paper)).await, &paper));
        assert!(told.body.contains("取得IDまたは取得パスワードが正しくありません"));
        assert!(works(&terminal, &paper).await, "the right one still works");
    })
    .await;
}

/// A well-formed ID that no letter carries.
fn another_id(known: &str) -> String {
    let found = (0_u8..=255)
        .map(|seed| domain::secrets::PickupId::generate(&Filled(seed)).as_str().to_owned())
        .find(|id| id != known);
    found.unwrap()
}

struct Filled(u8);

impl domain::clock::Randomness for Filled {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0);
    }
}

#[tokio::test]
async fn ten_wrong_secrets_end_a_letter_and_the_words_do_not_change() {
    on_each_database(async |house| {
        let (_, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        let first = words(&try_out(&terminal, &wrong(&paper)).await, &paper);
        for _ in 0..9 {
            assert_eq!(words(&fetch(&terminal, &wrong(&paper)).await, &paper), first);
        }
        assert_eq!(words(&try_out(&terminal, &paper).await, &paper), first, "the right secret comes too late");
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn the_right_secret_forgets_the_wrong_ones() {
    on_each_database(async |house| {
        let (_, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        for _ in 0..3 {
            for _ in 0..9 {
                assert!(!works(&terminal, &wrong(&paper)).await);
            }
            assert!(works(&terminal, &paper).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_download_that_broke_off_is_repeated_with_a_new_certificate_and_no_fee() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        let first = fetch(&terminal, &paper).await;
        assert_eq!(first.status, StatusCode::OK);
        assert_eq!(stored(house, &case).await.state, State::PickedUp);
        house.clock.pass(Duration::days(6));
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK, "the letter works again");
        let id = stored(house, &case).await.id;
        let mut conn = house.app.db.read().await.unwrap();
        let made = storage::authority::of_application(&mut conn, id).await.unwrap();
        let fees = storage::ledger::of_application(&mut conn, id).await.unwrap();
        drop(conn);
        assert_eq!(made.len(), 2);
        let reasons: Vec<_> = made.iter().map(|c| (c.state.as_str(), c.revocation_reason.as_deref())).collect();
        assert!(
            reasons.contains(&("revoked", Some("superseded"))) && reasons.contains(&("valid", None)),
            "{reasons:?}"
        );
        assert!(made[0].serial != made[1].serial && made[0].key_hash != made[1].key_hash);
        assert_eq!(fees.len(), 1);
        house.clock.pass(Duration::days(2));
        let late = fetch(&terminal, &paper).await;
        assert!(late.body.contains("この通知書での取得は終わっています"), "eight days after the first time");
    })
    .await;
}

#[tokio::test]
async fn however_often_a_letter_is_used_only_its_last_certificate_is_valid() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let (terminal, request) = (Browser::terminal(house), request(&["-newkey", "rsa:2048"]));
        for _ in 0..103 {
            assert_eq!(send_request(&terminal, &paper, &request).await.status, StatusCode::OK);
        }
        let id = stored(house, &case).await.id;
        let mut conn = house.app.db.read().await.unwrap();
        assert_eq!(storage::authority::valid_of_application(&mut conn, id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_slip_in_the_passphrase_consumes_nothing() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        let fields = [
            ("pickup_id", paper.id.as_str()),
            ("pickup_secret", paper.secret.as_str()),
            ("passphrase", PASSPHRASE),
            ("passphrase_again", "another-horse-9"),
        ];
        let told = terminal.post("/pickup", &fields).await;
        assert!(told.body.contains("確認用のパスワードが、ファイルのパスワードと違います"));
        assert_eq!(stored(house, &case).await.state, State::LetterPosted);
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_passphrase_that_the_page_made_stays_the_same_until_the_file_is_fetched() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        let page = try_out(&terminal, &paper).await.body;
        let made = page.split("name=\"generated\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert_eq!(made.len(), 19, "{made}");
        let fields = [
            ("pickup_id", paper.id.as_str()),
            ("pickup_secret", paper.secret.as_str()),
            ("passphrase_way", "generated"),
            ("generated", "short"),
        ];
        let told = terminal.post("/pickup", &fields).await;
        assert_eq!(
            told.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "what was changed on the way is judged like any other"
        );
        let mut kept = fields;
        kept[3].1 = made;
        let request = [("way", "request"), ("request", "no request")];
        let other = terminal.post("/pickup", &[&kept[..], &request].concat()).await;
        assert!(other.body.contains("id=\"f-request-error\"") && other.body.contains(made), "{}", other.body);
        assert_eq!(terminal.post("/pickup", &kept).await.status, StatusCode::OK);
        assert_eq!(stored(house, &case).await.state, State::PickedUp);
    })
    .await;
}

/// A request for a certificate with a key of openssl's own making.
pub(crate) fn request(key: &[&str]) -> String {
    let words = [&["req", "-new", "-noenc", "-keyout", "/dev/null", "-subj", "/CN=terminal"], key].concat();
    let made = std::process::Command::new("openssl").args(words).output().unwrap();
    String::from_utf8(made.stdout).unwrap()
}

pub(crate) async fn send_request(terminal: &Browser, paper: &Paper, request: &str) -> Answer {
    let fields =
        [("pickup_id", paper.id.as_str()), ("pickup_secret", &paper.secret), ("way", "request"), ("request", request)];
    terminal.post("/pickup", &fields).await
}

#[tokio::test]
async fn the_key_of_a_request_decides_the_profile() {
    on_each_database(async |house| {
        for (code, number, key, profile) in
            [("1330100016", "12345678901", "rsa:2048", "rsa2048"), ("2710100013", "12345678902", "rsa:3072", "rsa3072")]
        {
            let (case, paper) = letter_to(house, code, number).await;
            let fetched = send_request(&Browser::terminal(house), &paper, &request(&["-newkey", key])).await;
            assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
            assert_eq!(fetched.body.matches("BEGIN CERTIFICATE").count(), 3);
            let id = stored(house, &case).await.id;
            let mut conn = house.app.db.read().await.unwrap();
            let made = storage::authority::of_application(&mut conn, id).await.unwrap();
            assert_eq!(made.iter().map(|one| one.profile.as_str()).collect::<Vec<_>>(), [profile]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_no_profile_takes_is_named_and_consumes_nothing() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let refused = request(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]);
        let told = send_request(&Browser::terminal(house), &paper, &refused).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.body);
        assert!(told.body.contains("（ECDSA P-384）です。ECDSA P-256、RSA（2048ビット以上）の鍵で"), "{}", told.body);
        assert_eq!(stored(house, &case).await.state, State::LetterPosted);
    })
    .await;
}

/// A private key in a file of its own and a request made with it.
fn request_with(folder: &tempfile::TempDir) -> String {
    let key = folder.path().join("terminal.key").display().to_string();
    let openssl = |words: &[&str]| std::process::Command::new("openssl").args(words).output().unwrap().stdout;
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &key]);
    String::from_utf8(openssl(&["req", "-new", "-key", &key, "-subj", "/CN=terminal"])).unwrap()
}

#[tokio::test]
async fn a_key_serves_one_terminal_and_never_again_once_it_leaked() {
    on_each_database(async |house| {
        let folder = tempfile::tempdir().unwrap();
        let request = request_with(&folder);
        let terminal = Browser::terminal(house);
        let (case, paper) = letter(house).await;
        for _ in 0..2 {
            let fetched = send_request(&terminal, &paper, &request).await;
            assert_eq!(fetched.status, StatusCode::OK, "the same letter may be used again: {}", fetched.body);
        }
        let (other, second) = letter_to(house, "2730100019", "12345678902").await;
        let told = send_request(&terminal, &second, &request).await;
        assert!(told.body.contains("ほかの申請の、端末の電子証明書で使われています"), "{}", told.body);
        assert_eq!(stored(house, &other).await.state, State::LetterPosted);
        let id = stored(house, &case).await.id;
        let made = storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        let valid = made.iter().find(|one| one.state == "valid").unwrap();
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", valid.id), &[("reason", "keyCompromise")]).await;
        let auditor = staff(house, Role::Auditor).await;
        assert!(auditor.get("/office/audit").await.body.contains("鍵の使用の停止"));
        let told = send_request(&terminal, &second, &request).await;
        assert!(told.body.contains("漏えいなどの届出があったため使えません"), "{}", told.body);
    })
    .await;
}

#[tokio::test]
async fn a_listed_key_is_refused_before_anyone_used_it() {
    on_each_database(async |house| {
        let folder = tempfile::tempdir().unwrap();
        let request = request_with(&folder);
        let key = pki::CertificateRequest::parse(request.as_bytes()).unwrap().public_key().key_hash();
        let list = format!("# leaked keys\n{}\nno hash\n\n{}\n", key.to_uppercase(), "0".repeat(64));
        let first = services::authority::block_keys(&house.app, &list).await.unwrap();
        assert_eq!((first.added, first.known, first.refused), (2, 0, vec![3]));
        let again = services::authority::block_keys(&house.app, &list).await.unwrap();
        assert_eq!((again.added, again.known), (0, 2));
        let (_, paper) = letter(house).await;
        let told = send_request(&Browser::terminal(house), &paper, &request).await;
        assert!(told.body.contains("漏えいなどの届出があったため使えません"), "{}", told.body);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_on_the_closed_network_is_stopped_before_any_work_and_no_clinic_with_them() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let unknown = Paper { id: another_id(&paper.id), secret: paper.secret.clone() };
        let reference = stored(house, &case).await.reference.unwrap();
        let code = RenewalCode::generate(&*house.app.randomness);
        let code = [("reference", reference.as_str()), ("renewal_code", code.as_str())];
        let stranger = Browser::terminal_at(house, "198.51.100.66");
        for _ in 0..150 {
            assert_eq!(try_out(&stranger, &unknown).await.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(stranger.post("/renew/code", &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        for paper in [&unknown, &paper] {
            let told = try_out(&stranger, paper).await;
            assert_eq!(told.status, StatusCode::TOO_MANY_REQUESTS, "{}", told.body);
            assert_eq!(told.headers["retry-after"], "900");
            let told = send(&stranger, "simpleenroll", Some(paper), wire(&key())).await;
            assert_eq!(
                (told.status, &told.headers["retry-after"]),
                (StatusCode::TOO_MANY_REQUESTS, &"900".parse().unwrap())
            );
        }
        let clinic = Browser::terminal_at(house, "198.51.100.67");
        for _ in 0..320 {
            assert!(works(&clinic, &paper).await, "what is right does not count");
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_form_names_what_is_missing_and_counts_no_try() {
    on_each_database(async |house| {
        let (_, paper) = letter(house).await;
        let terminal = Browser::terminal(house);
        let told = terminal.post("/rehearsal", &[("pickup_id", " "), ("pickup_secret", "")]).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        for message in ["取得IDを入力してください。", "取得パスワードを入力してください。"]
        {
            assert!(told.body.contains(message), "{}", told.body);
        }
        assert!(!told.body.contains("10回間違えると"), "nothing was wrong yet");
        for _ in 0..12 {
            let told = terminal.post("/rehearsal", &[("pickup_id", &paper.id), ("pickup_secret", "")]).await.body;
            assert!(!told.contains("取得IDを入力してください。"), "{told}");
        }
        assert!(works(&terminal, &paper).await, "no try was counted");
    })
    .await;
}

#[tokio::test]
async fn an_institution_whose_name_is_longer_than_a_certificate_takes_fetches_one_all_the_same() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        let place = stored(house, &case).await.institution_id;
        let mut place =
            storage::institutions::find(&mut house.app.db.read().await.unwrap(), place).await.unwrap().unwrap();
        place.name = format!("医療法人社団{}歯科医院", "さくら".repeat(20));
        let mut tx = house.app.db.write().await.unwrap();
        storage::institutions::upsert(&mut tx, &[place.clone()], house.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let fetched = fetch(&Browser::terminal(house), &paper).await;
        assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
        let id = stored(house, &case).await.id;
        let made = storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        let subject = pki::CertificateInfo::parse(made[0].certificate.as_deref().unwrap()).unwrap().subject;
        let begin: String = place.name.chars().take(63).collect();
        assert_eq!(subject.organization, Some(begin + "…"));
        assert_eq!(subject.organizational_unit.as_deref(), Some("1330100016"), "the code says whose it is");
    })
    .await;
}
