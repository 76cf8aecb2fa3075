//! The computation of a case: by what was applied for, and by what a reviewer lets count.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    forms::Finding,
    ids::ApplicationId,
    office::settings::scheme_lines,
    permissions::Permission as P,
    subsidies::{Applicant, Category, amounts_of},
};
use serde::Deserialize;
use services::subsidies::{self, Adjusted, CaseView, TypedAdjustment};

use super::ROOM;
use crate::{
    pages::{fees::words::yen, grants::lines_table, office::parts},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, Frame, Link},
        parts::{SummaryListView, SummaryRow, TableView},
    },
};

#[derive(Template)]
#[template(path = "office/subsidies/case.html")]
struct CasePage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    version: i64,
    facts: SummaryListView,
    links: Vec<Link>,
    claimed: TableView,
    counted: Option<TableView>,
    adjustments: Vec<String>,
    forms: Vec<FormView>,
    scheme: SummaryListView,
}

/// The form of a category.
struct FormView {
    category: String,
    name: String,
    claimed: String,
    fields: Vec<FieldView>,
    open: bool,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    said: String,
}

/// A slip with what was typed.
struct Slip<'a> {
    typed: TypedAdjustment<'a>,
    field: &'static str,
    message: String,
}

/// The computation of a case.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadGrants])?;
    let mut page = page(&visit, parts::id(&name)?, None).await?;
    if said.said == "adjusted" {
        let next = "承認すると、下の「承認したときの交付額」で決定を待ちます。";
        page.frame.banners.push(parts::banner(BannerKind::Success, "対象にする額を記録しました。", &[next]));
    }
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: ApplicationId, slip: Option<Slip<'_>>) -> Result<CasePage, Failure> {
    let view = subsidies::case(&visit.ctx(), id).await?;
    let mut frame = visit.office_frame("補助金の計算", ROOM);
    frame.breadcrumb.push(Link::new("補助金の交付決定", ROOM));
    let (claimed, counted) = (&view.computation.claimed, &view.computation.counted);
    let (forms, errors) = if view.may_adjust { forms(&view, slip) } else { (vec![], ErrorSummary::default()) };
    frame.has_errors = !errors.is_empty();
    let adjusted = !view.computation.adjustments.is_empty();
    let row = |(label, value): (String, String)| SummaryRow::new(label, value);
    let scheme = scheme_lines(&view.computation.scheme).into_iter().map(row).collect();
    Ok(CasePage {
        frame,
        errors,
        action: format!("{ROOM}/cases/{id}/adjust"),
        version: view.case.version,
        facts: facts(&view),
        links: links(&view),
        claimed: lines_table("申請された額による計算", &claimed.lines, claimed.total_yen),
        counted: adjusted.then(|| lines_table("承認したときの交付額", &counted.lines, counted.total_yen)),
        adjustments: adjustments(&view),
        forms,
        scheme: SummaryListView { title: String::new(), rows: scheme },
    })
}

fn facts(view: &CaseView) -> SummaryListView {
    let reference = services::reference(view.case.reference.as_deref().unwrap_or_default());
    let scheme = &view.computation.scheme;
    let mut rows = vec![
        SummaryRow { code: true, ..SummaryRow::new("受付番号", reference) },
        SummaryRow::new("医療機関等", &view.institution),
        SummaryRow::new("制度", format!("{}（第{}版）", scheme.name, scheme.version)),
        SummaryRow::new("医療機関の種類", kind(view)),
        SummaryRow::new("申請の状態", view.case.state.label()),
        SummaryRow::new("申請された額での交付額", yen(view.computation.claimed.total_yen)),
        SummaryRow::new("承認したときの交付額", yen(view.computation.counted.total_yen)),
    ];
    if let Some(award) = &view.award {
        rows.push(SummaryRow::new("承認された交付額", yen(award.amount_yen)));
    }
    SummaryListView { title: String::new(), rows }
}

/// As the applicant answered it; what the score table says where nothing was asked.
fn kind(view: &CaseView) -> String {
    match Applicant::of(&view.code, &view.case.answers).kind {
        Some(kind) => format!("{}（申請者の回答）", kind.label()),
        None => view.code.score_table().name().to_owned(),
    }
}

