//! Pages: where one ends and the next begins, and what stands above and below the text.

use super::slab::{Align, Flow, Ink, Mark, Slab};
use super::text::Line;

/// Width of the sheet (A4) in points.
pub(crate) const WIDTH: f32 = 595.276;
/// Height of the sheet (A4) in points.
pub(crate) const HEIGHT: f32 = 841.89;

/// The part of the sheet that text may fill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    /// Distance from the left edge.
    pub(crate) left: f32,
    /// Distance from the top edge.
    pub(crate) top: f32,
    /// Width.
    pub(crate) width: f32,
    /// Height.
    pub(crate) height: f32,
}

impl Area {
    /// What the margins leave: to the left and right, above, below.
    pub(crate) fn within(sides: f32, above: f32, below: f32) -> Self {
        Self { left: sides, top: above, width: WIDTH - 2.0 * sides, height: HEIGHT - above - below }
    }
}

/// A page.
#[derive(Default)]
pub(crate) struct Page {
    /// What is read.
    pub(crate) body: Vec<Mark>,
    /// The running head, which is decoration.
    pub(crate) head: Vec<Mark>,
    /// The running foot, which is decoration.
    pub(crate) foot: Vec<Mark>,
}

/// Puts a column on as many pages as it needs, at least one.
pub(crate) fn paginate(flow: &[Slab], area: Area) -> Vec<Page> {
    let mut filling = Filling { area, pages: vec![Page::default()], y: area.top, fresh: true };
    let mut bound = 0;
    for (nth, slab) in flow.iter().enumerate() {
        if nth >= bound {
            let rest = flow.get(nth..).unwrap_or_default();
            let together = rest.iter().take_while(|slab| slab.keep).count() + 1;
            bound = nth + filling.make_room(rest.get(..together).unwrap_or(rest));
        }
        filling.put(slab);
    }
    filling.pages
}

struct Filling {
    area: Area,
    pages: Vec<Page>,
    y: f32,
    fresh: bool,
}

impl Filling {
    /// Turns the page if the slabs that belong together do not fit on this one. Returns how many of them have room.
    fn make_room(&mut self, together: &[Slab]) -> usize {
        let Some(first) = together.first() else { return 1 };
        let all = super::slab::height(together);
        let (needed, count) = if all <= self.area.height { (all, together.len()) } else { (first.height, 1) };
        if !self.fresh && self.start(first) + needed > self.area.top + self.area.height + 0.01 {
            self.turn(first);
        }
        count
    }

    fn start(&self, slab: &Slab) -> f32 {
        let y = if self.fresh { self.y } else { self.y + slab.gap };
        if self.pages.len() == 1 { y.max(slab.from) } else { y }
    }

    fn turn(&mut self, next: &Slab) {
        self.pages.push(Page::default());
        (self.y, self.fresh) = (self.area.top, true);
        if let Some(head) = &next.head {
            self.put(head);
        }
    }

    fn put(&mut self, slab: &Slab) {
        let y = self.start(slab);
        if let Some(page) = self.pages.last_mut() {
            page.body.extend(slab.marks.iter().cloned().map(|mark| mark.shifted(self.area.left, y)));
        }
        self.y = y + slab.height;
        self.fresh = false;
    }
}

/// Lines of a running head or foot below each other.
pub(crate) fn running(lines: Vec<Line>, at: (f32, f32), room: f32, align: Align) -> Vec<Mark> {
    let mut y = at.1;
    let mark = |line: Line| {
        let mark = Mark::plain(at.0 + align.offset(line.width, room), y, Ink::Line(line.clone()));
        y += line.size * 1.4;
        mark
    };
    lines.into_iter().map(mark).collect()
}

/// A head that is repeated on later pages: the same slab as decoration.
pub(crate) fn repeated(head: &Flow) -> Slab {
    let mut slab = super::slab::merged(head.clone());
    for mark in &mut slab.marks {
        mark.node = None;
    }
    slab
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    const AREA: Area = Area { left: 0.0, top: 10.0, width: 100.0, height: 100.0 };

    fn slab(height: f32) -> Slab {
        let ink = Ink::Fill(1.0, height, 0.0, crate::layout::look::INK);
        Slab { gap: 5.0, height, marks: vec![Mark::plain(0.0, 0.0, ink)], ..Slab::default() }
    }

    fn tops(pages: &[Page]) -> Vec<Vec<f32>> {
        pages.iter().map(|page| page.body.iter().map(|mark| mark.y).collect()).collect()
    }

    #[test]
    fn a_page_is_turned_when_the_next_slab_has_no_room() {
        assert_eq!(tops(&paginate(&[slab(40.0), slab(50.0), slab(20.0)], AREA)), [vec![10.0, 55.0], vec![10.0]]);
    }

    #[test]
    fn a_heading_goes_with_what_follows() {
        let heading = Slab { keep: true, ..slab(10.0) };
        assert_eq!(tops(&paginate(&[slab(70.0), heading, slab(30.0)], AREA)), [vec![10.0], vec![10.0, 25.0]]);
    }

    #[test]
    fn the_head_of_a_table_is_repeated_on_the_next_page() {
        let head = Some(Rc::new(slab(10.0)));
        let row = Slab { gap: 0.0, head, ..slab(60.0) };
        assert_eq!(tops(&paginate(&[row.clone(), row], AREA)), [vec![10.0], vec![10.0, 20.0]]);
    }

    #[test]
    fn what_belongs_together_and_is_longer_than_a_page_is_divided_without_loss() {
        let slabs: Vec<_> = (0..10).map(|_| Slab { keep: true, ..slab(30.0) }).collect();
        let pages = paginate(&slabs, AREA);
        assert_eq!(pages.iter().map(|page| page.body.len()).sum::<usize>(), 10);
        for page in &pages {
            assert!(page.body.iter().all(|mark| mark.y + 30.0 <= 110.01));
        }
    }

    #[test]
    fn a_column_may_begin_further_down_on_the_first_page_only() {
        let low = Slab { from: 50.0, ..slab(50.0) };
        assert_eq!(tops(&paginate(&[low.clone(), low], AREA)), [vec![50.0], vec![10.0]]);
    }
}
