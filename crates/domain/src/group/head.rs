//! The row of headings: which column stands where, and what is wrong with the whole table.

use crate::typed::search_key;

use super::{CODE, Column, FAULTS, MOST_COLUMNS, NAME};

/// Where the columns stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Number of the column with the code, from 0.
    pub code: usize,
    /// Columns of the procedure: where, and which one of its list.
    pub known: Vec<(usize, usize)>,
    /// Columns whose heading only the form of some rows knows: where, and the heading.
    pub late: Vec<(usize, String)>,
    /// How many columns there are.
    pub width: usize,
}

/// Why a table cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadFault {
    /// No column with the code.
    #[error("1行目に「{CODE}」の列が見つかりません。1行目は、ひな形の見出しのままにしてください。")]
    NoCode,
    /// The same heading twice.
    #[error("{}の列が2つ以上あります。1つだけ残してください。", quoted(.0))]
    Double(Vec<String>),
    /// A column that every row needs is missing.
    #[error("{}の列がありません。ひな形の見出しのとおりに列を加えてください。", quoted(.0))]
    Missing(Vec<String>),
    /// Headings that the procedure does not know.
    #[error("{}という列は、この手続にはありません。見出しを直すか、列を消してください。", quoted(.0))]
    Unknown(Vec<String>),
    /// More columns than any procedure has.
    #[error("列が{0}個あります。ひな形の見出しのとおりにしてください。")]
    Wide(usize),
}

/// Headings that are named in one sentence at most.
const NAMED: usize = 12;

fn quoted(headings: &[String]) -> String {
    let short = |heading: &String| heading.chars().take(60).collect::<String>();
    let named: Vec<String> = headings.iter().take(NAMED).map(|heading| format!("「{}」", short(heading))).collect();
    let more = headings.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("ほか{more}個") } else { String::new() };
    format!("{}{more}", named.join("、"))
}

impl Head {
    /// Reads the row of headings; empty ones at its end fall away.
    ///
    /// # Errors
    /// [`HeadFault`] names the columns that are missing, stand there twice, or are too many.
    pub fn read(cells: &[String], columns: &[Column]) -> Result<Self, HeadFault> {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
        let width = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |place| place + 1);
        if width > MOST_COLUMNS {
            return Err(HeadFault::Wide(width));
        }
        let cells = cells.get(..width).unwrap_or_default();
        let is = |cell: &str, heading: &str| search_key(cell) == search_key(heading);
        let code = cells.iter().position(|cell| is(cell, CODE)).ok_or(HeadFault::NoCode)?;
        let double = doubles(cells);
        if !double.is_empty() {
            return Err(HeadFault::Double(double));
        }
        let mut head = Self { code, width, ..Self::default() };
        for (place, cell) in cells.iter().enumerate() {
            match columns.iter().position(|column| column.is_called(cell)) {
                Some(column) => head.known.push((place, column)),
                None if cell.is_empty() || [CODE, NAME, FAULTS].iter().any(|own| is(cell, own)) => {}
                None => head.late.push((place, (*cell).to_owned())),
            }
        }
        let has = |number: usize| head.known.iter().any(|(_, column)| *column == number);
        let missing = columns.iter().enumerate().filter(|(number, column)| column.is_needed() && !has(*number));
        let missing: Vec<String> = missing.map(|(_, column)| column.heading.clone()).collect();
        if missing.is_empty() { Ok(head) } else { Err(HeadFault::Missing(missing)) }
    }

    /// Which late columns the form of a row knows: where, and the column.
    pub fn late_in<'a>(&self, columns: &'a [Column]) -> Vec<(usize, &'a Column)> {
        let find = |heading: &str| columns.iter().find(|column| column.is_called(heading));
        self.late.iter().filter_map(|(place, heading)| Some((*place, find(heading)?))).collect()
    }
}

fn doubles(cells: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for (place, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let earlier = cells.iter().take(place).any(|other| search_key(other) == search_key(cell));
        if earlier && !found.iter().any(|known| search_key(known) == search_key(cell)) {
            found.push((*cell).to_owned());
        }
    }
    found
}
