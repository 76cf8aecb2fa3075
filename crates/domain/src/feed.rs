//! What downstream systems are told (spec 8.4): kinds of events, and how long they are kept.

use time::Duration;

use crate::access::Scope;
use crate::words::words;

/// Days for which an event can be read again.
pub const KEPT_DAYS: i64 = 400;

words! {
    /// A kind of event. The word is part of the interface: it may be added to, and never changes.
    EventKind {
        /// A case of any procedure was accepted.
        ApplicationAccepted = "application.accepted", "申請・届出が承認された";
        /// An accepted case took effect.
        ApplicationInForce = "application.in_force", "申請・届出が有効になった";
        /// A case in force was replaced by a later one.
        ApplicationSuperseded = "application.superseded", "申請・届出が新しいものに置き換わった";
        /// A terminal's first certificate was signed and stored.
        CertificateIssued = "certificate.issued", "端末の電子証明書が発行された";
        /// A certificate that follows another one was signed and stored.
        CertificateRenewed = "certificate.renewed", "端末の電子証明書が更新された";
        /// A certificate was revoked, or the reason of its revocation became graver.
        CertificateRevoked = "certificate.revoked", "端末の電子証明書が失効した";
        /// The root revoked an issuing authority: nothing that it issued is believed any more.
        AuthorityRevoked = "authority.revoked", "発行局の証明書が失効した";
        /// A subsidy was granted.
        SubsidyDecided = "subsidy.decided", "補助金の交付が決定された";
        /// A grant was taken back.
        SubsidyReversed = "subsidy.reversed", "補助金の交付決定が取り消された";
        /// A succession was accepted: another institution takes the place of this one.
        SuccessionAccepted = "succession.accepted", "承継が受け付けられた";
        /// An institution closed, rests or goes on.
        InstitutionClosed = "institution.closed", "医療機関等が廃止・休止・再開となった";
        /// A terminal showed its certificate for the first time.
        ConnectionTested = "connection_test.done", "端末の接続テストが済んだ";
        /// A master account was made: user ID and the argon2id hash of its first password.
        MasterAccountIssued = "master_account.issued", "マスターアカウントが発行された";
        /// A master account has a new first password: the hash before it is void.
        MasterAccountReissued = "master_account.reissued", "マスターアカウントが再発行された";
        /// The day on which an institution begins to check insurance online was registered, or another one in its place.
        OperationStartRegistered = "operation_start.registered", "運用開始日が登録された";
    }
}

impl EventKind {
    /// Keys of its data that only the system may read which keeps the accounts ([`Scope::MasterAccountsRead`]).
    pub const fn credentials(self) -> &'static [&'static str] {
        if matches!(self, Self::MasterAccountIssued | Self::MasterAccountReissued) { &["password_hash"] } else { &[] }
    }
}

/// What a receiver of webhooks is told: kept as words with spaces between, of events and of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Words of the kinds of events; none for all.
    pub kinds: Vec<String>,
    /// Whether credentials stand in them.
    pub credentials: bool,
}

impl Wishes {
    /// As they were kept. A kind that is none any more stays: without it, everything would be told.
    pub fn split(text: &str) -> Self {
        let scope = Scope::MasterAccountsRead.as_str();
        let words = || text.split(' ').filter(|word| !word.is_empty());
        let kinds = words().filter(|word| *word != scope).map(str::to_owned).collect();
        Self { kinds, credentials: words().any(|word| word == scope) }
    }

    /// As they are kept.
    pub fn joined(&self) -> String {
        let scope = self.credentials.then_some(Scope::MasterAccountsRead.as_str());
        self.kinds.iter().map(String::as_str).chain(scope).collect::<Vec<_>>().join(" ")
    }

    /// Whether events of a kind are told.
    pub fn want(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|word| word == kind)
    }
}

/// How long a receiver of webhooks is tried in vain before it is given up.
pub const PATIENCE: Duration = Duration::days(3);

/// Waiting time after so many failures before this one: 5 s, doubled each time, at most 30 minutes.
pub fn back_off(failures: i64) -> Duration {
    let doublings = u32::try_from(failures).unwrap_or(0).min(10);
    Duration::seconds(5 * 2_i64.pow(doublings)).min(Duration::minutes(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_what_it_happened_to_and_what_happened() {
        for kind in EventKind::ALL {
            let parts: Vec<&str> = kind.as_str().split('.').collect();
            let plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(parts.len() == 2 && parts.iter().all(|part| !part.is_empty() && plain(part)), "{kind}");
        }
    }

    #[test]
    fn wishes_come_back_as_they_were_kept() {
        for (text, kinds, credentials) in [
            ("", 0, false),
            ("master-accounts:read", 0, true),
            ("certificate.issued weather.changed", 2, false),
            ("certificate.issued master-accounts:read", 1, true),
        ] {
            let wishes = Wishes::split(text);
            assert_eq!((wishes.kinds.len(), wishes.credentials, wishes.joined().as_str()), (kinds, credentials, text));
            assert!(wishes.want("certificate.issued") && wishes.want("certificate.revoked") == (kinds == 0), "{text}");
        }
    }

    #[test]
    fn a_receiver_is_tried_often_at_first_and_twice_an_hour_later() {
        assert_eq!(back_off(0), Duration::seconds(5));
        assert_eq!(back_off(3), Duration::seconds(40));
        assert_eq!(back_off(100), Duration::minutes(30));
    }
}
