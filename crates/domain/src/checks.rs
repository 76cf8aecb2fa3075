//! The nightly check of stored certificates: what can be found, and what it means (spec 04.5, 04.7).

use crate::words::words;

/// The hour in Japan from which the check of a day is made.
pub const HOUR: u8 = 2;

words! {
    /// What a check says of a certificate that is not good.
    Verdict {
        /// It breaks a rule, or is not what the register says.
        Bad = "bad", "不適合";
        /// Something is missing that is needed to judge it.
        Unchecked = "unchecked", "点検できず";
    }
}

words! {
    /// What was found.
    Fault {
        /// The stored bytes are no certificate.
        Bytes = "bytes", "保存されている証明書のデータを読めません";
        /// The certificate of its issuer is not at hand.
        Issuer = "issuer", "発行した認証局の証明書がありません";
        /// Its profile is not configured any more.
        Profile = "profile", "プロファイルが設定にありません";
        /// Its issuer did not sign it.
        Signature = "signature", "発行した認証局の署名と合いません";
        /// The register says something else than the certificate.
        Record = "record", "登録簿の記録と証明書の内容が違います";
        /// It names another revocation list than the register.
        Shard = "shard", "証明書が示す失効リストが、登録簿の記録と違います";
        /// Its key would be refused today.
        Key = "key", "鍵が弱く、いまの基準では認められません";
        /// Its key is on the list of blocked ones.
        Blocked = "blocked", "使用を止めた鍵の証明書です";
        /// Its issuer was revoked.
        IssuerRevoked = "issuer_revoked", "発行した認証局が失効しています";
        /// It breaks a rule of its profile or of RFC 5280.
        Rule = "rule", "証明書の規則（プロファイル）に合いません";
    }
}

impl Fault {
    /// What the fault makes of a certificate.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Bytes | Self::Issuer | Self::Profile => Verdict::Unchecked,
            _ => Verdict::Bad,
        }
    }
}

impl Verdict {
    /// What is to be done, and by whom.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Bad => "登録局担当が、申請のページで内容を確かめ、失効させるかどうかを決めます。",
            Self::Unchecked => {
                "システム管理者が、設定とデータベースを調べます。証明書が悪いと決まったわけではありません。"
            }
        }
    }
}

/// A fault with what it concerns, such as a field or a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The fault.
    pub fault: Fault,
    /// What it concerns; may be empty.
    pub detail: String,
}

impl Reason {
    /// A reason.
    pub fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self { fault, detail: detail.into() }
    }
}

/// The verdict of several reasons: bad if one is; none when there are no reasons.
pub fn verdict(reasons: &[Reason]) -> Option<Verdict> {
    reasons.iter().map(|reason| reason.fault.verdict()).min()
}

/// Reasons as they are stored: one a line, the word of the fault first.
pub fn to_text(reasons: &[Reason]) -> String {
    let line = |reason: &Reason| format!("{} {}", reason.fault, reason.detail.replace('\n', " "));
    reasons.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Reasons from stored text; lines with words that this version does not know are left out.
pub fn from_text(text: &str) -> Vec<Reason> {
    let reason = |line: &str| {
        let (word, detail) = line.split_once(' ').unwrap_or((line, ""));
        Some(Reason::new(word.parse().ok()?, detail))
    };
    text.lines().filter_map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_reason_makes_a_certificate_bad_whatever_could_not_be_checked() {
        let (missing, changed) = (Reason::new(Fault::Profile, "old"), Reason::new(Fault::Record, "serial"));
        assert_eq!(verdict(&[]), None);
        assert_eq!(verdict(std::slice::from_ref(&missing)), Some(Verdict::Unchecked));
        assert_eq!(verdict(&[missing, changed]), Some(Verdict::Bad));
    }

    #[test]
    fn reasons_come_back_as_they_were_stored() {
        let reasons =
            [Reason::new(Fault::Rule, "key_usage.profile: not\nas it should be"), Reason::new(Fault::Bytes, "")];
        let back = from_text(&to_text(&reasons));
        assert_eq!(back[0], Reason::new(Fault::Rule, "key_usage.profile: not as it should be"));
        assert_eq!((back[1].clone(), back.len()), (reasons[1].clone(), 2));
        assert_eq!(from_text("newer than this version"), []);
    }
}
