//! The check page, the one submission, the page afterwards.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Kind, ReadingLine},
    calendar::japanese_date,
    forms::{Field, Section},
    ids::ApplicationId,
};
use services::{
    Error,
    accounts::membership::not_elsewhere,
    applications::{self, CheckState, Submitted},
    mandates::{self, Asked},
};

use super::{answer, id, trail};
use crate::{
    pages::{clients, content::articles_about},
    site::{
        Failure, FormLook, Html, Posted, Visit, answers_from, comparison, document_link, error_summary, section_views,
        see_other,
    },
    view::{
        form::{ErrorSummary, FieldView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CompareView, CopyView, StepsView, SummaryListView, SummaryRow},
    },
};

#[derive(Template)]
#[template(path = "applications/check.html")]
struct CheckPage {
    frame: Frame,
    action: String,
    edit: String,
    version: i64,
    fee_yen: i64,
    steps: StepsView,
    /// What a change changes; with no rows when it changes nothing.
    comparison: Option<CompareView>,
    sections: Vec<SummaryListView>,
    before_sending: Vec<String>,
    documents: Vec<Link>,
    /// What is agreed to on this page, because a vendor prepared the rest.
    consents: Vec<FieldView>,
    errors: ErrorSummary,
    by_vendor: bool,
    /// Articles about the procedure.
    about: Vec<Link>,
    sender_domain: String,
    send: String,
}

/// Why a check page is shown once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// It is the first time.
    First,
    /// It changed meanwhile.
    Changed,
    /// What must be agreed to was not.
    NotAgreed,
}

/// Sentences above the button; to a vendor, who sends nothing, only the doubts.
fn before_sending(state: &CheckState) -> Vec<String> {
    let said = state.before_sending.iter().filter(|_| !state.by_vendor).cloned();
    said.chain(unplaced(state)).collect()
}

/// What is agreed to on the page, with what is missing of it.
fn agreement(state: &CheckState, why: Why) -> (Vec<FieldView>, ErrorSummary) {
    if !state.asked || state.by_vendor {
        return (vec![], ErrorSummary::default());
    }
    let bare = |field: &Field| Field { when: None, ..field.clone() };
    let fields: Vec<Field> = state.consents.iter().map(bare).collect();
    let editable: Vec<String> = fields.iter().map(|field| field.key.clone()).collect();
    let findings = (why == Why::NotAgreed).then_some(&state.checked.findings);
    let look =
        FormLook { answers: &state.case.answers, findings, editable: &editable, reasons: &[], uploads: &[], case: "" };
    let sections = section_views(&[Section::new("同意", fields)], &look);
    (sections.into_iter().flat_map(|section| section.fields).collect(), findings.map(error_summary).unwrap_or_default())
}

/// The frame of a check page.
fn frame(visit: &Visit, state: &CheckState, why: Why) -> Frame {
    let edit = format!("/applications/{}/edit", state.case.id);
    let mut frame = Frame { breadcrumb: trail(), ..visit.frame("入力内容の確認") };
    frame.breadcrumb.push(Link::new(state.case.kind.label(), edit));
    if state.by_vendor {
        clients::for_client(&mut frame, &state.institution);
    }
    if why == Why::Changed {
        frame.banners.push(BannerView {
            kind: BannerKind::Warning,
            title: "画面を開いた後に、内容が変わりました。".to_owned(),
            body: vec!["今の内容をもう一度確認してから、送信してください。まだ送信されていません。".to_owned()],
            link: None,
        });
    }
    frame
}

/// What was typed, section by section, without what is agreed to below: that is not said twice.
fn summaries(state: &CheckState, consents: &[FieldView]) -> Vec<SummaryListView> {
    let case = format!("/applications/{}", state.case.id);
    let row = |line: &ReadingLine| SummaryRow {
        change: if line.shown { String::new() } else { format!("{case}/edit#f-{}", line.key) },
        warning: warning(state, &line.key),
        ..answer(line, &case)
    };
    let section = |(title, lines): &(String, Vec<ReadingLine>)| SummaryListView {
        title: title.clone(),
        rows: lines.iter().filter(|line| consents.iter().all(|field| field.key != line.key)).map(row).collect(),
    };
    state.reading.iter().map(section).filter(|section| !section.rows.is_empty()).collect()
}

