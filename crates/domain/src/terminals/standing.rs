//! How a terminal stands: which certificate counts, in what condition it is, and the one thing to do next (spec 04.5).

use time::Date;

use super::{
    ladder::days_left,
    renewal::{GRACE_DAYS, OPENS_DAYS},
};
use crate::{applications::State, clock::Timestamp, words::words};

/// Days before the end from which renewing is urgent.
const URGENT_DAYS: i64 = 30;

words! {
    /// In what condition a terminal is.
    Condition {
        /// Its key was reported lost, and the certificate is not revoked yet.
        ReportedLost = "reported_lost", "紛失の届出あり";
        /// The certificate ended and can no longer be renewed.
        Over = "over", "期限切れ";
        /// The certificate ended; it can still be renewed for some days.
        Ended = "ended", "期限切れ（更新できます）";
        /// The certificate ends within 30 days.
        EndsSoon = "ends_soon", "まもなく期限";
        /// A certificate was fetched and the terminal has not shown it yet.
        ToInstall = "to_install", "接続テスト待ち";
        /// The last certificate is revoked and none was applied for.
        Revoked = "revoked", "失効";
        /// The certificate can be renewed.
        Renewable = "renewable", "更新の時期";
        /// A certificate was applied for and the terminal has none that works.
        UnderWay = "under_way", "発行の手続中";
        /// In use.
        InUse = "in_use", "利用中";
        /// Not used any more.
        Retired = "retired", "使用終了";
    }
}

impl Condition {
    /// Whether somebody of the institution must do something.
    pub const fn asks_for_action(self) -> bool {
        !matches!(self, Self::UnderWay | Self::InUse | Self::Retired)
    }
}

/// What is to be done next for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing.
    Nothing,
    /// Renew the certificate on the closed network.
    Renew,
    /// Put the fetched certificate into the terminal and test the connection.
    TestConnection,
    /// See to the application that is under way.
    SeeToApplication,
    /// Apply for a new certificate.
    Apply,
    /// Revoke the certificate whose key was reported lost.
    Revoke,
}

/// A signed certificate of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// End of validity.
    pub not_after: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether the terminal showed it.
    pub installed: bool,
    /// Whether its key was reported lost.
    pub lost: bool,
}

/// How a terminal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Place of the certificate that counts in the list that was given; none when there is none.
    pub current: Option<usize>,
    /// Its condition.
    pub condition: Condition,
    /// Days to the end of the certificate that counts, if it is not revoked.
    pub days_left: Option<i64>,
    /// What is to be done next.
    pub next: NextStep,
}

/// Judges a terminal by its certificates, oldest first, the state of an application that is under way, and whether its
/// use was ended after the last of them.
///
/// The certificate that counts is the installed one that ends last; before one was installed, the last one issued.
pub fn standing(issued: &[Issued], under_way: Option<State>, retired: bool, today: Date) -> Standing {
    let valid = || issued.iter().enumerate().filter(|(_, one)| !one.revoked);
    let installed = valid().filter(|(_, one)| one.installed).max_by_key(|(_, one)| one.not_after);
    let Some((place, current)) = installed.or_else(|| valid().next_back()) else {
        let (condition, next) = match (under_way, issued.is_empty()) {
            (Some(_), _) => (Condition::UnderWay, NextStep::SeeToApplication),
            (None, false) if retired => (Condition::Retired, NextStep::Nothing),
            (None, false) => (Condition::Revoked, NextStep::Apply),
            (None, true) => (Condition::UnderWay, NextStep::Nothing),
        };
        return Standing { current: issued.len().checked_sub(1), condition, days_left: None, next };
    };
    let left = days_left(current.not_after, today);
    let follower = valid().any(|(other, one)| other != place && !one.installed && one.not_after > current.not_after);
    let (condition, next) = match left {
        _ if valid().any(|(_, one)| one.lost) => (Condition::ReportedLost, NextStep::Revoke),
        left if left < 0 && !follower => ended(left, under_way),
        _ if follower || !current.installed => (Condition::ToInstall, NextStep::TestConnection),
        left if left > OPENS_DAYS => (Condition::InUse, NextStep::Nothing),
        left if under_way.is_some() => (ending(left), NextStep::SeeToApplication),
        left => (ending(left), NextStep::Renew),
    };
    Standing { current: Some(place), condition, days_left: Some(left), next }
}

