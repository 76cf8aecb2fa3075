//! The back office: what waits for a role, the queues and cases, letters, register, audit, staff (spec 6.2 to 6.5).

mod audit;
mod audit_verify;
mod audit_words;
mod batch;
mod calls;
mod case;
mod certificate;
mod certificates;
mod checks;
mod content;
mod desk;
mod fees;
mod imports;
mod inquiries;
mod institutions;
mod interfaces;
mod jobs;
mod ledger;
mod letter;
mod letters;
mod links;
mod losses;
mod mails;
mod master_account;
mod memberships;
mod notices;
mod parts;
mod proposals;
mod queue;
mod reports;
mod reviews;
mod scan;
mod search_words;
mod second_factor;
mod settings;
mod staff;
mod status;
mod subsidies;
mod words;

use domain::permissions::Permission as P;

use crate::site::{Access, Routes};

pub(crate) use links::office_links;

pub(super) fn routes() -> Routes {
    let (work, looked_at) = (review().merge(dispatch()).merge(talk()), register().merge(records()).merge(figures()));
    let written = content().merge(editing()).merge(told());
    work.merge(looked_at)
        .merge(people())
        .merge(run_time())
        .merge(interfaces::routes())
        .merge(written)
        .merge(fees::routes())
        .merge(subsidies::routes())
}

/// Cases, certificates and memberships.
fn review() -> Routes {
    let read = Access::EitherOffice(P::ReadApplications, P::ReadCertificates);
    let decide = Access::EitherOffice(P::ReviewApplications, P::ReviewCertificates);
    let (members, revoke) = (Access::Office(P::ReviewMemberships), Access::Office(P::RevokeCertificates));
    Routes::default()
        .get("/office", Access::Staff, desk::show)
        .get("/office/next", decide, desk::next)
        .get(links::OTHERS, Access::Office(P::ReadApplications), queue::others)
        .get("/office/queue/{kind}", read, queue::show)
        .post("/office/queue/{kind}/filters", read, queue::save)
        .post("/office/queue/{kind}/filters/{id}/delete", read, queue::delete)
        .post("/office/queue/{kind}/choose", decide, queue::choose)
        .post("/office/queue/{kind}/decide", decide, queue::decide)
        .get("/office/runs/{id}", decide, queue::result)
        .get("/office/applications/{id}", read, case::show)
        .get("/office/applications/{id}/files/{file}", read, case::file)
        .post("/office/applications/{id}/take", decide, case::take)
        .post("/office/applications/{id}/release", decide, case::release)
        .post("/office/applications/{id}/accept", decide, case::accept)
        .get("/office/applications/{id}/return", decide, case::ask_return)
        .post("/office/applications/{id}/return", decide, case::return_for_correction)
        .get("/office/applications/{id}/reject", decide, case::ask_reject)
        .post("/office/applications/{id}/reject", decide, case::reject)
        .get("/office/applications/{id}/ask", decide, case::ask_question)
        .post("/office/applications/{id}/ask", decide, case::ask)
        .post("/office/applications/{id}/notes", Access::Office(P::WriteNotes), case::note)
        .get("/office/certificates", Access::Office(P::ReadCertificates), certificates::find)
        .get("/office/certificates/{id}/revoke", revoke, certificate::ask_revoke)
        .post("/office/certificates/{id}/revoke", revoke, certificate::revoke)
        .get("/office/losses", Access::Office(P::ReadCertificates), losses::list)
        .get("/office/certificates/{id}/loss", Access::Office(P::ReportLosses), losses::ask)
        .post("/office/certificates/{id}/loss", Access::Office(P::ReportLosses), losses::report)
        .get("/office/certificates/{id}/loss/withdraw", revoke, losses::ask_withdraw)
        .post("/office/certificates/{id}/loss/withdraw", revoke, losses::withdraw)
        .get("/office/checks", Access::Office(P::ReadChecks), checks::list)
        .get("/office/memberships", members, memberships::list)
        .post("/office/memberships/{id}/approve", members, memberships::approve)
        .get("/office/memberships/{id}/decline", members, memberships::ask_decline)
        .post("/office/memberships/{id}/decline", members, memberships::decline)
}

