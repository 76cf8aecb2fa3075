//! One line of text: what is typed and how the keyboard should help.

/// A one-line input.
#[derive(Debug, Clone, Default)]
pub struct TextView {
    /// Text as typed.
    pub value: String,
    /// Kind of text; decides the keyboard.
    pub kind: TextKind,
    /// `inputmode` of HTML when the kind is not enough, e.g. `numeric`; empty for none.
    pub inputmode: String,
    /// `autocomplete` of HTML, e.g. `name`; empty switches it off.
    pub autocomplete: String,
    /// Greatest number of characters; 0 for none. Longer text is told, never cut.
    pub maxlength: u32,
    /// Words offered while typing.
    pub suggestions: Vec<String>,
    /// True shows the text in the face for codes.
    pub monospace: bool,
    /// Groups in which a code was read, e.g. `["CAF", "1234", "5678", "90"]`; `None` switches play-back off.
    pub playback: Option<Vec<String>>,
    /// Width of the input.
    pub width: Width,
    /// First and last value that a day may have, for the browser's calendar; `None` for no bounds.
    pub bounds: Option<(String, String)>,
}

impl TextView {
    /// A plain text with its value.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }

    /// A text of another kind, with its `autocomplete` word.
    #[must_use]
    pub fn of(kind: TextKind, value: impl Into<String>, autocomplete: &str) -> Self {
        Self { value: value.into(), kind, autocomplete: autocomplete.to_owned(), ..Self::default() }
    }

    /// A code that is typed from paper and read back in groups.
    #[must_use]
    pub fn code(value: impl Into<String>, groups: Vec<String>) -> Self {
        Self { value: value.into(), monospace: true, playback: Some(groups), ..Self::default() }
    }

    /// CSS classes of the input.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match (self.monospace, self.width) {
            (true, Width::Full) => "input input-code",
            (true, Width::Short) => "input input-code input-short",
            (false, Width::Full) => "input",
            (false, Width::Short) => "input input-short",
        }
    }

    /// `autocomplete` as HTML wants it.
    #[must_use]
    pub fn autocomplete(&self) -> &str {
        if self.autocomplete.is_empty() { "off" } else { &self.autocomplete }
    }
}

/// Kinds of one-line text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TextKind {
    /// Any text.
    #[default]
    Text,
    /// A mail address.
    Email,
    /// A phone number.
    Phone,
    /// A password; its value is never written into the page.
    Password,
    /// A day, `2026-05-20`.
    Date,
    /// A time of day, `09:30`.
    Time,
}

impl TextKind {
    /// `type` of the HTML input.
    #[must_use]
    pub fn html(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::Phone => "tel",
            Self::Password => "password",
            Self::Date => "date",
            Self::Time => "time",
        }
    }
}

/// Width of an input: as long as the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Width {
    /// The whole column.
    #[default]
    Full,
    /// About ten characters.
    Short,
}
