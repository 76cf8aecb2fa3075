//! What the owner decides about a terminal's renewals (spec 04.5, 04.6).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    ids::CertificateId,
    terminals::renewal::Window,
    text::thousands,
};
use serde::Deserialize;
use services::{
    Error,
    authority::{self, LateCode, Plan, Refusal},
};

use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CopyView, SummaryListView, SummaryRow},
    },
};

#[derive(Template)]
#[template(path = "applications/renewal.html")]
struct RenewalPage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    action: String,
    page_url: String,
    fee: String,
    /// Since when the terminal may renew by itself.
    automatic: Option<String>,
    automatic_consent: FieldView,
    /// The part about a renewal after the end; none while it is not possible.
    late: Option<Late>,
    back: String,
}

/// A renewal after the end.
struct Late {
    until: String,
    allowed_until: Option<String>,
    second_factor: bool,
    consent: FieldView,
}

#[derive(Template)]
#[template(path = "applications/renewal_code.html")]
struct CodePage {
    frame: Frame,
    terminal: String,
    code: CopyView,
    reference: CopyView,
    until: String,
    page_url: String,
    back: String,
}

#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

fn consent(key: &str, words: String) -> FieldView {
    let input = InputView::Checks { choices: vec![ChoiceView::new("agree", words)] };
    FieldView::new(key, "更新料への同意", input).required()
}

fn window_words(plan: &Plan) -> String {
    match plan.window {
        _ if plan.renewed => "更新済みです".to_owned(),
        Window::NotYet { from } => format!("{}から更新できます", japanese_date(from.date())),
        Window::Open { days_lost } => format!("更新できます（今更新すると{days_lost}日分が失われます）"),
        Window::Grace { until } => {
            format!("有効期限が過ぎています。認めると、{}まで更新できます", japanese_date(until.date()))
        }
        Window::Over => "有効期限から30日が過ぎました。新しく発行を申請してください".to_owned(),
    }
}

fn facts(plan: &Plan) -> SummaryListView {
    let serial = SummaryRow { code: true, ..SummaryRow::new("シリアル番号", &plan.record.serial) };
    let rows = vec![
        SummaryRow::new("端末名称等", &plan.record.subject),
        SummaryRow::new("有効期限", japanese_date(plan.record.not_after.date())),
        SummaryRow::new("更新", window_words(plan)),
        serial,
    ];
    SummaryListView { title: "端末の電子証明書".to_owned(), rows }
}

fn late(plan: &Plan, fee: &str) -> Option<Late> {
    let Window::Grace { until } = plan.window else { return None };
    (!plan.renewed).then(|| Late {
        until: japanese_date(until.date()),
        allowed_until: plan.late.map(japanese_datetime),
        second_factor: plan.second_factor,
        consent: consent("late_consent", format!("この端末の更新1回につき更新料{fee}円がかかることに同意する")),
    })
}

fn page(visit: &Visit, plan: &Plan, slip: Option<(&'static str, Refusal)>) -> RenewalPage {
    let fee = thousands(plan.fee_yen);
    let mut frame = Frame { has_errors: slip.is_some(), ..visit.frame("端末の電子証明書の更新の設定") };
    frame.breadcrumb.push(Link::new("端末の電子証明書 申請状況照会", "/certificates"));
    let words = format!("端末が自動で更新するたびに、更新料{fee}円がかかることに同意する");
    let mut page = RenewalPage {
        frame,
        errors: ErrorSummary::default(),
        facts: facts(plan),
        action: format!("/certificates/{}/renewal", plan.record.id),
        page_url: format!("{}/renew", visit.site.app.settings.closed_url),
        automatic: plan.automatic.map(|at| japanese_date(at.date())),
        automatic_consent: consent("automatic_consent", words),
        late: late(plan, &fee),
        fee,
        back: plan.record.application_id.map_or_else(|| "/certificates".to_owned(), |id| format!("/applications/{id}")),
    };
    if let Some((key, refusal)) = slip {
        let message = refusal.to_string();
        let fields =
            std::iter::once(&mut page.automatic_consent).chain(page.late.as_mut().map(|late| &mut late.consent));
        for field in fields.filter(|field| field.key == key && refusal == Refusal::ConsentMissing) {
            field.error = Some(message.clone());
        }
        let key = if refusal == Refusal::ConsentMissing { key.to_owned() } else { String::new() };
        page.errors.errors.push(FieldError { key, message });
    }
    page
}

async fn planned(visit: &Visit, name: &str) -> Result<Plan, Failure> {
    visit.member()?;
    let id: CertificateId = name.parse().map_err(|_| Error::NotFound)?;
    Ok(authority::plan(&visit.ctx(), id).await?)
}

/// Shows what is decided.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    let plan = planned(&visit, &name).await?;
    let mut page = page(&visit, &plan, None);
    let title = match said.done.as_str() {
        "automatic" => Some("端末による自動の更新に同意しました。"),
        "stopped" => Some("端末による自動の更新への同意を取り消しました。"),
        _ => None,
    };
    if let Some(title) = title {
        let (kind, title) = (BannerKind::Success, title.to_owned());
        page.frame.banners.push(BannerView { kind, title, body: vec![], link: None });
    }
    Ok(Html(page).into_response())
}

/// Agrees to automatic renewals, takes that back, or allows one after the end; its code is shown this once.
pub(super) async fn decide(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let plan = planned(&visit, &name).await?;
    let (ctx, id) = (visit.ctx(), plan.record.id);
    let agreed = |key: &str| !posted.get(key).is_empty();
    let (key, done, outcome) = match posted.get("act") {
        "automatic" => {
            let key = "automatic_consent";
            (key, "automatic", authority::allow_automatic(&ctx, id, agreed(key)).await?)
        }
        "late" => {
            let key = "late_consent";
            match authority::allow_late(&ctx, id, agreed(key)).await? {
                Ok(late) => return Ok(Html(code_page(&visit, &plan, &late)).into_response()),
                Err(refusal) => (key, "", Err(refusal)),
            }
        }
        "stop" => {
            authority::stop_automatic(&ctx, id).await?;
            ("", "stopped", Ok(()))
        }
        _ => return Err(Error::NotFound.into()),
    };
    Ok(match outcome {
        Ok(()) => see_other(&format!("/certificates/{id}/renewal?done={done}")),
        Err(refusal) => Html(page(&visit, &plan, Some((key, refusal)))).with_faults(),
    })
}

fn code_page(visit: &Visit, plan: &Plan, late: &LateCode) -> CodePage {
    let mut frame = visit.frame("有効期限後の更新を認めました");
    frame.breadcrumb.push(Link::new("端末の電子証明書 申請状況照会", "/certificates"));
    let copy = |label: &str, value: &str| CopyView::new(label, value, value.split('-').collect());
    CodePage {
        frame,
        terminal: plan.record.subject.clone(),
        code: copy("更新コード", &late.code.grouped()),
        reference: copy("受付番号", &late.reference),
        until: japanese_datetime(late.until),
        page_url: format!("{}/renew", visit.site.app.settings.closed_url),
        back: format!("/certificates/{}/renewal", plan.record.id),
    }
}
