//! Renewal: on the page and by EST, its fee, its consent, and what the owner decides on the portal (spec 04.5).

use axum::http::StatusCode;
use domain::{
    applications::{Event, State},
    ids::{AccountId, ApplicationId},
    permissions::Role,
};
use pki::{CertificateInfo, SigningKey, request_for};
use storage::authority::Certificate;
use time::Duration;

use crate::{
    browser::{Answer, Browser, account, institution},
    est::{Reply, key, send, wire},
    steps::{approved, mails, posted, staff, stored},
    support::{House, on_each_database},
};

/// A terminal with an installed certificate, and who owns it.
pub(crate) struct Installed {
    pub(crate) owner: AccountId,
    pub(crate) case: String,
    pub(crate) key: SigningKey,
    pub(crate) certificate: Vec<u8>,
}

impl Installed {
    pub(crate) async fn new(house: &House) -> Self {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let owner = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let case = approved(house, &Browser::of(house, owner, false).await).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        let own = key();
        let mut given = send(&Browser::terminal(house), "simpleenroll", Some(&paper), wire(&own)).await.certificates();
        let certificate = given.remove(0);
        assert!(test(house, &certificate).await.contains("\"installed_now\":true"));
        mails(house).await;
        Self { owner, case, key: own, certificate }
    }

    /// The terminal with its certificate.
    pub(crate) fn terminal(&self, house: &House) -> Browser {
        Browser::terminal(house).showing(&self.certificate)
    }

    /// The owner, logged in anew.
    pub(crate) async fn at_the_portal(&self, house: &House, second_factor: bool) -> Browser {
        Browser::of(house, self.owner, second_factor).await
    }

    pub(crate) async fn id(&self, house: &House) -> ApplicationId {
        stored(house, &self.case).await.id
    }

    /// All certificates of the case, oldest first.
    pub(crate) async fn all(&self, house: &House) -> Vec<Certificate> {
        let id = self.id(house).await;
        storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap()
    }

    pub(crate) async fn fees(&self, house: &House) -> Vec<(String, i64)> {
        let id = self.id(house).await;
        let entries = storage::ledger::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        entries.into_iter().map(|entry| (entry.kind, entry.amount_yen)).collect()
    }

    /// The page on which the owner decides.
    pub(crate) async fn plan(&self, house: &House) -> String {
        format!("/certificates/{}/renewal", self.all(house).await[0].id)
    }

    /// Renews by EST.
    async fn reenrol(&self, house: &House, key: &SigningKey) -> Reply {
        send(&self.terminal(house), "simplereenroll", None, wire(key)).await
    }
}

/// What a program at the terminal is told about a certificate.
pub(crate) async fn test(house: &House, certificate: &[u8]) -> String {
    Browser::terminal(house).showing(certificate).get("/connection-test/result").await.body
}

/// 58 days before the end: 2026-05-20 and 1130 days are 2029-06-23; it ends on 2029-08-20.
pub(crate) const IN_TIME: Duration = Duration::days(1130);
/// Two days after the end.
pub(crate) const TWO_DAYS_LATE: Duration = Duration::days(1190);

pub(crate) const PASSPHRASE: [(&str, &str); 3] =
    [("passphrase", "correct-horse-9"), ("passphrase_again", "correct-horse-9"), ("format", "modern")];

pub(crate) async fn renew(terminal: &Browser, consent: bool) -> Answer {
    let agreed: &[(&str, &str)] = if consent { &[("consent", "agree")] } else { &[] };
    terminal.post("/renew", &[agreed, &PASSPHRASE].concat()).await
}

pub(crate) async fn renew_by_request(terminal: &Browser, key: &SigningKey) -> Answer {
    let request = pki::pem::encode("CERTIFICATE REQUEST", &request_for(key, None).unwrap());
    let fields = [("way", "request"), ("consent_for_request", "agree"), ("request", request.as_str())];
    terminal.post("/renew", &fields).await
}

#[tokio::test]
async fn the_page_says_what_is_lost_and_what_it_costs_and_renews_with_consent() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let terminal = own.terminal(house);
        let page = terminal.get("/renew").await.body;
        for words in ["残り58日分が失われます", "更新料は1,500円です", "2029年8月20日（月）", "2032年9月23日（木）"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let told = renew(&terminal, false).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("「更新料への同意」にチェックを入れてください"), "{}", told.body);
        assert_eq!(own.all(house).await.len(), 1, "a slip consumes nothing");
        assert_eq!(renew(&terminal, true).await.status, StatusCode::OK);
        let [old, new] = <[Certificate; 2]>::try_from(own.all(house).await).unwrap();
        assert_eq!((old.state.as_str(), new.state.as_str(), new.renews), ("valid", "valid", Some(old.id)));
        assert_eq!(own.fees(house).await, [("charge".to_owned(), 1_500), ("renewal".to_owned(), 1_500)]);
        assert_eq!(stored(house, &own.case).await.state, State::Installed);
        let told = mails(house).await;
        assert!(
            told.iter().any(|(subject, body)| subject.contains("更新しました") && body.contains("更新料：1,500円"))
        );
        let clinic = own.at_the_portal(house, false).await;
        let list = clinic.get("/certificates").await.body;
        assert!(list.contains("2032年9月23日（木）"), "{list}");
        let case = clinic.get(&own.case).await.body;
        assert!(case.contains("端末の電子証明書の更新") && case.contains("接続テストに成功しました"), "{case}");
    })
    .await;
}

