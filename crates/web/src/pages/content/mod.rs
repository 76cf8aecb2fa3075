//! What everyone may read: top page, notices, articles, FAQ, documents, catalogue, search; and inquiries.

mod articles;
mod catalogue;
mod documents;
mod feed;
mod files;
pub(super) mod inquiries;
mod line_finder;
mod notices;
mod reading;
mod search;
mod sitemap;
mod status;
mod subscription;
mod top;

use domain::{calendar::japanese_date, clock::Timestamp, content::menus, text::thousands};

use services::Error;

use crate::{
    site::{Access, Failure, Routes, Visit},
    view::{
        frame::{Link, MenuGroup},
        parts::ArticleMeta,
    },
};

pub(super) use articles::{about as articles_about, named_files};
pub(crate) use feed::Feeds;
pub(super) use notices::procedure_boxes;
pub(super) use status::{period as status_period, standing as status_standing};
pub(super) use top::top;

pub(super) fn routes() -> Routes {
    use Access::{Person, Public};
    told()
        .get("/faq", Public, articles::faq)
        .get("/articles/{slug}", Public, articles::show)
        .post("/articles/{slug}/stars", Person, reading::rate_article)
        .post("/articles/{slug}/answer", Public, articles::answer)
        .get("/files/{id}/{name}", Public, files::show)
        .get("/procedures", Public, catalogue::show)
        .get("/documents", Public, documents::list)
        .get("/documents/{slug}", Public, documents::in_force)
        .get("/documents/{slug}/{version}", Public, documents::version)
        .get("/documents/{slug}/{version}/{file}", Public, documents::file)
        .get("/terms", Public, documents::terms)
        .get("/privacy", Public, documents::privacy)
        .get("/accessibility", Public, documents::accessibility)
        .get("/sitemap", Public, sitemap::show)
        .get("/line-finder", Public, line_finder::show)
        .get("/search", Public, search::search)
        .get("/search/suggest", Public, search::suggest)
        .get("/inquiries", Public, inquiries::show)
        .get("/inquiries/new", Public, inquiries::new)
        .post("/inquiries", Person, inquiries::ask)
        .get("/inquiries/{id}", Person, inquiries::show_thread)
        .post("/inquiries/{id}", Person, inquiries::say)
}

/// Notices, their feed and mails, and how the service stands.
fn told() -> Routes {
    use Access::{Person, Public};
    Routes::default()
        .get("/notices", Public, notices::list)
        .get("/notices.atom", Public, feed::show)
        .get("/notices/{slug}", Public, notices::show)
        .post("/notices/{slug}/stars", Person, reading::rate_notice)
        .get("/notices/subscription", Public, subscription::ask)
        .post("/notices/subscription", Public, subscription::send)
        .get("/notices/subscription/sent", Public, subscription::sent)
        .get("/notices/subscription/mine", Person, subscription::mine)
        .post("/notices/subscription/mine", Person, subscription::begin_mine)
        .post("/notices/subscription/mine/end", Person, subscription::end_mine)
        .get("/notices/subscription/{token}", Public, subscription::open)
        .post("/notices/subscription/{token}", Public, subscription::confirm)
        .get("/notices/end/{token}", Public, subscription::ask_end)
        .post("/notices/end/{token}", Public, subscription::end)
        .get("/status", Public, status::show)
        .get("/status/maintenance.ics", Public, status::calendar)
}

/// A slug, number or version in an address; nothing else can be one.
fn named(text: &str) -> Result<&str, Failure> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if text.len() <= 100 && text.chars().all(fits) { Ok(text) } else { Err(Error::NotFound.into()) }
}

/// The menu of chapters beside a text.
fn side_menu(visit: &Visit) -> Vec<MenuGroup> {
    visit.menu(menus::SIDE)
}

/// Path from home.
fn home() -> Vec<Link> {
    vec![Link::new("ホーム", "/")]
}

/// How long ago something was, in whole days, months or years.
fn age(now: Timestamp, then: Timestamp) -> String {
    match (now.date() - then.date()).whole_days() {
        ..=0 => "今日".to_owned(),
        days @ 1..=30 => format!("{days}日前"),
        days @ 31..=364 => format!("{}か月前", days / 30),
        days => format!("{}年前", days / 365),
    }
}

/// The facts under a title.
fn meta(now: Timestamp, at: Timestamp, views: i64) -> ArticleMeta {
    ArticleMeta {
        updated: age(now, at),
        updated_date: japanese_date(at.date()),
        views: thousands(views),
        ..ArticleMeta::default()
    }
}

#[cfg(test)]
mod tests {
    use super::age;
    use domain::clock::Timestamp;
    use time::{Duration, macros::date};

    #[test]
    fn an_age_is_told_in_days_months_or_years() {
        let now = Timestamp::start_of_day(date!(2026 - 11 - 23)) + Duration::hours(1);
        let told = [0, 1, 3, 30, 31, 364, 365, 800].map(|days| age(now, now - Duration::days(days)));
        assert_eq!(told, ["今日", "1日前", "3日前", "30日前", "1か月前", "12か月前", "1年前", "2年前"]);
        assert_eq!(age(now, now - Duration::hours(2)), "1日前");
    }
}
