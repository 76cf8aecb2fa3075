//! The register: search and one institution; claims filings that arrived on paper are recorded here (spec 2.2, 05).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_date,
    ids::InstitutionId,
    institutions::{Institution, InstitutionStatus, Prefecture, ScoreTable},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    applications::{self, PaperFiling},
    institutions,
};

use super::{master_account, parts};
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextKind, TextView, Width},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, FilterBarView, RowView, StateView, SummaryListView, SummaryRow, TableView, Tone},
    },
};

const LIST: &str = "/office/institutions";

/// What the filters hold.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    text: String,
    #[serde(default)]
    prefecture: String,
    #[serde(default)]
    table: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    after: String,
}

/// The word of the filter for institutions that wait for an import.
const WAITING: &str = "waiting";

impl Wanted {
    fn filter(&self) -> institutions::Filter {
        institutions::Filter {
            text: self.text.clone(),
            prefecture: Prefecture::from_code(&self.prefecture),
            score_table: ScoreTable::from_code(&self.table),
            status: self.status.parse().ok(),
            waiting: self.status == WAITING,
            after: Some(self.after.clone()).filter(|code| !code.is_empty()),
            limit: i64::try_from(parts::PAGE).unwrap_or(i64::MAX),
        }
    }

    fn address(&self, after: &str) -> String {
        let pairs = [
            ("text", self.text.as_str()),
            ("prefecture", &self.prefecture),
            ("table", &self.table),
            ("status", &self.status),
            ("after", after),
        ];
        parts::address(LIST, &pairs)
    }
}

/// The search.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadInstitutions])?;
    let found = institutions::search(&visit.ctx(), &wanted.filter()).await?;
    let last = found.last().filter(|_| found.len() == parts::PAGE);
    let labels = ["医療機関等コード", "名称", "所在地", "状態"];
    let table = TableView {
        extent: format!("{}件を表示しています", found.len()),
        first: (!wanted.after.is_empty()).then(|| wanted.address("")),
        next: last.map(|row| wanted.address(row.code.as_str())),
        ..parts::table("医療機関等（コード順）", &labels, found.iter().map(row).collect())
    };
    let frame = visit.office_frame("医療機関等", LIST);
    let empty = ("この条件の医療機関等はありません", "コードの桁数や名称の一部を変えて、もう一度絞り込んでください。");
    let links = vec![Link::new("取込みの履歴", "/office/imports")];
    Ok(Html(parts::ListPage { filters: Some(filters(&wanted)), links, ..parts::ListPage::new(frame, table, empty) }))
}

fn filters(wanted: &Wanted) -> FilterBarView {
    let text = FieldView::new("text", "コード・名称・所在地", InputView::Text(TextView::new(&wanted.text)));
    let prefectures = Prefecture::all().map(|p| (p.code().to_owned(), p.label()));
    let tables = ScoreTable::ALL.into_iter().map(|table| (table.code().to_owned(), table.label()));
    let states =
        InstitutionStatus::ALL.into_iter().map(|status| (status.as_str().to_owned(), status.label().to_owned()));
    let states = states.chain(std::iter::once((WAITING.to_owned(), "確認待ち（台帳にない）".to_owned())));
    let set = [&wanted.text, &wanted.prefecture, &wanted.table, &wanted.status].iter().any(|value| !value.is_empty());
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![
            text,
            parts::filter("prefecture", "都道府県", prefectures, &wanted.prefecture),
            parts::filter("table", "点数表", tables, &wanted.table),
            parts::filter("status", "状態", states, &wanted.status),
        ],
        reset: if set { LIST.to_owned() } else { String::new() },
        saved: vec![],
    }
}

fn row(institution: &Institution) -> RowView {
    parts::row(vec![
        CellView::link(grouped_code(institution.code.as_str()), format!("{LIST}/{}", institution.id)),
        CellView::Lines(institution.name.clone(), institution.name_kana.clone()),
        CellView::Lines(institution.address.clone(), institution.postal_code.clone()),
        CellView::State(state(institution)),
    ])
}

fn state(institution: &Institution) -> StateView {
    if !institution.in_register {
        return StateView::new(Tone::Attention, "確認待ち");
    }
    let tone = match institution.status {
        InstitutionStatus::Active => Tone::Done,
        InstitutionStatus::Suspended => Tone::Attention,
        InstitutionStatus::Closed => Tone::Stopped,
    };
    StateView::new(tone, institution.status.label())
}