/// Letters.
fn dispatch() -> Routes {
    let (read, post) = (Access::Office(P::ReadLetters), Access::Office(P::DispatchLetters));
    Routes::default()
        .get("/office/letters", read, letters::desk)
        .get("/office/letters/scan", post, scan::show)
        .post("/office/letters/scan", post, scan::scan)
        .get("/office/letters/returns", post, scan::returns)
        .post("/office/letters/returns", post, scan::came_back)
        .post_file("/office/letters/returns/list", post, scan::came_back_list)
        .get("/office/letters/{id}", read, letter::show)
        .post("/office/letters/{id}/came-back", post, letter::came_back)
        .post("/office/letters/{id}/number", post, letter::correct_number)
        .post("/office/letters/{id}/delivered", post, letter::delivered)
        .post("/office/letters/{id}/lost", post, letter::lost)
        .post("/office/letters/{id}/reissue", post, letter::reissue)
        .post("/office/letters/batches", post, letters::make_batch)
        .get("/office/letters/batches/{id}", read, batch::show)
        .post("/office/letters/batches/{id}/confirm", post, batch::confirm)
        .post_file("/office/letters/batches/{id}/numbers", post, batch::numbers)
        .get("/office/letters/batches/{id}/manifest.csv", read, batch::manifest)
        .get("/office/letters/batches/{id}/issuance_notice.pdf", post, batch::issuance_notices)
        .get("/office/letters/batches/{id}/membership_code.pdf", post, batch::membership_codes)
}

/// The register of institutions.
fn register() -> Routes {
    let (read, import) = (Access::Office(P::ReadInstitutions), Access::Office(P::ImportInstitutions));
    let reissue = Access::Office(P::ReissueMasterAccounts);
    Routes::default()
        .get("/office/institutions", read, institutions::list)
        .get("/office/institutions/{id}", read, institutions::show)
        .post(
            "/office/institutions/{id}/paper-filing",
            Access::Office(P::ReviewApplications),
            institutions::record_paper_filing,
        )
        .get("/office/institutions/{id}/master-account", reissue, master_account::ask)
        .post("/office/institutions/{id}/master-account", reissue, master_account::reissue)
        .get("/office/import", import, imports::form)
        .post_file("/office/import", import, imports::run)
        .get("/office/imports", read, imports::list)
        .get("/office/imports/{id}", read, imports::show)
        .get("/office/imports/{id}/report.csv", read, imports::report)
}

/// Inquiries and the telephone.
fn talk() -> Routes {
    let (read, answer) = (Access::Office(P::ReadInquiries), Access::Office(P::AnswerInquiries));
    Routes::default()
        .get("/office/inquiries", read, inquiries::list)
        .get("/office/inquiries/figures", read, inquiries::figures)
        .get("/office/inquiries/figures.csv", read, inquiries::figures_csv)
        .get("/office/inquiries/strays", read, inquiries::strays)
        .post("/office/inquiries/strays/{id}/done", answer, inquiries::stray_done)
        .get("/office/inquiries/{id}", read, inquiries::show)
        .post("/office/inquiries/{id}/answer", answer, inquiries::answer)
        .post("/office/inquiries/{id}/assign", answer, inquiries::assign)
        .post("/office/inquiries/{id}/close", answer, inquiries::close)
        .get("/office/desk-call", read, calls::desk)
        .post("/office/desk-call", read, calls::find)
        .get("/office/calls/{id}", read, calls::show)
        .post("/office/calls/{id}/note", answer, calls::note)
}

/// What is only looked at, and what went wrong.
fn records() -> Routes {
    let (jobs, audit) = (P::ManageJobs, P::ReadAudit);
    Routes::default()
        .get("/office/mails", Access::Office(P::ReadMails), mails::list)
        .get("/office/ledger", Access::Office(P::ReadLedger), ledger::list)
        .get("/office/jobs", Access::Office(jobs), jobs::list)
        .post("/office/jobs/{id}/again", Access::Office(jobs), jobs::again)
        .get("/office/audit", Access::Office(audit), audit::list)
        .get("/office/audit/export.csv", Access::Office(audit), audit::export)
        .get("/office/audit/verify", Access::Office(audit), audit_verify::show)
        .post("/office/audit/verify", Access::Office(audit), audit_verify::begin)
        .get("/office/audit/views", Access::Office(audit), audit_verify::views)
}

