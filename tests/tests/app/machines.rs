//! Machines: access tokens, the feed over HTTP, and applications by `/api/v1` under the rules of the pages.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{applications::State, ids::AccountId, permissions::Role};
use serde_json::{Value, json};
use services::{
    Ctx,
    feed::{Happening, publish},
};
use time::Duration;

use crate::{
    browser::{Browser, PASSWORD, account},
    steps::{CERTIFICATE, ELIGIBILITY, accepted, clinic, file, filed, staff, stored},
    support::{House, on_each_database},
};

/// A machine with a token.
pub(crate) struct Machine {
    wire: Browser,
    token: String,
}

/// What a machine is answered.
pub(crate) struct Told {
    status: StatusCode,
    kind: String,
    pub(crate) body: Value,
}

impl Machine {
    pub(crate) fn with(house: &House, token: &str) -> Self {
        Self { wire: Browser::visitor(house), token: token.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Told {
        self.ask(Request::get(path), Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Told {
        let request = Request::post(path).header("idempotency-key", key);
        self.ask(request, Body::from(body.to_string())).await
    }

    async fn ask(&self, request: axum::http::request::Builder, body: Body) -> Told {
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token)).body(body).unwrap();
        let answer = self.wire.send(request).await;
        assert!(answer.cookie.is_empty() && answer.header("cache-control") == "no-store");
        let kind = answer.header("content-type").to_owned();
        Told { status: answer.status, kind, body: serde_json::from_str(&answer.body).unwrap() }
    }
}

impl Told {
    /// The last part of a problem's type.
    fn problem(&self, status: StatusCode) -> &str {
        assert_eq!((self.status, self.kind.as_str()), (status, "application/problem+json"), "{}", self.body);
        assert_eq!(self.body["status"], status.as_u16());
        self.body["type"].as_str().unwrap().rsplit(':').next().unwrap()
    }

    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }
}

/// Makes a token on a page and reads it where it is shown.
pub(crate) async fn made(browser: &Browser, page: &str, scopes: &[&str]) -> String {
    let mut fields = vec![("name", "レセプトコンピューター"), ("last_day", "2027-05-20"), ("current", PASSWORD)];
    fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
    let shown = browser.post(page, &fields).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    let token = shown.body.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(token.starts_with("mdg_") && token.len() > 40, "{token}");
    assert!(!browser.get(page).await.body.contains(&token), "never again");
    token
}

pub(crate) const OWN: &str = "/account/access-tokens";
pub(crate) const BOTH: [&str; 2] = ["applications:read", "applications:write"];

async fn happens(house: &House, times: i64) {
    let ctx = Ctx::system(&house.app, "test");
    for _ in 0..times {
        let mut tx = house.app.db.write().await.unwrap();
        let (kind, subject) = ("connection_test.done", "certificate:test".to_owned());
        publish(&ctx, &mut tx, &Happening { kind, institution: None, subject, data: json!({}) }).unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn the_feed_is_read_with_a_token_page_by_page_and_says_when_something_is_gone() {
    on_each_database(async |house| {
        let admin = staff(house, Role::Administrator).await;
        let slips = admin.post("/office/access-tokens", &[("name", ""), ("last_day", "2029-01-01")]).await;
        assert_eq!(slips.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(slips.body.contains("2年以内の日") && slips.body.contains("1つ以上選んで"), "{}", slips.body);
        let token = made(&admin, "/office/access-tokens", &["events:read"]).await;
        let machine = Machine::with(house, &token);
        happens(house, 3).await;
        let first = machine.get("/api/v1/events?limit=2").await.ok();
        assert_eq!(
            (&first["next"], &first["more"], first["events"].as_array().unwrap().len()),
            (&json!(2), &json!(true), 2)
        );
        let rest = machine.get("/api/v1/events?after=2").await.ok();
        assert_eq!((&rest["next"], &rest["more"], &rest["events"][0]["seq"]), (&json!(3), &json!(false), &json!(3)));
        let none = machine.get("/api/v1/events?after=3").await.ok();
        assert_eq!((&none["next"], &none["events"]), (&json!(3), &json!([])));
        assert_eq!(machine.get("/api/v1/events").await.ok()["events"][0], first["events"][0], "as often as one likes");
        assert_eq!(machine.get("/api/v1/events?after=x").await.problem(StatusCode::BAD_REQUEST), "unreadable");
        assert_eq!(machine.get("/api/v1/procedures").await.problem(StatusCode::FORBIDDEN), "scope");
        assert_eq!(machine.get("/api/v1/nothing").await.problem(StatusCode::NOT_FOUND), "not-found");
        let mut tx = house.app.db.write().await.unwrap();
        let later = house.app.clock.now() + Duration::DAY;
        assert_eq!(storage::feed::remove_before(&mut tx, later, 2).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let gone = machine.get("/api/v1/events?after=1").await;
        assert_eq!((gone.problem(StatusCode::GONE), &gone.body["after"]), ("gone", &json!(2)));
        assert_eq!(machine.get("/api/v1/events?after=2").await.ok()["events"][0]["seq"], 3);
        let kept = storage::access::list(&mut house.app.db.read().await.unwrap(), None).await.unwrap().remove(0);
        assert!(kept.used_at.is_some() && token.starts_with(&kept.hint) && kept.hint.len() < 12);
        let gone = admin.post(&format!("/office/access-tokens/{}/revoke", kept.id), &[]).await;
        assert!(gone.location.ends_with("?done=revoked"));
        assert_eq!(machine.get("/api/v1/events").await.problem(StatusCode::UNAUTHORIZED), "token", "at once");
    })
    .await;
}

#[tokio::test]
async fn tokens_that_do_not_work_get_one_answer_and_then_none() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let token = made(&owner, OWN, &BOTH).await;
        let right = Machine::with(house, &token);
        right.get("/api/v1/applications").await.ok();
        house.clock.pass(Duration::days(366));
        let ended = right.get("/api/v1/applications").await;
        assert_eq!(ended.problem(StatusCode::UNAUTHORIZED), "token");
        for odd in ["mdg_AAAA", "", "Bearer", &token[..token.len() - 1]] {
            let told = Machine::with(house, odd).get("/api/v1/events").await;
            assert_eq!(told.body, ended.body, "{odd}");
        }
        let mut wrong = 0;
        while Machine::with(house, "mdg_BBBB").get("/api/v1/events").await.status == StatusCode::UNAUTHORIZED {
            wrong += 1;
            assert!(wrong < 100);
        }
        assert!(wrong > 40, "{wrong}");
        let (_, elsewhere) = clinic(house, "2730100019").await;
        let mut fields = vec![("name", "在庫"), ("last_day", "2028-05-20"), ("current", PASSWORD)];
        fields.extend(BOTH.map(|scope| ("scopes", scope)));
        let shown = elsewhere.post(OWN, &fields).await.body;
        let token = shown.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Machine::with(house, &token).get("/api/v1/applications").await.ok();
    })
    .await;
}

fn eligibility() -> Value {
    let answers: serde_json::Map<String, Value> =
        ELIGIBILITY.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    json!({ "procedure": "eligibility", "answers": answers })
}

#[tokio::test]
async fn a_vendors_machine_files_for_the_institution_and_both_are_named() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let machine = Machine::with(house, &made(&owner, OWN, &BOTH).await);
        let offered = machine.get("/api/v1/procedures").await.ok();
        let all = offered["procedures"].as_array().unwrap();
        assert_eq!(all.len(), domain::applications::Kind::ALL.len(), "every procedure, without a line of its own");
        let begun = machine
            .post("/api/v1/applications", "", &json!({ "procedure": "eligibility", "answers": { "odd": "x" } }))
            .await;
        assert_eq!(begun.status, StatusCode::CREATED);
        let kept = begun.ok();
        assert!(!kept["errors"].as_array().unwrap().is_empty() && kept["ignored"] == json!(["odd"]), "{kept}");
        let path = format!("/api/v1/applications/{}", kept["application"]["id"].as_str().unwrap());
        let version = json!({ "version": kept["application"]["version"] });
        let faulty = machine.post(&format!("{path}/submit"), "k0", &version).await;
        assert_eq!(faulty.problem(StatusCode::UNPROCESSABLE_ENTITY), "findings");
        assert!(!faulty.body["errors"].as_array().unwrap().is_empty());
        let again = machine.post("/api/v1/applications", "", &eligibility()).await;
        assert_eq!(again.status, StatusCode::OK, "the draft that is there: {}", again.body);
        let kept = again.ok();
        assert_eq!(kept["errors"], json!([]), "{kept}");
        let old = machine.post(&format!("{path}/submit"), "k1", &version).await;
        assert_eq!(old.problem(StatusCode::CONFLICT), "changed");
        let version = json!({ "version": kept["application"]["version"] });
        assert_eq!(
            machine.post(&format!("{path}/submit"), "", &version).await.problem(StatusCode::UNPROCESSABLE_ENTITY),
            "key"
        );
        let sent = machine.post(&format!("{path}/submit"), "k2", &version).await.ok();
        let reference = sent["applications"][0]["reference"].clone();
        assert!(reference.is_string() && sent["applications"][0]["state"] == "submitted", "{sent}");
        let same = machine.post(&format!("{path}/submit"), "k2", &version).await.ok();
        assert_eq!(same["applications"][0]["reference"], reference, "a line that broke, tried again");
        let other = json!({ "version": 99 });
        assert_eq!(
            machine.post(&format!("{path}/submit"), "k2", &other).await.problem(StatusCode::UNPROCESSABLE_ENTITY),
            "key-used"
        );
        let crossing = machine.post("/api/v1/applications", "", &eligibility()).await;
        assert_eq!(crossing.problem(StatusCode::CONFLICT), "under-way");
        named(house, &owner, &path.replace("/api/v1", "")).await;
        corrected(house, &machine, &path).await;
    })
    .await;
}

