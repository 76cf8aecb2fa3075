//! Text: characters become glyphs once, then lines of any width are cut from them.

use std::ops::Range;
use std::rc::Rc;
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation;

use super::look::Look;
use super::tags::Node;
use crate::fonts::faces;

/// What stands for a character that no font has: the geta mark, which Japanese proofs use for it.
const MISSING: &str = "〓";
/// What is left of a text that has no place.
const ELLIPSIS: char = '…';

/// Room between a grey ground and the text on it, in parts of the size.
const SHADE_PAD: f32 = 0.25;

/// A piece of text in one look.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// The characters; `\n` ends a line.
    pub(crate) text: String,
    /// How they look.
    pub(crate) look: Look,
    /// The part of the document, where it is not the paragraph's own: a link, a piece of code.
    pub(crate) node: Option<Node>,
}

impl Span {
    /// A piece of a paragraph.
    pub(crate) fn new(text: impl Into<String>, look: Look) -> Self {
        Self { text: text.into(), look, node: None }
    }
}

/// A glyph with its measures in points.
#[derive(Debug)]
pub(crate) struct Glyph {
    /// Index of the font.
    pub(crate) face: usize,
    /// Number in the font.
    pub(crate) id: u32,
    /// The bytes of the text that it shows.
    pub(crate) range: Range<usize>,
    /// How far the pen moves.
    pub(crate) advance: f32,
    /// Where it stands relative to the pen.
    pub(crate) shift: (f32, f32),
    /// Index of its span.
    pub(crate) span: usize,
    blank: bool,
}

/// A paragraph whose glyphs are known and whose lines are not.
#[derive(Debug)]
pub(crate) struct Text {
    /// All characters.
    pub(crate) text: String,
    /// The glyphs in reading order.
    pub(crate) glyphs: Vec<Glyph>,
    /// The looks and parts that glyphs refer to.
    pub(crate) spans: Vec<(Look, Option<Node>)>,
    breaks: Vec<(usize, bool)>,
}

/// A line cut from a text.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The text it belongs to.
    pub(crate) text: Rc<Text>,
    /// Its glyphs, with the blanks at its end.
    pub(crate) glyphs: Range<usize>,
    /// Width without the blanks at its end.
    pub(crate) width: f32,
    /// Height: the largest size of its glyphs.
    pub(crate) size: f32,
}

impl Text {
    /// Shapes spans. Nothing at all becomes one blank, so that every part of a file has content.
    pub(crate) fn new(mut spans: Vec<Span>) -> Rc<Self> {
        if spans.iter().all(|span| span.text.is_empty()) {
            let look = spans.first().map_or(Look::new(10.0), |span| span.look);
            spans = vec![Span::new(" ", look)];
        }
        let mut text = Self { text: String::new(), glyphs: vec![], spans: vec![], breaks: vec![] };
        for span in spans {
            text.append(&span);
        }
        let mandatory = |kind| kind == BreakOpportunity::Mandatory;
        text.breaks = linebreaks(&text.text).map(|(at, kind)| (at, mandatory(kind) && at < text.text.len())).collect();
        Rc::new(text)
    }

    /// Shapes a text of one look.
    pub(crate) fn plain(text: &str, look: Look) -> Rc<Self> {
        Self::new(vec![Span::new(text, look)])
    }

    fn append(&mut self, span: &Span) {
        let nth = self.spans.len();
        self.spans.push((span.look, span.node));
        let mut run: Option<(usize, Range<usize>)> = None;
        for (at, cluster) in span.text.grapheme_indices(true) {
            let here = at..at + cluster.len();
            let face = if cluster.contains('\n') { None } else { face_of(cluster, span.look) };
            match (&mut run, face) {
                (Some((of, range)), Some(face)) if *of == face => range.end = here.end,
                _ => {
                    self.shape(nth, span, run.take());
                    run = face.map(|face| (face, here.clone()));
                    if face.is_none() && !cluster.contains('\n') {
                        self.substitute(nth, span, here, cluster);
                    }
                }
            }
        }
        self.shape(nth, span, run);
        if span.look.shade {
            self.widen(nth, SHADE_PAD * span.look.size);
        }
        self.text.push_str(&span.text);
    }

