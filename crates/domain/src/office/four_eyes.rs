//! Four eyes: acts that one person proposes and another one approves (spec 6.2).

use std::collections::BTreeSet;

use crate::{applications::Kind, permissions::Permission, words::words};

words! {
    /// A kind of act for which an installation may ask for a second person.
    Matter {
        /// Revocation of a certificate by staff.
        Revocation = "revocation", "職員による端末の電子証明書の失効";
        /// A new version of terms.
        Terms = "terms", "利用規約などの文書の改定";
        /// The fee of a certificate.
        Fees = "fees", "手数料の額の変更";
        /// Figures of rules, holidays and lists.
        Settings = "settings", "業務の設定の変更";
        /// Schemes of subsidies.
        Schemes = "schemes", "補助金の制度の変更";
        /// Texts of mails, and words of the search.
        Texts = "texts", "メールの文と検索の言葉の変更";
        /// Acceptance of an eligibility application or a claims filing.
        AcceptFiling = "accept_filing", "利用申請・届出の承認";
        /// Acceptance of a certificate application.
        AcceptCertificate = "accept_certificate", "端末の電子証明書の申請の承認";
        /// Rejection of a case.
        Reject = "reject", "申請の却下";
        /// Publication of a notice or an article; the review is the second person's.
        Content = "content", "お知らせ・記事の公開";
    }
}

impl Matter {
    /// What whoever proposes or approves it must hold; a rejection asks for what its procedure asks for.
    pub const fn permission(self, kind: Option<Kind>) -> Permission {
        match self {
            Self::Revocation => Permission::RevokeCertificates,
            Self::Terms | Self::Texts => Permission::ChangeTexts,
            Self::Fees => Permission::ChangeFees,
            Self::Settings | Self::Schemes => Permission::ChangeSettings,
            Self::AcceptCertificate => Permission::ReviewCertificates,
            Self::AcceptFiling => Permission::ReviewApplications,
            Self::Content => Permission::EditContent,
            Self::Reject => match kind {
                Some(Kind::Certificate) => Permission::ReviewCertificates,
                _ => Permission::ReviewApplications,
            },
        }
    }
}

/// The matters for which a second person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FourEyes(BTreeSet<Matter>);

impl Default for FourEyes {
    /// Revocation by staff, terms and fees; whatever touches a key of the authority has rules of its own.
    fn default() -> Self {
        Self(BTreeSet::from([Matter::Revocation, Matter::Terms, Matter::Fees]))
    }
}

impl FourEyes {
    /// Nobody is asked.
    pub const fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether a second person is asked.
    pub fn asks(&self, matter: Matter) -> bool {
        self.0.contains(&matter)
    }

    /// Sets whether a second person is asked.
    pub fn set(&mut self, matter: Matter, asks: bool) {
        if asks {
            self.0.insert(matter);
        } else {
            self.0.remove(&matter);
        }
    }
}
