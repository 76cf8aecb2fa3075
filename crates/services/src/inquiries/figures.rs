//! Figures of inquiries: by category, how many came, how long answers took, and what waits.

use std::collections::BTreeMap;

use domain::{calendar::YearMonth, clock::Timestamp, permissions::Permission, spreadsheet::harmless};
use storage::{Conn, boxed, inquiries};
use time::Duration;

use super::category;
use crate::{Ctx, Error, Result};

/// Business days after which an open inquiry is very late.
const VERY_LATE_DAYS: u32 = 5;

/// A line of the figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Name of the category.
    pub category: String,
    /// Inquiries that began in the month.
    pub asked: i64,
    /// Inquiries that were first answered in the month.
    pub answered: i64,
    /// How many of those after the target.
    pub late: i64,
    /// Time in which half of them were answered.
    pub half: Option<Duration>,
    /// Time in which nine of ten were answered.
    pub nine_tenths: Option<Duration>,
    /// Inquiries that wait now.
    pub open: i64,
    /// Those that have waited longer than the target.
    pub open_late: i64,
    /// Those that have waited longer than five business days.
    pub open_very_late: i64,
}

/// Figures of a month, and what waits now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The month.
    pub month: YearMonth,
    /// A line for each category that has any, by its stored word.
    pub lines: Vec<Line>,
}

/// Figures of a month; of the present one when none is given.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn figures(ctx: &Ctx<'_>, month: Option<YearMonth>) -> Result<Figures> {
    ctx.permit(Permission::ReadInquiries)?;
    let month = month.unwrap_or_else(|| YearMonth::of(ctx.now.date()));
    let mut conn = ctx.app.db.read().await?;
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let (from, until) = (month.first_day(), month.plus_months(1).first_day());
    for (word, count) in
        inquiries::asked(&mut conn, Timestamp::start_of_day(from), Timestamp::start_of_day(until)).await?
    {
        lines.entry(word).or_default().asked = count;
    }
    answered(&mut conn, &month.as_text(), &mut lines).await?;
    let (late, very_late) = (since_before(ctx, ctx.app.rules().answer_days), since_before(ctx, VERY_LATE_DAYS));
    for row in inquiries::open_by_age(&mut conn, late, very_late).await? {
        let line = lines.entry(row.category).or_default();
        (line.open, line.open_late, line.open_very_late) = (row.open, row.late, row.very_late);
    }
    let named = |(word, line): (String, Line)| Line { category: category(ctx, &word), ..line };
    Ok(Figures { month, lines: lines.into_iter().map(named).collect() })
}

async fn answered(conn: &mut Conn, month: &str, lines: &mut BTreeMap<String, Line>) -> Result<()> {
    for row in inquiries::answered_in(conn, month).await? {
        let half = inquiries::answer_took(conn, month, &row.category, place(row.answered, 50)).await?;
        let nine_tenths = inquiries::answer_took(conn, month, &row.category, place(row.answered, 90)).await?;
        let line = lines.entry(row.category).or_default();
        (line.answered, line.late) = (row.answered, row.late);
        (line.half, line.nine_tenths) = (half.map(Duration::milliseconds), nine_tenths.map(Duration::milliseconds));
    }
    Ok(())
}

/// The place, from 0, of the value that so many of a hundred do not exceed (nearest rank).
const fn place(count: i64, percent: i64) -> i64 {
    let rank = (count * percent + 99) / 100;
    if rank > 0 { rank - 1 } else { 0 }
}

/// The instant before which something began that is older than so many business days.
fn since_before(ctx: &Ctx<'_>, days: u32) -> Timestamp {
    let holidays = ctx.app.holidays();
    let last = holidays.subtract_business_days(ctx.now.date(), 0);
    Timestamp::start_of_day(if days == 0 { last } else { holidays.subtract_business_days(last, days) })
}

/// The same as CSV with a byte-order mark, times in whole minutes.
///
/// # Errors
/// When it cannot be written.
pub fn csv(figures: &Figures) -> Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let heads = [
        "月",
        "種類",
        "受付",
        "回答",
        "うち目安超過",
        "回答時間の中央値（分）",
        "回答時間の90%（分）",
        "回答待ち",
        "うち目安超過（回答待ち）",
        "うち5営業日超",
    ];
    rows.write_record(heads).map_err(Error::internal)?;
    let minutes = |took: Option<Duration>| took.map(|took| took.whole_minutes().to_string()).unwrap_or_default();
    for line in &figures.lines {
        let counts = [line.asked, line.answered, line.late].map(|count| count.to_string());
        let open = [line.open, line.open_late, line.open_very_late].map(|count| count.to_string());
        let times = [minutes(line.half), minutes(line.nine_tenths)];
        let head = [figures.month.as_text(), harmless(&line.category)];
        rows.write_record(head.into_iter().chain(counts).chain(times).chain(open)).map_err(Error::internal)?;
    }
    rows.into_inner().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_category_is_no_formula() {
        let line = Line { category: "=1+1".to_owned(), ..Line::default() };
        let month = YearMonth::of(Timestamp::from_millis(0).date());
        let text = csv(&Figures { month, lines: vec![line] }).unwrap();
        assert!(String::from_utf8(text).unwrap().contains(",'=1+1,0,"));
    }

    #[test]
    fn the_place_is_the_nearest_rank() {
        assert_eq!([(1, 50), (2, 50), (3, 50), (10, 90), (11, 90)].map(|(n, p)| place(n, p)), [0, 0, 1, 8, 9]);
        assert_eq!(place(0, 50), 0);
    }
}
