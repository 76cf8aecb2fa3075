//! The content that comes with the program: what is common to all, and what comes with each procedure.

use domain::procedures::Common;

/// Every article that comes with the program.
pub(super) fn articles() -> impl Iterator<Item = &'static str> {
    ARTICLES.iter().copied().chain(Common::ALL.iter().map(|one| one.folder().article))
}

/// Every version of a document that comes with the program.
pub(super) fn documents() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().copied().chain(Common::ALL.iter().flat_map(|one| one.folder().documents).copied())
}

/// Every file of lists that comes with the program.
pub(super) fn options() -> impl Iterator<Item = &'static str> {
    [OPTIONS].into_iter().chain(Common::ALL.iter().map(|one| one.folder().options))
}

/// Articles and FAQ: Markdown with a TOML head.
const ARTICLES: &[&str] = &[
    include_str!("../../../../content/articles/KB0010012-applications.md"),
    include_str!("../../../../content/articles/KB0010145-customer-id.md"),
    include_str!("../../../../content/articles/KB0010146-v6-option.md"),
    include_str!("../../../../content/articles/KB0010147-line-kinds.md"),
    include_str!("../../../../content/articles/KB0010148-program-name.md"),
    include_str!("../../../../content/articles/KB0010149-ipsec-ike.md"),
    include_str!("../../../../content/articles/KB0010323-claims-start.md"),
    include_str!("../../../../content/articles/KB0010381-certificate-guide.md"),
    include_str!("../../../../content/articles/KB0011095-eligibility-start.md"),
    include_str!("../../../../content/articles/KB0011201-master-account.md"),
    include_str!("../../../../content/articles/KB0020001-letter-not-arrived.md"),
    include_str!("../../../../content/articles/KB0020002-letter-lost.md"),
    include_str!("../../../../content/articles/KB0020003-applied-twice.md"),
    include_str!("../../../../content/articles/KB0020004-pc-replaced.md"),
    include_str!("../../../../content/articles/KB0020005-certificate-deleted.md"),
    include_str!("../../../../content/articles/KB0020006-one-for-both.md"),
    include_str!("../../../../content/articles/KB0020007-two-codes.md"),
    include_str!("../../../../content/articles/KB0020008-vendor-contact.md"),
    include_str!("../../../../content/articles/KB0020009-fee-billed.md"),
    include_str!("../../../../content/articles/KB0020010-certificate-expiry.md"),
    include_str!("../../../../content/articles/KB0020011-mail-not-arriving.md"),
    include_str!("../../../../content/articles/KB0020012-provisional-account.md"),
    include_str!("../../../../content/articles/KB0020013-customer-id-changed.md"),
    include_str!("../../../../content/articles/KB0020014-line-changed.md"),
    include_str!("../../../../content/articles/KB0020015-code-changed.md"),
    include_str!("../../../../content/articles/KB0020016-terminal-stolen.md"),
    include_str!("../../../../content/articles/KB0020017-paper-filing.md"),
    include_str!("../../../../content/articles/KB0020018-claims-cutoff.md"),
    include_str!("../../../../content/articles/KB0020019-p12-password.md"),
    include_str!("../../../../content/articles/KB0020020-pickup-page.md"),
    include_str!("../../../../content/articles/KB0020021-wrong-line-kind.md"),
    include_str!("../../../../content/articles/KB0020022-institution-wrong.md"),
    include_str!("../../../../content/articles/KB0020032-group-filing.md"),
    include_str!("../../../../content/articles/KB0020033-mandate.md"),
];

/// Versioned documents: Markdown with a TOML head.
const DOCUMENTS: &[&str] = &[
    include_str!("../../../../content/documents/accessibility-1.0.md"),
    include_str!("../../../../content/documents/both-safety-rules-1.0.md"),
    include_str!("../../../../content/documents/certificate-application-guide-1.0.md"),
    include_str!("../../../../content/documents/certificate-application-guide-1.1.md"),
    include_str!("../../../../content/documents/claims-safety-rules-1.0.md"),
    include_str!("../../../../content/documents/claims-terms-1.0.md"),
    include_str!("../../../../content/documents/cp-cps-1.0.md"),
    include_str!("../../../../content/documents/cp-cps-1.1.md"),
    include_str!("../../../../content/documents/cp-cps-1.2.md"),
    include_str!("../../../../content/documents/cp-cps-1.3.md"),
    include_str!("../../../../content/documents/cp-cps-1.4.md"),
    include_str!("../../../../content/documents/eligibility-terms-1.0.md"),
    include_str!("../../../../content/documents/guide-1.0.md"),
    include_str!("../../../../content/documents/privacy-1.0.md"),
];

/// Example notices: Markdown with a TOML head.
pub(super) const NOTICES: &[&str] = &[
    include_str!("../../../../content/notices/claims-cutoff-reminder.md"),
    include_str!("../../../../content/notices/first-login.md"),
    include_str!("../../../../content/notices/history-maintenance.md"),
    include_str!("../../../../content/notices/letter-delivery.md"),
    include_str!("../../../../content/notices/portal-resumed.md"),
];

/// The lists that forms offer.
const OPTIONS: &str = include_str!("../../../../content/options.toml");
