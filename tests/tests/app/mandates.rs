//! A vendor under a mandate: given, accepted, an application prepared, confirmed by the clinic, corrected and accepted.

use axum::http::StatusCode;
use domain::{
    ids::{AccountId, InstitutionId, MandateId},
    mandates::preparable,
    permissions::Role,
};
use storage::mandates::Mandate;
use time::Duration;

use crate::{
    browser::{Browser, account},
    steps::{CERTIFICATE, ELIGIBILITY, clinic, decide, file, filed, mails, staff, stored},
    support::{House, on_each_database},
};

const COMPANY: &str = "みなとシステム";

/// A mandate that a person has accepted, for all procedures and a year.
pub(crate) async fn in_force(house: &House, institution: InstitutionId, vendor: AccountId) -> MandateId {
    let now = house.app.clock.now();
    let id = MandateId::new(now, &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    let place = storage::institutions::find(&mut tx, institution).await.unwrap().unwrap();
    let person = storage::accounts::find(&mut tx, vendor).await.unwrap().unwrap();
    let mandate = Mandate {
        id,
        institution,
        code: place.code.as_str().to_owned(),
        name: place.name,
        email: person.email,
        company: COMPANY.to_owned(),
        kinds: preparable().collect(),
        given_at: now,
        ends_at: now + Duration::days(365),
        account: None,
        person: String::new(),
        accepted_at: None,
        warned_at: None,
        ended_at: None,
        how: None,
    };
    assert!(storage::mandates::insert(&mut tx, &mandate).await.unwrap());
    assert!(storage::mandates::accept(&mut tx, id, vendor, now).await.unwrap());
    tx.commit().await.unwrap();
    id
}

/// The answers of a form without what is agreed to.
pub(crate) fn without_consent(answers: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    answers.iter().copied().filter(|(key, _)| !["terms", "consent"].contains(key)).collect()
}

/// Begins a form for a client and gives the address of its case.
pub(crate) async fn prepare(vendor: &Browser, mandate: MandateId, kind: &str) -> String {
    let begun = vendor.post(&format!("/clients/{mandate}/begin"), &[("kind", kind)]).await;
    assert!(begun.location.ends_with("/edit"), "{} {}", begun.status, begun.body);
    begun.location.trim_end_matches("/edit").to_owned()
}

/// Asks the clinic to confirm what was typed.
pub(crate) async fn ask(house: &House, vendor: &Browser, case: &str) {
    let version = stored(house, case).await.version.to_string();
    let asked = vendor.post(&format!("{case}/ask"), &[("version", &version)]).await;
    assert_eq!(asked.location, "/clients?done=asked", "{}", asked.body);
    let list = vendor.get(&asked.location).await.body;
    assert!(list.contains("医療機関等の確認待ち 1件") && !list.contains("準備中"), "{list}");
}

/// The address at the end of a line of a mail.
fn link(body: &str, start: &str) -> String {
    let place = body.find(start);
    assert!(place.is_some(), "{start} in {body}");
    body[place.unwrap()..].split_whitespace().next().unwrap().to_owned()
}

/// Gives a mandate through the page; gives the path of the link in its mail.
async fn given(house: &House, owner: &Browser, email: &str) -> String {
    mails(house).await;
    let page = owner.get("/account/mandates").await.body;
    assert!(
        page.contains("委任のメールを送る") && page.contains("value=\"eligibility\" id=\"f-kinds\" checked"),
        "{page}"
    );
    let last = (house.app.clock.now() + Duration::days(365)).date().to_string();
    let wish = [("company", COMPANY), ("email", email), ("kinds", "eligibility"), ("kinds", "certificate")];
    let refused = owner.post("/account/mandates", &[&wish[..2], &[("last_day", "2031-01-01")]].concat()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("1つ以上選んでください") && refused.body.contains("今日から"), "{}", refused.body);
    let sent = owner.post("/account/mandates", &[&wish[..], &[("last_day", &last)]].concat()).await;
    assert_eq!(sent.location, "/account/mandates?done=given", "{}", sent.body);
    let again = owner.post("/account/mandates", &[&wish[..], &[("last_day", &last)]].concat()).await;
    assert!(again.body.contains("すでに委任しています"), "{}", again.body);
    let mail = mails(house).await.into_iter().find(|(subject, _)| subject.contains("委任が届いています")).unwrap();
    let link = link(&mail.1, "http");
    link[link.find("/mandate/").unwrap()..].to_owned()
}

/// The vendor's person registers by the link, without the code of any institution.
async fn registered(house: &House, link: &str) -> (Browser, MandateId) {
    let visitor = Browser::visitor(house);
    let page = visitor.get(link).await.body;
    assert!(page.contains("さくら歯科") && page.contains("オンライン資格確認") && !page.contains("医療機関等コード</"));
    let typed = [("name", "小川 誠"), ("password", "umi-yama-sora-kawa"), ("password_again", "umi-yama-sora-kawa")];
    let accepted = visitor.post(link, &typed).await;
    assert_eq!(accepted.location, "/clients?done=held", "{}", accepted.body);
    assert!(visitor.get(link).await.body.contains("すでに使われています"));
    let mut conn = house.app.db.read().await.unwrap();
    let id = storage::accounts::by_email(&mut conn, "ogawa@systems.example").await.unwrap().unwrap().id;
    let mandate =
        storage::mandates::clients(&mut conn, id, ("", ""), house.app.clock.now(), 9).await.unwrap().remove(0);
    (Browser::of(house, id, false).await, mandate.id)
}

#[tokio::test]
async fn a_vendor_prepares_and_the_clinic_agrees_and_sends() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let link = given(house, &owner, "ogawa@systems.example").await;
        let (vendor, mandate) = registered(house, &link).await;
        let told = mails(house).await;
        assert!(told.iter().any(|(subject, _)| subject.contains("委任を受けました")), "{told:?}");
        // Home is the list of clients, which finds a part of a name and of a code.
        assert_eq!(vendor.get("/").await.location, "/clients");
        for (text, found) in
            [("", true), ("%E3%81%95%E3%81%8F%E3%82%89", true), ("1330100016", true), ("9999999", false)]
        {
            let list = vendor.get(&format!("/clients?q={text}")).await.body;
            assert_eq!(list.contains("さくら歯科"), found, "{text}");
        }
        let case = prepare(&vendor, mandate, "eligibility").await;
        let form = vendor.get(&format!("{case}/edit")).await.body;
        assert!(form.contains("「さくら歯科」の申請を準備しています") && form.contains("name=\"customer_id\""));
        assert!(!form.contains("name=\"terms\""), "no vendor is asked to agree");
        // Agreement that is sent all the same is not kept.
        let saved = vendor.post(&format!("{case}/edit"), ELIGIBILITY).await;
        assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
        assert_eq!(stored(house, &case).await.answers.get("terms"), "");
        let check = vendor.get(&format!("{case}/check")).await.body;
        assert!(check.contains("確認を依頼する") && !check.contains("/submit") && !check.contains("利用規約への同意"));
        ask(house, &vendor, &case).await;
        confirmed(house, &owner, &case).await;
        looked_at(house, &vendor, mandate, &case).await;
    })
    .await;
}