fn links(view: &CaseView) -> Vec<Link> {
    let case = Link::new("申請を開く", format!("/office/applications/{}", view.case.id));
    let batch = view.award.as_ref().and_then(|award| award.batch_id);
    let batch = batch.map(|id| Link::new("交付決定の束を開く", format!("{ROOM}/batches/{id}")));
    let grant = view.grant.as_ref().map(|grant| Link::new("交付決定を開く", format!("{ROOM}/grants/{}", grant.id)));
    std::iter::once(case).chain(batch).chain(grant).collect()
}

/// What was counted otherwise, and why.
fn adjustments(view: &CaseView) -> Vec<String> {
    let name = |key: &str| {
        let known = view.computation.scheme.categories.iter().find(|category| category.key == key);
        known.map_or_else(|| key.to_owned(), |category| category.name.clone())
    };
    let words = |one: &services::rows::Adjustment| {
        let (name, amount) = (name(&one.category), yen(one.eligible_yen));
        format!(
            "{name}：{amount}を対象にしました。理由：{}（{}、{}）",
            one.reason,
            one.actor_name,
            japanese_datetime(one.made_at())
        )
    };
    view.computation.adjustments.iter().map(words).collect()
}

fn forms(view: &CaseView, slip: Option<Slip<'_>>) -> (Vec<FormView>, ErrorSummary) {
    let claimed = amounts_of(&view.computation.scheme, &view.case.answers);
    let mut errors = ErrorSummary::default();
    let mut forms = vec![];
    for category in &view.computation.scheme.categories {
        let Some(amount) = claimed.get(&category.key) else { continue };
        let own = slip.as_ref().filter(|slip| slip.typed.category == category.key);
        let found = own.map(|slip| Finding { field: key(slip.field, category), message: slip.message.clone() });
        let (fields, summary) = with_slips(fields(view, category, own), &found.into_iter().collect::<Vec<_>>());
        errors.errors.extend(summary.errors);
        forms.push(FormView {
            category: category.key.clone(),
            name: category.name.clone(),
            claimed: yen(*amount),
            fields,
            open: own.is_some(),
        });
    }
    (forms, errors)
}

fn key(field: &str, category: &Category) -> String {
    format!("{field}_{}", category.key)
}

fn fields(view: &CaseView, category: &Category, slip: Option<&Slip<'_>>) -> Vec<FieldView> {
    let kept = view.computation.adjustments.iter().find(|one| one.category == category.key);
    let (amount, reason) = match (slip, kept) {
        (Some(slip), _) => (slip.typed.amount.to_owned(), slip.typed.reason.to_owned()),
        (None, Some(kept)) => (kept.eligible_yen.to_string(), kept.reason.clone()),
        (None, None) => (String::new(), String::new()),
    };
    let amount = TextView { inputmode: "numeric".to_owned(), ..TextView::new(amount) };
    vec![
        FieldView::new(key("amount", category), "対象にする額（円）", InputView::Text(amount))
            .with_help("記録した額を取り消して、申請された額に戻すときは、空にしてください。"),
        FieldView::new(key("reason", category), "理由", InputView::Text(TextView::new(reason)))
            .with_help("例：領収書に対象にならない保守料が含まれているため。"),
    ]
}

/// Lets another amount count.
pub(super) async fn adjust(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReviewApplications])?;
    let id: ApplicationId = parts::id(&name)?;
    let category = posted.get("category");
    let typed = TypedAdjustment {
        category,
        amount: posted.get(&format!("amount_{category}")),
        reason: posted.get(&format!("reason_{category}")),
        version: posted.number("version").unwrap_or(-1),
    };
    Ok(match subsidies::adjust(&visit.ctx(), id, &typed).await? {
        Adjusted::Done => see_other(&format!("{ROOM}/cases/{id}?said=adjusted")),
        Adjusted::Slip(field, message) => {
            Html(page(&visit, id, Some(Slip { typed, field, message })).await?).with_faults()
        }
        Adjusted::Meanwhile => {
            let mut page = page(&visit, id, None).await?;
            page.frame.has_errors = true;
            let body = "画面を開いた後に、ほかの人が操作しました。今回の操作は記録していません。";
            page.frame.banners.push(parts::banner(BannerKind::Error, "この申請の状態が変わっています", &[body]));
            (StatusCode::CONFLICT, Html(page)).into_response()
        }
    })
}