/// What needs a second person, and what staff set while the portal runs.
fn run_time() -> Routes {
    let (read, change) = (Access::Office(P::ReadSettings), Access::AnyOffice(settings::CHANGE));
    Routes::default()
        .get("/office/proposals", Access::Staff, proposals::list)
        .get("/office/proposals/{id}", Access::Staff, proposals::show)
        .post("/office/proposals/{id}/approve", Access::AnyOffice(proposals::DECIDE), proposals::approve)
        .post("/office/proposals/{id}/refuse", Access::AnyOffice(proposals::DECIDE), proposals::refuse)
        .post("/office/proposals/{id}/withdraw", Access::AnyOffice(proposals::DECIDE), proposals::withdraw)
        .get("/office/settings", read, settings::list)
        .get("/office/settings/{topic}", read, settings::show)
        .get("/office/settings/{topic}/change", change, settings::ask)
        .post("/office/settings/{topic}/change", change, settings::change)
        .post("/office/settings/{topic}/take-back", change, settings::take_back)
}

/// What editors look after.
fn content() -> Routes {
    let edit = Access::Office(P::EditContent);
    Routes::default().get("/office/search-words", edit, search_words::list).post(
        "/office/search-words/handled",
        edit,
        search_words::handle,
    )
}

/// Reports.
fn figures() -> Routes {
    let read = Access::Office(P::ReadReports);
    Routes::default()
        .get("/office/reports", read, reports::first)
        .get("/office/reports/{topic}", read, reports::show)
        .get("/office/reports/{topic}/{picture}/figures.csv", read, reports::figures)
        .post("/office/reports/rebuild", Access::Office(P::ManageJobs), reports::rebuild)
        .get("/office/wall", read, reports::wall)
}

/// Articles, notices, and how a text will look.
fn editing() -> Routes {
    let edit = Access::Office(P::EditContent);
    Routes::default()
        .post("/office/content/preview", edit, content::preview)
        .get("/office/articles", edit, content::list)
        .get("/office/articles/new", edit, content::ask_new)
        .post("/office/articles/new", edit, content::create)
        .get("/office/articles/feedback", edit, content::answers)
        .post("/office/articles/feedback/{id}/done", edit, content::handle)
        .get("/office/articles/{number}", edit, content::show)
        .get("/office/articles/{number}/edit", edit, content::edit)
        .post_file("/office/articles/{number}/edit", edit, content::save)
        .post("/office/articles/{number}/submit", edit, content::submit)
        .post("/office/articles/{number}/send-back", edit, content::send_back)
        .post("/office/articles/{number}/publish", edit, content::publish)
        .post("/office/articles/{number}/archive", edit, content::archive)
        .get("/office/articles/{number}/versions/{version}", edit, content::version)
        .get("/office/articles/{number}/compare", edit, content::compare)
        .post("/office/articles/{number}/restore", edit, content::restore)
        .post("/office/articles/{number}/files/{id}/remove", edit, content::remove_file)
}

/// Notices, and how the service stands.
fn told() -> Routes {
    let (edit, report) = (Access::Office(P::EditContent), Access::Office(P::ReportStatus));
    Routes::default()
        .get("/office/notices", edit, notices::list)
        .get("/office/notices/new", edit, notices::ask_new)
        .post("/office/notices", edit, notices::create)
        .get("/office/notices/{id}", edit, notices::show)
        .get("/office/notices/{id}/edit", edit, notices::ask)
        .post("/office/notices/{id}/edit", edit, notices::change)
        .post("/office/notices/{id}/close", edit, notices::close)
        .get("/office/status", Access::Staff, status::list)
        .get("/office/status/new", report, status::ask_new)
        .post("/office/status", report, status::announce)
        .get("/office/status/{id}", Access::Staff, status::show)
        .post("/office/status/{id}/change", report, status::change)
        .post("/office/status/{id}/close", report, status::close)
}

/// Accounts of staff.
fn people() -> Routes {
    let (read, manage) = (Access::Office(P::ReadStaff), Access::Office(P::ManageStaff));
    Routes::default()
        .get("/office/staff", read, staff::list)
        .get("/office/staff/reviews", read, reviews::list)
        .get("/office/staff/reviews/{quarter}", read, reviews::show)
        .post("/office/staff/reviews/{quarter}/{id}/keep", manage, reviews::keep)
        .post("/office/staff/reviews/{quarter}/{id}/remove", manage, reviews::remove)
        .get("/office/staff/new", manage, staff::ask_new)
        .get("/office/staff/second-factor", manage, second_factor::show)
        .post("/office/staff/second-factor", manage, second_factor::free)
        .post("/office/staff", manage, staff::create)
        .get("/office/staff/{id}", read, staff::show)
        .post("/office/staff/{id}/roles", manage, staff::set_roles)
        .post("/office/staff/{id}/disable", manage, staff::disable)
        .post("/office/staff/{id}/second-factor", manage, staff::reset_second_factor)
}