#[tokio::test]
async fn a_renewal_is_repeated_without_a_fee_until_its_certificate_is_installed() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let terminal = own.terminal(house);
        let (first, second) = (key(), key());
        assert_eq!(renew_by_request(&terminal, &first).await.status, StatusCode::OK);
        let page = terminal.get("/renew").await.body;
        assert!(page.contains("更新料はかかりません") && !page.contains("更新料への同意"), "{page}");
        house.clock.pass(Duration::seconds(1));
        let again = renew_by_request(&terminal, &second).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.body);
        let all = own.all(house).await;
        let states: Vec<_> = all.iter().map(|one| (one.state.as_str(), one.revocation_reason.as_deref())).collect();
        assert_eq!(states, [("valid", None), ("revoked", Some("superseded")), ("valid", None)]);
        assert_eq!(own.fees(house).await.len(), 2, "one fee for the certificate, one for its renewal");
        let newest = all[2].certificate.clone().unwrap();
        assert!(test(house, &newest).await.contains("\"installed_now\":true"));
        let told = renew_by_request(&terminal, &key()).await;
        assert!(told.body.contains("この端末の電子証明書の更新は終わっています"), "{}", told.body);
        assert!(test(house, &own.certificate).await.contains("\"serial\""), "the old one works until its end");
        let case = own.id(house).await;
        let events = storage::applications::events(&mut house.app.db.read().await.unwrap(), case).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.event == Event::Renew).count(), 2);
    })
    .await;
}

#[tokio::test]
async fn too_early_too_late_and_without_a_certificate_nothing_is_renewed() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        let told = own.terminal(house).get("/renew").await.body;
        assert!(told.contains("2029年5月22日（火）から更新できます"), "{told}");
        own.reenrol(house, &key()).await.refused(StatusCode::FORBIDDEN, "2029年5月22日（火）から");
        let nothing = Browser::terminal(house).get("/renew").await.body;
        assert!(nothing.contains("端末の電子証明書を確認できませんでした"), "{nothing}");
        send(&Browser::terminal(house), "simplereenroll", None, wire(&key()))
            .await
            .refused(StatusCode::FORBIDDEN, "端末の電子証明書を確認できませんでした");
        house.clock.pass(Duration::days(1220));
        let late = own.terminal(house).get("/renew").await.body;
        assert!(late.contains("有効期限から30日が過ぎたため"), "{late}");
        own.reenrol(house, &key()).await.refused(StatusCode::FORBIDDEN, "30日が過ぎた");
        assert_eq!(own.all(house).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn after_the_end_an_owner_with_a_second_factor_allows_one_renewal_for_a_day() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(TWO_DAYS_LATE);
        let told = own.terminal(house).get("/renew").await.body;
        assert!(told.contains("有効期限後の更新を認めると"), "{told}");
        let plan = own.plan(house).await;
        let allow = [("act", "late"), ("late_consent", "agree")];
        let without = own.at_the_portal(house, false).await.post(&plan, &allow).await;
        assert!(without.body.contains("二段階認証でのログインが必要です"), "{}", without.body);
        let owner = own.at_the_portal(house, true).await;
        let slip = owner.post(&plan, &allow[..1]).await;
        assert!(slip.body.contains("「更新料への同意」にチェックを入れてください"), "{}", slip.body);
        let allowed = owner.post(&plan, &allow).await;
        assert!(allowed.body.contains("2029年8月23日（木）10:00まで認めました"), "{}", allowed.body);
        assert!(own.terminal(house).get("/renew").await.body.contains("失われる日数はありません"));
        house.clock.pass(Duration::hours(25));
        own.reenrol(house, &key()).await.refused(StatusCode::FORBIDDEN, "有効期限後の更新を認めると");
        let owner = own.at_the_portal(house, true).await;
        assert_eq!(owner.post(&plan, &allow).await.status, StatusCode::OK);
        let new = own.reenrol(house, &key()).await.certificates();
        assert!(test(house, &new[0]).await.contains("\"installed_now\":true"));
        assert!(
            test(house, &own.certificate).await.contains("有効期間が過ぎています"),
            "the expired one opens nothing else"
        );
    })
    .await;
}