/// The person and the machine stand in the history, and the token in the audit chain.
async fn named(house: &House, owner: &Browser, case: &str) {
    let page = owner.get(case).await.body;
    assert!(page.contains("山田 花子（外部連携「レセプトコンピューター」）"), "{page}");
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap();
    let row = rows.iter().find(|row| row.action == "application.submit").unwrap();
    assert!(row.actor.starts_with("account:") && row.source.contains("access_token:"), "{row:?}");
}

/// A returned case is corrected in the field that was named, and sent again.
async fn corrected(house: &House, machine: &Machine, path: &str) {
    let case = path.replace("/api/v1", "");
    crate::correcting::returned(house, &case, "start_month").await;
    let returned = machine.get(path).await.ok();
    assert_eq!((&returned["state"], &returned["reasons"][0]["field"]), (&json!("returned"), &json!("start_month")));
    let answers = json!({ "answers": { "start_month": "2026-08", "fee_payment": "payment_slip" } });
    let kept = machine.post(&format!("{path}/answers"), "", &answers).await.ok();
    assert_eq!(kept["ignored"], json!(["fee_payment"]), "only what was asked for");
    let version = json!({ "version": kept["application"]["version"] });
    machine.post(&format!("{path}/submit"), "k3", &version).await.ok();
    assert_eq!(stored(house, &case).await.state, State::Submitted);
    let list = machine.get("/api/v1/applications").await.ok();
    assert_eq!((list["applications"].as_array().unwrap().len(), &list["next"]), (1, &Value::Null));
}