fn page(visit: &Visit, state: &CheckState, about: Vec<Link>, why: Why) -> CheckPage {
    let edit = format!("/applications/{}/edit", state.case.id);
    let (consents, errors) = agreement(state, why);
    let mut frame = frame(visit, state, why);
    frame.has_errors = !errors.errors.is_empty();
    let last = if state.by_vendor { "依頼" } else { "完了" };
    CheckPage {
        frame,
        sections: summaries(state, &consents),
        action: format!("/applications/{}/{}", state.case.id, if state.by_vendor { "ask" } else { "submit" }),
        consents,
        errors,
        by_vendor: state.by_vendor,
        edit,
        version: state.case.version,
        fee_yen: state.fee_yen,
        steps: StepsView::new(&["入力", "確認", last], 2),
        comparison: state
            .differences
            .as_ref()
            .map(|found| comparison("前の申請との違い", ["前の申請", "今回の申請"], found)),
        before_sending: before_sending(state),
        documents: documents(visit, state.case.kind),
        about,
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        send: state.case.kind.words().send.to_owned(),
    }
}

fn warning(state: &CheckState, key: &str) -> String {
    let found = state.checked.findings.warnings.iter().find(|warning| warning.field == key);
    found.map(|warning| warning.message.clone()).unwrap_or_default()
}

/// Doubts about fields that are not on the page, such as an ID that is taken from another procedure.
fn unplaced(state: &CheckState) -> impl Iterator<Item = String> {
    let lines = || state.reading.iter().flat_map(|(_, lines)| lines);
    let warnings = state.checked.findings.warnings.iter();
    warnings.filter(move |warning| lines().all(|line| line.key != warning.field)).map(|warning| warning.message.clone())
}

/// The documents in force that are read before sending.
pub(in crate::pages) fn documents(visit: &Visit, kind: Kind) -> Vec<Link> {
    let in_force = visit.site.app.reference().documents;
    kind.procedure().documents().iter().filter_map(|slug| in_force.get(*slug)).map(document_link).collect()
}

/// Everything that will be sent, in words; a form with faults goes back to the form.
pub(super) async fn check(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let checked = applications::check(&visit.ctx(), id).await;
    if let Ok(state) = &checked {
        not_elsewhere(&visit.ctx(), state.case.institution_id).await?;
    }
    match checked {
        Ok(state) if state.is_kept_back() && state.by_vendor => Ok(see_other("/clients?done=kept")),
        Ok(state) if state.is_kept_back() => Ok(see_other(&format!("/procedures/{}", state.case.kind))),
        Ok(state) if state.checked.findings.errors.is_empty() || state.waits_for_agreement() => {
            let about = articles_about(&visit, state.case.kind).await?;
            Ok(Html(page(&visit, &state, about, Why::First)).into_response())
        }
        Ok(_) => Ok(see_other(&format!("/applications/{id}/edit?faults=1"))),
        Err(Error::ChangedMeanwhile) => clients::changed(&visit, id).await,
        Err(error) => Err(error.into()),
    }
}

