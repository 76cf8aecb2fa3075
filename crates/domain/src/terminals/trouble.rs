//! 「端末に何かあったとき」: one question after the other, and the way that the answers lead to (spec 04.5).

use crate::{clock::Timestamp, words::words};

words! {
    /// What happened to a terminal.
    Happening {
        /// The computer is replaced by another one.
        Replaced = "replaced", "パソコンを入れ替えた、または入れ替える";
        /// The computer broke or was reset.
        Broken = "broken", "パソコンが壊れた、または初期化した";
        /// The certificate was deleted by mistake.
        Deleted = "deleted", "端末の電子証明書を誤って削除した";
        /// The terminal or the file was stolen or lost, or somebody else may use it.
        Lost = "lost", "端末やファイルを盗まれた、なくした、第三者に使われたおそれがある";
        /// The institution's code changed or will.
        CodeChanged = "code_changed", "医療機関等コードが変わった、または変わる";
        /// The terminal is not used any more.
        Stopped = "stopped", "端末の使用をやめた";
        /// Nothing happened to it, but it has no certificate that works.
        NeedsOne = "apply", "使える端末の電子証明書がない（失効した、期限が切れた）";
    }
}

/// What was answered so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What happened.
    pub happening: Option<Happening>,
    /// Whether there is a backup of the file and its password.
    pub backup: Option<bool>,
    /// Whether the computer from before still works.
    pub old_works: Option<bool>,
}

/// What the portal knows of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether any of its certificates is neither revoked nor ended, installed or not.
    pub valid: bool,
    /// Until when the letter of its certificate works again: it was fetched, and nothing is installed yet (spec 04.3).
    pub again_until: Option<Timestamp>,
}

/// The next question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What happened.
    Happening,
    /// Whether there is a backup.
    Backup,
    /// Whether the computer from before still works.
    OldWorks,
}

/// Why a certificate is revoked on a way (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody else may have the key.
    KeyCompromise,
    /// Another certificate takes its place.
    Superseded,
    /// The terminal is not used any more.
    CessationOfOperation,
    /// The institution has another code.
    AffiliationChanged,
}

impl Reason {
    /// The name in RFC 5280.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyCompromise => "keyCompromise",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::AffiliationChanged => "affiliationChanged",
        }
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Bring the backup to the terminal; nothing is filed.
    Restore,
    /// Fetch it again with the same letter, until then.
    FetchAgain(Timestamp),
    /// Apply for a new certificate; the one from before stays valid until the new one is installed.
    Apply,
    /// Revoke the one from before and apply for a new one.
    RevokeAndApply,
    /// Revoke at once; then apply for a new one.
    RevokeLost,
    /// The way of the institution's succession; then revoke.
    ChangeCode,
    /// Revoke what is not revoked; nothing takes its place.
    Retire,
}

impl Way {
    /// The word by which a page says which way it showed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::FetchAgain(_) => "fetch_again",
            Self::Apply => "apply",
            Self::RevokeAndApply => "revoke_and_apply",
            Self::RevokeLost => "revoke_lost",
            Self::ChangeCode => "change_code",
            Self::Retire => "retire",
        }
    }

    /// Whether it leads to a new certificate, which costs the fee.
    pub const fn costs_a_fee(self) -> bool {
        matches!(self, Self::Apply | Self::RevokeAndApply | Self::RevokeLost | Self::ChangeCode)
    }

    /// Why the certificate from before is revoked, if it is.
    pub const fn revokes(self) -> Option<Reason> {
        match self {
            Self::RevokeAndApply => Some(Reason::Superseded),
            Self::RevokeLost => Some(Reason::KeyCompromise),
            Self::ChangeCode => Some(Reason::AffiliationChanged),
            Self::Retire => Some(Reason::CessationOfOperation),
            Self::Restore | Self::FetchAgain(_) | Self::Apply => None,
        }
    }
}

/// The next question, or the way that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something must still be asked.
    Ask(Question),
    /// This is to be done.
    Go(Way),
}

/// Where the answers lead.
pub fn lead(answered: Answered, known: Known) -> Step {
    use {Happening as H, Question as Q, Step as S};
    let Some(happening) = answered.happening else { return S::Ask(Q::Happening) };
    match happening {
        H::CodeChanged => S::Go(Way::ChangeCode),
        H::NeedsOne => S::Go(Way::Apply),
        H::Stopped => S::Go(Way::Retire),
        _ if !known.valid => S::Go(Way::Apply),
        H::Lost => S::Go(Way::RevokeLost),
        H::Replaced | H::Broken | H::Deleted => match (known.again_until, answered.backup) {
            (Some(until), _) => S::Go(Way::FetchAgain(until)),
            (None, None) => S::Ask(Q::Backup),
            (None, Some(true)) => S::Go(Way::Restore),
            (None, Some(false)) if happening == H::Replaced => match answered.old_works {
                None => S::Ask(Q::OldWorks),
                Some(true) => S::Go(Way::Apply),
                Some(false) => S::Go(Way::RevokeAndApply),
            },
            (None, Some(false)) => S::Go(Way::RevokeAndApply),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(happening: Happening, backup: Option<bool>, old_works: Option<bool>) -> Answered {
        Answered { happening: Some(happening), backup, old_works }
    }

    #[test]
    fn every_answer_leads_to_a_question_or_a_way() {
        use {Happening as H, Question as Q, Step as S, Way as W};
        let known = Known { valid: true, again_until: None };
        for (answered, step) in [
            (Answered::default(), S::Ask(Q::Happening)),
            (said(H::Replaced, None, None), S::Ask(Q::Backup)),
            (said(H::Replaced, Some(true), None), S::Go(W::Restore)),
            (said(H::Replaced, Some(false), None), S::Ask(Q::OldWorks)),
            (said(H::Replaced, Some(false), Some(true)), S::Go(W::Apply)),
            (said(H::Replaced, Some(false), Some(false)), S::Go(W::RevokeAndApply)),
            (said(H::Broken, Some(true), None), S::Go(W::Restore)),
            (said(H::Broken, Some(false), None), S::Go(W::RevokeAndApply)),
            (said(H::Deleted, Some(false), None), S::Go(W::RevokeAndApply)),
            (said(H::Lost, None, None), S::Go(W::RevokeLost)),
            (said(H::CodeChanged, None, None), S::Go(W::ChangeCode)),
            (said(H::Stopped, None, None), S::Go(W::Retire)),
            (said(H::NeedsOne, None, None), S::Go(W::Apply)),
        ] {
            assert_eq!(lead(answered, known), step, "{answered:?}");
        }
    }

    #[test]
    fn while_the_letter_works_again_nothing_costs_a_fee_but_a_thief_is_shut_out() {
        let until = Timestamp::from_millis(0);
        let known = Known { valid: true, again_until: Some(until) };
        for happening in [Happening::Replaced, Happening::Broken, Happening::Deleted] {
            let Step::Go(way) = lead(said(happening, None, None), known) else { panic!("{happening} asks") };
            assert!(way == Way::FetchAgain(until) && !way.costs_a_fee());
        }
        assert_eq!(lead(said(Happening::Lost, None, None), known), Step::Go(Way::RevokeLost));
    }

    #[test]
    fn without_a_certificate_that_works_there_is_nothing_to_revoke() {
        for happening in [Happening::Broken, Happening::Lost, Happening::NeedsOne] {
            assert_eq!(lead(said(happening, None, None), Known::default()), Step::Go(Way::Apply));
        }
        assert_eq!(lead(said(Happening::Stopped, None, None), Known::default()), Step::Go(Way::Retire));
    }
}
