//! 運用開始日登録, which comes after the connection test, until it was begun.

use domain::{applications::Kind, procedures::Common};
use services::{Ctx, applications, terminals::Overview};

use crate::view::parts::{Fact, NextStepView, StateView, TaskView, Tone};

const KIND: Kind = Kind::Common(Common::OperationStart);
/// What it is for, in a sentence.
const SAYS: &str =
    "接続テストが済みました。システムベンダと決めた、オンライン資格確認の運用を始める日を登録してください。";

/// Whether the day can be registered and nobody has begun to; an institution without terminals is not asked about.
///
/// # Errors
/// As [`applications::outlook`].
pub(super) async fn is_next(ctx: &Ctx<'_>, overview: Option<&Overview>) -> services::Result<bool> {
    if overview.is_none() {
        return Ok(false);
    }
    let outlook = applications::outlook(ctx, KIND).await?;
    Ok(outlook.missing.is_none() && !outlook.filed && outlook.draft.is_none())
}

/// It as the one thing to do next.
pub(super) fn next_step() -> NextStepView {
    NextStepView {
        title: KIND.label().to_owned(),
        says: vec![SAYS.to_owned()],
        facts: vec![],
        href: format!("/procedures/{KIND}"),
        label: KIND.words().to_form.to_owned(),
    }
}

/// It as a task in the list.
pub(super) fn task(current: bool) -> TaskView {
    TaskView {
        title: KIND.label().to_owned(),
        href: format!("/procedures/{KIND}"),
        state: StateView::new(Tone::Idle, "まだ登録していません"),
        next: if current { String::new() } else { SAYS.to_owned() },
        facts: vec![Fact::new("いま対応する人", domain::applications::Explanation::APPLICANT)],
        current,
    }
}
