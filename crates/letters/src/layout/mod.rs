//! The layout of pages: text becomes lines, lines become slabs, slabs are put on pages, pages become a PDF.
//!
//! All measures are in points from the top left corner of the sheet.

pub(crate) mod look;
pub(crate) mod page;
mod paint;
pub(crate) mod slab;
pub(crate) mod table;
pub(crate) mod tags;
pub(crate) mod text;

pub(crate) use paint::pdf;

/// Millimetres in points.
pub(crate) const fn mm(length: f32) -> f32 {
    length * 72.0 / 25.4
}
