//! Colours and styles of text.

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Text that is read.
pub(crate) const INK: Color = Color(0x33, 0x33, 0x33);
/// Addresses and codes, which machines read too.
pub(crate) const BLACK: Color = Color(0, 0, 0);
/// Paper.
pub(crate) const WHITE: Color = Color(0xff, 0xff, 0xff);
/// Labels and side notes.
pub(crate) const QUIET: Color = Color(0x4d, 0x4d, 0x4d);
/// What one acts on: numbers of steps, links, the frame around a code.
pub(crate) const ACTION: Color = Color(0x00, 0x17, 0xc1);
/// Ground of a code.
pub(crate) const TINT: Color = Color(0xe8, 0xf1, 0xfe);
/// Lines of tables.
pub(crate) const HAIR: Color = Color(0xcc, 0xcc, 0xcc);
/// Ground of labels and heads.
pub(crate) const PANEL: Color = Color(0xf2, 0xf2, 0xf2);
/// Something that must not be overlooked.
pub(crate) const WARNING: Color = Color(0x92, 0x72, 0x00);
/// Its ground.
pub(crate) const WARNING_TINT: Color = Color(0xfb, 0xf5, 0xe0);
/// The postal service.
pub(crate) const ALERT: Color = Color(0xce, 0x00, 0x00);

/// Thickness of a hairline in points.
pub(crate) const HAIRLINE: f32 = 0.5;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    /// Size in points.
    pub(crate) size: f32,
    /// Heavy strokes.
    pub(crate) bold: bool,
    /// The font of codes.
    pub(crate) mono: bool,
    /// Colour of the strokes.
    pub(crate) color: Color,
    /// A line through the text.
    pub(crate) strike: bool,
    /// A line under the text.
    pub(crate) underline: bool,
    /// A grey ground.
    pub(crate) shade: bool,
}

impl Look {
    /// Plain text of a size.
    pub(crate) const fn new(size: f32) -> Self {
        Self { size, bold: false, mono: false, color: INK, strike: false, underline: false, shade: false }
    }

    /// The same, heavy.
    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The same in the font of codes.
    pub(crate) const fn mono(self) -> Self {
        Self { mono: true, ..self }
    }

    /// The same in a colour.
    pub(crate) const fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// The same in a size.
    pub(crate) const fn size(self, size: f32) -> Self {
        Self { size, ..self }
    }
}
