//! Inquiries: the form, one's own threads, and the telephone for everybody.

mod thread;

pub(super) use thread::{say, show_thread};
pub(in crate::pages) use thread::{state, thread_view};

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    applications::{Kind, Lists},
    calendar::japanese_datetime,
    forms::Finding,
    ids::{AccountId, InquiryId},
};
use serde::Deserialize;
use services::{
    applications::{self, facts_of},
    calls::own_code,
    inquiries::{self, Question},
    parked::{self, KeptInquiry},
    rows::{Inquiry, Listed},
};

use crate::{
    pages::applications::to_login,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
        frame::Frame,
        parts::{CellView, ColumnView, CopyView, RowView, SpokenView, TableView},
    },
};

/// Category of wrong data of an institution.
const INSTITUTION: &str = "institution_data";
/// Longest question in characters.
const LONGEST: u32 = 2_000;
/// Cases to choose from, and rows of the list.
const SHOWN: usize = 50;

/// What the inquiry is about, the number of the one just sent, or the token of one that outlived its session.
#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    about: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    sent: String,
    #[serde(default)]
    kept: String,
    #[serde(default)]
    after: String,
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
    own: TableView,
    days: u32,
    attendance: String,
}

#[derive(Template)]
#[template(path = "content/contact.html")]
struct ContactPage {
    frame: Frame,
    login: String,
    attendance: String,
}

/// The form and one's own inquiries; visitors see how to ask without an account.
pub(super) async fn show(visit: Visit, Query(about): Query<About>) -> Result<Response, Failure> {
    if visit.session().is_none() {
        let next: String = form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
        let (frame, attendance) = (visit.frame("お問い合わせ"), attendance(&visit));
        return Ok(Html(ContactPage { frame, login: format!("/login?next={next}"), attendance }).into_response());
    }
    let typed = typed(&visit, &about).await?;
    let mut page = page(&visit, &typed, &about.after, &[]).await?;
    page.sent = Some(about.sent).filter(|sent| !sent.is_empty()).map(|sent| {
        let groups = sent.split('-').map(str::to_owned).collect();
        CopyView::new("受付番号", sent, groups)
    });
    Ok(Html(page).into_response())
}

/// What the form begins with: what was kept, the case it was opened from, or what the page before is about.
async fn typed(visit: &Visit, about: &About) -> Result<KeptInquiry, Failure> {
    if !about.kept.is_empty()
        && let Some(kept) = parked::inquiry(&visit.ctx(), &about.kept).await?
    {
        return Ok(kept);
    }
    let (mut category, mut body) = (about.about.clone(), String::new());
    if category == "institution" {
        (category, body) = (INSTITUTION.to_owned(), shown_data(visit).await?);
    }
    Ok(KeptInquiry { category, case: about.case.clone(), body })
}

/// 「お問い合わせフォーム」 of the footer.
pub(super) async fn new() -> Redirect {
    Redirect::to("/inquiries")
}

/// Whether somebody answers the telephone now, and when next.
pub(super) fn attendance(visit: &Visit) -> String {
    let app = &visit.site.app;
    app.rules().hours.attendance(visit.ctx().now, &app.holidays()).sentence()
}

