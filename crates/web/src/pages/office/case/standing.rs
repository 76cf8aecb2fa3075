//! Whether the person may decide a case now, and if not, why.

use domain::applications::{Kind, State};
use services::applications::{CaseView, reviewing};

use crate::{pages::office::parts, site::Visit};

/// How the person stands to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Decides it; `mine` when they have taken it.
    Decides {
        /// Whether they have taken it.
        mine: bool,
    },
    /// Filed or prepared it themselves (spec 1.2).
    Own,
    /// A colleague has taken it.
    Colleague,
    /// May look only.
    Looks,
    /// It is not with the operator for examination.
    NotOpen,
}

impl Standing {
    /// The standing of the person.
    pub(super) fn of(visit: &Visit, view: &CaseView) -> Self {
        let case = &view.case;
        let me = visit.session().map(|session| session.account_id);
        if !case.state.is_open_for_review() {
            Self::NotOpen
        } else if !parts::may(visit, reviewing(case.kind)) {
            Self::Looks
        } else if me == Some(case.created_by) || me == case.submitted_by || !view.may_decide {
            Self::Own
        } else if case.assignee.is_some() && case.assignee != me {
            Self::Colleague
        } else {
            Self::Decides { mine: case.assignee.is_some() }
        }
    }

    /// Whether they decide it.
    pub(super) const fn decides(self) -> bool {
        matches!(self, Self::Decides { .. })
    }

    /// Whether they have taken it.
    pub(super) const fn has_taken(self) -> bool {
        matches!(self, Self::Decides { mine: true })
    }

    /// Why the person cannot decide; empty when they can.
    pub(super) fn why_not(self, view: &CaseView) -> String {
        match self {
            Self::Decides { .. } => String::new(),
            Self::Own => "ご自身が作成または送信した申請のため、判断できません。ほかの担当者が審査します。".to_owned(),
            Self::Colleague => {
                let name = view.assignee_name.as_deref().unwrap_or("ほかの担当者");
                format!("{name}さんが担当しています。担当を外れると、ほかの人が判断できるようになります。")
            }
            Self::Looks => format!("判断は{}がします。ここでは内容を見ることだけができます。", decider(view.case.kind)),
            Self::NotOpen => closed(view.case.state).to_owned(),
        }
    }
}

const fn decider(kind: Kind) -> &'static str {
    match kind {
        Kind::Certificate => "登録局担当",
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => "審査担当",
    }
}

const fn closed(state: State) -> &'static str {
    match state {
        State::Returned => "申請者の補正を待っています。補正されると、もう一度審査待ちになります。",
        State::Rejected | State::Withdrawn | State::Cancelled | State::Superseded | State::PickupExpired => {
            "この手続は終わっています。"
        }
        _ => "審査は終わっています。",
    }
}
