//! Cards for certificates, letters and cases; the mailbox of the demo.

use askama::Template;
use askama::filters::HtmlSafe;

use super::StateView;
use crate::view::frame::Link;

/// A certificate, a letter or a case as a card.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/card.html")]
pub struct CardView {
    /// What kind of thing it is, e.g. 端末の電子証明書.
    pub kind: String,
    /// Its name, e.g. the terminal name.
    pub title: String,
    /// Its page; empty for none.
    pub href: String,
    /// Its state; `None` for none.
    pub state: Option<StateView>,
    /// What is known about it.
    pub facts: Vec<Fact>,
    /// What to do next, in a sentence; empty for none.
    pub next: String,
    /// What can be done with it.
    pub links: Vec<Link>,
}

impl HtmlSafe for CardView {}

/// A label with its value.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// The label.
    pub label: String,
    /// The value in words.
    pub value: String,
    /// True shows the value in the face for codes.
    pub code: bool,
}

impl Fact {
    /// A label with its value.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), code: false }
    }

    /// A label with a code.
    #[must_use]
    pub fn code(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), code: true }
    }
}

/// Mails and letters of the demo.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/mailbox.html")]
pub struct Mailbox {
    /// Newest first.
    pub items: Vec<MailItem>,
}

impl HtmlSafe for Mailbox {}

/// One mail or letter.
#[derive(Debug, Clone, Default)]
pub struct MailItem {
    /// True for a letter, false for a mail.
    pub letter: bool,
    /// Address or addressee.
    pub to: String,
    /// Subject or name of the letter.
    pub subject: String,
    /// What tells it from others with the same subject; empty for nothing.
    pub about: String,
    /// Time in words, e.g. `2026年5月20日（水）14:05`.
    pub time: String,
    /// Its page.
    pub href: String,
    /// How far it got, e.g. 送信済み; `None` for none.
    pub state: Option<StateView>,
}
