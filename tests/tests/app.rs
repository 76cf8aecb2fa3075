//! The whole app through its routes, on both databases.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[path = "app/answers.rs"]
mod answers;
#[path = "app/article_feedback.rs"]
mod article_feedback;
#[path = "app/article_files.rs"]
mod article_files;
#[path = "app/articles.rs"]
mod articles;
#[path = "app/asking.rs"]
mod asking;
#[path = "app/astray.rs"]
mod astray;
#[path = "app/audit_chain.rs"]
mod audit_chain;
#[path = "app/audit_pages.rs"]
mod audit_pages;
#[path = "app/backups.rs"]
mod backups;
#[path = "app/browser.rs"]
mod browser;
#[path = "app/calls.rs"]
mod calls;
#[path = "app/case.rs"]
mod case;
#[path = "app/checks.rs"]
mod checks;
#[path = "app/clock.rs"]
mod clock;
#[path = "app/closing.rs"]
mod closing;
#[path = "app/common.rs"]
mod common;
#[path = "app/correcting.rs"]
mod correcting;
#[path = "app/credentials.rs"]
mod credentials;
#[path = "app/dates.rs"]
mod dates;
#[path = "app/demo.rs"]
mod demo;
#[path = "app/dispatch.rs"]
mod dispatch;
#[path = "app/drafts.rs"]
mod drafts;
#[path = "app/drill.rs"]
mod drill;
#[path = "app/dump.rs"]
mod dump;
#[path = "app/est.rs"]
mod est;
#[path = "app/explained.rs"]
mod explained;
#[path = "app/feed.rs"]
mod feed;
#[path = "app/fees.rs"]
mod fees;
#[path = "app/fees_agreed.rs"]
mod fees_agreed;
#[path = "app/fees_conserved.rs"]
mod fees_conserved;
#[path = "app/fees_paid.rs"]
mod fees_paid;
#[path = "app/fields.rs"]
mod fields;
#[path = "app/filing.rs"]
mod filing;
#[path = "app/forger.rs"]
mod forger;
#[path = "app/four_eyes.rs"]
mod four_eyes;
#[path = "app/furnished.rs"]
mod furnished;
#[path = "app/group.rs"]
mod group;
#[path = "app/group_sent.rs"]
mod group_sent;
#[path = "app/held_jobs.rs"]
mod held_jobs;
#[path = "app/home.rs"]
mod home;
#[path = "app/hostile.rs"]
mod hostile;
#[path = "app/imap.rs"]
mod imap;
#[path = "app/inbox.rs"]
mod inbox;
#[path = "app/inquiries.rs"]
mod inquiries;
#[path = "app/interview.rs"]
mod interview;
#[path = "app/judge.rs"]
mod judge;
#[path = "app/ladder.rs"]
mod ladder;
#[path = "app/late.rs"]
mod late;
#[path = "app/letters.rs"]
mod letters;
#[path = "app/line_change.rs"]
mod line_change;
#[path = "app/looked_up.rs"]
mod looked_up;
#[path = "app/lost_commit.rs"]
mod lost_commit;
#[path = "app/machinery.rs"]
mod machinery;
#[path = "app/machines.rs"]
mod machines;
#[path = "app/machines_document.rs"]
mod machines_document;
#[path = "app/mandates.rs"]
mod mandates;
#[path = "app/mandates_refused.rs"]
mod mandates_refused;
#[path = "app/master_account.rs"]
mod master_account;
#[path = "app/my_list.rs"]
mod my_list;
#[path = "app/notices.rs"]
mod notices;
#[path = "app/notices_feed.rs"]
mod notices_feed;
#[path = "app/one_at_a_time.rs"]
mod one_at_a_time;
#[path = "app/one_terminal.rs"]
mod one_terminal;
#[path = "app/one_way_up.rs"]
mod one_way_up;
#[path = "app/operation_start.rs"]
mod operation_start;
#[path = "app/overtaken.rs"]
mod overtaken;
#[path = "app/overview.rs"]
mod overview;
#[path = "app/papers.rs"]
mod papers;
#[path = "app/permission.rs"]
mod permission;
#[path = "app/pickup.rs"]
mod pickup;
#[path = "app/planner.rs"]
mod planner;
#[path = "app/publications.rs"]
mod publications;
#[path = "app/queues.rs"]
mod queues;
#[path = "app/readings.rs"]
mod readings;
#[path = "app/refused.rs"]
mod refused;
#[path = "app/refused_own.rs"]
mod refused_own;
#[path = "app/register_words.rs"]
mod register_words;
#[path = "app/renewal.rs"]
mod renewal;
#[path = "app/reported.rs"]
mod reported;
#[path = "app/reports.rs"]
mod reports;
#[path = "app/returning.rs"]
mod returning;
#[path = "app/reviewing.rs"]
mod reviewing;
#[path = "app/reviews.rs"]
mod reviews;
#[path = "app/revoked.rs"]
mod revoked;
#[path = "app/revoked_issuer.rs"]
mod revoked_issuer;
#[path = "app/revoked_list.rs"]
mod revoked_list;
#[path = "app/rolled_back.rs"]
mod rolled_back;
#[path = "app/rollover.rs"]
mod rollover;
#[path = "app/rules.rs"]
mod rules;
#[path = "app/search.rs"]
mod search;
#[path = "app/search_index.rs"]
mod search_index;
#[path = "app/settings.rs"]
mod settings;
#[path = "app/shown.rs"]
mod shown;
#[path = "app/smtp.rs"]
mod smtp;
#[path = "app/smtp_faults.rs"]
mod smtp_faults;
#[path = "../../crates/pki/tests/stories/softhsm.rs"]
mod softhsm;
#[path = "app/spent_keys.rs"]
mod spent_keys;
#[path = "app/standing.rs"]
mod standing;
#[path = "app/standing_authority.rs"]
mod standing_authority;
#[path = "app/statements.rs"]
mod statements;
#[path = "app/status.rs"]
mod status;
#[path = "app/steps.rs"]
mod steps;
#[path = "app/stolen.rs"]
mod stolen;
#[path = "app/straight_through.rs"]
mod straight_through;
#[path = "app/subscriptions.rs"]
mod subscriptions;
#[path = "app/subsidies.rs"]
mod subsidies;
#[path = "app/subsidies_kind.rs"]
mod subsidies_kind;
#[path = "app/succession.rs"]
mod succession;
#[path = "../../crates/services/tests/support/mod.rs"]
mod support;
#[path = "app/systems.rs"]
mod systems;
#[path = "app/terminals.rs"]
mod terminals;
#[path = "app/together.rs"]
mod together;
#[path = "app/token.rs"]
mod token;
#[path = "app/trouble.rs"]
mod trouble;
#[path = "app/two_clicks.rs"]
mod two_clicks;
#[path = "app/two_institutions.rs"]
mod two_institutions;
#[path = "app/unposted.rs"]
mod unposted;
#[path = "app/uploads.rs"]
mod uploads;
#[path = "app/uploads_form.rs"]
mod uploads_form;
#[path = "app/uploads_judged.rs"]
mod uploads_judged;
#[path = "app/uploads_kept.rs"]
mod uploads_kept;
#[path = "app/uploads_scan.rs"]
mod uploads_scan;
#[path = "app/warnings.rs"]
mod warnings;
#[path = "app/webhooks.rs"]
mod webhooks;
#[path = "app/webhooks_called.rs"]
mod webhooks_called;
#[path = "app/weight.rs"]
mod weight;
