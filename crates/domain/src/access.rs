//! Access tokens of machines: what one may do, and how long it may live (spec 8.4).

use time::Duration;

use crate::clock::Timestamp;
use crate::words::words;

/// The longest life of a token: whoever forgets one does not leave a door open for ever.
pub const LONGEST_LIFE: Duration = Duration::days(730);
/// Longest name in characters.
pub const LONGEST_NAME: usize = 60;
/// Tokens that work at the same time for one owner of them.
pub const MOST: usize = 30;

words! {
    /// What a token may do.
    Scope {
        /// Read the event feed; for systems of the operator.
        EventsRead = "events:read", "イベントを読む";
        /// Read in events the hashes of first passwords too; for the system that keeps those accounts.
        MasterAccountsRead = "master-accounts:read", "イベントで、マスターアカウントの初回パスワードのハッシュも読む";
        /// See procedures and applications of one institution.
        ApplicationsRead = "applications:read", "申請・届出を見る";
        /// Write, check and send applications of one institution.
        ApplicationsWrite = "applications:write", "申請・届出を作り、送信する";
    }
}

impl Scope {
    /// Scopes that administrators give to systems of the operator.
    pub const OF_OFFICE: &'static [Self] = &[Self::EventsRead, Self::MasterAccountsRead];
    /// Scopes that owners give to systems of their institution.
    pub const OF_INSTITUTION: &'static [Self] = &[Self::ApplicationsRead, Self::ApplicationsWrite];

    /// Scopes as they are stored: words with spaces between (RFC 6749, 3.3).
    pub fn joined(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Scopes as they were stored; a word that is none any more is left out.
    pub fn split(text: &str) -> Vec<Self> {
        text.split(' ').filter_map(|word| word.parse().ok()).collect()
    }
}

/// Whether a token may end at this instant: not before now, and within its longest life.
pub fn may_end(now: Timestamp, end: Timestamp) -> bool {
    now < end && end <= now + LONGEST_LIFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_come_back_as_they_were_kept() {
        let all = [Scope::ApplicationsRead, Scope::ApplicationsWrite];
        assert_eq!(Scope::joined(&all), "applications:read applications:write");
        assert_eq!(Scope::split(&Scope::joined(&all)), all);
        assert_eq!(Scope::split("events:read weather:read"), [Scope::EventsRead]);
        assert_eq!(Scope::split(""), []);
    }

    #[test]
    fn every_scope_is_given_by_either_administrators_or_owners() {
        for scope in Scope::ALL {
            assert!(Scope::OF_OFFICE.contains(scope) != Scope::OF_INSTITUTION.contains(scope), "{scope}");
        }
    }

    #[test]
    fn a_token_ends_within_two_years() {
        let now = Timestamp::from_millis(1_795_400_000_000);
        assert!(!may_end(now, now));
        assert!(may_end(now, now + Duration::days(1)) && may_end(now, now + LONGEST_LIFE));
        assert!(!may_end(now, now + LONGEST_LIFE + Duration::SECOND));
    }
}
