//! Who may do what: one table of roles and permissions (spec 1.2).

use crate::words::words;

words! {
    /// A role of the operator's staff. Applicants act through memberships instead.
    Role {
        /// Examines eligibility applications, claims filings and other procedures.
        Reviewer = "reviewer", "審査担当";
        /// Examines certificate applications and revokes.
        RaOfficer = "ra_officer", "登録局担当";
        /// Prints and posts letters.
        DispatchClerk = "dispatch_clerk", "発送担当";
        /// Fees, closing, slips.
        BillingClerk = "billing_clerk", "経理担当";
        /// Notices, knowledge base, FAQ.
        Editor = "editor", "編集者";
        /// Answers inquiries.
        CallCentreAgent = "call_centre_agent", "コールセンター";
        /// Keys, ceremony, CRL.
        CaOfficer = "ca_officer", "認証局管理者";
        /// Reads everything, changes nothing.
        Auditor = "auditor", "監査";
        /// Staff accounts and configuration.
        Administrator = "administrator", "システム管理者";
    }
}

words! {
    /// What a verb of the back office needs.
    Permission {
        /// See the queue and the cases of eligibility applications and claims filings.
        ReadApplications = "read_applications", "申請を見る";
        /// Take, accept, return and reject them.
        ReviewApplications = "review_applications", "申請を審査する";
        /// See certificate applications and certificates.
        ReadCertificates = "read_certificates", "端末の電子証明書を見る";
        /// Examine certificate applications.
        ReviewCertificates = "review_certificates", "端末の電子証明書の申請を審査する";
        /// Revoke a certificate.
        RevokeCertificates = "revoke_certificates", "端末の電子証明書を失効させる";
        /// Note that the key of a terminal was lost or stolen.
        ReportLosses = "report_losses", "盗難・紛失の届出を記録する";
        /// See what the nightly check of stored certificates found.
        ReadChecks = "read_checks", "証明書の点検の結果を見る";
        /// Approve memberships that a reviewer must approve.
        ReviewMemberships = "review_memberships", "所属の確認をする";
        /// See letters without their secrets.
        ReadLetters = "read_letters", "通知書を見る";
        /// Print and post letters.
        DispatchLetters = "dispatch_letters", "通知書を印刷し発送する";
        /// See the ledger.
        ReadLedger = "read_ledger", "手数料台帳を見る";
        /// Import the register.
        ImportInstitutions = "import_institutions", "医療機関等の台帳を取り込む";
        /// Search and see the register.
        ReadInstitutions = "read_institutions", "医療機関等の台帳を見る";
        /// See inquiries.
        ReadInquiries = "read_inquiries", "照会を見る";
        /// Answer inquiries.
        AnswerInquiries = "answer_inquiries", "照会に回答する";
        /// See mails and their delivery.
        ReadMails = "read_mails", "メールの送信状況を見る";
        /// See failed jobs and run them again.
        ManageJobs = "manage_jobs", "処理の失敗を見て再実行する";
        /// Create staff accounts, give and take roles.
        ManageStaff = "manage_staff", "職員のアカウントを管理する";
        /// Read the audit chain.
        ReadAudit = "read_audit", "監査記録を見る";
        /// Notices and articles.
        EditContent = "edit_content", "お知らせと記事を編集する";
    }
}

/// The table of spec 1.2: which role has which permissions.
pub const fn granted(role: Role) -> &'static [Permission] {
    use Permission as P;
    match role {
        Role::Reviewer => {
            &[P::ReadApplications, P::ReviewApplications, P::ReviewMemberships, P::ReadInstitutions, P::ReadMails]
        }
        Role::RaOfficer => &[
            P::ReadCertificates,
            P::ReviewCertificates,
            P::RevokeCertificates,
            P::ReportLosses,
            P::ReadChecks,
            P::ReadInstitutions,
            P::ReadMails,
            P::ReadLetters,
        ],
        Role::DispatchClerk => &[P::ReadLetters, P::DispatchLetters],
        Role::BillingClerk => &[P::ReadLedger],
        Role::Editor => &[P::EditContent],
        Role::CallCentreAgent => &[
            P::ReadApplications,
            P::ReadCertificates,
            P::ReportLosses,
            P::ReadInstitutions,
            P::ReadInquiries,
            P::AnswerInquiries,
            P::ReadMails,
        ],
        Role::CaOfficer => &[P::ReadCertificates, P::ReadChecks],
        Role::Auditor => &[
            P::ReadApplications,
            P::ReadCertificates,
            P::ReadChecks,
            P::ReadLetters,
            P::ReadLedger,
            P::ReadInstitutions,
            P::ReadInquiries,
            P::ReadMails,
            P::ReadAudit,
        ],
        Role::Administrator => {
            &[P::ManageStaff, P::ImportInstitutions, P::ReadInstitutions, P::ManageJobs, P::ReadMails, P::ReadChecks]
        }
    }
}

/// Whether one of the roles has the permission.
pub fn allows(roles: &[Role], permission: Permission) -> bool {
    roles.iter().any(|role| granted(*role).contains(&permission))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_can_only_read() {
        assert!(granted(Role::Auditor).iter().all(|permission| permission.as_str().starts_with("read_")));
    }

    #[test]
    fn an_administrator_neither_reviews_nor_issues() {
        let roles = [Role::Administrator];
        for refused in [Permission::ReviewApplications, Permission::ReviewCertificates, Permission::RevokeCertificates]
        {
            assert!(!allows(&roles, refused));
        }
    }

    #[test]
    fn every_permission_is_held_by_someone() {
        for permission in Permission::ALL {
            assert!(Role::ALL.iter().any(|role| granted(*role).contains(permission)), "{permission}");
        }
    }
}
