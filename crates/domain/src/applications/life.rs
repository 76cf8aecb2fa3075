//! The states of a case and which event leads where: one table for all procedures.

use super::Kind;
use crate::words::words;

words! {
    /// Where a case stands (spec 03 and 04.1).
    State {
        /// Being written.
        Draft = "draft", "下書き";
        /// Sent, nobody has looked yet.
        Submitted = "submitted", "審査待ち";
        /// A reviewer has it.
        InReview = "in_review", "審査中";
        /// The applicant is asked to correct fields.
        Returned = "returned", "補正依頼";
        /// Accepted, the start month has not come.
        Accepted = "accepted", "受付済み";
        /// In force.
        InForce = "in_force", "利用中";
        /// Replaced by a later change.
        Superseded = "superseded", "変更済み";
        /// Refused.
        Rejected = "rejected", "却下";
        /// Taken back by the applicant.
        Withdrawn = "withdrawn", "取下げ";
        /// The certificate will be issued; the letter is to be printed.
        Approved = "approved", "承認済み（通知書の作成待ち）";
        /// The letter is printed.
        LetterPrinted = "letter_printed", "通知書 印刷済み";
        /// The letter is on its way.
        LetterPosted = "letter_posted", "通知書 発送済み";
        /// The letter came back.
        LetterReturned = "letter_returned", "通知書 返送";
        /// The letter was lost.
        LetterLost = "letter_lost", "通知書 不着・紛失";
        /// A new letter is to be printed.
        LetterReissued = "letter_reissued", "通知書 再発行";
        /// The certificate was fetched.
        PickedUp = "picked_up", "取得済み";
        /// The connection test succeeded.
        Installed = "installed", "設定完了";
        /// Nobody fetched it in time.
        PickupExpired = "pickup_expired", "取得期限切れ";
        /// The certificate application was taken back.
        Cancelled = "cancelled", "取消し";
    }
}

words! {
    /// What happens to a case.
    Event {
        /// The applicant sends it.
        Submit = "submit", "送信";
        /// A reviewer takes it.
        Take = "take", "審査開始";
        /// The reviewer lets go of it.
        Release = "release", "審査待ちへ戻す";
        /// The reviewer asks for corrections.
        Return = "return", "補正依頼";
        /// The applicant sends the corrections.
        Resubmit = "resubmit", "補正して再送信";
        /// The reviewer asks something without returning the form.
        Ask = "ask", "審査担当からの質問";
        /// The applicant answers.
        Answer = "answer", "質問への回答";
        /// The reviewer accepts.
        Accept = "accept", "承認";
        /// The reviewer refuses.
        Reject = "reject", "却下";
        /// The applicant takes it back.
        Withdraw = "withdraw", "取下げ";
        /// The start month has come.
        TakeEffect = "take_effect", "利用開始";
        /// A later change was accepted.
        Supersede = "supersede", "後の変更による終了";
        /// The batch with the letter is confirmed printed.
        PrintLetter = "print_letter", "通知書の印刷";
        /// The letter is handed to the post.
        PostLetter = "post_letter", "通知書の発送";
        /// The letter came back.
        LetterComesBack = "letter_comes_back", "通知書の返送";
        /// It never came or is lost, or never left the desk.
        LoseLetter = "lose_letter", "通知書の不着・紛失";
        /// A new letter is ordered.
        ReissueLetter = "reissue_letter", "通知書の再発行";
        /// The certificate is fetched, also a second time.
        PickUp = "pick_up", "端末の電子証明書の取得";
        /// The connection test succeeds.
        Install = "install", "接続テスト成功";
        /// The certificate is renewed; the case stays where it is.
        Renew = "renew", "端末の電子証明書の更新";
        /// The deadline passes.
        ExpirePickup = "expire_pickup", "取得期限の経過";
    }
}

/// An event that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event} is not possible in state {state}")]
pub struct Refused {
    /// Where the case stands.
    pub state: State,
    /// What was tried.
    pub event: Event,
}

/// An allowed step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// From where.
    pub from: State,
    /// By what.
    pub event: Event,
    /// To where.
    pub to: State,
}

const fn step(from: State, event: Event, to: State) -> Move {
    Move { from, event, to }
}

/// How the cases of a procedure live after they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Accepted, in force from its start, replaced by a later change.
    Filing,
    /// As a filing, but accepted by rule as soon as it is sent, if no check speaks against it.
    AtOnce,
    /// Accepted once; nothing replaces it.
    Once,
    /// Approved, with a letter, a pickup and a connection test.
    Certificate,
}

/// Steps that all procedures share.
const SHARED: &[Move] = &[
    step(State::Draft, Event::Submit, State::Submitted),
    step(State::Submitted, Event::Take, State::InReview),
    step(State::InReview, Event::Release, State::Submitted),
    step(State::InReview, Event::Ask, State::InReview),
    step(State::InReview, Event::Answer, State::InReview),
    step(State::Submitted, Event::Answer, State::Submitted),
    step(State::InReview, Event::Return, State::Returned),
    step(State::InReview, Event::Reject, State::Rejected),
    step(State::Returned, Event::Resubmit, State::Submitted),
];

