//! マイリスト: drafts and applications of the institution.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{applications::State, calendar::japanese_datetime, clock::Timestamp};
use serde::Deserialize;
use services::{
    applications::{self, Draft, Standing},
    rows::Listed,
};

use crate::{
    pages::applications::{go_on, standing_view},
    site::{Failure, Html, Visit},
    view::{
        frame::{Frame, Link, Section},
        parts::{CellView, ColumnView, RowView, TableView},
    },
};

#[derive(Template)]
#[template(path = "home/my_list.html")]
struct MyList {
    frame: Frame,
    table: TableView,
}

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

const PAGE: usize = 30;

/// Drafts and applications of the institution, the last written first.
pub(super) async fn my_list(visit: Visit, Query(page): Query<Page>) -> Result<Response, Failure> {
    visit.member()?;
    let after = page
        .after
        .split_once('_')
        .and_then(|(at, id)| Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?)));
    let cases = applications::cases_of_institution(&visit.ctx(), after, PAGE as i64).await?;
    let drafts = match cases.iter().any(|standing| standing.case.state == State::Draft) {
        true => applications::drafts(&visit.ctx()).await?,
        false => vec![],
    };
    let last = cases.last().filter(|_| cases.len() == PAGE).map(|standing| &standing.case);
    let next = last.map(|case| format!("/mylist?after={}_{}", case.updated_at.as_millis(), case.id));
    let table = TableView {
        caption: "申請と下書き".to_owned(),
        columns: ["手続", "受付番号", "状態", "次にすること", "更新"].map(ColumnView::new).to_vec(),
        rows: cases.iter().map(|standing| row(standing, &drafts)).collect(),
        next,
        ..TableView::default()
    };
    Ok(Html(MyList { frame: Frame { current: Section::MyList, ..visit.frame("マイリスト") }, table }).into_response())
}

fn row(standing: &Standing<Listed>, drafts: &[Draft]) -> RowView {
    let case = &standing.case;
    let draft = drafts.iter().find(|draft| draft.id == case.id);
    let title = case
        .terminal_name
        .as_ref()
        .map_or_else(|| case.kind.label().to_owned(), |t| format!("{}（{t}）", case.kind.label()));
    let href =
        draft.map_or_else(|| format!("/applications/{}", case.id), |draft| go_on(draft.id, draft.go_on_at.as_deref()));
    RowView {
        cells: vec![
            CellView::Link(Link::new(title, href)),
            CellView::Code(case.reference.clone().unwrap_or_else(|| "－".to_owned())),
            CellView::State(standing_view(standing, case.state)),
            draft.map_or_else(
                || CellView::Text(standing.explanation.next_step()),
                |draft| CellView::Lines(standing.explanation.next_step(), draft.progress.words()),
            ),
            CellView::Text(japanese_datetime(case.updated_at)),
        ],
        strong: case.state.is_editable(),
    }
}
