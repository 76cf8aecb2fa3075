//! Figures of inquiries by category: how many, how fast, what waits; also as CSV.

use axum::extract::Query;
use domain::{calendar::YearMonth, permissions::Permission as P, text::thousands};
use serde::Deserialize;
use services::{inquiries, inquiries::Line};
use time::Duration;

use super::LIST;
use crate::{
    pages::office::parts,
    site::{Download, Failure, Html, Visit},
    view::{
        frame::Link,
        parts::{CellView, FilterBarView, RowView, TableView},
    },
};

/// Months to choose from.
const MONTHS: i32 = 24;

/// Which month is shown.
#[derive(Deserialize)]
pub(in crate::pages::office) struct Wanted {
    #[serde(default)]
    month: String,
}

/// The figures of a month.
pub(in crate::pages::office) async fn figures(
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let figures = inquiries::figures(&visit.ctx(), wanted.month.parse().ok()).await?;
    let month = figures.month.as_text();
    let mut frame = visit.office_frame("お問い合わせの集計", LIST);
    frame.breadcrumb.push(Link::new("お問い合わせ", LIST));
    let empty = ("この月の記録はありません", "ほかの月を選んで、「絞り込む」を押してください。");
    let links = vec![Link::new("CSVで保存する", format!("{LIST}/figures.csv?month={month}"))];
    let lead = format!(
        "受付と回答は選んだ月、回答待ちは今の件数です。回答の目安は{}営業日です。時間は、受付から最初の回答までです。",
        visit.site.app.rules().answer_days
    );
    let page = parts::ListPage::new(frame, table(&figures.lines), empty);
    Ok(Html(parts::ListPage { lead, links, filters: Some(filters(&visit, figures.month)), ..page }))
}

fn filters(visit: &Visit, chosen: YearMonth) -> FilterBarView {
    let this = YearMonth::of(visit.ctx().now.date());
    let months = (0..MONTHS)
        .map(|back| this.plus_months(-back))
        .map(|month| (month.as_text(), format!("{}年{}月", month.year(), month.month())));
    let mut field = parts::filter("month", "月", months, &chosen.as_text());
    if let crate::view::form::InputView::Select { placeholder, .. } = &mut field.input {
        placeholder.clear();
    }
    FilterBarView { action: format!("{LIST}/figures"), fields: vec![field], reset: String::new(), saved: vec![] }
}

fn table(lines: &[Line]) -> TableView {
    let labels = [
        "種類",
        "受付",
        "回答",
        "うち目安超過",
        "半数が届く時間",
        "9割が届く時間",
        "回答待ち",
        "目安超過",
        "5営業日超",
    ];
    let count = |count: i64| CellView::Number(thousands(count));
    let row = |line: &Line| RowView {
        cells: vec![
            CellView::Text(line.category.clone()),
            count(line.asked),
            count(line.answered),
            count(line.late),
            CellView::Number(took(line.half)),
            CellView::Number(took(line.nine_tenths)),
            count(line.open),
            count(line.open_late),
            count(line.open_very_late),
        ],
        strong: line.open_very_late > 0,
    };
    let table = parts::table("種類ごとの集計", &[], lines.iter().map(row).collect());
    TableView { columns: parts::columns(&labels, &[1, 2, 3, 4, 5, 6, 7, 8]), ..table }
}

fn took(time: Option<Duration>) -> String {
    let Some(time) = time else { return "－".to_owned() };
    let (days, hours, minutes) = (time.whole_days(), time.whole_hours() % 24, time.whole_minutes() % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}分"),
        (0, _) => format!("{hours}時間{minutes}分"),
        _ => format!("{days}日{hours}時間"),
    }
}

/// The same as CSV.
pub(in crate::pages::office) async fn figures_csv(
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let figures = inquiries::figures(&visit.ctx(), wanted.month.parse().ok()).await?;
    let name = format!("inquiries-{}.csv", figures.month.as_text());
    Ok(Download { name, media_type: "text/csv; charset=utf-8", bytes: inquiries::csv(&figures)?, inline: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_two_units_that_matter() {
        assert_eq!(took(None), "－");
        assert_eq!(took(Some(Duration::minutes(7))), "7分");
        assert_eq!(took(Some(Duration::minutes(127))), "2時間7分");
        assert_eq!(took(Some(Duration::hours(51))), "2日3時間");
    }
}
