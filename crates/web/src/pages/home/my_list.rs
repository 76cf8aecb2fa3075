//! マイリスト: everything that the institution has in the portal, newest first, with where it stands and what comes next (spec 07).

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    my_list::{Place, Shelf},
};
use serde::Deserialize;
use services::my_list::{self, Wanted};

use super::my_list_rows::{Line, line};
use crate::{
    site::{Download, Failure, Html, Visit},
    view::{
        form::{ChoiceView, FieldView, InputView},
        frame::{Frame, Section},
        parts::{CellView, ColumnView, FilterBarView, RowView, TableView},
    },
};

/// Address of the list.
const LIST: &str = "/mylist";
/// Rows of a page.
const PAGE: usize = 30;
/// Rows of a file at most.
const LONGEST_FILE: usize = 10_000;

#[derive(Template)]
#[template(path = "home/my_list.html")]
pub(super) struct MyList {
    frame: Frame,
    filters: FilterBarView,
    nothing: &'static str,
    file: String,
    table: TableView,
}

/// What is asked for, as it stands in an address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    part: String,
    #[serde(default)]
    only: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        Wanted { shelf: self.part.parse().ok(), waiting: self.only == "waiting" }
    }
}

/// The address of a part of the list.
fn address(path: &str, wanted: Wanted, after: Option<&Place>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(shelf) = wanted.shelf {
        query.append_pair("part", shelf.as_str());
    }
    if wanted.waiting {
        query.append_pair("only", "waiting");
    }
    if let Some(place) = after {
        query.append_pair("after", &place.to_string());
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// What the institution has, newest first.
pub(super) async fn my_list(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.member()?;
    let (ctx, wanted) = (visit.ctx(), asked.wanted());
    let after: Option<Place> = asked.after.parse().ok();
    let first = after.is_some().then(|| address(LIST, wanted, None));
    let page = my_list::page(&ctx, wanted, after, PAGE).await?;
    let table = TableView {
        caption: wanted.shelf.map_or("すべて", Shelf::label).to_owned(),
        caption_hidden: true,
        columns: ["名前", "種類", "受付番号", "状態", "次にすること", "日時"].map(ColumnView::new).to_vec(),
        rows: page.items.iter().map(|item| row(line(&visit, item))).collect(),
        first,
        next: page.next.as_ref().map(|place| address(LIST, wanted, Some(place))),
        ..TableView::default()
    };
    let frame = Frame { current: Section::MyList, ..visit.frame("マイリスト") };
    Ok(Html(view(frame, wanted, table)).into_response())
}

fn view(frame: Frame, wanted: Wanted, table: TableView) -> MyList {
    let nothing = match wanted {
        Wanted { waiting: true, .. } => "対応が必要なものはありません",
        Wanted { shelf: Some(_), .. } => "この種類のものはありません",
        _ => "まだ何もありません",
    };
    MyList { filters: filters(wanted), nothing, file: address("/mylist.csv", wanted, None), frame, table }
}

/// The filters: one part, and whether only what waits.
fn filters(wanted: Wanted) -> FilterBarView {
    let part = |shelf: &Shelf| ChoiceView {
        selected: wanted.shelf == Some(*shelf),
        ..ChoiceView::new(shelf.as_str(), shelf.label())
    };
    let choices = Shelf::ALL.iter().map(part).collect();
    let parts = InputView::Select { choices, placeholder: "すべて".to_owned() };
    let waiting = ChoiceView { selected: wanted.waiting, ..ChoiceView::new("waiting", "対応が必要なもの") };
    let only = InputView::Select { choices: vec![waiting], placeholder: "すべて".to_owned() };
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![FieldView::new("part", "種類", parts), FieldView::new("only", "対応", only)],
        reset: if wanted == Wanted::default() { String::new() } else { LIST.to_owned() },
        saved: vec![],
    }
}

fn row(line: Line) -> RowView {
    RowView {
        strong: line.waits,
        cells: vec![
            CellView::link(line.title, line.href),
            CellView::Text(line.kind.to_owned()),
            CellView::Code(line.reference),
            CellView::State(line.state),
            CellView::Text(line.next),
            CellView::Text(japanese_datetime(line.at)),
        ],
    }
}

/// The same as a file.
pub(super) async fn csv(visit: Visit, Query(asked): Query<Asked>) -> Result<Download, Failure> {
    visit.member()?;
    let (ctx, wanted) = (visit.ctx(), asked.wanted());
    let (mut after, mut rows) = (None, vec![]);
    while rows.len() < LONGEST_FILE {
        let page = my_list::page(&ctx, wanted, after, PAGE).await?;
        rows.extend(page.items.iter().map(|item| cells(line(&visit, item))));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let head = ["種類", "名前", "受付番号", "状態", "次にすること", "日時"].map(str::to_owned);
    let bytes = my_list::file(std::iter::once(head).chain(rows))?;
    Ok(Download { name: "mylist.csv".to_owned(), media_type: "text/csv; charset=utf-8", bytes, inline: false })
}

fn cells(line: Line) -> [String; 6] {
    let kind = line.kind.to_owned();
    [kind, line.title, line.reference, line.state.words, line.next, japanese_datetime(line.at)]
}

#[cfg(test)]
mod tests {
    use domain::clock::Timestamp;

    use super::*;
    use crate::{
        gallery::{member, show},
        view::parts::{StateView, Tone},
    };

    #[test]
    fn the_list_shows_each_kind_of_thing_and_says_when_there_is_none() {
        let line = |(kind, waits): (&Shelf, bool)| Line {
            title: format!("{}の例", kind.label()),
            href: format!("/mylist/{kind}"),
            kind: kind.label(),
            reference: "7K2M-9P4X".to_owned(),
            state: StateView::new(if waits { Tone::Attention } else { Tone::Done }, "状態"),
            next: "次にすることの説明です。".to_owned(),
            at: Timestamp::from_millis(1_795_400_000_000),
            waits,
        };
        let rows = Shelf::ALL.iter().zip([true, false].into_iter().cycle()).map(line).map(row).collect();
        let columns = ["名前", "種類", "受付番号", "状態", "次にすること", "日時"].map(ColumnView::new).to_vec();
        let table =
            TableView { caption: "すべて".into(), caption_hidden: true, columns, rows, ..TableView::default() };
        show("mylist", &view(member("マイリスト"), Wanted::default(), table));
        let wanted = Wanted { shelf: Some(Shelf::Letters), waiting: true };
        show("mylist-none", &view(member("マイリスト"), wanted, TableView::default()));
    }
}
