//! The history of an old code: only read.

use askama::Template;
use axum::extract::{Path, Query};
use domain::calendar::japanese_datetime;
use serde::Deserialize;
use services::{
    reference,
    rows::{EventRow, Listed},
    succession::{self, HISTORY_PAGE},
};

use super::{GUIDE, TITLE, id};
use crate::{
    pages::{
        after,
        applications::{answer, state_view},
    },
    site::{Failure, Html, Visit},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, ColumnView, RowView, StateView, SummaryListView, TableView},
    },
};

/// Name of the list.
const LIST_TITLE: &str = "前のコードの申請の記録";

#[derive(Template)]
#[template(path = "succession/history.html")]
pub(super) struct HistoryPage {
    frame: Frame,
    table: TableView,
}

#[derive(Template)]
#[template(path = "succession/old_case.html")]
pub(super) struct OldCasePage {
    frame: Frame,
    state: StateView,
    reference: String,
    sections: Vec<SummaryListView>,
    events: TableView,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

/// Says on each page whose record it is.
fn mark(frame: &mut Frame, code: &str, name: &str) {
    frame.breadcrumb.push(Link::new(TITLE, GUIDE));
    frame.banners.push(BannerView {
        kind: BannerKind::Info,
        title: format!("前のコード {code}（{name}）の記録です。"),
        body: vec!["承継で引き継いだ記録です。読むだけで、書き換えることはできません。".to_owned()],
        link: None,
    });
}

/// Cases of the old code.
pub(super) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Html<HistoryPage>, Failure> {
    visit.member()?;
    let (old, cases) = succession::history(&visit.ctx(), after(&asked.after)).await?;
    let mut frame = visit.frame(LIST_TITLE);
    mark(&mut frame, &old.code.grouped(), &old.name);
    let is_full = i64::try_from(cases.len()).unwrap_or(0) == HISTORY_PAGE;
    let next = cases
        .last()
        .filter(|_| is_full)
        .map(|last| format!("{GUIDE}/history?after={}_{}", last.updated_at.as_millis(), last.id));
    let first = (!asked.after.is_empty()).then(|| format!("{GUIDE}/history"));
    Ok(Html(HistoryPage { table: TableView { next, first, ..table(&cases) }, frame }))
}

fn table(cases: &[Listed]) -> TableView {
    let sent = cases.iter().filter(|case| case.submitted_at.is_some());
    TableView {
        caption: LIST_TITLE.to_owned(),
        caption_hidden: true,
        columns: ["手続", "受付番号", "状態", "送信した日時"].map(ColumnView::new).to_vec(),
        rows: sent.map(row).collect(),
        ..TableView::default()
    }
}

fn row(case: &Listed) -> RowView {
    let terminal = case.terminal_name.as_ref().map(|name| format!("：{name}")).unwrap_or_default();
    let name = format!("{}{terminal}", case.kind.label());
    RowView {
        cells: vec![
            CellView::link(name, format!("{GUIDE}/history/{}", case.id)),
            CellView::Code(case.reference.as_deref().map(reference).unwrap_or_default()),
            CellView::State(state_view(case.state)),
            CellView::Text(case.submitted_at.map(japanese_datetime).unwrap_or_default()),
        ],
        strong: false,
    }
}

/// A case of the old code.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Html<OldCasePage>, Failure> {
    visit.member()?;
    let (old, shown) = succession::history_case(&visit.ctx(), id(&name)?).await?;
    let mut frame = visit.frame(shown.case.kind.label());
    mark(&mut frame, &old.code.grouped(), &old.name);
    frame.breadcrumb.push(Link::new(LIST_TITLE, format!("{GUIDE}/history")));
    let section = |(title, lines): &(String, Vec<domain::applications::ReadingLine>)| SummaryListView {
        title: title.clone(),
        rows: lines.iter().map(|line| answer(line, "")).collect(),
    };
    Ok(Html(OldCasePage {
        frame,
        state: state_view(shown.case.state),
        reference: shown.case.reference.as_deref().map(reference).unwrap_or_default(),
        sections: shown.reading.iter().map(section).collect(),
        events: events(&shown.events),
    }))
}

fn events(all: &[EventRow]) -> TableView {
    let row = |event: &EventRow| RowView {
        cells: vec![
            CellView::Text(japanese_datetime(event.at)),
            CellView::Text(event.event.label().to_owned()),
            CellView::Text(event.actor_name.clone()),
            CellView::Text(event.note.clone()),
        ],
        strong: false,
    };
    TableView {
        caption: "経過".to_owned(),
        columns: ["日時", "できごと", "行った人", "内容"].map(ColumnView::new).to_vec(),
        rows: all.iter().map(row).collect(),
        ..TableView::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gallery::{member, show},
        view::parts::{SummaryRow, Tone},
    };

    #[test]
    fn the_list_of_an_old_code_and_one_of_its_cases() {
        let marked = |title: &str| {
            let mut frame = member(title);
            mark(&mut frame, "13-3-0100016", "さくら歯科");
            frame
        };
        show("succession-history-empty", &HistoryPage { frame: marked(LIST_TITLE), table: table(&[]) });
        let row = RowView {
            cells: vec![
                CellView::link("端末の電子証明書 発行申請：受付", format!("{GUIDE}/history/1")),
                CellView::Code("ABCD-EFGH-JK".to_owned()),
                CellView::State(StateView::new(Tone::Done, "設定完了")),
                CellView::Text("2026年5月20日（水）10:00".to_owned()),
            ],
            strong: false,
        };
        let list = TableView { rows: vec![row], ..table(&[]) };
        show("succession-history", &HistoryPage { frame: marked(LIST_TITLE), table: list });
        let row =
            SummaryRow {
                label: "担当者".to_owned(), value: "事務部 山田 花子".to_owned(), ..SummaryRow::default()
            };
        let page = OldCasePage {
            frame: marked("端末の電子証明書 発行申請"),
            state: StateView::new(Tone::Done, "設定完了"),
            reference: "ABCD-EFGH-JK".to_owned(),
            sections: vec![SummaryListView { title: "申請者".to_owned(), rows: vec![row] }],
            events: events(&[]),
        };
        show("succession-old-case", &page);
    }
}
