//! Every procedure of the common kind, walked from its tile to the end by what all share: a new folder is walked as well.

use axum::http::StatusCode;
use domain::{
    applications::{Facts, Kind, Life, State, examine},
    content::menus,
    forms::{Answers, Field, Input},
    group,
    ids::InstitutionId,
    permissions::Role,
    procedures::{Common, example},
};
use serde_json::{Value, json};
use services::Ctx;

use crate::{
    browser::{Browser, institution as institution_of},
    group::{Form, hand_in, results},
    machines::{BOTH, Machine, OWN, made},
    steps::{begin, clinic, filed, mails, staff, stored},
    support::{House, on_each_database},
    uploads_form::document,
};

/// What a clinic cannot begin by its eligibility application alone; `operation_start.rs` and `subsidies.rs` walk these.
const MORE_IS_NEEDED: &[&str] = &["operation_start", "subsidy"];

/// A procedure at an institution that can begin it, with the example of its form.
struct Case {
    kind: Kind,
    facts: Facts,
    answers: Answers,
}

impl Case {
    async fn of(house: &House, place: InstitutionId, kind: Kind) -> Option<Self> {
        let facts = services::applications::facts_of(&Ctx::system(&house.app, "test"), place, kind).await.unwrap();
        let can_begin = kind.procedure().missing_before(&facts).is_none();
        let answers = example(kind, &facts);
        can_begin.then_some(Self { kind, facts, answers })
    }

    /// What the form asks with these answers.
    fn fields(&self) -> Vec<Field> {
        let sections = self.kind.procedure().sections(&self.facts, &self.answers);
        let asked = |field: &Field| !matches!(field.input, Input::Shown(_)) && field.applies(&self.answers);
        sections.into_iter().flat_map(|section| section.fields).filter(asked).collect()
    }

    fn files(&self) -> Vec<Field> {
        self.fields().into_iter().filter(|field| matches!(field.input, Input::Upload { .. })).collect()
    }

    fn typed(&self) -> Vec<(&str, &str)> {
        self.answers.iter().collect()
    }

    /// The example is right, but for the files, which are handed in on their own.
    fn is_right(&self) {
        let (kind, files) = (self.kind, self.files());
        let is_file = |key: &str| files.iter().any(|field| field.key == key);
        let checked = examine(kind.procedure(), &self.facts, &self.answers);
        let errors: Vec<_> = checked.findings.errors.iter().filter(|error| !is_file(&error.field)).collect();
        assert!(errors.is_empty(), "{kind}: say in `FOLDER.example` what can be sent: {errors:?}");
    }

    /// Fills the form on its page, with a file wherever it takes one, and sends it; gives the address of the case.
    async fn sent(&self, house: &House, browser: &Browser) -> String {
        let (kind, case) = (self.kind, begin(browser, self.kind.as_str()).await);
        for field in self.files() {
            let action = format!("files/{}", field.key);
            let typed = [self.typed(), vec![("action", action.as_str())]].concat();
            let file = document(&format!("/Lang({})", field.key));
            let files: [(&str, &str, &[u8]); 1] = [(&field.key, "見本.pdf", &file)];
            let added = browser.post_files(&format!("{case}/edit"), (&typed, &files), false).await;
            assert_eq!(added.status, StatusCode::SEE_OTHER, "{kind}: {}", added.body);
        }
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let saved = browser.post(&format!("{case}/edit"), &self.typed()).await;
        assert_eq!(saved.location, format!("{case}/check"), "{kind}: {}", saved.body);
        let check = browser.get(&saved.location).await.body;
        assert!(self.fields().iter().all(|field| check.contains(&field.label)), "{kind}: {check}");
        let version = stored(house, &case).await.version.to_string();
        let sent = browser.post(&format!("{case}/submit"), &[("version", &version)]).await;
        assert_eq!(sent.location, format!("{case}/done"), "{kind}: {}", sent.body);
        case
    }
}

