//! From what was handed in to rows of cells: a file in either encoding, or cells that a spreadsheet copied.

use domain::{
    group::{MOST_BYTES, MOST_ROWS, NOTE},
    text::thousands,
};

use crate::institutions::import::{
    encoding::Texts,
    records::{Between, Record, Records},
};

/// A row of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number as a spreadsheet counts, from 1.
    pub(super) number: i64,
    /// Its cells, or why they cannot be told apart.
    pub(super) cells: Result<Vec<String>, String>,
}

/// Headings and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// The row of headings.
    pub(super) head: Vec<String>,
    /// The rows behind it that are applications.
    pub(super) lines: Vec<Line>,
}

/// Reads a table; the sentence says why it cannot be taken as a whole.
pub(super) fn table_of(content: &[u8]) -> Result<Grid, String> {
    if content.len() > MOST_BYTES {
        let most = MOST_BYTES / 1024 / 1024;
        return Err(format!("表が大きすぎます。{most}MBまでにしてください。いくつかに分けると送信できます。"));
    }
    let unreadable = |error: std::io::Error| error.to_string();
    let texts = Texts::open(content, None).map_err(unreadable)?.map_err(|fault| fault.to_string())?;
    let mut records = Records::between(texts, Between::FirstRow);
    let mut grid = Grid { head: vec![], lines: vec![] };
    let (mut count, mut folded) = (0_usize, 0_i64);
    while let Some(record) = records.next().map_err(unreadable)? {
        let line = line_of(record, &mut folded);
        match line.cells {
            Ok(cells) if grid.head.is_empty() => grid.head = cells,
            Err(fault) if grid.head.is_empty() => {
                return Err(format!("見出しの行（{}行目）を読み取れません。{fault}", line.number));
            }
            Ok(cells) if is_note(&cells) => {}
            cells => {
                count += 1;
                if count <= MOST_ROWS {
                    grid.lines.push(Line { number: line.number, cells });
                }
            }
        }
    }
    judged(grid, count)
}

/// The numbers of the rows of a table, each with why it cannot be read.
pub(crate) fn rows_of(content: &[u8]) -> Result<Vec<(i64, Option<String>)>, String> {
    table_of(content).map(|grid| grid.lines.into_iter().map(|line| (line.number, line.cells.err())).collect())
}

fn judged(grid: Grid, count: usize) -> Result<Grid, String> {
    let figure = |number: usize| thousands(i64::try_from(number).unwrap_or(i64::MAX));
    if count > MOST_ROWS {
        return Err(format!(
            "1つの表で送信できるのは{}行までです。この表には{}行あります。いくつかに分けてください。",
            figure(MOST_ROWS),
            figure(count)
        ));
    }
    if count == 0 {
        return Err("申請の行がありません。ひな形の見出しの下に、1行に1件ずつ入力してください。".to_owned());
    }
    Ok(grid)
}

/// A row with the number that a spreadsheet shows: lines within a cell do not count.
fn line_of(record: Record, folded: &mut i64) -> Line {
    let number = i64::try_from(record.line).unwrap_or(i64::MAX) - *folded;
    if record.fields.is_ok() {
        *folded += i64::try_from(record.raw.matches('\n').count()).unwrap_or(0);
    }
    Line { number, cells: record.fields.map_err(|fault| fault.to_string()) }
}

/// Whether a row explains the columns or says why an institution is left out.
fn is_note(cells: &[String]) -> bool {
    cells.first().is_some_and(|cell| cell.trim_start().starts_with(NOTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(i64, bool)> {
        let lines = table_of(text.as_bytes()).unwrap().lines;
        lines.into_iter().map(|line| (line.number, line.cells.is_ok())).collect()
    }

    #[test]
    fn rows_have_the_numbers_of_a_spreadsheet() {
        let text = "コード,備考\n※説明,\n1,\"二行の\n備考\"\n\n2,\"閉じない\n3,よい\n";
        assert_eq!(numbers(text), [(3, true), (5, false), (6, true)]);
    }

    #[test]
    fn pasted_cells_are_split_at_tabs_and_keep_their_commas() {
        let grid = table_of("コード\t備考\r\n1\tあ,い\r\n2\t\"う\nえ\"\r\n".as_bytes()).unwrap();
        assert_eq!(grid.head, ["コード", "備考"]);
        let cells: Vec<_> = grid.lines.into_iter().map(|line| line.cells.unwrap()).collect();
        assert_eq!(cells, [vec!["1", "あ,い"], vec!["2", "う\nえ"]]);
    }

    #[test]
    fn a_table_that_is_too_long_says_so_with_its_length() {
        let rows = |count: usize| format!("コード\n{}", "1\n".repeat(count));
        assert!(table_of(rows(5_000).as_bytes()).is_ok());
        let fault = table_of(rows(10_000).as_bytes()).unwrap_err();
        assert_eq!(
            fault,
            "1つの表で送信できるのは5,000行までです。この表には10,000行あります。いくつかに分けてください。"
        );
        assert!(table_of(&vec![b'x'; MOST_BYTES + 1]).unwrap_err().starts_with("表が大きすぎます"));
        for empty in ["", "コード\n", "コード\n※説明\n"] {
            assert!(table_of(empty.as_bytes()).unwrap_err().starts_with("申請の行がありません"), "{empty}");
        }
    }
}
