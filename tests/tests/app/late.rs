//! Renewal after the end without showing the certificate: browsers offer no expired one, so the owner's permission carries a
//! code that works once, for a day, and not for those who guess (spec 04.5).

use axum::http::StatusCode;
use domain::{institutions::InstitutionStatus, permissions::Role};
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    est::key,
    renewal::{Installed, PASSPHRASE, TWO_DAYS_LATE, renew_by_request, test},
    steps::{mails, staff, stored},
    support::{House, on_each_database},
};

/// What an owner reads on the page, once.
struct Code {
    reference: String,
    code: String,
}

/// Lets the owner allow a renewal.
async fn allowed(house: &House, own: &Installed) -> Code {
    let owner = own.at_the_portal(house, true).await;
    let plan = own.plan(house).await;
    let page = owner.post(&plan, &[("act", "late"), ("late_consent", "agree")]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let mut copied = page.body.split("data-copy=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let (code, reference) = (copied.next().unwrap(), copied.next().unwrap());
    assert_eq!((code.len(), Some(&reference)), (14, stored(house, &own.case).await.reference.as_ref()));
    assert!(!owner.get(&plan).await.body.contains(&code), "shown this once");
    Code { reference, code }
}

impl Code {
    async fn shown(&self, terminal: &Browser) -> Answer {
        terminal.post("/renew/code", &[("reference", &self.reference), ("renewal_code", &self.code)]).await
    }

    async fn file(&self, terminal: &Browser, further: &[(&str, &str)]) -> Answer {
        let own = [("reference", self.reference.as_str()), ("renewal_code", self.code.as_str())];
        terminal.post("/renew/code/file", &[&own[..], &PASSPHRASE, further].concat()).await
    }

    fn with(&self, code: &str) -> Self {
        Self { reference: self.reference.clone(), code: code.to_owned() }
    }
}

const AGREED: [(&str, &str); 1] = [("consent", "agree")];
const REFUSED: &str = "受付番号または更新コードが正しくないか、更新コードが使えなくなっています";
/// Well-formed, and not what anybody was given.
const GUESS: &str = "2222-2222-2222";

fn refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert!(answer.body.contains(REFUSED) && answer.body.contains("id=\"f-renewal_code-error\""), "{}", answer.body);
}

#[tokio::test]
async fn a_browser_that_offers_no_expired_certificate_renews_with_the_owners_code_once() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(TWO_DAYS_LATE);
        let terminal = Browser::terminal(house);
        assert!(terminal.get("/renew").await.body.contains("href=\"/renew/code\""));
        assert!(terminal.get("/renew/code").await.body.contains("更新コード"));
        let code = allowed(house, &own).await;
        let page = code.with(&code.code.to_lowercase().replace('-', " ")).shown(&terminal).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        for words in ["オンライン資格確認パソコン", "更新料は1,500円です", "1回だけ使えます"]
        {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        let slip = code.file(&terminal, &[]).await;
        assert!(
            slip.body.contains("「更新料への同意」にチェックを入れてください")
                && slip.body.contains("/renew/code/file")
        );
        let slip = code.file(&terminal, &[("consent", "agree"), ("way", "request"), ("request", "none")]).await;
        assert!(slip.body.contains("id=\"f-request-error\""), "{}", slip.body);
        assert_eq!(own.all(house).await.len(), 1, "a slip consumes nothing");
        mails(house).await;
        let file = code.file(&terminal, &AGREED).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/x-pkcs12"));
        assert_eq!(own.fees(house).await.len(), 2);
        let told = mails(house).await;
        assert!(told.iter().any(|(_, text)| text.contains("代表者の方が作った更新コードを使用")), "{told:?}");
        refused(&code.file(&terminal, &AGREED).await);
        refused(&code.shown(&terminal).await);
        let auditor = staff(house, Role::Auditor).await.get("/office/audit").await.body;
        assert!(auditor.contains("更新コードの使用"), "{auditor}");
        let again = allowed(house, &own).await;
        assert!(again.shown(&terminal).await.body.contains("更新料はかかりません"));
        house.clock.pass(Duration::seconds(1));
        assert_eq!(again.file(&terminal, &[]).await.status, StatusCode::OK, "a download that broke off");
        let all = own.all(house).await;
        let states: Vec<_> = all.iter().map(|one| (one.state.as_str(), one.revocation_reason.as_deref())).collect();
        assert_eq!(states, [("valid", None), ("revoked", Some("superseded")), ("valid", None)]);
        assert!(test(house, all[2].certificate.as_deref().unwrap()).await.contains("\"installed_now\":true"));
    })
    .await;
}

