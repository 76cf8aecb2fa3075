//! 委任, for owners: what was given to vendors, a new one, its last day, its end.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime, typed_day},
    forms::Finding,
    ids::MandateId,
    mandates::{Standing, latest_day, preparable},
};
use serde::Deserialize;
use services::{
    Error,
    mandates::{self, Given, Mandate, OneMandate, Prolonged, Wish},
};

use super::{done, form::email, person, places};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView, Width},
        frame::{BannerView, Frame, Link},
        parts::{Fact, StateView, Tone},
    },
};

const LIST: &str = "/account/mandates";

/// A mandate as a card.
struct Card {
    id: MandateId,
    company: String,
    state: StateView,
    facts: Vec<Fact>,
}

#[derive(Template)]
#[template(path = "accounts/mandates.html")]
struct MandatesPage {
    frame: Frame,
    errors: ErrorSummary,
    institution: String,
    mandates: Vec<Card>,
    first: bool,
    more: Option<String>,
    fields: Vec<FieldView>,
    sender_domain: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    after: String,
    done: String,
}

/// The last day of a mandate.
pub(super) fn until(mandate: &Mandate) -> String {
    japanese_date((mandate.ends_at - time::Duration::MILLISECOND).date())
}

fn state(visit: &Visit, mandate: &Mandate) -> StateView {
    let standing = mandate.standing(visit.ctx().now);
    let tone = match standing {
        Standing::Offered => Tone::Waiting,
        Standing::InForce => Tone::Active,
        Standing::Ended => Tone::Stopped,
    };
    StateView::new(tone, standing.label())
}

fn facts(mandate: &Mandate) -> Vec<Fact> {
    let kinds: Vec<&str> = mandate.kinds.iter().map(|kind| kind.label()).collect();
    let person = (!mandate.person.is_empty()).then(|| Fact::new("担当者", &mandate.person));
    let last = mandate
        .ended_at
        .map_or_else(|| Fact::new("最後の日", until(mandate)), |at| Fact::new("終わった日時", japanese_datetime(at)));
    let all = [Fact::new("メール", &mandate.email), Fact::new("準備できる手続", kinds.join("、")), last];
    person.into_iter().chain(all).collect()
}

fn card(visit: &Visit, mandate: &Mandate) -> Card {
    Card { id: mandate.id, company: mandate.company.clone(), state: state(visit, mandate), facts: facts(mandate) }
}

fn day_field(value: &str, today: time::Date) -> FieldView {
    let input = TextView {
        width: Width::Short,
        bounds: Some((today.to_string(), latest_day(today).to_string())),
        ..TextView::of(TextKind::Date, value, "")
    };
    let help = format!("この日が終わると、委任も終わります。{}まで選べます。", japanese_date(latest_day(today)));
    FieldView::new("last_day", "委任の最後の日", InputView::Text(input)).required().with_help(help)
}

/// The fields of a new mandate; without anything typed, all procedures and the longest time.
fn fields(posted: Option<&Posted>, today: time::Date) -> Vec<FieldView> {
    let value = |key: &str| posted.map(|posted| posted.get(key).to_owned()).unwrap_or_default();
    let chosen = |word: &str| posted.is_none_or(|posted| posted.all("kinds").any(|one| one == word));
    let choices = preparable()
        .map(|kind| ChoiceView { selected: chosen(kind.as_str()), ..ChoiceView::new(kind.as_str(), kind.label()) });
    let company = InputView::Text(TextView::of(TextKind::Text, value("company"), "off"));
    let last_day = posted.map_or_else(|| latest_day(today).to_string(), |posted| posted.get("last_day").to_owned());
    vec![
        FieldView::new("company", "会社名", company).required().with_help("システムベンダの会社の名前です。"),
        email(&value("email")).with_help("申請を準備する、システムベンダの担当者の方のメールアドレスです。"),
        FieldView::new("kinds", "準備を委任する手続", InputView::Checks { choices: choices.collect() }).required(),
        day_field(&last_day, today),
    ]
}

async fn page(
    visit: &Visit,
    after: Option<MandateId>,
    typed: Option<&Posted>,
    slips: &[Finding],
) -> Result<MandatesPage, Failure> {
    let session = visit.person()?;
    let (found, more) = mandates::given(&visit.ctx(), after).await?;
    let (fields, errors) = with_slips(fields(typed, visit.ctx().now.date()), slips);
    Ok(MandatesPage {
        frame: Frame { breadcrumb: places(), has_errors: !slips.is_empty(), ..visit.frame("委任") },
        errors,
        institution: session.institution.as_ref().map(|acting| acting.name.clone()).unwrap_or_default(),
        first: after.is_some(),
        more: found.last().filter(|_| more).map(|last| format!("{LIST}?after={}", last.id)),
        mandates: found.iter().map(|mandate| card(visit, mandate)).collect(),
        fields,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
    })
}

