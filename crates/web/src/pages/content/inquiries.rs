//! Inquiries: the form, one's own inquiries with their answers, and the telephone for everybody.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    applications::{Kind, Lists},
    calendar::japanese_datetime,
    clock::Timestamp,
    forms::Finding,
    ids::AccountId,
};
use serde::Deserialize;
use services::{applications::facts_of, inquiries, parked, rows::Inquiry};

use crate::{
    pages::applications::to_login,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
        frame::Frame,
        parts::{CopyView, SummaryListView, SummaryRow},
    },
};

/// Category of wrong data of an institution.
const INSTITUTION: &str = "institution_data";
/// Longest question in characters.
const LONGEST: u32 = 2_000;

/// What the inquiry is about, the number of the one just sent, or the token of one that outlived its session.
#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    about: String,
    #[serde(default)]
    sent: String,
    #[serde(default)]
    kept: String,
}

#[derive(Template)]
#[template(path = "content/inquiries.html")]
struct InquiriesPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    person: AccountId,
    sent: Option<CopyView>,
    sender_domain: String,
    own: Vec<SummaryListView>,
}

#[derive(Template)]
#[template(path = "content/contact.html")]
struct ContactPage {
    frame: Frame,
    login: String,
}

/// The form and one's own inquiries; visitors see how to ask without an account.
pub(super) async fn show(visit: Visit, Query(about): Query<About>) -> Result<Response, Failure> {
    if visit.session().is_none() {
        let next: String = form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
        let page = ContactPage { frame: visit.frame("お問い合わせ"), login: format!("/login?next={next}") };
        return Ok(Html(page).into_response());
    }
    let kept = if about.kept.is_empty() { None } else { parked::inquiry(&visit.ctx(), &about.kept).await? };
    let (category, body) = match (kept, about.about) {
        (Some(kept), _) => (kept.category, kept.body),
        (None, about) if about == "institution" => (INSTITUTION.to_owned(), shown_data(&visit).await?),
        (None, about) => (about, String::new()),
    };
    let mut page = page(&visit, &category, &body, &[]).await?;
    page.sent = Some(about.sent).filter(|sent| !sent.is_empty()).map(|sent| {
        let groups = sent.split('-').map(str::to_owned).collect();
        CopyView::new("受付番号", sent, groups)
    });
    Ok(Html(page).into_response())
}

/// 「お問い合わせフォーム」 of the footer.
pub(super) async fn new() -> Redirect {
    Redirect::to("/inquiries")
}

/// The data of the institution as forms show it, to be corrected by the person (spec 2.2).
async fn shown_data(visit: &Visit) -> Result<String, Failure> {
    let ctx = visit.ctx();
    let Ok(institution) = ctx.institution() else { return Ok(String::new()) };
    let data = facts_of(&ctx, institution, Kind::Eligibility).await?.institution;
    let known = |text: &str| if text.is_empty() { "（登録なし）".to_owned() } else { text.to_owned() };
    let rows = [
        ("都道府県コード", data.code.prefecture().label()),
        ("点数表コード", data.code.score_table().label()),
        ("医療機関等コード", data.code.local().to_owned()),
        ("医療機関等名", data.name),
        ("郵便番号", known(&data.postal_code)),
        ("所在地", known(&data.address)),
        ("電話番号", known(&data.phone)),
    ];
    let shown: String = rows.iter().map(|(label, value)| format!("{label}：{value}\n")).collect();
    Ok(format!("【表示されている内容】\n{shown}\n【正しい内容】\n"))
}

async fn page(visit: &Visit, category: &str, body: &str, slips: &[Finding]) -> Result<InquiriesPage, Failure> {
    let person = visit.person()?.account_id;
    let lists = visit.site.app.reference().lists;
    let own = inquiries::own(&visit.ctx()).await?;
    let (fields, errors) = with_slips(fields(&lists, category, body), slips);
    Ok(InquiriesPage {
        frame: Frame { has_errors: !slips.is_empty(), ..visit.frame("お問い合わせ") },
        errors,
        fields,
        person,
        sent: None,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        own: own.iter().map(|inquiry| summary(inquiry, &lists)).collect(),
    })
}

fn fields(lists: &Lists, category: &str, body: &str) -> Vec<FieldView> {
    let choice = |entry: &domain::applications::Entry| ChoiceView {
        selected: entry.value == category,
        ..ChoiceView::new(&entry.value, &entry.label)
    };
    let choices = lists.entries("inquiry_categories").iter().map(choice).collect();
    let kinds = InputView::Select { choices, placeholder: "選んでください".to_owned() };
    vec![
        FieldView::new("category", "お問い合わせの種類", kinds).required(),
        FieldView::new(
            "body",
            "お問い合わせの内容",
            InputView::LongText { value: body.to_owned(), maxlength: LONGEST },
        )
        .required()
        .with_help(
            "申請についてのときは、受付番号も書いてください。患者さんの情報や、パスワードは書かないでください。",
        ),
    ]
}

fn summary(inquiry: &Inquiry, lists: &Lists) -> SummaryListView {
    let at = |millis: i64| japanese_datetime(Timestamp::from_millis(millis));
    let category = lists.entry("inquiry_categories", &inquiry.category).map_or("", |entry| entry.label.as_str());
    let answer = match inquiry.answered_at {
        Some(answered) => {
            SummaryRow { note: format!("{}に回答", at(answered)), ..SummaryRow::new("回答", &inquiry.answer) }
        }
        None => SummaryRow::new("回答", "確認しています。回答すると、メールでもお知らせします。"),
    };
    let rows = vec![
        SummaryRow::new("お問い合わせの種類", category),
        SummaryRow { note: format!("{}に送信", at(inquiry.created_at)), ..SummaryRow::new("内容", &inquiry.body) },
        answer,
    ];
    SummaryListView { title: format!("受付番号 {}", inquiry.reference), rows }
}

/// Sends an inquiry; one whose session has ended is kept until after the login.
pub(super) async fn ask(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let (category, body) = (posted.get("category"), posted.get("body"));
    if visit.session().is_none() {
        let Ok(person) = posted.get("person").parse() else { return Err(Failure::login("/inquiries")) };
        let token = parked::park_inquiry(&visit.ctx(), person, category, body).await?;
        return Ok(to_login(&visit, token, "/inquiries"));
    }
    match inquiries::ask(&visit.ctx(), category, body).await? {
        Ok(reference) => Ok(see_other(&format!("/inquiries?sent={reference}"))),
        Err(message) => {
            let field = if message.contains("お問い合わせの種類") { "category" } else { "body" };
            let slip = Finding { field: field.to_owned(), message };
            Ok(Html(page(&visit, category, body, &[slip]).await?).with_faults())
        }
    }
}
