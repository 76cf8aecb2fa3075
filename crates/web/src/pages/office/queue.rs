//! The queue of a procedure: filters, age in business days against the target, paging by key (spec 6.2).

use axum::extract::{Path, Query};
use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    institutions::Prefecture,
};
use serde::Deserialize;
use services::{
    Error, applications,
    rows::{Listed, QueueFilter},
};

use super::{links::queue_of, parts};
use crate::{
    pages::applications::state_view,
    site::{Failure, Html, Visit, grouped_code},
    view::{
        frame::Link,
        parts::{CellView, FilterBarView, RowView, TableView},
    },
};

/// What the filters hold.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(default)]
    prefecture: String,
    #[serde(default)]
    after: String,
}

/// The queue of a procedure.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<parts::ListPage>, Failure> {
    let kind: Kind = name.parse().map_err(|_| Error::NotFound)?;
    parts::insist(&visit, &[applications::reading(kind)])?;
    let state = wanted.state.parse().ok().filter(|state| *state != State::Draft).unwrap_or(State::Submitted);
    let prefecture = Prefecture::from_code(&wanted.prefecture);
    let filter = QueueFilter {
        kind,
        state,
        prefecture: prefecture.map(|known| known.code().to_owned()),
        after: parts::after(&wanted.after),
        limit: i64::try_from(parts::PAGE).unwrap_or(i64::MAX),
    };
    let cases = applications::queue(&visit.ctx(), &filter).await?;
    let table = table(&visit, kind, state, &wanted, &cases);
    let frame = visit.office_frame(kind.label(), &queue_of(kind));
    let empty = ("この条件の申請はありません", "ほかの状態や都道府県を選んで、「絞り込む」を押してください。");
    let lead = match state {
        State::Submitted | State::InReview => {
            format!("先に送信されたものから並びます。審査の目安は{}営業日です。", visit.site.app.rules().review_days)
        }
        _ => "先に送信されたものから並びます。".to_owned(),
    };
    Ok(Html(parts::ListPage {
        lead,
        filters: Some(filters(kind, state, &wanted)),
        ..parts::ListPage::new(frame, table, empty)
    }))
}

/// The states that a case of the procedure can be in, in the order of its life.
fn states(kind: Kind) -> impl Iterator<Item = State> {
    let reached = move |state: &State| kind.moves().any(|step| step.to == *state);
    State::ALL.iter().copied().filter(reached)
}

fn filters(kind: Kind, state: State, wanted: &Wanted) -> FilterBarView {
    let queue = queue_of(kind);
    let of_state = |state: State| format!("{queue}?state={state}");
    let states = states(kind).map(|state| (state.as_str().to_owned(), state.label().to_owned()));
    let mut state_field = parts::filter("state", "状態", states, state.as_str());
    if let crate::view::form::InputView::Select { placeholder, .. } = &mut state_field.input {
        placeholder.clear();
    }
    let prefectures = Prefecture::all().map(|p| (p.code().to_owned(), p.label()));
    let plain = state == State::Submitted && wanted.prefecture.is_empty();
    FilterBarView {
        action: queue.clone(),
        fields: vec![state_field, parts::filter("prefecture", "都道府県", prefectures, &wanted.prefecture)],
        reset: if plain { String::new() } else { queue.clone() },
        saved: vec![
            Link::new("審査待ち", &queue),
            Link::new("審査中", of_state(State::InReview)),
            Link::new("申請者の補正待ち", of_state(State::Returned)),
        ],
    }
}

fn table(visit: &Visit, kind: Kind, state: State, wanted: &Wanted, cases: &[Listed]) -> TableView {
    let labels = ["受付番号", "医療機関等", "状態", "送信した日時", "経過（営業日）", "担当"];
    let queue = queue_of(kind);
    let page = |after: &str| {
        parts::address(&queue, &[("state", state.as_str()), ("prefecture", &wanted.prefecture), ("after", after)])
    };
    let last = cases.last().filter(|_| cases.len() == parts::PAGE);
    let last = last.and_then(|case| Some(parts::after_text(case.submitted_at?, case.id)));
    TableView {
        columns: parts::columns(&labels, &[4]),
        extent: format!("{}件を表示しています", cases.len()),
        first: (!wanted.after.is_empty()).then(|| page("")),
        next: last.map(|after| page(&after)),
        ..parts::table(
            &format!("{}：{}", kind.label(), state.label()),
            &[],
            cases.iter().map(|case| row(visit, case)).collect(),
        )
    }
}

fn row(visit: &Visit, case: &Listed) -> RowView {
    let sent = case.submitted_at.unwrap_or(case.state_since);
    let open = case.state.is_open_for_review();
    let (age, late) = age(visit, sent);
    let words = if open && late { format!("{age}（目安超過）") } else { age.to_string() };
    let reference = case.reference.clone().unwrap_or_else(|| "番号なし".to_owned());
    let place = grouped_code(&case.institution_code);
    let note =
        case.terminal_name.as_ref().map_or_else(|| place.clone(), |terminal| format!("{place}　端末：{terminal}"));
    RowView {
        cells: vec![
            CellView::link(reference, format!("/office/applications/{}", case.id)),
            CellView::Lines(case.institution_name.clone(), note),
            CellView::State(state_view(case.state)),
            CellView::Text(domain::calendar::japanese_datetime(sent)),
            CellView::Number(words),
            CellView::Text(case.assignee_name.clone().unwrap_or_else(|| "（未定）".to_owned())),
        ],
        strong: open && late,
    }
}

/// Business days since an instant, and whether that is more than a case should wait.
pub(super) fn age(visit: &Visit, since: Timestamp) -> (i64, bool) {
    let app = &visit.site.app;
    let days = app.holidays().business_days_between(since.date(), visit.ctx().now.date());
    (days, days > i64::from(app.rules().review_days))
}
