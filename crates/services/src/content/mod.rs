//! Notices, articles, documents and the search over them.

mod articles;
mod built_in;
mod documents;
mod editing;
mod feedback;
mod files;
pub mod index;
mod markdown;
pub mod notice_desk;
mod notice_mails;
mod notices;
mod public;
mod readings;
pub mod search;
mod seed;
pub mod service;
pub mod subscriptions;

pub use articles::{OpenedFile, Reading, Shown, article, articles, articles_about, open_file};
pub use documents::{document, document_file};
pub use editing::{
    ArticleDraft, ArticleView, Comparison, Line, LineKind, Moved, Saved, archive, article_list, article_version,
    article_view, articles_in_review, begin_article, compare, faq_categories, publish, restore, save_article,
    send_back, submit,
};
pub use feedback::{Answered, LONGEST_WORDS, answer, answers, answers_waiting, handle_answer, my_answer};
pub use files::{Uploaded, files_named, remove_file, upload};
pub use markdown::{MARKDOWN, Preview, placeholder_values, preview, text_faults};
pub use notice_mails::{FORGET, TELL, forget_told, tell};
pub use notices::{
    NoticeReading, concerning, first_notice, newest_notices, notice, notice_text, notices, reader, reader_of,
};
pub(crate) use readings::Readings;
pub use readings::{Visitor, count_readings, forget_readers, rate, rating, read};
pub use seed::{seed, seed_maintenance, seed_notices};

use std::collections::BTreeMap;

use crate::{App, authority::statement};

/// Values of the placeholders in documents: those of all texts, and what the CP/CPS says of the authority.
pub(crate) fn document_placeholders(app: &App) -> BTreeMap<&'static str, String> {
    let mut values = placeholders(app);
    values.extend(statement::of(&app.authority, app.rules().certificate_months));
    values
}

/// Values of the placeholders in articles, notices and documents.
pub(crate) fn placeholders(app: &App) -> BTreeMap<&'static str, String> {
    let settings = &app.settings;
    let policies = app.authority.terminals.preferred().policies();
    BTreeMap::from([
        ("operator", settings.operator.name.clone()),
        ("contact", settings.operator.contact()),
        ("portal_url", settings.portal_url.clone()),
        ("closed_url", settings.closed_url.clone()),
        ("sender_domain", settings.mail_domain().to_owned()),
        ("fee", format!("{}円", domain::text::thousands(app.rules().certificate_fee_yen))),
        ("ca_name", app.authority.issuing.certificate.subject()),
        ("root_ca_name", app.authority.root.subject()),
        ("policy_oid", policies.into_iter().next().unwrap_or_default()),
        ("repository_url", format!("{}/pki", settings.portal_url)),
        ("ocsp_url", app.authority.issuing.ocsp_url()),
        ("certificate_term", statement::preferred_term(&app.authority.terminals, app.rules().certificate_months)),
    ])
}