/// The end of what is filed, is in force and can be changed.
const FILINGS: &[Move] = &[
    step(State::InReview, Event::Accept, State::Accepted),
    step(State::Accepted, Event::TakeEffect, State::InForce),
    step(State::Accepted, Event::Supersede, State::Superseded),
    step(State::InForce, Event::Supersede, State::Superseded),
    step(State::Submitted, Event::Withdraw, State::Withdrawn),
    step(State::InReview, Event::Withdraw, State::Withdrawn),
    step(State::Returned, Event::Withdraw, State::Withdrawn),
];

/// The end of what is decided once.
const ONCE: &[Move] = &[
    step(State::InReview, Event::Accept, State::Accepted),
    step(State::Submitted, Event::Withdraw, State::Withdrawn),
    step(State::InReview, Event::Withdraw, State::Withdrawn),
    step(State::Returned, Event::Withdraw, State::Withdrawn),
];

/// The rest of a certificate application's life.
const CERTIFICATES: &[Move] = &[
    step(State::InReview, Event::Accept, State::Approved),
    step(State::Submitted, Event::Withdraw, State::Cancelled),
    step(State::InReview, Event::Withdraw, State::Cancelled),
    step(State::Returned, Event::Withdraw, State::Cancelled),
    step(State::Approved, Event::PrintLetter, State::LetterPrinted),
    step(State::LetterPrinted, Event::PostLetter, State::LetterPosted),
    step(State::LetterPrinted, Event::PickUp, State::PickedUp),
    step(State::LetterPosted, Event::PickUp, State::PickedUp),
    step(State::LetterPosted, Event::LetterComesBack, State::LetterReturned),
    step(State::LetterPrinted, Event::LoseLetter, State::LetterLost),
    step(State::LetterPosted, Event::LoseLetter, State::LetterLost),
    step(State::LetterReturned, Event::ReissueLetter, State::LetterReissued),
    step(State::LetterLost, Event::ReissueLetter, State::LetterReissued),
    step(State::LetterReissued, Event::PrintLetter, State::LetterPrinted),
    step(State::PickedUp, Event::PickUp, State::PickedUp),
    step(State::PickedUp, Event::Install, State::Installed),
    step(State::PickedUp, Event::Renew, State::PickedUp),
    step(State::Installed, Event::Renew, State::Installed),
    step(State::Approved, Event::ExpirePickup, State::PickupExpired),
    step(State::LetterPrinted, Event::ExpirePickup, State::PickupExpired),
    step(State::LetterPosted, Event::ExpirePickup, State::PickupExpired),
    step(State::LetterReturned, Event::ExpirePickup, State::PickupExpired),
    step(State::LetterLost, Event::ExpirePickup, State::PickupExpired),
    step(State::LetterReissued, Event::ExpirePickup, State::PickupExpired),
];

/// Whether a case of any procedure may take this step.
pub(super) fn is_known(from: State, event: Event, to: State) -> bool {
    [SHARED, FILINGS, ONCE, CERTIFICATES].into_iter().flatten().any(|known| *known == step(from, event, to))
}

impl Kind {
    /// Every allowed step of this procedure.
    pub fn moves(self) -> impl Iterator<Item = &'static Move> {
        let own = match self.life() {
            Life::Filing | Life::AtOnce => FILINGS,
            Life::Once => ONCE,
            Life::Certificate => CERTIFICATES,
        };
        SHARED.iter().chain(own)
    }

    /// The state after an event.
    ///
    /// # Errors
    /// [`Refused`] when the present state does not allow the event.
    pub fn after(self, state: State, event: Event) -> Result<State, Refused> {
        self.moves()
            .find(|step| step.from == state && step.event == event)
            .map(|step| step.to)
            .ok_or(Refused { state, event })
    }

    /// Whether the event is allowed now.
    pub fn allows(self, state: State, event: Event) -> bool {
        self.after(state, event).is_ok()
    }

    /// The states in which a case still moves, in the order of the line of life.
    pub fn line_of_life(self) -> &'static [State] {
        match self.life() {
            Life::Filing | Life::AtOnce => &[State::Submitted, State::InReview, State::Accepted, State::InForce],
            Life::Once => &[State::Submitted, State::InReview, State::Accepted],
            Life::Certificate => &[
                State::Submitted,
                State::InReview,
                State::Approved,
                State::LetterPrinted,
                State::LetterPosted,
                State::PickedUp,
                State::Installed,
            ],
        }
    }
}