#[tokio::test]
async fn a_code_is_refused_in_the_same_words_whatever_is_wrong_with_it() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(TWO_DAYS_LATE);
        let terminal = Browser::terminal(house);
        let reference = stored(house, &own.case).await.reference.unwrap();
        let early = Code { reference, code: GUESS.to_owned() };
        let words = |answer: &Answer, typed: &Code| {
            refused(answer);
            answer.body.replace(&typed.reference, "受付番号")
        };
        let first = words(&early.shown(&terminal).await, &early);
        let code = allowed(house, &own).await;
        let unknown = domain::reference::ReferenceNumber::generate(&*house.app.randomness).as_str().to_owned();
        for typed in [code.with(GUESS), code.with("short"), Code { reference: unknown, ..code.with(&code.code) }] {
            assert_eq!(words(&typed.shown(&terminal).await, &typed), first);
        }
        let empty = code.with(" ").shown(&terminal).await;
        assert!(empty.body.contains("更新コードを入力してください。") && !empty.body.contains(REFUSED));
        let newer = allowed(house, &own).await;
        assert_eq!(words(&code.shown(&terminal).await, &code), first, "a newer one took its place");
        house.clock.pass(Duration::hours(25));
        assert_eq!(words(&newer.shown(&terminal).await, &newer), first, "a day is over");
        assert_eq!(own.all(house).await.len(), 1);
        let forged = terminal.post_as("/renew/code/file", &[], &Browser::visitor(house)).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "forms from elsewhere are refused");
    })
    .await;
}

#[tokio::test]
async fn ten_wrong_codes_end_the_right_one() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(TWO_DAYS_LATE);
        let (terminal, code) = (Browser::terminal(house), allowed(house, &own).await);
        for _ in 0..9 {
            refused(&code.with(GUESS).file(&terminal, &AGREED).await);
        }
        assert_eq!(code.shown(&terminal).await.status, StatusCode::OK, "the right one forgets the wrong ones");
        for _ in 0..10 {
            refused(&code.with(GUESS).shown(&terminal).await);
        }
        refused(&code.shown(&terminal).await);
        assert_eq!(renew_by_request(&own.terminal(house), &key()).await.status, StatusCode::OK, "the permission stays");
    })
    .await;
}

#[tokio::test]
async fn a_code_opens_nothing_that_its_certificate_would_not() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(TWO_DAYS_LATE);
        let terminal = Browser::terminal(house);
        let code = allowed(house, &own).await;
        let place = stored(house, &own.case).await.institution_id;
        let set = async |status| {
            let mut tx = house.app.db.write().await.unwrap();
            let known = storage::institutions::find(&mut tx, place).await.unwrap().unwrap();
            let changed = domain::institutions::Institution { status, ..known };
            storage::institutions::upsert(&mut tx, &[changed], house.app.clock.now()).await.unwrap();
            tx.commit().await.unwrap();
        };
        set(InstitutionStatus::Closed).await;
        assert!(code.shown(&terminal).await.body.contains("「廃止」になっている"));
        set(InstitutionStatus::Active).await;
        assert_eq!(code.file(&terminal, &AGREED).await.status, StatusCode::OK);
        let second = allowed(house, &own).await;
        let newest = own.all(house).await[1].certificate.clone().unwrap();
        assert!(test(house, &newest).await.contains("\"installed_now\":true"));
        assert!(second.shown(&terminal).await.body.contains("この端末の電子証明書の更新は終わっています"));
        let old = own.all(house).await[0].id;
        let owner = own.at_the_portal(house, true).await;
        owner.post(&format!("/certificates/{old}/revoke"), &[("reason", "keyCompromise")]).await;
        let told = second.file(&terminal, &AGREED).await.body;
        assert!(told.contains("失効しています"), "{told}");
        assert_eq!(own.all(house).await.len(), 2);
    })
    .await;
}
