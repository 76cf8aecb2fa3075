//! The notices of master accounts that can be downloaded: a task while they can, and what comes next until somebody did.

use domain::calendar::until_with_days_left;
use services::{Ctx, master_accounts};

use crate::{
    pages::master_account::{PLACE, TITLE},
    view::parts::{Fact, NextStepView, StateView, TaskView, Tone},
};

/// Notices that can be downloaded.
pub(super) struct Ready {
    until: String,
    is_new: bool,
}

/// The notices of the institution that can be downloaded.
///
/// # Errors
/// As [`master_accounts::waiting`].
pub(super) async fn ready(ctx: &Ctx<'_>) -> services::Result<Option<Ready>> {
    let until = |until| until_with_days_left(until, ctx.now.date());
    let waiting = master_accounts::waiting(ctx).await?;
    Ok(waiting.map(|one| Ready { until: until(one.until.date()), is_new: one.is_new }))
}

impl Ready {
    fn facts(&self) -> Vec<Fact> {
        vec![Fact::new("ダウンロードの期限", &self.until)]
    }

    /// What comes next, until somebody downloaded the notices.
    pub(super) fn next_step(&self) -> Option<NextStepView> {
        self.is_new.then(|| NextStepView {
            title: TITLE.to_owned(),
            says: vec![
                "オンライン資格確認の利用申請が承認されました。管理者用のIDと初回パスワードの通知書をダウンロードしてください。"
                    .to_owned(),
                "端末の設置と設定のときに使います。期限を過ぎると、再発行が必要になります。".to_owned(),
            ],
            facts: self.facts(),
            href: PLACE.to_owned(),
            label: "通知書をダウンロードする画面へ進む".to_owned(),
        })
    }

    /// The task in the list; `current` while it stands above the list.
    pub(super) fn task(&self, current: bool) -> TaskView {
        let (state, next) = match self.is_new {
            true => (StateView::new(Tone::Active, "ダウンロードできます"), "通知書がまだダウンロードされていません。"),
            false => (StateView::new(Tone::Done, "ダウンロード済み"), "期限までは、もう一度ダウンロードできます。"),
        };
        let next = next.to_owned();
        TaskView { title: TITLE.to_owned(), href: PLACE.to_owned(), state, next, facts: self.facts(), current }
    }
}