/// What everybody finds of a procedure before it was begun: its tile, its article, the way to the form, both menus, the search.
async fn is_found(kind: Kind, browser: &Browser) {
    let page = browser.get(&format!("/procedures/{kind}")).await;
    assert_eq!(page.status, StatusCode::OK, "{kind}");
    assert!(page.body.contains(kind.label()) && page.body.contains(kind.words().lead), "{kind}");
    let tile = kind.tile();
    let catalogue = browser.get(&format!("/procedures?category={}", tile.businesses[0].as_str())).await.body;
    let address = format!("/articles/{}", kind.article());
    assert!(catalogue.contains(tile.title) && catalogue.contains(&address), "{kind} has a tile");
    let article = browser.get(&address).await.body;
    let form = format!("/procedures/{kind}\"");
    assert!(article.contains(kind.words().to_form) && article.contains(&form), "{kind}: its article leads to its form");
    assert!(browser.get("/").await.body.contains(&form), "{kind} stands in the menu above");
    let beside = article.split_once("class=\"side-menu\"").unwrap().1;
    let slug = Common::ALL.iter().find(|common| Kind::Common(**common) == kind).unwrap().folder().article_head("slug");
    let named = beside.contains(&address) || beside.contains(&format!("/articles/{slug}\""));
    assert!(named, "{kind} stands in the menu beside");
    let found = browser.get(&format!("/search?q={}", tile.title.split(' ').next().unwrap())).await.body;
    assert!(found.contains(tile.title), "{kind} is found by its title");
}

/// A row of a table says what the form says, and can be sent.
async fn fits_a_table(case: &Case, code: &str, browser: &Browser) {
    let kind = case.kind;
    let sections = kind.procedure().sections(&case.facts, &case.answers);
    if !kind.procedure().fits_a_table() || group::needs_files(&sections) {
        assert_eq!(browser.get(&format!("/group/new/{kind}")).await.status, StatusCode::NOT_FOUND, "{kind}");
        return;
    }
    assert!(browser.get("/group").await.body.contains(kind.label()), "{kind} is offered as a table");
    let mut form = Form::of(browser, kind.as_str()).await;
    let columns = group::columns(&sections);
    let row: Vec<(&str, String)> = columns
        .iter()
        .map(|column| (column.heading.as_str(), group::cell(&column.field, case.answers.get(&column.field.key))))
        .collect();
    let row: Vec<(&str, &str)> = row.iter().map(|(heading, cell)| (*heading, cell.as_str())).collect();
    form.add(code, &row);
    let sheet = hand_in(browser, kind.as_str(), form.text(',').as_bytes()).await;
    let told = results(browser, &sheet).await;
    assert!(told.values().all(|[state, _, faults]| state == "送信できます" && faults.is_empty()), "{kind}: {told:?}");
    browser.post(&format!("{sheet}/discard"), &[]).await;
}

/// A machine reads the questions, answers and sends; a person takes the case back.
async fn is_filed_by_a_machine(house: &House, case: &Case, machine: &Machine, browser: &Browser) {
    let kind = case.kind;
    let offered = machine.get("/api/v1/procedures").await.ok();
    let own = offered["procedures"].as_array().unwrap().iter().find(|one| one["procedure"] == kind.as_str()).unwrap();
    let sections = own["sections"].as_array().unwrap().iter();
    let keys: Vec<&str> = sections
        .flat_map(|section| section["fields"].as_array().unwrap())
        .map(|field| field["key"].as_str().unwrap())
        .collect();
    assert!(case.fields().iter().all(|field| keys.contains(&field.key.as_str())), "{kind}: {keys:?}");
    let document: Value = serde_json::from_str(&browser.get("/api/v1/openapi.json").await.body).unwrap();
    let named = document["components"]["schemas"]["ProcedureName"]["enum"].as_array().unwrap();
    assert!(named.iter().any(|name| name == kind.as_str()), "{kind} stands in the document of the interface");
    let answers: serde_json::Map<String, Value> =
        case.answers.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let begun = json!({ "procedure": kind.as_str(), "answers": answers });
    let kept = machine.post("/api/v1/applications", "", &begun).await;
    if kind.procedure().is_for_owners() {
        // A machine is never the owner.
        assert_eq!(kept.body["status"], 403, "{kind}");
        return;
    }
    let kept = kept.ok();
    let path = format!("/api/v1/applications/{}", kept["application"]["id"].as_str().unwrap());
    let page = path.replace("/api/v1", "");
    if case.files().iter().any(|field| field.required) {
        // Files are handed in on the page.
        browser.post(&format!("{page}/discard"), &[]).await;
        return;
    }
    assert_eq!(kept["errors"], json!([]), "{kind}");
    let version = json!({ "version": kept["application"]["version"] });
    let sent = machine.post(&format!("{path}/submit"), &format!("{kind}-1"), &version).await.ok();
    assert!(sent["applications"][0]["reference"].is_string(), "{kind}: {sent}");
    if kind.life() != Life::AtOnce {
        browser.post(&format!("{page}/withdraw"), &[]).await;
        assert_eq!(stored(house, &page).await.state, State::Withdrawn, "{kind}");
    }
}

