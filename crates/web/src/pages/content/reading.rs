//! Who reads is counted, and people give stars: the same for articles, answers and notices (spec 07).

use axum::{extract::Path, response::Response};
use domain::content::{MOST_STARS, Subject};
use services::{
    Error,
    content::{self, Reading, Visitor},
};

use super::named;
use crate::{
    site::{Failure, Posted, Visit, see_other},
    view::parts::{ArticleMeta, VoteView},
};

/// Notes this reading, and gives how many of the subject are not yet in the number that is kept.
pub(super) fn note(visit: &Visit, subject: &Subject) -> i64 {
    content::read(&visit.ctx(), subject, Visitor { token: &visit.csrf, newcomer: visit.newcomer })
}

/// Puts the stars into the facts under the title, and gives the form for one's own.
pub(super) async fn stars(visit: &Visit, subject: &Subject, meta: &mut ArticleMeta) -> Result<VoteView, Failure> {
    let (rating, own) = content::rating(&visit.ctx(), subject).await?;
    meta.stars = rating.tenths();
    meta.votes = u32::try_from(rating.votes).unwrap_or(u32::MAX);
    Ok(VoteView {
        action: format!("{}/stars", address(subject)),
        csrf: visit.csrf.clone(),
        own: own.and_then(|stars| u8::try_from(stars).ok()).unwrap_or(0),
        may: visit.session().is_some(),
        login: format!("/login?next={}", form_urlencoded::byte_serialize(visit.path.as_bytes()).collect::<String>()),
    })
}

/// Where the subject is read.
fn address(subject: &Subject) -> String {
    match subject {
        Subject::Article(slug) => format!("/articles/{slug}"),
        Subject::Notice(slug) => format!("/notices/{slug}"),
    }
}

/// Stars for an article or an answer.
pub(super) async fn rate_article(visit: Visit, Path(slug): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    match content::article(&visit.ctx(), named(&slug)?).await? {
        Reading::Shown(shown) => rate(&visit, Subject::Article(shown.article.slug), &posted).await,
        Reading::Gone { .. } => Err(Error::NotFound.into()),
    }
}

/// Stars for a notice.
pub(super) async fn rate_notice(visit: Visit, Path(slug): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    rate(&visit, Subject::Notice(named(&slug)?.to_owned()), &posted).await
}

async fn rate(visit: &Visit, subject: Subject, posted: &Posted) -> Result<Response, Failure> {
    let stars: i64 = posted.number("stars").unwrap_or(0);
    if !(1..=MOST_STARS).contains(&stars) {
        return Err(Error::NotFound.into());
    }
    content::rate(&visit.ctx(), &subject, stars).await?;
    Ok(see_other(&format!("{}#stars", address(&subject))))
}
