//! Cells of the files that people open in a spreadsheet: text of strangers must stay text there.

use crate::typed::is_invisible;

/// The mark before a cell that would be a formula; a spreadsheet takes what follows as text.
const GUARD: char = '\'';

/// A cell that no spreadsheet takes for a formula.
pub fn harmless(cell: &str) -> String {
    if is_formula(cell) { format!("{GUARD}{cell}") } else { cell.to_owned() }
}

/// The cell without the mark: files of ours carry it when they come back.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix(GUARD).filter(|rest| is_formula(rest)).unwrap_or(cell)
}

/// Spreadsheets overlook what stands before a sign and shows nothing, and some take its wide form for the same.
fn is_formula(cell: &str) -> bool {
    let shows = |letter: char| !(letter.is_whitespace() || letter.is_control() || is_invisible(letter));
    let begin = cell.find(shows).and_then(|place| cell.get(place..)).unwrap_or_default();
    cell.starts_with(['\t', '\r']) || begin.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text_and_comes_back_as_it_was() {
        for cell in ["=1+1", "+81", "-1", "@SUM(1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "\u{3000}=1"]
        {
            assert_eq!(harmless(cell), format!("'{cell}"));
            assert_eq!(unguarded(&harmless(cell)), cell);
        }
        for hidden in ["\u{FEFF}=1", "\u{200B}@x", "\0=1", "\n\r =1"] {
            assert!(harmless(hidden).starts_with('\''), "{hidden:?}");
        }
    }

    #[test]
    fn what_is_no_formula_stays_as_it_is() {
        for cell in ["", " ", "青葉歯科", "03-1234-5678", "1-2", "ー", "'quoted'", "''=1"] {
            assert_eq!((harmless(cell).as_str(), unguarded(cell)), (cell, cell));
        }
    }
}