#[tokio::test]
async fn a_terminal_renews_by_itself_once_its_owner_agreed_to_the_fee() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        own.reenrol(house, &key())
            .await
            .refused(StatusCode::FORBIDDEN, "自動の更新（更新料1,500円）への同意がありません");
        let (plan, owner) = (own.plan(house).await, own.at_the_portal(house, false).await);
        let slip = owner.post(&plan, &[("act", "automatic")]).await;
        assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", slip.body);
        let agree = [("act", "automatic"), ("automatic_consent", "agree")];
        assert_eq!(owner.post(&plan, &agree).await.location, format!("{plan}?done=automatic"));
        assert!(owner.get(&plan).await.body.contains("から同意しています"));
        assert_eq!(owner.post(&plan, &[("act", "stop")]).await.location, format!("{plan}?done=stopped"));
        own.reenrol(house, &key()).await.refused(StatusCode::FORBIDDEN, "同意がありません");
        owner.post(&plan, &agree).await;
        own.reenrol(house, &own.key).await.refused(StatusCode::BAD_REQUEST, "同じ鍵では更新できません");
        let next = key();
        let first = own.reenrol(house, &next).await.certificates();
        let again = own.reenrol(house, &next).await.certificates();
        assert_ne!(first, again, "the same request may be sent again: nothing is lost when the answer was");
        let info = |der: &[u8]| CertificateInfo::parse(der).unwrap();
        assert_eq!(info(&again[0]).subject, info(&own.certificate).subject);
        assert_eq!(own.fees(house).await.len(), 2);
        assert!(test(house, &again[0]).await.contains("\"installed_now\":true"));
        own.reenrol(house, &key()).await.refused(StatusCode::FORBIDDEN, "この端末の電子証明書の更新は終わっています");
        let auditor = staff(house, Role::Auditor).await.get("/office/audit").await.body;
        assert!(
            auditor.contains("自動の更新への同意の取消し") && auditor.contains("端末の電子証明書の更新"),
            "{auditor}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_request_for_another_name_is_refused() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let words = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj /CN=another";
        let made = std::process::Command::new("openssl").args(words.split(' ')).output().unwrap();
        let told = send(&own.terminal(house), "simplereenroll", None, made.stdout).await;
        told.refused(StatusCode::BAD_REQUEST, "名義が、今の証明書と違います");
        let same = request_for(&key(), Some(&own.certificate)).unwrap();
        let pem = pki::pem::encode("CERTIFICATE REQUEST", &same);
        let told = send(&own.terminal(house), "simplereenroll", None, pem).await;
        told.refused(StatusCode::FORBIDDEN, "同意がありません");
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_of_the_terminal_decides_about_its_renewals() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        let plan = own.plan(house).await;
        let elsewhere = institution(house, "2730100019", "もみじ薬局").await;
        let stranger = account(house, "owner@elsewhere.example", &[], Some(elsewhere)).await;
        let stranger = Browser::of(house, stranger, true).await;
        let agree = [("act", "automatic"), ("automatic_consent", "agree")];
        for answer in [stranger.get(&plan).await, stranger.post(&plan, &agree).await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
        let owner = own.at_the_portal(house, true).await;
        let early = owner.post(&plan, &[("act", "late"), ("late_consent", "agree")]).await;
        assert!(early.body.contains("認められる期間ではありません"), "{}", early.body);
        assert_eq!(owner.post(&plan, &[("act", "unknown")]).await.status, StatusCode::NOT_FOUND);
        let id = own.id(house).await;
        let permits = storage::renewals::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        assert_eq!(permits, []);
    })
    .await;
}

#[tokio::test]
async fn a_theft_in_the_middle_of_a_renewal_ends_both_certificates() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        assert_eq!(renew_by_request(&own.terminal(house), &key()).await.status, StatusCode::OK);
        let old = own.all(house).await[0].id;
        let owner = own.at_the_portal(house, false).await;
        let done = owner.post(&format!("/certificates/{old}/revoke"), &[("reason", "keyCompromise")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let all = own.all(house).await;
        let states: Vec<_> = all.iter().map(|one| (one.state.as_str(), one.revocation_reason.as_deref())).collect();
        assert_eq!(states, [("revoked", Some("keyCompromise")); 2]);
        let told = owner.get("/certificates").await.body;
        assert!(told.contains("失効"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_successor_that_is_replaced_does_not_end_the_present_certificate() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        assert_eq!(renew_by_request(&own.terminal(house), &key()).await.status, StatusCode::OK);
        let new = own.all(house).await[1].id;
        let owner = own.at_the_portal(house, false).await;
        owner.post(&format!("/certificates/{new}/revoke"), &[("reason", "superseded")]).await;
        assert!(test(house, &own.certificate).await.contains("\"serial\""));
        let list = owner.get("/certificates").await.body;
        assert!(list.contains("2029年8月20日（月）") && list.contains("設定完了"), "the one that works counts: {list}");
    })
    .await;
}

#[tokio::test]
async fn renewals_that_race_leave_one_successor_and_one_fee() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let agree = [("act", "automatic"), ("automatic_consent", "agree")];
        own.at_the_portal(house, false).await.post(&own.plan(house).await, &agree).await;
        let keys = [key(), key(), key()];
        let [one, two, three] = &keys;
        let answers = tokio::join!(own.reenrol(house, one), own.reenrol(house, two), own.reenrol(house, three));
        for answer in [answers.0, answers.1, answers.2] {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
        let all = own.all(house).await;
        let valid = all.iter().filter(|one| one.renews.is_some() && one.state == "valid").count();
        assert_eq!((all.len(), valid), (4, 1), "each later one ended the one before");
        assert_eq!(own.fees(house).await.len(), 2);
    })
    .await;
}