/// Told, printed, listed and found; nobody else's business.
async fn is_known_everywhere(
    house: &House,
    case: &Case,
    (browser, stranger, reviewer): (&Browser, &Browser, &Browser),
    page: &str,
) {
    let kind = case.kind;
    let reference = stored(house, page).await.reference.unwrap();
    let told = mails(house).await;
    assert!(
        told.iter().any(|(subject, body)| subject.starts_with("【受付】") && body.contains(kind.label())),
        "{kind}"
    );
    assert!(browser.get(&format!("{page}/copy.pdf")).await.bytes.starts_with(b"%PDF"), "{kind}");
    assert_eq!(stranger.get(page).await.status, StatusCode::NOT_FOUND, "{kind}");
    assert!(browser.get("/").await.body.contains(kind.label()), "{kind} stands on the home page");
    assert!(browser.get("/mylist").await.body.contains(&reference), "{kind} stands in the list of one's own");
    let office = page.replace("/applications/", "/office/applications/");
    assert!(reviewer.get(&format!("/search?q={reference}")).await.body.contains(&office), "{kind}");
    let examined = reviewer.get(&office).await;
    assert_eq!(examined.status, StatusCode::OK, "{kind}");
    assert!(case.fields().iter().all(|field| examined.body.contains(&field.label)), "{kind}: {}", examined.body);
    assert!(examined.body.matches("/files/").count() >= case.files().len(), "{kind}: {}", examined.body);
}

/// Found in the queue, returned for one field, corrected, accepted.
async fn is_decided(house: &House, case: &Case, (applicant, reviewer): (&Browser, &Browser), page: &str) {
    let kind = case.kind;
    let office = page.replace("/applications/", "/office/applications/");
    assert!(reviewer.get("/office/queue").await.body.contains(&format!("/office/queue/{kind}")), "{kind}");
    let queue = reviewer.get(&format!("/office/queue/{kind}")).await.body;
    assert!(queue.contains(&office), "{kind}");
    for page in [queue, reviewer.get(&office).await.body] {
        let path = page.split("aria-label=\"現在地\"").nth(1).unwrap().split("</nav>").next().unwrap();
        assert!(path.contains("href=\"/office/queue\""), "{kind}: {path}");
    }
    let version = async || stored(house, page).await.version.to_string();
    let typed = case.typed();
    let field = typed.iter().map(|(key, _)| *key).find(|key| *key == "contact").unwrap_or(typed[0].0);
    let reason = format!("words-{field}");
    let back = [("version", version().await), (reason.as_str(), "もう一度ご確認ください。".to_owned())];
    let back: Vec<(&str, &str)> = back.iter().map(|(key, value)| (*key, value.as_str())).collect();
    reviewer.post(&format!("{office}/return"), &back).await;
    assert_eq!(stored(house, page).await.state, State::Returned, "{kind}");
    let saved = applicant.post(&format!("{page}/edit"), &typed).await;
    assert_eq!(saved.location, format!("{page}/check"), "{kind}");
    applicant.post(&format!("{page}/submit"), &[("version", &version().await)]).await;
    assert_eq!(stored(house, page).await.state, State::Submitted, "{kind}");
    reviewer.post(&format!("{office}/accept"), &[("version", &version().await)]).await;
}