/// The owner reads, agrees and sends.
async fn confirmed(house: &House, owner: &Browser, case: &str) {
    let told = mails(house).await;
    let asked = told.iter().find(|(subject, _)| subject.contains("準備した申請を確認してください")).expect("a mail");
    assert!(asked.1.contains(&format!("{case}/check")) && asked.1.contains(COMPANY), "{}", asked.1);
    let home = owner.get("/").await.body;
    assert!(home.contains(&format!("{COMPANY}が準備した申請を確認してください")) && home.contains("内容を確認する"));
    let check = owner.get(&format!("{case}/check")).await.body;
    assert!(check.contains("name=\"terms\"") && check.contains("準備した内容です"), "{check}");
    let version = stored(house, case).await.version.to_string();
    let fields = [("version", version.as_str()), ("agreement", "1")];
    let refused = owner.post(&format!("{case}/submit"), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.location);
    assert!(refused.body.contains("name=\"terms\""), "{}", refused.body);
    let agreed = [&fields[..], &[("terms", "1.0")]].concat();
    for _ in 0..2 {
        let sent = owner.post(&format!("{case}/submit"), &agreed).await;
        assert_eq!(sent.location, format!("{case}/done"), "{}", sent.body);
    }
    assert_eq!(stored(house, case).await.answers.get("terms"), "1.0");
    assert!(!owner.get("/").await.body.contains("準備した申請を確認してください"));
}

/// The case at the office, returned, prepared once more, and accepted.
async fn looked_at(house: &House, vendor: &Browser, mandate: MandateId, case: &str) {
    let reviewer = staff(house, Role::Reviewer).await;
    let office = case.replace("/applications/", "/office/applications/");
    let page = reviewer.get(&office).await.body;
    let list = vendor.get(&format!("/clients/{mandate}")).await.body;
    let last = list.split("委任の最後の日").nth(1).and_then(|rest| rest.split_once("日（")).expect("a last day").0;
    let last = last.rsplit_once('>').expect("a day").1;
    assert!(page.contains("準備したシステムベンダ") && page.contains(&format!("から{last}日（")), "{last}: {page}");
    let reason = [("words-customer_id", "書類と違うようです。")];
    decide(house, &reviewer, case, "return", &reason).await;
    let list = vendor.get(&format!("/clients/{mandate}")).await.body;
    assert!(list.contains("補正依頼") && list.contains(&format!("{case}/edit")), "{list}");
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 200).await.unwrap();
    let named = format!("mandate:{mandate}");
    for action in ["application.start", "application.ask_confirmation"] {
        let row = rows.iter().find(|row| row.action == action).unwrap();
        assert!(row.source.contains(&named), "{action} names the mandate: {row:?}");
    }
}