/// The list, and the form for a new mandate.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Page>) -> Result<Response, Failure> {
    let mut page = page(&visit, wanted.after.parse().ok(), None, &[]).await?;
    page.frame.banners = told(&wanted.done);
    Ok(Html(page).into_response())
}

fn told(what: &str) -> Vec<BannerView> {
    match what {
        "given" => done(
            "委任のメールを送りました",
            &[
                "システムベンダの方がメールのリンクから受けると、申請の準備ができるようになります。リンクは7日間使えます。",
            ],
        ),
        "prolonged" => done("委任の最後の日を変えました", &["システムベンダの方に、メールでお知らせしました。"]),
        "ended" => done("委任を終えました", &["すぐに準備ができなくなりました。保存された下書きは残っています。"]),
        _ => vec![],
    }
}

fn wish(posted: &Posted) -> Wish {
    Wish {
        email: posted.get("email").to_owned(),
        company: posted.get("company").to_owned(),
        kinds: posted.all("kinds").map(str::to_owned).collect(),
        last_day: typed_day(posted.get("last_day")),
    }
}

/// Gives a mandate.
pub(super) async fn give(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    person(&visit, LIST)?;
    match mandates::give(&visit.ctx(), &wish(&posted)).await? {
        Given::Sent(_) => Ok(see_other(&format!("{LIST}?done=given"))),
        Given::Slips(slips) => Ok(Html(page(&visit, None, Some(&posted), &slips).await?).with_faults()),
    }
}

/// What happened to a mandate.
struct Line {
    what: String,
    who: String,
    when: String,
}

#[derive(Template)]
#[template(path = "accounts/mandate.html")]
struct MandatePage {
    frame: Frame,
    errors: ErrorSummary,
    id: MandateId,
    state: StateView,
    facts: Vec<Fact>,
    open: bool,
    fields: Vec<FieldView>,
    history: Vec<Line>,
}

fn trail() -> Vec<Link> {
    let mut trail = places();
    trail.push(Link::new("委任", LIST));
    trail
}

fn one_page(visit: &Visit, one: &OneMandate, typed: Option<&str>, slips: &[Finding]) -> MandatePage {
    let mandate = &one.mandate;
    let now = visit.ctx().now;
    let last = (mandate.ends_at - time::Duration::MILLISECOND).date().to_string();
    let (fields, errors) = with_slips(vec![day_field(typed.unwrap_or(&last), now.date())], slips);
    let line = |row: &mandates::ActRow| Line {
        what: match row.note.as_str() {
            "" => row.act.label().to_owned(),
            note => format!("{}：{note}", row.act.label()),
        },
        who: row.actor_name.clone(),
        when: japanese_datetime(row.at),
    };
    let title = format!("{}への委任", mandate.company);
    MandatePage {
        frame: Frame { breadcrumb: trail(), has_errors: !slips.is_empty(), ..visit.frame(title) },
        errors,
        id: mandate.id,
        state: state(visit, mandate),
        facts: facts(mandate),
        open: mandate.standing(now) != Standing::Ended,
        fields,
        history: one.acts.iter().map(line).collect(),
    }
}

/// The mandate in an address.
fn id(text: &str) -> Result<MandateId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

async fn find(visit: &Visit, name: &str) -> Result<OneMandate, Failure> {
    person(visit, LIST)?;
    Ok(mandates::one(&visit.ctx(), id(name)?).await?)
}

/// One mandate with its history.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    let one = find(&visit, &name).await?;
    Ok(Html(one_page(&visit, &one, None, &[])).into_response())
}

/// Sets another last day.
pub(super) async fn prolong(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let one = find(&visit, &name).await?;
    let typed = posted.get("last_day");
    match mandates::prolong(&visit.ctx(), one.mandate.id, typed_day(typed)).await? {
        Prolonged::Done => Ok(see_other(&format!("{LIST}?done=prolonged"))),
        Prolonged::Slips(slips) => Ok(Html(one_page(&visit, &one, Some(typed), &slips)).with_faults()),
    }
}

/// Ends a mandate at once.
pub(super) async fn end(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    let one = find(&visit, &name).await?;
    mandates::end(&visit.ctx(), one.mandate.id).await?;
    Ok(see_other(&format!("{LIST}?done=ended")))
}
