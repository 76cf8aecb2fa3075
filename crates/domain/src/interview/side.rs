//! The filings side by side: what each of them says about the same thing.

use super::{CLAIMS_MONTH, START_MONTH};
use crate::applications::{Kind, ReadingLine};

/// What one filing says about a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its answer in words.
    pub value: String,
    /// What its form calls the thing.
    pub label: String,
}

/// A thing that at least two filings say something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Key under which the interview asks for it; the first form's.
    pub key: String,
    /// What the first form calls it.
    pub label: String,
    /// The answers, in the order of the filings; none where a filing does not ask.
    pub cells: Vec<Option<Cell>>,
    /// Why the answers may differ although they were given once; may be empty.
    pub why: &'static str,
}

impl Row {
    /// Whether the filings say different things.
    pub fn differs(&self) -> bool {
        let mut said = self.cells.iter().flatten().map(|cell| &cell.value);
        let first = said.next();
        said.any(|other| Some(other) != first)
    }
}

/// Fields of different names that are about the same thing.
fn thing(kind: Kind, key: &str) -> &str {
    match (kind, key) {
        (Kind::Claims, "connection") => "line_kind",
        (_, CLAIMS_MONTH) => START_MONTH,
        (_, other) => other,
    }
}

fn why(key: &str) -> &'static str {
    match key {
        "line_kind" => "同じ回線です。手続によって、呼び方と番号が違います。",
        START_MONTH => "請求の開始は、届出の締切によって決まります。",
        "terms" => "規約は手続ごとにあります。",
        _ => "",
    }
}

/// The things that several filings say something about, in the order of the first. Facts of the register are left out, and so
/// is what each filing calls by itself, such as 申請区分.
pub fn side_by_side(filings: &[(Kind, Vec<ReadingLine>)]) -> Vec<Row> {
    let said = |kind: Kind, lines: &[ReadingLine], key: &str| {
        let line = lines.iter().find(|line| !line.shown && thing(kind, &line.key) == key);
        line.map(|line| Cell { value: line.value.clone(), label: line.label.clone() })
    };
    let mut rows: Vec<Row> = vec![];
    for (kind, lines) in filings {
        for line in lines.iter().filter(|line| !line.shown && !super::NOT_COMPARED.contains(&line.key.as_str())) {
            let key = thing(*kind, &line.key);
            if rows.iter().any(|row| row.key == key) {
                continue;
            }
            let cells: Vec<Option<Cell>> = filings.iter().map(|(kind, lines)| said(*kind, lines, key)).collect();
            if cells.iter().flatten().count() > 1 {
                rows.push(Row { key: key.to_owned(), label: line.label.clone(), cells, why: why(key) });
            }
        }
    }
    rows
}
