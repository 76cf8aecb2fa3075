//! The embedded fonts: BIZ UDPGothic for text, B612 Mono for codes.
//!
//! The files lie in the binary and are mapped from there, so they cost no memory until a first
//! letter is set. No font of the machine is ever used: the same input gives the same pages anywhere.

use krilla::text::Font;
use rustybuzz::ttf_parser::Tag;
use rustybuzz::{Direction, Face as Shaper, Feature, Script, ShapePlan, UnicodeBuffer, script};
use std::sync::OnceLock;

static FILES: [&[u8]; 4] = [
    include_bytes!("../fonts/BIZUDPGothic-Regular.ttf"),
    include_bytes!("../fonts/BIZUDPGothic-Bold.ttf"),
    include_bytes!("../fonts/B612Mono-Regular.ttf"),
    include_bytes!("../fonts/B612Mono-Bold.ttf"),
];

/// A font as the shaper and as the PDF writer need it.
pub(crate) struct Face {
    /// The font of the PDF writer.
    pub(crate) font: Font,
    shaper: Shaper<'static>,
    /// What the font does in a script; making such a plan takes longer than shaping a line.
    plans: Vec<(Script, ShapePlan)>,
    em: f32,
}

/// The scripts of Japanese text.
const SCRIPTS: [Script; 5] = [script::HAN, script::HIRAGANA, script::KATAKANA, script::LATIN, script::COMMON];

/// One glyph of a shaped text; measures are in parts of the font size.
pub(crate) struct Placed {
    /// Number of the glyph in its font.
    pub(crate) id: u32,
    /// Where its character begins, in bytes of the shaped text.
    pub(crate) start: usize,
    /// How far the pen moves.
    pub(crate) advance: f32,
    /// Where the glyph stands relative to the pen.
    pub(crate) shift: (f32, f32),
}

impl Face {
    fn new(file: &'static [u8]) -> Option<Self> {
        let shaper = Shaper::from_slice(file, 0)?;
        let em = shaper.units_per_em() as f32;
        let plans = SCRIPTS.map(|script| (script, plan(&shaper, Some(script)))).into();
        Some(Self { font: Font::new(file.into(), 0)?, shaper, plans, em })
    }

    /// Whether the font can show every character of `cluster`, which is one character to a reader.
    pub(crate) fn covers(&self, cluster: &str) -> bool {
        let known = |c: char| is_ignorable(c) || self.shaper.glyph_index(c).is_some();
        // Marks that the font knows only together with their letter are found by shaping them.
        cluster.chars().all(known) || cluster.chars().nth(1).is_some() && self.shape(cluster).iter().all(|g| g.id != 0)
    }

    /// The glyphs of a text from left to right, with kerning and without ligatures.
    pub(crate) fn shape(&self, text: &str) -> Vec<Placed> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let script = Some(buffer.script()).filter(|script| *script != script::UNKNOWN);
        let shaped = match self.plans.iter().find(|(of, _)| Some(*of) == script) {
            Some((_, plan)) => rustybuzz::shape_with_plan(&self.shaper, plan, buffer),
            None => rustybuzz::shape_with_plan(&self.shaper, &plan(&self.shaper, script), buffer),
        };
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        let placed = glyphs.map(|(info, at)| Placed {
            id: info.glyph_id,
            start: info.cluster as usize,
            advance: at.x_advance as f32 / self.em,
            shift: (at.x_offset as f32 / self.em, at.y_offset as f32 / self.em),
        });
        placed.collect()
    }
}

/// What a font does in a script: kerning, and no ligatures.
fn plan(shaper: &Shaper<'_>, script: Option<Script>) -> ShapePlan {
    let off = [b"liga", b"clig", b"calt"].map(|tag| Feature::new(Tag::from_bytes(tag), 0, ..));
    ShapePlan::new(shaper, Direction::LeftToRight, script, None, &off)
}

/// Characters without ink of their own that fonts need not know: joiners, variation selectors, soft hyphens.
fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// The embedded fonts: text, bold text, codes, bold codes. The first call reads their tables.
pub(crate) fn faces() -> &'static [Face] {
    static FACES: OnceLock<Vec<Face>> = OnceLock::new();
    FACES.get_or_init(|| FILES.iter().filter_map(|file| Face::new(file)).collect())
}

/// Whether every embedded font could be read.
pub(crate) fn complete() -> bool {
    faces().len() == FILES.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_font_is_readable_and_knows_what_it_is_for() {
        assert!(complete());
        assert!(faces()[0].covers("髙") && faces()[1].covers("様") && !faces()[0].covers("𠮷"));
        assert!(faces()[2].covers("K") && faces()[3].covers("7") && !faces()[3].covers("様"));
    }

    #[test]
    fn a_mark_that_belongs_to_a_letter_is_covered_with_it() {
        assert!(faces()[0].covers("か\u{3099}") && faces()[0].covers("漢\u{e0100}"));
    }
}