const fn ending(left: i64) -> Condition {
    if left <= URGENT_DAYS { Condition::EndsSoon } else { Condition::Renewable }
}

fn ended(left: i64, under_way: Option<State>) -> (Condition, NextStep) {
    let renewable = -left <= GRACE_DAYS;
    let condition = if renewable { Condition::Ended } else { Condition::Over };
    let next = match under_way {
        Some(_) => NextStep::SeeToApplication,
        None if renewable => NextStep::Renew,
        None => NextStep::Apply,
    };
    (condition, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, macros::date};

    const TODAY: Date = date!(2026 - 05 - 20);

    fn ending_in(days: i64) -> Issued {
        let not_after = Timestamp::end_of_day(TODAY + Duration::days(days));
        Issued { not_after, revoked: false, installed: true, lost: false }
    }

    fn judged(issued: &[Issued], under_way: Option<State>) -> (Option<usize>, Condition, NextStep) {
        let standing = standing(issued, under_way, false, TODAY);
        (standing.current, standing.condition, standing.next)
    }

    #[test]
    fn a_certificate_is_in_use_until_it_can_be_renewed_and_then_asks_for_it() {
        use {Condition as C, NextStep as N};
        for (days, condition, next) in [
            (91, C::InUse, N::Nothing),
            (90, C::Renewable, N::Renew),
            (31, C::Renewable, N::Renew),
            (30, C::EndsSoon, N::Renew),
            (0, C::EndsSoon, N::Renew),
            (-1, C::Ended, N::Renew),
            (-30, C::Ended, N::Renew),
            (-31, C::Over, N::Apply),
        ] {
            assert_eq!(judged(&[ending_in(days)], None), (Some(0), condition, next), "{days}");
        }
        assert_eq!(judged(&[ending_in(10)], Some(State::Submitted)).2, N::SeeToApplication);
    }

    #[test]
    fn a_successor_counts_once_it_is_installed() {
        let fetched = Issued { installed: false, ..ending_in(1_000) };
        let before = judged(&[ending_in(20), fetched], None);
        assert_eq!(before, (Some(0), Condition::ToInstall, NextStep::TestConnection));
        assert_eq!(judged(&[ending_in(-5), fetched], None).1, Condition::ToInstall);
        assert_eq!(judged(&[ending_in(20), ending_in(1_000)], None), (Some(1), Condition::InUse, NextStep::Nothing));
    }

    #[test]
    fn a_revoked_certificate_counts_only_when_nothing_else_is_there() {
        let revoked = Issued { revoked: true, ..ending_in(500) };
        assert_eq!(judged(&[revoked], None), (Some(0), Condition::Revoked, NextStep::Apply));
        let again = judged(&[revoked], Some(State::LetterPosted));
        assert_eq!(again, (Some(0), Condition::UnderWay, NextStep::SeeToApplication));
        let fetched = Issued { installed: false, ..ending_in(1_000) };
        assert_eq!(judged(&[revoked, fetched], None).0, Some(1));
        assert_eq!(judged(&[], Some(State::Submitted)), (None, Condition::UnderWay, NextStep::SeeToApplication));
    }

    #[test]
    fn a_terminal_that_is_not_used_any_more_asks_for_nothing() {
        let revoked = Issued { revoked: true, ..ending_in(500) };
        let judged = |issued: &[Issued], under_way| standing(issued, under_way, true, TODAY).condition;
        assert_eq!(judged(&[revoked], None), Condition::Retired);
        assert_eq!(judged(&[revoked], Some(State::Submitted)), Condition::UnderWay, "it is wanted again");
        assert_eq!(judged(&[revoked, ending_in(900)], None), Condition::InUse);
        assert!(!Condition::Retired.asks_for_action());
    }

    #[test]
    fn a_lost_key_comes_before_everything() {
        let lost = Issued { lost: true, ..ending_in(500) };
        assert_eq!(judged(&[lost], Some(State::Submitted)).2, NextStep::Revoke);
        assert_eq!(judged(&[Issued { revoked: true, ..lost }], None).1, Condition::Revoked);
    }
}
