//! The procedures of the common kind: one folder each, one line here (ADR 0028).
//!
//! A folder holds all that is its own: `mod.rs` (words, fields, rules), `article.md` (what is read before the form),
//! documents that are agreed to, `options.toml` (choices of its fields). Form, draft, check page, sending, correction,
//! review, copy, mails, history, search, tiles, menus, queues, tables and the interface of machines come from what all
//! procedures share. `sample` is a folder to copy: it is read by the compiler and by tests, and no part of the program.

mod example;
mod parts;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use example::example;

use crate::applications::{Procedure, Words};

/// Texts that come with a procedure; they are laid into the database on the first start, and staff edit them from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The article that is read before the form: Markdown with a TOML head.
    pub article: &'static str,
    /// Versions of documents that are agreed to: Markdown with a TOML head each.
    pub documents: &'static [&'static str],
    /// Lists of choices as TOML.
    pub options: &'static str,
    /// Answers of an example, as far as the first choice and a plain word do not do; for the demo and for tests. A day is
    /// counted from today: `today`, `today+14`, `today-3`.
    pub example: &'static [(&'static str, &'static str)],
}

impl Folder {
    /// What the head of the article says under a key; empty when it says nothing.
    pub fn article_head(&self, key: &str) -> &'static str {
        head(self.article, key)
    }
}

/// The text that a head between `+++` lines has under a key; empty when there is none.
fn head(source: &'static str, key: &str) -> &'static str {
    let lines = source.trim_start().trim_start_matches("+++").split("\n+++").next().unwrap_or_default().lines();
    let mut values = lines.filter_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
    values.next().unwrap_or_default().trim().trim_matches('"')
}

macro_rules! registry {
    ($($name:ident => $folder:ident;)+) => {
        $(mod $folder;)+

        /// A procedure of the common kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Common { $(#[doc = concat!("The folder `", stringify!($folder), "`.")] $name,)+ }

        impl Common {
            /// All, in the order in which they were registered.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its words.
            pub const fn words(self) -> &'static Words {
                match self { $(Self::$name => &$folder::WORDS,)+ }
            }

            /// Its texts.
            pub const fn folder(self) -> &'static Folder {
                match self { $(Self::$name => &$folder::FOLDER,)+ }
            }

            /// Its fields and rules.
            pub fn procedure(self) -> &'static dyn Procedure {
                match self { $(Self::$name => &$folder::Form,)+ }
            }
        }
    };
}

// A new line goes to the end: rows keep the place of a procedure as a bit.
registry! {
    HomeVisit => home_visit;
    MedicalAid => medical_aid;
    EPrescription => e_prescription;
    OperationStart => operation_start;
    Subsidy => subsidy;
    Succession => succession;
    Closing => closing;
}
