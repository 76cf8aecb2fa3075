//! Master accounts in the office: how their notices stand, never a password; and re-issue for an institution that asks.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_date, forms::Finding, ids::InstitutionId, permissions::Permission as P};
use services::{
    Error, institutions,
    master_accounts::{self, Account, Wanted},
};

use super::parts;
use crate::{
    pages::master_account::{choice, nothing_chosen, state, wanted},
    site::{Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{Frame, Link},
        parts::{CellView, SummaryListView, SummaryRow, TableView},
    },
};

/// Name of the field for the reason.
const REASON: &str = "reason";

/// How the notices of an institution stand, as a table; none where no application was accepted, no row where the portal has
/// issued none.
pub(super) async fn table(visit: &Visit, institution: InstitutionId) -> Result<Option<TableView>, Failure> {
    let accounts = master_accounts::for_staff(&visit.ctx(), institution).await?;
    Ok(accounts.map(|accounts| table_of(&accounts)))
}

fn table_of(accounts: &[Account]) -> TableView {
    let row = |account: &Account| {
        parts::row(vec![
            CellView::Text(account.environment.label().to_owned()),
            CellView::Code(account.user_id.clone()),
            CellView::State(state(account.notice)),
            CellView::Text(japanese_date(account.issued_at.date())),
            CellView::Text(japanese_date(account.shown_until.date())),
        ])
    };
    let labels = ["環境", "ユーザーID", "通知書", "発行日", "ダウンロードの期限"];
    parts::table("マスターアカウント", &labels, accounts.iter().map(row).collect())
}

/// Address of the re-issue for an institution.
pub(super) fn address(institution: InstitutionId) -> String {
    format!("/office/institutions/{institution}/master-account")
}

#[derive(Template)]
#[template(path = "office/master_account.html")]
struct ReissuePage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    fields: Vec<FieldView>,
    action: String,
    back: String,
}

async fn page(visit: &Visit, id: InstitutionId, chosen: &[Wanted], reason: &str) -> Result<ReissuePage, Failure> {
    parts::insist(visit, &[P::ReissueMasterAccounts])?;
    let ctx = visit.ctx();
    let accounts = master_accounts::for_staff(&ctx, id).await?.ok_or(Error::NotFound)?;
    let institution = institutions::get(&ctx, id).await?;
    let (list, back) = ("/office/institutions", format!("/office/institutions/{id}"));
    let mut frame = visit.office_frame("マスターアカウントの再発行", list);
    frame.breadcrumb.push(Link::new("医療機関等", list));
    frame.breadcrumb.push(Link::new(&institution.name, &back));
    let rows = vec![
        SummaryRow {
            code: true, ..SummaryRow::new("医療機関等コード", grouped_code(institution.code.as_str()))
        },
        SummaryRow::new("医療機関等名", &institution.name),
    ];
    let why = FieldView::new(REASON, "再発行する理由", InputView::Text(TextView::new(reason)))
        .required()
        .with_help("例：代表者から電話があり、本人確認の番号を確かめた。監査記録に残ります。");
    Ok(ReissuePage {
        frame,
        errors: ErrorSummary::default(),
        facts: SummaryListView { title: String::new(), rows },
        fields: vec![choice(&accounts, chosen), why],
        action: address(id),
        back,
    })
}

/// Asks for environment and reason.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReissueMasterAccounts])?;
    Ok(Html(page(&visit, parts::id(&name)?, &[], "").await?).into_response())
}

/// Issues the new passwords; the institution downloads them itself.
pub(super) async fn reissue(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReissueMasterAccounts])?;
    let id = parts::id(&name)?;
    let (chosen, reason) = (wanted(&posted), posted.get(REASON));
    let slips = if chosen.is_empty() {
        vec![nothing_chosen()]
    } else {
        match master_accounts::reissue_for(&visit.ctx(), id, &chosen, reason).await? {
            Ok(true) => return Ok(see_other(&format!("/office/institutions/{id}?done=master_account"))),
            Ok(false) => return Err(Error::ChangedMeanwhile.into()),
            Err(message) => vec![Finding { field: REASON.to_owned(), message }],
        }
    };
    let mut page = page(&visit, id, &chosen, reason).await?;
    (page.fields, page.errors) = with_slips(std::mem::take(&mut page.fields), &slips);
    page.frame.has_errors = true;
    Ok(Html(page).with_faults())
}
