//! Lists of payments, as a bank gives them out: good rows in, the rest named.

use storage::boxed;

use super::payments::{Noted, TypedPayment, receive_in};
use crate::{Ctx, Result};
use domain::permissions::Permission;

/// Rows that become durable together.
const ROWS: usize = 200;
/// Rows that are named at most; the rest is only counted.
const NAMED: usize = 200;
/// Words that name a column, for each field: number, day, amount, mark.
const COLUMNS: [&[&str]; 4] = [
    &["払込番号", "番号"],
    &["入金日", "日付", "取引日"],
    &["金額", "入金額", "入金額（円）", "金額（円）"],
    &["取引番号", "整理番号"],
];

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Line in the list, from 1.
    pub line: u64,
    /// The row as it was, its cells divided by commas.
    pub row: String,
    /// What is wrong.
    pub message: String,
}

/// What became of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListResult {
    /// Payments noted now.
    pub noted: usize,
    /// Their sum in yen.
    pub yen: i64,
    /// Rows that had been noted before.
    pub before: usize,
    /// Bills on which too much was paid by a row.
    pub too_much: usize,
    /// Rows that could not be used, the first of them named.
    pub faults: Vec<RowFault>,
    /// How many could not be used.
    pub wrong: usize,
}

/// The rows of a list with their lines; a first row that names columns is a heading.
fn rows(text: &str) -> Vec<(u64, TypedPayment, String)> {
    // Between a carriage return and its line feed the reader has not counted the line yet.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(delimiter).trim(csv::Trim::All);
    let mut reader = reader.from_reader(text.as_bytes());
    let mut places: [Option<usize>; 4] = [Some(0), Some(1), Some(2), Some(3)];
    let (mut list, mut lines) = (vec![], Lines { text: &text, seen: 0, line: 1 });
    for (nth, record) in reader.records().enumerate() {
        let Ok(record) = record else { continue };
        let line = lines.of(&record);
        if nth == 0 && record.iter().any(|cell| COLUMNS[0].contains(&cell)) {
            places = COLUMNS.map(|names| record.iter().position(|cell| names.contains(&cell)));
            continue;
        }
        if record.iter().all(str::is_empty) {
            continue;
        }
        let [number, day, amount, mark] =
            places.map(|place| place.and_then(|place| record.get(place)).unwrap_or_default().to_owned());
        list.push((line, TypedPayment { number, day, amount, mark }, record.iter().collect::<Vec<_>>().join(",")));
    }
    list
}

/// Counts lines: the reader names the one on which it began to look, not the one on which a row begins after empty ones.
struct Lines<'a> {
    text: &'a str,
    seen: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let at = record.position().and_then(|place| usize::try_from(place.byte()).ok()).unwrap_or(self.seen);
        let rest = self.text.get(at..).unwrap_or_default();
        let begins = at + rest.len() - rest.trim_start_matches('\n').len();
        let passed = self.text.get(self.seen..begins).unwrap_or_default().matches('\n').count();
        self.line += u64::try_from(passed).unwrap_or_default();
        self.seen = begins.max(self.seen);
        self.line
    }
}

/// Notes the payments of a list: 「払込番号,入金日,金額」, and 「取引番号」 where it has one. Each row is judged by itself;
/// a row that was noted before is no fault and changes nothing.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn receive_list(ctx: &Ctx<'_>, text: &str) -> Result<ListResult> {
    ctx.permit(Permission::ManageFees)?;
    let mut result = ListResult::default();
    for portion in rows(text).chunks(ROWS) {
        let mut tx = ctx.app.db.write().await?;
        for (line, typed, row) in portion {
            match receive_in(ctx, &mut tx, typed).await? {
                Ok(Noted::Now { yen, open_yen, .. }) => {
                    result.noted += 1;
                    result.yen += yen;
                    result.too_much += usize::from(open_yen < 0);
                }
                Ok(Noted::Before(_)) => result.before += 1,
                Err(slip) => {
                    result.wrong += 1;
                    if result.faults.len() < NAMED {
                        result.faults.push(RowFault { line: *line, row: row.clone(), message: slip.message });
                    }
                }
            }
        }
        tx.commit().await?;
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, String, String, String, String)> {
        rows(text).into_iter().map(|(line, row, _)| (line, row.number, row.day, row.amount, row.mark)).collect()
    }

    #[test]
    fn a_list_is_read_with_and_without_a_heading_in_any_order_of_columns() {
        let one = |line: u64, mark: &str| {
            vec![(line, "2605 0000 0012".to_owned(), "2026-06-20".to_owned(), "1,500".to_owned(), mark.to_owned())]
        };
        assert_eq!(read("2605 0000 0012,2026-06-20,\"1,500\"\r\n"), one(1, ""));
        assert_eq!(read("2605 0000 0012\t2026-06-20\t1,500\tA1"), one(1, "A1"));
        let bank = "\u{feff}取引日,摘要,金額,払込番号,取引番号\r\n2026-06-20,ﾌﾘｺﾐ,\"1,500\",2605 0000 0012,A1\r\n\r\n";
        assert_eq!(read(bank), one(2, "A1"));
        let short = read("\n\n2605,\n");
        assert_eq!(short, [(3, "2605".to_owned(), String::new(), String::new(), String::new())]);
    }
}
