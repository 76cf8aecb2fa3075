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
        /// See the ledger, closings and payments.
        ReadLedger = "read_ledger", "手数料台帳を見る";
        /// Close months, record payments, reverse fees (spec 6.3).
        ManageFees = "manage_fees", "手数料を締め、入金と取消しを記録する";
        /// Import the register.
        ImportInstitutions = "import_institutions", "医療機関等の台帳を取り込む";
        /// Search and see the register.
        ReadInstitutions = "read_institutions", "医療機関等の台帳を見る";
        /// Replace the first passwords of an institution that asks for it (spec 6.1).
        ReissueMasterAccounts = "reissue_master_accounts", "マスターアカウントを再発行する";
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
        /// See accounts of staff, their roles and the access reviews.
        ReadStaff = "read_staff", "職員のアカウントと権限を見る";
        /// Write notes that only staff read on cases and institutions.
        WriteNotes = "write_notes", "職員どうしの覚え書きを書く";
        /// See figures and charts (spec 6.6).
        ReadReports = "read_reports", "集計を見る";
        /// See run-time settings, their versions and what waits for a second person.
        ReadSettings = "read_settings", "設定とその履歴を見る";
        /// Change figures of rules, targets, holidays and lists that forms offer.
        ChangeSettings = "change_settings", "業務の設定を変える";
        /// Change fees and their validity.
        ChangeFees = "change_fees", "手数料の額を変える";
        /// Change terms, mail texts and canned texts.
        ChangeTexts = "change_texts", "利用規約・メールの文・定型文を変える";
        /// See access tokens and webhook receivers with their deliveries.
        ReadInterfaces = "read_interfaces", "外部連携を見る";
        /// Make and revoke access tokens, set up webhook receivers and let them go on.
        ManageInterfaces = "manage_interfaces", "外部連携を設定する";
        /// Read the audit chain.
        ReadAudit = "read_audit", "監査記録を見る";
        /// Notices and articles.
        EditContent = "edit_content", "お知らせと記事を編集する";
        /// See subsidies: accepted cases, batches, grants, payments.
        ReadGrants = "read_grants", "補助金の交付を見る";
        /// Gather accepted cases into batches and decide batches of others (spec 6.1).
        DecideGrants = "decide_grants", "補助金の交付を決定する";
        /// Make payment files, confirm payments, take grants back.
        PayGrants = "pay_grants", "補助金の支払いと取消しを記録する";
        /// Troubles and planned maintenance, as everybody reads them.
        ReportStatus = "report_status", "サービスの状況を知らせる";
    }
}

/// The table of spec 1.2: which role has which permissions.
pub const fn granted(role: Role) -> &'static [Permission] {
    use Permission as P;
    match role {
        Role::Reviewer => &[
            P::ReadApplications,
            P::ReviewApplications,
            P::ReviewMemberships,
            P::ReadInstitutions,
            P::ReissueMasterAccounts,
            P::ReadMails,
            P::WriteNotes,
            P::ReadReports,
            P::ReadGrants,
            P::DecideGrants,
        ],
        Role::RaOfficer => &[
            P::ReadCertificates,
            P::ReviewCertificates,
            P::RevokeCertificates,
            P::ReportLosses,
            P::ReadChecks,
            P::ReadInstitutions,
            P::ReadMails,
            P::ReadLetters,
            P::WriteNotes,
            P::ReadReports,
        ],
        Role::DispatchClerk => &[P::ReadLetters, P::DispatchLetters, P::ReadReports],
        Role::BillingClerk => &[
            P::ReadLedger,
            P::ManageFees,
            P::ReadInstitutions,
            P::ReadReports,
            P::ReadSettings,
            P::ChangeFees,
            P::ReadGrants,
            P::PayGrants,
        ],
        Role::Editor => &[P::EditContent, P::ReportStatus, P::ReadSettings, P::ChangeTexts],
        Role::CallCentreAgent => &[
            P::ReadApplications,
            P::ReadCertificates,
            P::ReportLosses,
            P::ReadInstitutions,
            P::ReissueMasterAccounts,
            P::ReadInquiries,
            P::AnswerInquiries,
            P::ReadMails,
            P::WriteNotes,
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
            P::ReadStaff,
            P::ReadReports,
            P::ReadSettings,
            P::ReadInterfaces,
            P::ReadAudit,
            P::ReadGrants,
        ],
        Role::Administrator => &[
            P::ManageStaff,
            P::ReadStaff,
            P::ImportInstitutions,
            P::ReadInstitutions,
            P::ManageJobs,
            P::ReadMails,
            P::ReadChecks,
            P::ReadReports,
            P::ReadSettings,
            P::ChangeSettings,
            P::ReadInterfaces,
            P::ManageInterfaces,
            P::ReportStatus,
            P::ReadGrants,
        ],
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
