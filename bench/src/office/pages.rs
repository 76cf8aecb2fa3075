//! The pages that are measured: one list, by the role that opens them. A word in braces stands for something the generator made.

use domain::permissions::Role;

/// Role and addresses. The second page of each list is measured, too, and named after it.
pub(super) const PAGES: &[(Role, &[&str])] = &[
    (
        Role::Reviewer,
        &[
            "/office",
            "/office/queue/eligibility",
            "/office/queue/eligibility?prefecture=13",
            "/office/queue/eligibility?state=in_review",
            "/office/queue/claims",
            "/office/queue/claims?state=returned",
            "/office/queue/claims?state=in_force",
            "/office/applications/{eligibility}",
            "/office/applications/{claims}",
            "/office/applications/{claims}/return",
            "/office/memberships",
            "/office/institutions",
            "/office/institutions?text=%E7%AC%AC229999%E8%A8%BA%E7%99%82%E6%89%80",
            "/office/institutions?text=%E9%9D%92%E8%91%89%E4%BC%9A&prefecture=13",
            "/office/institutions?status=closed",
            "/office/institutions/{institution}",
            "/office/mails",
        ],
    ),
    (
        Role::RaOfficer,
        &[
            "/office",
            "/office/queue/certificate",
            "/office/queue/certificate?state=installed",
            "/office/applications/{certificate}",
            "/office/certificates?serial=1234",
            "/office/proposals",
            "/office/losses",
            "/office/checks",
        ],
    ),
    (
        Role::DispatchClerk,
        &["/office", "/office/letters", "/office/letters/{letter}", "/office/letters/batches/{batch}"],
    ),
    (
        Role::BillingClerk,
        &[
            "/office",
            "/office/ledger",
            "/office/closings",
            "/office/payments",
            "/office/reports/fees",
            "/office/settings/fees",
        ],
    ),
    (Role::CallCentreAgent, &["/office", "/office/desk-call", "/office/inquiries", "/office/inquiries/{inquiry}"]),
    (
        Role::Auditor,
        &[
            "/office/audit",
            "/office/audit?action=application.view",
            "/office/audit?who=reviewer%40madoguchi.example",
            "/office/audit?who=reviewer%40madoguchi.example&action=letter.post",
            "/office/audit?institution={code}",
            "/office/audit?from=2025-01-10&to=2025-01-12",
            "/office/audit?action=no.such.act",
            "/office/audit/verify",
            "/office/audit/views",
            "/office/reports",
            "/office/reports/cases?days=90",
            "/office/reports/cases?days=1096",
            "/office/reports/cases?days=365&prefecture=13",
            "/office/reports/ages",
            "/office/reports/ages?days=1096",
            "/office/reports/renewal",
            "/office/reports/letters?days=90",
            "/office/reports/cases/0/figures.csv?days=90",
            "/office/wall",
        ],
    ),
    (Role::CaOfficer, &["/office", "/office/checks"]),
    (Role::Administrator, &["/office", "/office/jobs", "/office/staff", "/office/staff/{staff}", "/office/imports"]),
];
