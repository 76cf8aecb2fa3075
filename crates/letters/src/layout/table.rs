//! Tables: cells side by side, rows that a page break divides only when they are long.

use std::rc::Rc;

use super::look::{Color, HAIR, HAIRLINE};
use super::slab::{Align, Flow, Ink, Mark, Slab, merged};
use super::tags::Node;
use super::text::{Line, Text};

/// Height in points above which a row may be divided.
const LONG: f32 = 160.0;
/// Width that is left to a cell, however many columns there are.
const NARROWEST: f32 = 4.0;

/// A cell.
pub(crate) struct Cell {
    /// What it says.
    pub(crate) text: Rc<Text>,
    /// How it is set.
    pub(crate) align: Align,
    /// Its ground.
    pub(crate) fill: Option<Color>,
    /// The part of the document.
    pub(crate) node: Option<Node>,
}

/// Which lines a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// None.
    Without,
    /// Under each row.
    Below,
    /// Over and under each row.
    Across,
    /// Around each cell.
    Around,
}

/// How the rows of a table are set.
pub(crate) struct Grid {
    /// Width of each column.
    pub(crate) columns: Vec<f32>,
    /// Space in a cell: to the left and right, above and below.
    pub(crate) pad: (f32, f32),
    /// Space between lines in parts of their size.
    pub(crate) leading: f32,
    /// Which lines there are.
    pub(crate) rules: Rules,
}

impl Grid {
    /// A row: one slab, or one for each line when it is long.
    pub(crate) fn row(&self, cells: &[Cell]) -> Flow {
        let lines: Vec<Vec<Line>> =
            cells.iter().zip(&self.columns).map(|(cell, width)| cell.text.lines(self.room(*width))).collect();
        let count = lines.iter().map(Vec::len).max().unwrap_or(0);
        let bands: Flow = (0..count).map(|nth| self.band(cells, &lines, nth, count)).collect();
        if bands.iter().map(|band| band.height).sum::<f32>() > LONG {
            return bands;
        }
        let mut row = merged(bands);
        // Cell by cell, as it is read: decoration first, then the lines in the order of their cells.
        let place = |mark: &Mark| mark.node.and_then(|node| cells.iter().position(|cell| cell.node == Some(node)));
        row.marks.sort_by_key(|mark| place(mark).map_or(0, |at| at + 1));
        vec![row]
    }

    fn room(&self, width: f32) -> f32 {
        (width - 2.0 * self.inset(width)).max(NARROWEST)
    }

    fn inset(&self, width: f32) -> f32 {
        self.pad.0.min(width / 4.0)
    }

    /// The `nth` of `count` lines of each cell, with its part of the grounds and rules.
    fn band(&self, cells: &[Cell], lines: &[Vec<Line>], nth: usize, count: usize) -> Slab {
        let size = lines.iter().filter_map(|lines| lines.get(nth)).map(|line| line.size).fold(0.0, f32::max);
        let above = if nth == 0 { self.pad.1 } else { self.leading * size };
        let height = above + size + if nth + 1 == count { self.pad.1 } else { 0.0 };
        let mut slab = Slab { height, keep: nth == 0 && count > 1, ..Slab::default() };
        let mut x = 0.0;
        for ((cell, lines), width) in cells.iter().zip(lines).zip(&self.columns) {
            if let Some(color) = cell.fill {
                slab.marks.push(Mark::plain(x, 0.0, Ink::Fill(*width, height, 0.0, color)));
            }
            if let Some(line) = lines.get(nth) {
                let at = x + self.inset(*width) + cell.align.offset(line.width, self.room(*width));
                let ink = Ink::Line(line.clone());
                slab.marks.push(Mark { x: at, y: above + size - line.size, ink, node: cell.node });
            }
            x += width;
        }
        slab.marks.extend(self.rules(height, nth == 0, nth + 1 == count));
        slab
    }

    fn rules(&self, height: f32, first: bool, last: bool) -> Vec<Mark> {
        let width: f32 = self.columns.iter().sum();
        let across = |y| Mark::plain(0.0, y - HAIRLINE / 2.0, Ink::Fill(width, HAIRLINE, 0.0, HAIR));
        let mut marks = vec![];
        if first && matches!(self.rules, Rules::Across | Rules::Around) {
            marks.push(across(0.0));
        }
        if last && self.rules != Rules::Without {
            marks.push(across(height));
        }
        if self.rules == Rules::Around {
            let mut x = 0.0;
            for width in std::iter::once(&0.0).chain(&self.columns) {
                x += width;
                let ink = Ink::Fill(HAIRLINE, height + HAIRLINE, 0.0, HAIR);
                marks.push(Mark::plain(x - HAIRLINE / 2.0, -HAIRLINE / 2.0, ink));
            }
        }
        marks
    }
}

/// Widths of columns that would like to be `wanted` wide: as wished if there is room, else the wide ones give way.
pub(crate) fn spread(wanted: &[f32], room: f32) -> Vec<f32> {
    let mut share = room / wanted.len().max(1) as f32;
    for _ in wanted {
        let (narrow, wide): (Vec<f32>, Vec<f32>) = wanted.iter().partition(|width| **width <= share);
        if wide.is_empty() {
            break;
        }
        share = share.max((room - narrow.iter().sum::<f32>()) / wide.len() as f32);
    }
    wanted.iter().map(|width| width.min(share)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::look::Look;

    fn cell(text: &str) -> Cell {
        Cell { text: Text::plain(text, Look::new(10.0)), align: Align::Left, fill: None, node: None }
    }

    #[test]
    fn narrow_columns_keep_their_width_and_wide_ones_share_the_rest() {
        assert_eq!(spread(&[30.0, 50.0], 200.0), [30.0, 50.0]);
        assert_eq!(spread(&[30.0, 500.0, 40.0], 200.0), [30.0, 130.0, 40.0]);
        assert_eq!(spread(&[500.0, 900.0], 200.0), [100.0, 100.0]);
        assert!(spread(&[], 200.0).is_empty());
    }

    #[test]
    fn only_a_long_row_may_be_divided() {
        let grid = Grid { columns: vec![50.0, 100.0], pad: (5.0, 5.0), leading: 0.6, rules: Rules::Around };
        assert_eq!(grid.row(&[cell("短い"), cell(&"少し長い".repeat(10))]).len(), 1);
        let rows = grid.row(&[cell("短い"), cell(&"とても長い答え".repeat(100))]);
        assert!(rows.len() > 20 && rows.iter().all(|slab| slab.height < 30.0));
    }
}