#[tokio::test]
async fn a_returned_application_is_prepared_again_and_its_agreement_is_asked_again() {
    on_each_database(async |house| {
        let (place, owner) = clinic(house, "1330100016").await;
        let id = account(house, "ogawa@systems.example", &[], None).await;
        let (mandate, vendor) = (in_force(house, place, id).await, Browser::of(house, id, false).await);
        filed(house, &owner).await;
        let case = prepare(&vendor, mandate, "certificate").await;
        let form = vendor.get(&format!("{case}/edit")).await.body;
        assert!(form.contains(&format!("{COMPANY} 山田 花子")) && form.contains("ogawa@systems.example"), "{form}");
        assert_eq!(stored(house, &case).await.answers.get("contact"), "", "a vendor is not the addressee");
        // Whoever holds the mandate cannot be the addressee of the letter either.
        let mut typed = without_consent(CERTIFICATE);
        typed[0].1 = "山田 花子";
        let refused = vendor.post(&format!("{case}/edit"), &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("委任しているシステムベンダの方の名前"), "{}", refused.body);
        typed[0].1 = "事務部 佐藤";
        vendor.post(&format!("{case}/edit"), &typed).await;
        ask(house, &vendor, &case).await;
        let version = stored(house, &case).await.version.to_string();
        let agreed = [("version", version.as_str()), ("agreement", "1"), ("consent", "agree"), ("fee", "1500")];
        let sent = owner.post(&format!("{case}/submit"), &agreed).await;
        assert_eq!(sent.location, format!("{case}/done"), "{}", sent.body);
        returned(house, &owner, (&vendor, mandate), &case).await;
    })
    .await;
}

async fn returned(house: &House, owner: &Browser, (vendor, mandate): (&Browser, MandateId), case: &str) {
    let officer = staff(house, Role::RaOfficer).await;
    decide(house, &officer, case, "return", &[("words-contact", "部署を確かめてください。")]).await;
    let form = vendor.get(&format!("{case}/edit")).await.body;
    assert!(form.contains("部署を確かめてください。"), "{form}");
    let saved = vendor.post(&format!("{case}/edit"), &[("contact", "医事課 佐藤")]).await;
    assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
    let now = stored(house, case).await;
    assert_eq!((now.answers.get("contact"), now.answers.get("consent")), ("医事課 佐藤", ""), "agreed to anew");
    ask(house, vendor, case).await;
    assert!(owner.get("/").await.body.contains("準備した申請を確認してください"));
    let version = now.version.to_string();
    let agreed = [("version", version.as_str()), ("agreement", "1"), ("consent", "agree"), ("fee", "1500")];
    let sent = owner.post(&format!("{case}/submit"), &agreed).await;
    assert_eq!(sent.location, format!("{case}/done"), "{}", sent.body);
    decide(house, &staff(house, Role::RaOfficer).await, case, "accept", &[]).await;
    let list = vendor.get(&format!("/clients/{mandate}")).await.body;
    assert!(list.contains("承認") && !list.contains(&format!("{case}/edit")), "{list}");
}

#[tokio::test]
async fn a_vendor_never_writes_what_the_clinic_began_itself() {
    on_each_database(async |house| {
        let (place, owner) = clinic(house, "1330100016").await;
        let id = account(house, "ogawa@systems.example", &[], None).await;
        let (mandate, vendor) = (in_force(house, place, id).await, Browser::of(house, id, false).await);
        let own = crate::steps::begin(&owner, "eligibility").await;
        let refused = vendor.post(&format!("/clients/{mandate}/begin"), &[("kind", "eligibility")]).await;
        assert!(refused.body.contains("医療機関等が自分で下書きを作成しています"), "{}", refused.body);
        assert_eq!(vendor.get(&format!("{own}/edit")).await.status, StatusCode::NOT_FOUND);
        // What only owners file is not offered, nor prepared when asked for.
        let other = vendor.post(&format!("/clients/{mandate}/begin"), &[("kind", "closing")]).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
        file(house, &owner, "eligibility", ELIGIBILITY).await;
    })
    .await;
}