/// The digits with which whoever visits shows on the telephone who they are.
pub(in crate::pages) fn spoken(visit: &Visit) -> Result<SpokenView, Failure> {
    let code = own_code(&visit.ctx())?;
    let (first, second) = code.digits.split_at_checked(3).unwrap_or((&code.digits, ""));
    Ok(SpokenView {
        groups: [first.to_owned(), second.to_owned()],
        until: japanese_datetime(code.until),
        phone: visit.site.brand.contact_phone.clone(),
        attendance: attendance(visit),
    })
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

async fn page(visit: &Visit, typed: &KeptInquiry, after: &str, slips: &[Finding]) -> Result<InquiriesPage, Failure> {
    let person = visit.person()?.account_id;
    let lists = visit.site.app.reference().lists;
    let place = crate::pages::after::<InquiryId>(after);
    let own = inquiries::own(&visit.ctx(), place).await?;
    let cases = cases(visit, &typed.case).await?;
    // The category of a case that was chosen by its page is known.
    let of_case = cases.iter().find(|(id, _, _)| *id == typed.case).map(|(_, kind, _)| kind.as_str());
    let category = if typed.category.is_empty() { of_case.unwrap_or_default() } else { &typed.category };
    let (fields, errors) = with_slips(fields(&lists, category, typed, &cases), slips);
    Ok(InquiriesPage {
        frame: Frame { has_errors: !slips.is_empty(), ..visit.frame("お問い合わせ") },
        errors,
        fields,
        person,
        sent: None,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        own: table(&own, &lists, !after.is_empty()),
        days: visit.site.app.rules().answer_days,
        attendance: attendance(visit),
    })
}

/// Cases to choose from: identifier, procedure, words.
type Cases = Vec<(String, Kind, String)>;

/// The last cases that one's institution filed, and the one that is wanted though it is older.
async fn cases(visit: &Visit, wanted: &str) -> Result<Cases, Failure> {
    let ctx = visit.ctx();
    if ctx.institution().is_err() {
        return Ok(vec![]);
    }
    let limit = i64::try_from(SHOWN).unwrap_or(i64::MAX);
    let found = applications::cases_of_institution(&ctx, None, limit).await?;
    let mut cases: Cases = found.into_iter().filter_map(|one| choice(&one.case)).collect();
    if !wanted.is_empty()
        && !cases.iter().any(|(id, _, _)| id == wanted)
        && let Ok(id) = wanted.parse()
    {
        let case = applications::case_of_applicant(&ctx, id).await?.case;
        let words = words(case.kind, case.reference.as_deref(), case.terminal_name.as_deref());
        cases.extend(words.map(|words| (wanted.to_owned(), case.kind, words)));
    }
    Ok(cases)
}

fn choice(case: &Listed) -> Option<(String, Kind, String)> {
    let words = words(case.kind, case.reference.as_deref(), case.terminal_name.as_deref())?;
    Some((case.id.to_string(), case.kind, words))
}

/// A filed case in a list; none for a draft.
fn words(kind: Kind, reference: Option<&str>, terminal: Option<&str>) -> Option<String> {
    let terminal = terminal.map(|name| format!("（{name}）")).unwrap_or_default();
    Some(format!("{}　{}{terminal}", reference?, kind.label()))
}

fn fields(lists: &Lists, category: &str, typed: &KeptInquiry, cases: &Cases) -> Vec<FieldView> {
    let choice = |entry: &domain::applications::Entry| ChoiceView {
        selected: entry.value == category,
        ..ChoiceView::new(&entry.value, &entry.label)
    };
    let choices = lists.entries("inquiry_categories").iter().map(choice).collect();
    let kinds = InputView::Select { choices, placeholder: "選んでください".to_owned() };
    let of_case = |(id, _, words): &(String, Kind, String)| ChoiceView {
        selected: *id == typed.case,
        ..ChoiceView::new(id, words)
    };
    let choices = cases.iter().map(of_case).collect();
    let which = InputView::Select { choices, placeholder: "申請についてではない".to_owned() };
    let which = FieldView::new("case", "どの申請についてか", which)
        .with_help("申請を選ぶと、その内容を見ながらお答えできます。");
    let text = InputView::LongText { value: typed.body.clone(), maxlength: LONGEST };
    let body = FieldView::new("body", "お問い合わせの内容", text)
        .required()
        .with_help("患者さんの情報や、パスワードは書かないでください。");
    let mut fields = vec![FieldView::new("category", "お問い合わせの種類", kinds).required()];
    fields.extend((!cases.is_empty()).then_some(which));
    fields.push(body);
    fields
}

fn table(own: &[Inquiry], lists: &Lists, later: bool) -> TableView {
    let category = |value: &str| lists.entry("inquiry_categories", value).map_or("", |entry| entry.label.as_str());
    let row = |inquiry: &Inquiry| RowView {
        cells: vec![
            CellView::link(&inquiry.reference, format!("/inquiries/{}", inquiry.id)),
            CellView::Text(category(&inquiry.category).to_owned()),
            CellView::State(state(inquiry.state, false)),
            CellView::Text(japanese_datetime(inquiry.created_at)),
        ],
        strong: inquiry.state == domain::inquiries::InquiryState::Waiting,
    };
    let last = own.last().filter(|_| own.len() == SHOWN);
    TableView {
        caption: "これまでのお問い合わせ".to_owned(),
        caption_hidden: true,
        columns: ["受付番号", "種類", "状態", "送信した日時"].map(ColumnView::new).to_vec(),
        rows: own.iter().map(row).collect(),
        first: later.then(|| "/inquiries".to_owned()),
        next: last.map(|last| format!("/inquiries?after={}_{}", last.created_at.as_millis(), last.id)),
        ..TableView::default()
    }
}

/// Sends an inquiry; one whose session has ended is kept until after the login.
pub(super) async fn ask(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let of = |key| posted.get(key).to_owned();
    let typed = KeptInquiry { category: of("category"), case: of("case"), body: of("body") };
    if visit.session().is_none() {
        let Ok(person) = posted.get("person").parse() else { return Err(Failure::login("/inquiries")) };
        let token = parked::park_inquiry(&visit.ctx(), person, &typed).await?;
        return Ok(to_login(&visit, token, "/inquiries"));
    }
    let question = Question { category: &typed.category, case: &typed.case, body: &typed.body };
    match inquiries::ask(&visit.ctx(), &question).await? {
        Ok(reference) => Ok(see_other(&format!("/inquiries?sent={reference}"))),
        Err(slip) => {
            // A case that cannot be chosen is not looked for again.
            let typed = if slip.field == "case" { KeptInquiry { case: String::new(), ..typed } } else { typed };
            Ok(Html(page(&visit, &typed, "", &[slip]).await?).with_faults())
        }
    }
}