#[derive(Template)]
#[template(path = "office/institution.html")]
struct InstitutionPage {
    frame: Frame,
    errors: ErrorSummary,
    state: StateView,
    facts: SummaryListView,
    master_accounts: Option<TableView>,
    reissue: Option<String>,
    paper: Option<Paper>,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// The form for a filing that arrived on paper.
struct Paper {
    action: String,
    fields: Vec<FieldView>,
}

/// One institution.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInstitutions])?;
    let mut page = page(&visit, parts::id(&name)?, &PaperFiling::default()).await?;
    if said.done == "master_account" {
        let body = ["代表者にメールで知らせました。新しい通知書は、医療機関等の方がダウンロードします。"];
        page.frame.banners.push(parts::banner(BannerKind::Success, "マスターアカウントを再発行しました", &body));
    }
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: InstitutionId, typed: &PaperFiling) -> Result<InstitutionPage, Failure> {
    let institution = institutions::get(&visit.ctx(), id).await?;
    let mut frame = visit.office_frame(&institution.name, LIST);
    frame.breadcrumb.push(Link::new("医療機関等", LIST));
    let known = master_account::table(visit, id).await?;
    let paper = Paper { action: format!("{LIST}/{id}/paper-filing"), fields: paper_fields(typed) };
    Ok(InstitutionPage {
        frame,
        errors: ErrorSummary::default(),
        state: state(&institution),
        facts: facts(&institution),
        reissue: (known.is_some() && parts::may(visit, P::ReissueMasterAccounts)).then(|| master_account::address(id)),
        master_accounts: known.filter(|table| !table.rows.is_empty()),
        paper: parts::may(visit, P::ReviewApplications).then_some(paper),
    })
}

fn paper_fields(typed: &PaperFiling) -> Vec<FieldView> {
    let id = InputView::Text(TextView::code(&typed.customer_id, vec![]));
    let day = InputView::Text(TextView { width: Width::Short, ..TextView::of(TextKind::Date, &typed.received, "") });
    vec![
        FieldView::new("customer_id", "お客様ID", id)
            .required()
            .with_help("届出に書かれた、CAFまたはCOPで始まる番号です。"),
        FieldView::new("received", "届いた日", day)
            .required()
            .with_help("紙の届出が窓口に届いた日です。変更の届出をいつから受け付けるかが、この日で決まります。"),
    ]
}

fn facts(institution: &Institution) -> SummaryListView {
    let code = &institution.code;
    let term = match (institution.valid_from, institution.valid_to) {
        (None, None) => String::new(),
        (from, to) => {
            let day = |day: Option<time::Date>| day.map(japanese_date).unwrap_or_default();
            format!("{}～{}", day(from), day(to))
        }
    };
    let digit = if code.check_digit_holds() {
        ""
    } else {
        "検査数字が合いません（台帳にあるため受け付けています）"
    };
    let rows = vec![
        SummaryRow {
            code: true,
            note: digit.to_owned(),
            ..SummaryRow::new("医療機関等コード", grouped_code(code.as_str()))
        },
        SummaryRow::new("都道府県", code.prefecture().label()),
        SummaryRow::new("点数表", code.score_table().label()),
        SummaryRow::new("名称カナ", &institution.name_kana),
        SummaryRow::new("郵便番号", &institution.postal_code),
        SummaryRow::new("所在地", &institution.address),
        SummaryRow::new("電話番号", &institution.phone),
        SummaryRow::new("開設者", &institution.founder),
        SummaryRow::new("指定の期間", term),
    ];
    SummaryListView { title: String::new(), rows }
}

/// Records a claims filing that arrived on paper.
pub(super) async fn record_paper_filing(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReviewApplications])?;
    let id = parts::id(&name)?;
    let typed =
        PaperFiling { customer_id: posted.get("customer_id").to_owned(), received: posted.get("received").to_owned() };
    let slips = match applications::record_paper_filing(&visit.ctx(), id, &typed).await? {
        Ok(case) => return Ok(see_other(&format!("/office/applications/{case}?done=paper"))),
        Err(slips) => slips,
    };
    let mut page = page(&visit, id, &typed).await?;
    if let Some(paper) = &mut page.paper {
        (paper.fields, page.errors) = with_slips(std::mem::take(&mut paper.fields), &slips.errors);
    }
    page.frame.has_errors = true;
    Ok(Html(page).with_faults())
}