#[tokio::test]
async fn every_procedure_of_the_common_kind_is_found_filed_examined_and_accepted_by_what_all_share() {
    on_each_database(async |house| {
        let (institution, browser) = clinic(house, "1330100016").await;
        let (elsewhere, stranger) = clinic(house, "1330100115").await;
        filed(house, &browser).await;
        filed(house, &stranger).await;
        institution_of(house, "1330100107", "みほん歯科").await;
        let (reviewer, admin) = (staff(house, Role::Reviewer).await, staff(house, Role::Administrator).await);
        let machine = Machine::with(house, &made(&stranger, OWN, &BOTH).await);
        mails(house).await;
        let (mut accepted, mut closed) = (vec![], vec![]);
        for kind in Common::ALL.iter().map(|common| Kind::Common(*common)) {
            is_found(kind, &browser).await;
            let (case, other) = (Case::of(house, institution, kind).await, Case::of(house, elsewhere, kind).await);
            let Some((case, other)) = case.zip(other) else {
                closed.push(kind.as_str());
                continue;
            };
            case.is_right();
            fits_a_table(&other, "1330100115", &stranger).await;
            is_filed_by_a_machine(house, &other, &machine, &stranger).await;
            mails(house).await;
            let page = case.sent(house, &browser).await;
            is_known_everywhere(house, &case, (&browser, &stranger, &reviewer), &page).await;
            if kind.life() != Life::AtOnce {
                is_decided(house, &case, (&browser, &reviewer), &page).await;
            }
            let state = stored(house, &page).await.state;
            assert!([State::Accepted, State::InForce].contains(&state), "{kind} is {state}");
            let told = mails(house).await;
            let said =
                |(subject, body): &(String, String)| subject.starts_with("【承認】") && body.contains(kind.label());
            assert!(told.iter().any(said) || kind.life() == Life::AtOnce, "{kind}");
            accepted.push((kind, page));
        }
        assert_eq!(closed, MORE_IS_NEEDED, "what cannot be begun here needs a story of its own, named above");
        are_counted_and_told(house, &accepted, &admin).await;
    })
    .await;
}

/// The reports name each procedure, and other systems hear of each acceptance.
async fn are_counted_and_told(house: &House, accepted: &[(Kind, String)], admin: &Browser) {
    let report = admin.get("/office/reports").await.body;
    let feed = Machine::with(house, &made(admin, "/office/access-tokens", &["events:read"]).await);
    let events = feed.get("/api/v1/events").await.ok();
    let events = events["events"].as_array().unwrap();
    for (kind, page) in accepted {
        assert!(report.contains(kind.label()), "{kind} is counted");
        let subject = page.replace("/applications/", "application:");
        let is_told = |event: &Value| event["type"] == "application.accepted" && event["subject"] == subject.as_str();
        assert!(events.iter().any(is_told), "{kind} is told to other systems");
    }
}

#[tokio::test]
async fn a_procedure_of_a_newer_program_enters_the_menus_that_are_there() {
    on_each_database(async |house| {
        let lists = house.app.reference().lists;
        let whole: Vec<_> = [menus::TOP, menus::SIDE].map(|name| lists.entries(name).to_vec()).into();
        let mut tx = house.app.db.write().await.unwrap();
        for (name, entries) in [menus::TOP, menus::SIDE].into_iter().zip(&whole) {
            let older: Vec<_> = entries.iter().filter(|entry| entry.value != "e_prescription").cloned().collect();
            assert_eq!(older.len() + 1, entries.len(), "{name}");
            storage::content::set_list(&mut tx, name, &older, house.app.clock.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        services::content::seed(&house.app).await.unwrap();
        house.app.refresh().await.unwrap();
        let home = Browser::visitor(house).get("/").await.body;
        assert!(home.contains("/procedures/e_prescription\""), "{home}");
        let lists = house.app.reference().lists;
        for (name, entries) in [menus::TOP, menus::SIDE].into_iter().zip(&whole) {
            assert_eq!(lists.entries(name).len(), entries.len(), "{name}: once, and nothing else");
        }
    })
    .await;
}