    /// Gives the ground of a span some room before its first and after its last glyph.
    fn widen(&mut self, nth: usize, room: f32) {
        let mut glyphs = self.glyphs.iter_mut().filter(|glyph| glyph.span == nth);
        if let Some(first) = glyphs.next() {
            first.advance += room;
            first.shift.0 += room;
            glyphs.next_back().unwrap_or(first).advance += room;
        }
    }

    /// Adds the glyphs of a run in one font.
    fn shape(&mut self, nth: usize, span: &Span, run: Option<(usize, Range<usize>)>) {
        let Some((face, range)) = run else { return };
        let Some((font, text)) = faces().get(face).zip(span.text.get(range.clone())) else { return };
        let placed = font.shape(text);
        let from = self.text.len() + range.start;
        for (index, glyph) in placed.iter().enumerate() {
            let next = placed.iter().skip(index).map(|later| later.start).find(|start| *start > glyph.start);
            let end = next.unwrap_or(text.len());
            self.glyphs.push(Glyph {
                face,
                id: glyph.id,
                range: from + glyph.start..from + end,
                advance: glyph.advance * span.look.size,
                shift: (glyph.shift.0 * span.look.size, glyph.shift.1 * span.look.size),
                span: nth,
                blank: text.get(glyph.start..end).is_some_and(|t| t.chars().all(char::is_whitespace)),
            });
        }
    }

    /// Shows a character that no font has: a blank for any blank, else the geta mark; its text stays what it is.
    fn substitute(&mut self, nth: usize, span: &Span, range: Range<usize>, cluster: &str) {
        let blank = cluster.chars().all(char::is_whitespace);
        let face = usize::from(span.look.bold);
        let Some(glyph) = faces().get(face).and_then(|f| f.shape(if blank { " " } else { MISSING }).pop()) else {
            return;
        };
        self.glyphs.push(Glyph {
            face,
            id: glyph.id,
            range: self.text.len() + range.start..self.text.len() + range.end,
            advance: glyph.advance * span.look.size,
            shift: (0.0, 0.0),
            span: nth,
            blank,
        });
    }

    /// Width of the widest line when only `\n` breaks lines.
    pub(crate) fn width(self: &Rc<Self>) -> f32 {
        self.lines(f32::INFINITY).iter().map(|line| line.width).fold(0.0, f32::max)
    }

    /// The lines of the text in a width. A word that is wider than a line is broken wherever it must be.
    pub(crate) fn lines(self: &Rc<Self>, width: f32) -> Vec<Line> {
        let mut lines = vec![];
        let mut breaks = self.breaks.iter().peekable();
        let (mut start, mut possible, mut x) = (0, 0, 0.0);
        for (index, glyph) in self.glyphs.iter().enumerate() {
            while let Some((_, mandatory)) = breaks.next_if(|(at, _)| *at <= glyph.range.start) {
                possible = index;
                if *mandatory {
                    lines.push(self.line(start..index));
                    (start, x) = (index, 0.0);
                }
            }
            if x + glyph.advance > width + 0.01 && !glyph.blank && index > start {
                let cut = if possible > start { possible } else { self.cluster_start(start, index) };
                lines.push(self.line(start..cut));
                start = cut;
                x = self.glyphs.get(cut..index).unwrap_or_default().iter().map(|glyph| glyph.advance).sum();
            }
            x += glyph.advance;
        }
        lines.push(self.line(start..self.glyphs.len()));
        lines
    }

    /// Where the character of a glyph begins, unless the line began later.
    fn cluster_start(&self, start: usize, index: usize) -> usize {
        let of = |index: usize| self.glyphs.get(index).map(|glyph| glyph.range.start);
        let first = (start + 1..=index).rev().find(|at| of(*at) != of(at - 1));
        first.unwrap_or(index)
    }