#[tokio::test]
async fn a_token_reaches_one_institution_and_dies_with_its_person() {
    on_each_database(async |house| {
        let (clinic_id, owner) = clinic(house, "1330100016").await;
        let case = filed(house, &owner).await;
        accepted(house, &case).await;
        let machine = Machine::with(house, &made(&owner, OWN, &BOTH).await);
        let reader = Machine::with(house, &made(&owner, OWN, &BOTH[..1]).await);
        assert_eq!(
            reader.post("/api/v1/applications", "", &eligibility()).await.problem(StatusCode::FORBIDDEN),
            "scope"
        );
        assert_eq!(reader.get("/api/v1/events").await.problem(StatusCode::FORBIDDEN), "scope");
        let draft = file(house, &owner, "certificate", CERTIFICATE).await;
        let path = format!("/api/v1{draft}");
        assert_eq!(reader.get(&path).await.ok()["procedure"], "certificate");
        fee_is_agreed_to(&machine).await;
        let (_, stranger) = clinic(house, "2730100019").await;
        let elsewhere = Machine::with(house, &made(&stranger, OWN, &BOTH).await);
        assert_eq!(elsewhere.get(&path).await.problem(StatusCode::NOT_FOUND), "not-found");
        let version = json!({ "version": 1 });
        assert_eq!(
            elsewhere.post(&format!("{path}/submit"), "k", &version).await.problem(StatusCode::NOT_FOUND),
            "not-found"
        );
        let member = account(house, "member@clinic.example", &[], None).await;
        join(house, clinic_id, member).await;
        assert_eq!(Browser::of(house, member, false).await.get(OWN).await.status, StatusCode::FORBIDDEN, "no owner");
        machine.get("/api/v1/applications").await.ok();
        no_owner_any_more(house, clinic_id).await;
        assert_eq!(machine.get("/api/v1/applications").await.problem(StatusCode::UNAUTHORIZED), "token");
    })
    .await;
}

