//! Readings and stars of articles and notices.

use domain::{
    clock::Timestamp,
    content::{Rating, Subject},
    ids::AccountId,
};
use sqlx::QueryBuilder;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

/// Who read, on one day, as a digest that tells nobody's name.
pub type Reader = [u8; 16];

/// Rows of one statement.
const TOGETHER: usize = 500;

sql!(ADD_ARTICLE_VIEWS = "UPDATE articles SET views = views + $2 WHERE slug = $1");
sql!(ADD_NOTICE_VIEWS = "UPDATE notices SET views = views + $2 WHERE slug = $1");
sql!(REMOVE_READINGS = "DELETE FROM readings WHERE day < $1");
sql!(/// Whoever votes for the same subject meanwhile waits for this transaction.
    HOLD_RATING = "INSERT INTO ratings (subject, stars, votes) VALUES ($1, 0, 0)
    ON CONFLICT (subject) DO UPDATE SET votes = ratings.votes");
sql!(VOTE_OF = "SELECT stars FROM votes WHERE subject = $1 AND account_id = $2");
sql!(
    VOTE = "INSERT INTO votes (subject, account_id, stars, voted_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (subject, account_id) DO UPDATE SET stars = excluded.stars, voted_at = excluded.voted_at"
);
sql!(ADD_VOTE = "UPDATE ratings SET stars = stars + $2, votes = votes + $3 WHERE subject = $1");
sql!(RATING = "SELECT stars, votes FROM ratings WHERE subject = $1");

/// Notes who read a subject on a day; gives how many had not been noted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_readings(tx: &mut Tx, subject: &Subject, day: i64, readers: &[Reader]) -> Result<i64> {
    let subject = subject.to_string();
    let mut fresh = 0;
    for some in readers.chunks(TOGETHER) {
        fresh += on_engine!(&mut **tx, |c| {
            let mut query = QueryBuilder::new("INSERT INTO readings (subject, day, reader) ");
            query.push_values(some, |mut row, reader| {
                row.push_bind(&subject).push_bind(day).push_bind(&reader[..]);
            });
            query.push(" ON CONFLICT DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(i64::try_from(fresh).unwrap_or(i64::MAX))
}

/// Adds to the number of readings that pages show.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_views(tx: &mut Tx, subject: &Subject, more: i64) -> Result<()> {
    let (statement, slug) = match subject {
        Subject::Article(slug) => (ADD_ARTICLE_VIEWS, slug),
        Subject::Notice(slug) => (ADD_NOTICE_VIEWS, slug),
    };
    Ok(on_engine!(&mut **tx, |c| sqlx::query(statement).bind(slug).bind(more).execute(c).await.map(drop))?)
}

/// Forgets who read before a day.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_readings(tx: &mut Tx, before: i64) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REMOVE_READINGS).bind(before).execute(c).await.map(drop))?)
}

/// Gives stars to a subject in place of those that the account gave before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn vote(tx: &mut Tx, subject: &Subject, account: AccountId, stars: i64, now: Timestamp) -> Result<()> {
    let (subject, at) = (subject.to_string(), now.as_millis());
    on_engine!(&mut **tx, |c| sqlx::query(HOLD_RATING).bind(&subject).execute(c).await.map(drop))?;
    let before: Option<i64> =
        on_engine!(&mut **tx, |c| sqlx::query_scalar(VOTE_OF).bind(&subject).bind(account.0).fetch_optional(c).await)?;
    on_engine!(&mut **tx, |c| sqlx::query(VOTE)
        .bind(&subject)
        .bind(account.0)
        .bind(stars)
        .bind(at)
        .execute(c)
        .await
        .map(drop))?;
    let (more, voters) = (stars - before.unwrap_or(0), i64::from(before.is_none()));
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADD_VOTE)
        .bind(&subject)
        .bind(more)
        .bind(voters)
        .execute(c)
        .await
        .map(drop))?)
}

/// The stars that a subject was given.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn rating(conn: &mut Conn, subject: &Subject) -> Result<Rating> {
    let subject = subject.to_string();
    let found: Option<(i64, i64)> =
        on_engine!(conn, |c| sqlx::query_as(RATING).bind(&subject).fetch_optional(c).await)?;
    Ok(found.map_or_else(Rating::default, |(stars, votes)| Rating { stars, votes }))
}

/// The stars that an account gave a subject, if it did.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn vote_of(conn: &mut Conn, subject: &Subject, account: AccountId) -> Result<Option<i64>> {
    let subject = subject.to_string();
    Ok(on_engine!(conn, |c| sqlx::query_scalar(VOTE_OF).bind(&subject).bind(account.0).fetch_optional(c).await)?)
}
