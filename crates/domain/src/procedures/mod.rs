//! The procedures of the common kind: one folder each, one line here (ADR 0028).
//!
//! A folder holds all that is its own: `mod.rs` (words, fields, rules), `article.md` (what is read before the form),
//! documents that are agreed to, `options.toml` (choices of its fields). Form, draft, check page, sending, correction,
//! review, copy, mails, history, search, tiles and queues come from what all procedures share.

mod example;
mod parts;

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
    /// Answers of an example, as far as the first choice and a plain word do not do; for the demo and for tests.
    pub example: &'static [(&'static str, &'static str)],
}

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident => $folder:ident;)+) => {
        $(mod $folder;)+

        /// A procedure of the common kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Common { $($(#[$doc])* $name,)+ }

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
    /// 訪問診療等・オンライン診療等 利用開始・変更申請.
    HomeVisit => home_visit;
    /// 医療扶助 利用開始・変更申請.
    MedicalAid => medical_aid;
    /// 電子処方箋管理サービス 利用開始・変更申請.
    EPrescription => e_prescription;
    /// 運用開始日登録.
    OperationStart => operation_start;
    /// 補助金申請.
    Subsidy => subsidy;
    /// 承継（医療機関等コードの変更）.
    Succession => succession;
    /// 廃止・休止・再開の届出.
    Closing => closing;
}
