//! Terminals in words: states, ends, next steps; the same in the register and on the home page.

use domain::{
    calendar::japanese_date,
    terminals::standing::{Condition, NextStep},
};
use services::terminals::{Overview, Terminal};

use crate::view::{
    frame::Link,
    parts::{CellView, ColumnView, RowView, StateView, TableView, Tone},
};

/// A condition as a badge.
pub(in crate::pages) fn state(condition: Condition) -> StateView {
    let tone = match condition {
        Condition::ReportedLost | Condition::Over | Condition::Ended | Condition::EndsSoon => Tone::Attention,
        Condition::ToInstall | Condition::UnderWay => Tone::Waiting,
        Condition::Renewable => Tone::Active,
        Condition::Revoked | Condition::Retired => Tone::Stopped,
        Condition::InUse => Tone::Done,
    };
    StateView::new(tone, condition.label())
}

/// The days that are left, in words.
pub(super) fn left(days: i64) -> String {
    match days {
        0 => "本日まで".to_owned(),
        days if days > 0 => format!("あと{days}日"),
        days => format!("{}日前に切れました", -days),
    }
}

/// Address of a terminal's page.
pub(super) fn address(terminal: &Terminal) -> String {
    format!("/terminals/{}", terminal.id)
}

/// The one step that comes next; none when there is none.
pub(super) fn step(terminal: &Terminal) -> Option<Link> {
    let own = address(terminal);
    Some(match terminal.standing.next {
        NextStep::Nothing => return None,
        NextStep::Renew => Link::new("更新する", format!("{own}#next")),
        NextStep::TestConnection => Link::new("接続テストをする", format!("{own}#next")),
        NextStep::SeeToApplication => {
            let (case, explanation) = terminal.under_way.as_ref()?;
            Link::new(explanation.next_step(), format!("/applications/{case}"))
        }
        NextStep::Apply => Link::new("新しく申請する", format!("{own}/trouble?what=apply")),
        NextStep::Revoke => Link::new("失効させる", format!("{own}/trouble?what=lost")),
    })
}

fn end(terminal: &Terminal) -> CellView {
    match (terminal.valid(), terminal.standing.days_left) {
        (Some(one), Some(days)) => CellView::Lines(japanese_date(one.not_after.date()), left(days)),
        _ => CellView::Text("－".to_owned()),
    }
}

/// A terminal as a row; the register names its place too.
pub(super) fn row(terminal: &Terminal, with_place: bool) -> RowView {
    let mut cells = vec![CellView::link(&terminal.name, address(terminal))];
    if with_place {
        let place = if terminal.place.is_empty() { "（設置場所の記入なし）" } else { &terminal.place };
        cells.push(CellView::Lines(place.to_owned(), terminal.purpose.clone()));
    }
    cells.push(CellView::State(state(terminal.standing.condition)));
    cells.push(end(terminal));
    cells.push(step(terminal).map_or_else(|| CellView::Text("ありません".to_owned()), CellView::Link));
    RowView { cells, strong: terminal.standing.condition.asks_for_action() }
}

/// The columns that go with [`row`].
pub(super) fn columns(with_place: bool) -> Vec<ColumnView> {
    let place = with_place.then_some("設置場所・用途");
    let labels = [Some("端末名称等"), place, Some("状態"), Some("有効期限"), Some("次にすること")];
    labels.into_iter().flatten().map(ColumnView::new).collect()
}

/// The terminals on the home page.
pub(in crate::pages) fn overview_table(overview: &Overview) -> TableView {
    let shown = overview.first.len();
    TableView {
        caption: "端末の状態".to_owned(),
        caption_hidden: true,
        columns: columns(false),
        rows: overview.first.iter().map(|terminal| row(terminal, false)).collect(),
        extent: if overview.count > shown {
            format!("全{}台のうち{shown}台", overview.count)
        } else {
            String::new()
        },
        ..TableView::default()
    }
}

/// How many terminals need somebody, in a sentence.
pub(in crate::pages) fn waiting_words(overview: &Overview) -> String {
    match overview.waiting {
        0 => "対応が必要な端末はありません。".to_owned(),
        waiting => format!("対応が必要な端末が{waiting}台あります。"),
    }
}