    fn line(self: &Rc<Self>, range: Range<usize>) -> Line {
        let glyphs = self.glyphs.get(range.clone()).unwrap_or_default();
        let seen = glyphs.iter().rposition(|glyph| !glyph.blank).map_or(0, |last| last + 1);
        let width = glyphs.iter().take(seen).map(|glyph| glyph.advance).sum();
        let size_of = |glyph: &Glyph| self.spans.get(glyph.span).map_or(0.0, |(look, _)| look.size);
        let size = glyphs.iter().map(size_of).fold(0.0, f32::max);
        let size = if size > 0.0 { size } else { self.spans.first().map_or(0.0, |(look, _)| look.size) };
        Line { text: Rc::clone(self), glyphs: range, width, size }
    }
}

/// At most `most` lines of a text; what has no place becomes 「…」.
pub(crate) fn shortened(text: &str, look: Look, width: f32, most: usize) -> Vec<Line> {
    let lines = Text::plain(text, look).lines(width);
    let Some(last) = lines.get(most.max(1) - 1).filter(|_| lines.len() > most) else { return lines };
    let glyph = last.glyphs.end.checked_sub(1).and_then(|index| last.text.glyphs.get(index));
    let mut kept = text.get(..glyph.map_or(0, |glyph| glyph.range.end)).unwrap_or_default().to_owned();
    loop {
        let lines = Text::plain(&format!("{}{ELLIPSIS}", kept.trim_end()), look).lines(width);
        if lines.len() <= most || kept.pop().is_none() {
            return lines;
        }
    }
}

fn face_of(cluster: &str, look: Look) -> Option<usize> {
    let (sans, mono) = (usize::from(look.bold), 2 + usize::from(look.bold));
    let order = if look.mono { [mono, sans] } else { [sans, mono] };
    order.into_iter().find(|face| faces().get(*face).is_some_and(|face| face.covers(cluster)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        let text = Text::plain(text, Look::new(10.0));
        let said = |line: &Line| {
            let glyphs = &line.text.glyphs[line.glyphs.clone()];
            glyphs.iter().map(|glyph| &line.text.text[glyph.range.clone()]).collect::<String>()
        };
        text.lines(width).iter().map(said).collect()
    }

    #[test]
    fn no_line_begins_with_a_full_stop_or_ends_with_an_open_bracket() {
        for width in 40..120 {
            let lines =
                broken("端末の証明書（以下「証明書」という。）を、発行しました。ご確認ください。", width as f32);
            for line in &lines {
                assert!(!line.starts_with(['。', '、', '）', '」', 'ょ']), "{width}: {lines:?}");
                assert!(!line.ends_with(['（', '「']), "{width}: {lines:?}");
            }
        }
    }

    #[test]
    fn a_word_stays_whole_while_it_fits_and_is_broken_when_it_does_not() {
        assert_eq!(broken("use certificate now", 60.0), ["use ", "certificate ", "now"]);
        let pieces = broken(&"x".repeat(60), 60.0);
        assert!(pieces.len() > 3 && pieces.concat().len() == 60, "{pieces:?}");
    }

    #[test]
    fn line_breaks_of_the_writer_are_kept_with_empty_lines() {
        assert_eq!(broken("一\n\n二\n三", 500.0), ["一", "", "二", "三"]);
        assert_eq!(broken("\n一", 500.0), ["", "一"]);
    }

    #[test]
    fn a_character_without_a_glyph_shows_the_geta_mark_and_keeps_its_text() {
        let text = Text::plain("𠮷田", Look::new(10.0));
        let geta = faces()[0].shape(MISSING)[0].id;
        assert_eq!((text.glyphs.len(), text.glyphs[0].id), (2, geta));
        assert_eq!(broken("𠮷田", 500.0), ["𠮷田"]);
    }

    #[test]
    fn what_has_no_place_ends_in_an_ellipsis() {
        let look = Look::new(10.0);
        let lines = shortened(&"長い名前".repeat(50), look, 100.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].text.text.ends_with(ELLIPSIS) && lines[1].width <= 100.0);
        assert_eq!(shortened("短い名前", look, 100.0, 2)[0].text.text, "短い名前");
    }

    #[test]
    fn nothing_still_has_a_line() {
        for empty in ["", "\n", "   "] {
            assert!(!Text::plain(empty, Look::new(10.0)).lines(100.0).is_empty());
        }
    }
}