/// Sends once: a double click, a reload and a second tab all end on the same page with the same number.
pub(super) async fn submit(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let id = id(&name)?;
    let mut version = posted.number("version").unwrap_or(0);
    if !posted.get("agreement").is_empty() {
        version = mandates::agree(&visit.ctx(), id, version, &answers_from(&posted)).await?;
    }
    Ok(match applications::submit_at(&visit.ctx(), id, version, posted.number("fee")).await? {
        Submitted::Sent(_) | Submitted::SentBefore(_) => see_other(&format!("/applications/{id}/done")),
        Submitted::CheckAgain(state) if state.is_kept_back() => see_other(&format!("/procedures/{}", state.case.kind)),
        Submitted::CheckAgain(state) if state.checked.findings.errors.is_empty() => {
            let about = articles_about(&visit, state.case.kind).await?;
            Html(page(&visit, &state, about, Why::Changed)).with_faults()
        }
        Submitted::CheckAgain(state) if state.waits_for_agreement() => {
            let about = articles_about(&visit, state.case.kind).await?;
            let why = if state.case.version == version { Why::NotAgreed } else { Why::Changed };
            Html(page(&visit, &state, about, why)).with_faults()
        }
        Submitted::CheckAgain(_) => see_other(&format!("/applications/{id}/edit?faults=1")),
    })
}

/// Asks the institution to confirm what a vendor prepared.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let version = posted.number("version").unwrap_or(0);
    Ok(match mandates::ask(&visit.ctx(), id, version).await {
        Ok(Asked::Done) => see_other("/clients?done=asked"),
        Ok(Asked::CheckAgain(state)) if state.is_kept_back() => see_other("/clients?done=kept"),
        Ok(Asked::CheckAgain(state)) if state.checked.findings.errors.is_empty() => {
            Html(page(&visit, &state, vec![], Why::Changed)).with_faults()
        }
        Ok(Asked::CheckAgain(_)) => see_other(&format!("/applications/{id}/edit?faults=1")),
        Err(Error::ChangedMeanwhile) => clients::changed(&visit, id).await?,
        Err(error) => return Err(error.into()),
    })
}

#[derive(Template)]
#[template(path = "applications/done.html")]
pub(super) struct DonePage {
    frame: Frame,
    id: ApplicationId,
    certificate: bool,
    claims: bool,
    numbers: Vec<(String, CopyView)>,
    email: String,
    domain: String,
    sentence: String,
    expected: String,
    next: Option<Link>,
}

/// The number, what happens now, and the next procedure.
pub(super) async fn done(visit: Visit, Path(name): Path<String>) -> Result<Html<DonePage>, Failure> {
    visit.member()?;
    let id = id(&name)?;
    let shown = applications::case_of_applicant(&visit.ctx(), id).await?;
    let cases = applications::sent_together(&visit.ctx(), id).await?;
    if shown.case.reference.is_none() {
        return Err(Error::NotFound.into());
    }
    let numbers = cases.iter().map(|case| {
        let reference = case.reference.clone().unwrap_or_default();
        let groups: Vec<String> = reference.split('-').map(str::to_owned).collect();
        (case.terminal_name.clone().unwrap_or_default(), CopyView::new("受付番号", reference, groups))
    });
    let kind = shown.case.kind;
    Ok(Html(DonePage {
        id,
        certificate: kind == Kind::Certificate,
        claims: kind == Kind::Claims,
        numbers: numbers.collect(),
        email: visit.person()?.email.clone(),
        domain: visit.site.app.settings.mail_domain().to_owned(),
        sentence: shown.explanation.next.clone(),
        expected: shown.explanation.expected.map(japanese_date).unwrap_or_default(),
        next: next(&visit, kind).await?,
        frame: Frame { breadcrumb: trail(), ..visit.frame("送信しました") },
    }))
}

/// The procedure that usually follows, unless it was filed before.
async fn next(visit: &Visit, kind: Kind) -> Result<Option<Link>, Failure> {
    let (next, words) = match kind {
        Kind::Eligibility => (Kind::Certificate, "次へ：端末の電子証明書の発行を申請する"),
        Kind::Certificate => (Kind::Claims, "次へ：オンライン請求の届出をする"),
        Kind::Claims | Kind::Common(_) => return Ok(None),
    };
    let filed = applications::outlook(&visit.ctx(), next).await?.filed;
    Ok((!filed).then(|| Link::new(words, format!("/procedures/{next}"))))
}