impl State {
    /// States that count as filed: sent and neither refused nor taken back.
    pub const FILED: &'static [Self] = &[
        Self::Submitted,
        Self::InReview,
        Self::Returned,
        Self::Accepted,
        Self::InForce,
        Self::Approved,
        Self::LetterPrinted,
        Self::LetterPosted,
        Self::LetterReturned,
        Self::LetterLost,
        Self::LetterReissued,
        Self::PickedUp,
        Self::Installed,
    ];

    /// States of a case that was sent and is not decided yet.
    pub const UNDER_WAY: &'static [Self] = &[Self::Submitted, Self::InReview, Self::Returned];

    /// Whether the case was sent and is not decided yet.
    pub fn is_under_way(self) -> bool {
        Self::UNDER_WAY.contains(&self)
    }

    /// Whether the case is with the operator for examination.
    pub fn is_open_for_review(self) -> bool {
        matches!(self, Self::Submitted | Self::InReview)
    }

    /// Whether the applicant may edit the answers.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// Whether the case ended without what was applied for, or was replaced.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Superseded | Self::Rejected | Self::Withdrawn | Self::Cancelled | Self::PickupExpired)
    }

    /// Whether a letter was ordered for a case in this state, so that a certificate can be fetched or was.
    pub fn may_have_letter(self) -> bool {
        use State as S;
        let before = [S::Draft, S::Submitted, S::InReview, S::Returned];
        let refused = [S::Rejected, S::Withdrawn, S::Cancelled];
        !before.contains(&self) && !refused.contains(&self)
    }

    /// Whether the case was sent and neither refused nor taken back.
    pub fn is_filed(self) -> bool {
        Self::FILED.contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists every allowed move of a machine; what is not listed is refused.
    fn table(kind: Kind) -> String {
        let mut lines = vec![];
        for from in State::ALL {
            for event in Event::ALL {
                if let Ok(to) = kind.after(*from, *event) {
                    lines.push(format!("{from} --{event}--> {to}"));
                }
            }
        }
        lines.join("\n")
    }

    #[test]
    fn a_filing_moves_only_along_these_lines() {
        let expected = "draft --submit--> submitted\nsubmitted --take--> in_review\nsubmitted --answer--> submitted\nsubmitted --withdraw--> withdrawn\n\
            in_review --release--> submitted\nin_review --return--> returned\nin_review --ask--> in_review\n\
            in_review --answer--> in_review\nin_review --accept--> accepted\nin_review --reject--> rejected\nin_review --withdraw--> withdrawn\nreturned --resubmit--> submitted\n\
            returned --withdraw--> withdrawn\naccepted --take_effect--> in_force\naccepted --supersede--> superseded\n\
            in_force --supersede--> superseded";
        assert_eq!(table(Kind::Eligibility), expected);
        assert_eq!(table(Kind::Claims), expected);
    }

    #[test]
    fn a_certificate_is_free_to_cancel_until_approved_and_never_after() {
        let cancellable: Vec<_> =
            State::ALL.iter().filter(|state| Kind::Certificate.allows(**state, Event::Withdraw)).collect();
        assert_eq!(cancellable, [&State::Submitted, &State::InReview, &State::Returned]);
    }

    #[test]
    fn a_certificate_walks_from_draft_to_installed() {
        use Event::{Accept, Install, PickUp, PostLetter, PrintLetter, Submit, Take};
        let end = [Submit, Take, Accept, PrintLetter, PostLetter, PickUp, PickUp, Install]
            .into_iter()
            .try_fold(State::Draft, |state, event| Kind::Certificate.after(state, event));
        assert_eq!(end, Ok(State::Installed));
        assert!(!Kind::Certificate.allows(State::Installed, PickUp), "an installed certificate is not fetched again");
    }

    #[test]
    fn a_renewal_moves_nothing_and_needs_a_certificate() {
        for state in State::ALL {
            let expected = [State::PickedUp, State::Installed].contains(state).then_some(*state);
            assert_eq!(Kind::Certificate.after(*state, Event::Renew).ok(), expected, "{state}");
        }
    }

    #[test]
    fn a_letter_that_came_back_or_was_lost_is_sent_again_or_runs_out_and_fetches_nothing() {
        for gone in [State::LetterReturned, State::LetterLost] {
            let next: Vec<_> = Kind::Certificate.moves().filter(|step| step.from == gone).map(|step| step.to).collect();
            assert_eq!(next, [State::LetterReissued, State::PickupExpired], "{gone}");
        }
        assert!(!Kind::Certificate.allows(State::PickedUp, Event::LoseLetter), "after the pickup it is not needed");
    }

    #[test]
    fn no_letter_with_a_destroyed_secret_is_without_a_way_to_a_new_one() {
        let lost: Vec<_> =
            State::ALL.iter().filter(|state| Kind::Certificate.allows(**state, Event::LoseLetter)).collect();
        assert_eq!(lost, [&State::LetterPrinted, &State::LetterPosted]);
    }
}
