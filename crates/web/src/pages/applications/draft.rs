//! The draft that waits, as the page before the form shows it.

use askama::{Template, filters::HtmlSafe};
use domain::calendar::{japanese_date, japanese_datetime};
use services::applications::Draft;

use super::go_on;
use crate::view::parts::Fact;

/// The draft that waits: who wrote it when, how far it has come, until when it is there.
#[derive(Template)]
#[template(path = "applications/draft.html")]
pub(super) struct DraftView {
    id: String,
    href: String,
    csrf: String,
    facts: Vec<Fact>,
}

// Its own template escaped it.
impl HtmlSafe for DraftView {}

impl DraftView {
    /// The draft on a page whose forms carry this token.
    pub(super) fn new(draft: &Draft, csrf: &str) -> Self {
        Self {
            id: draft.id.to_string(),
            href: go_on(draft.id, draft.go_on_at.as_deref()),
            csrf: csrf.to_owned(),
            facts: vec![
                Fact::new("最後の保存", format!("{}　{}", japanese_datetime(draft.written_at), draft.writer)),
                Fact::new("入力の状況", draft.progress.words()),
                Fact::new("保存の期限", kept(draft)),
            ],
        }
    }
}

/// Until when a draft is there.
pub(in crate::pages) fn kept(draft: &Draft) -> String {
    format!("{}まで（入力すると、のびます）", japanese_date(draft.kept_until))
}
