//! For what a second person is asked, as figures of yes and no.

use super::{Figure, Shape};
use crate::office::Matter;

/// Whether a second person is asked for a matter.
macro_rules! second_person {
    ($key:literal, $matter:ident, $help:literal) => {
        Figure {
            key: $key,
            label: Matter::$matter.label(),
            help: $help,
            shape: Shape::YesNo { yes: "2人で行う", no: "1人で行う" },
            get: |rules| i64::from(rules.four_eyes.asks(Matter::$matter)),
            set: |rules, value| rules.four_eyes.set(Matter::$matter, value == 1),
        }
    };
}

/// One figure for each matter.
pub(super) const FOUR_EYES: &[Figure] = &[
    second_person!("revocation", Revocation, "起案した人とは別の登録局担当が承認すると、失効します。"),
    second_person!("terms", Terms, "起案した人とは別の編集者が承認すると、決まった日から新しい版になります。"),
    second_person!("fees", Fees, "起案した人とは別の経理担当が承認すると、決まった日から新しい額になります。"),
    second_person!("settings", Settings, "起案した人とは別のシステム管理者が承認します。"),
    second_person!("schemes", Schemes, "起案した人とは別のシステム管理者が承認します。"),
    second_person!("texts", Texts, "起案した人とは別の編集者が承認します。"),
    second_person!("accept_filing", AcceptFiling, "審査した人とは別の審査担当が承認します。"),
    second_person!("accept_certificate", AcceptCertificate, "審査した人とは別の登録局担当が承認します。"),
    second_person!("reject", Reject, "却下を起案した人とは別の担当が承認します。"),
    second_person!("content", Content, "書いた人とは別の編集者が確認し、公開します。"),
];