async fn join(house: &House, place: domain::ids::InstitutionId, account: AccountId) {
    let now = house.app.clock.now();
    let id = domain::ids::MembershipId::new(now, &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    storage::accounts::insert_membership(&mut tx, id, account, place, "staff", "active", now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

async fn no_owner_any_more(house: &House, place: domain::ids::InstitutionId) {
    let email = "owner-1330100016@clinic.example";
    let mut conn = house.app.db.read().await.unwrap();
    let owner = storage::accounts::by_email(&mut conn, email).await.unwrap().unwrap().id;
    let memberships = storage::accounts::memberships_of_account(&mut conn, owner).await.unwrap();
    drop(conn);
    let mut tx = house.app.db.write().await.unwrap();
    for one in memberships.into_iter().filter(|one| one.institution_id == place) {
        storage::accounts::decide_membership(&mut tx, one.id, "active", "ended", "test", house.app.clock.now())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

/// A certificate costs: its fee must be named.
async fn fee_is_agreed_to(machine: &Machine) {
    let answers: serde_json::Map<String, Value> =
        CERTIFICATE.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    let mut wanted = json!({ "procedure": "certificate", "answers": answers });
    wanted["answers"]["terminal_name_1"] = json!("受付の端末");
    let kept = machine.post("/api/v1/applications", "", &wanted).await.ok();
    assert_eq!((&kept["fee_yen"], &kept["errors"]), (&json!(1_500), &json!([])));
    let path = format!("/api/v1/applications/{}/submit", kept["application"]["id"].as_str().unwrap());
    let version = &kept["application"]["version"];
    let silent = machine.post(&path, "f1", &json!({ "version": version })).await;
    assert_eq!((silent.problem(StatusCode::UNPROCESSABLE_ENTITY), &silent.body["fee_yen"]), ("fee", &json!(1_500)));
    let wrong = machine.post(&path, "f2", &json!({ "version": version, "fee_yen": 1_000 })).await;
    assert_eq!(wrong.problem(StatusCode::CONFLICT), "fee");
    machine.post(&path, "f3", &json!({ "version": version, "fee_yen": 1_500 })).await.ok();
}
