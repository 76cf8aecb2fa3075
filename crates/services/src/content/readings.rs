//! Readings, counted once for each reader and day while nobody waits for it, and stars (spec 07).
//!
//! A page only notes who read it in memory; once a second what was noted is written in one transaction. What a process that
//! is killed had noted in its last second is lost, and nothing else: nobody was told that it was counted.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::content::{MOST_STARS, Rating, Subject};
use storage::{
    boxed,
    content::{self as stored, Reader},
};

use crate::{App, Ctx, Error, Result};

/// Readers that are remembered, so that a storm of reloads does not reach the database.
const REMEMBERED: usize = 200_000;
/// Readers without a cookie that are counted of one address in an hour: whoever sends no cookie back seems new each time.
const NEWCOMERS: u32 = 2_000;
/// Addresses of which newcomers are counted; more in one hour are counted as one.
const ADDRESSES: usize = 50_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;
const JAPAN: i64 = 9 * HOUR;

/// Readings that wait to be counted.
#[derive(Debug, Default)]
pub(crate) struct Readings(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    day: i64,
    seen: HashSet<Reader>,
    waiting: BTreeMap<(i64, Subject), HashSet<Reader>>,
    hour: i64,
    newcomers: HashMap<String, u32>,
}

impl Readings {
    fn held(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// Whether one more reader without a cookie is counted from an address.
    fn admits(&mut self, hour: i64, source: &str) -> bool {
        if self.hour != hour {
            self.hour = hour;
            self.newcomers.clear();
        }
        let known = self.newcomers.contains_key(source) || self.newcomers.len() < ADDRESSES;
        let seen = self.newcomers.entry(if known { source.to_owned() } else { String::new() }).or_default();
        *seen = seen.saturating_add(1);
        *seen <= NEWCOMERS
    }

    fn note(&mut self, day: i64, subject: &Subject, reader: Reader) {
        if self.day != day || self.seen.len() >= REMEMBERED {
            self.day = day;
            self.seen.clear();
        }
        if self.seen.insert(reader) {
            self.waiting.entry((day, subject.clone())).or_default().insert(reader);
        }
    }
}

/// Who reads: the account, or the token of the visitor's cookie.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// What is the same at each visit.
    pub token: &'a str,
    /// Whether the token was made for this very request.
    pub newcomer: bool,
}

fn day_of(ctx: &Ctx<'_>) -> i64 {
    (ctx.now.as_millis() + JAPAN).div_euclid(DAY)
}

/// Notes that somebody reads; gives how many readings of it wait to be counted.
pub fn read(ctx: &Ctx<'_>, subject: &Subject, visitor: Visitor<'_>) -> i64 {
    let day = day_of(ctx);
    let name = match ctx.account() {
        Ok(account) => account.to_string(),
        Err(_) => visitor.token.to_owned(),
    };
    let text = subject.to_string();
    let digest = ctx.app.vault.derive("readings", &[&day.to_be_bytes(), text.as_bytes(), name.as_bytes()]);
    let mut noted = ctx.app.readings.held();
    let counts = !visitor.newcomer || noted.admits(ctx.now.as_millis().div_euclid(HOUR), &ctx.source);
    if let Some(reader) = digest.first_chunk::<16>().filter(|_| counts) {
        noted.note(day, subject, *reader);
    }
    let waiting = noted.waiting.get(&(day, subject.clone())).map_or(0, HashSet::len);
    i64::try_from(waiting).unwrap_or(i64::MAX)
}

/// Counts what was noted since the last time.
///
/// # Errors
/// When the database refuses; what was noted is counted the next time.
#[boxed]
pub async fn count_readings(app: &App) -> Result<()> {
    let waiting = std::mem::take(&mut app.readings.held().waiting);
    if waiting.is_empty() {
        return Ok(());
    }
    let counted = write(app, &waiting).await;
    if counted.is_err() {
        let mut noted = app.readings.held();
        for (place, readers) in waiting {
            noted.waiting.entry(place).or_default().extend(readers);
        }
    }
    counted
}

async fn write(app: &App, waiting: &BTreeMap<(i64, Subject), HashSet<Reader>>) -> Result<()> {
    let mut tx = app.db.write().await?;
    for ((day, subject), readers) in waiting {
        let readers: Vec<Reader> = readers.iter().copied().collect();
        let fresh = stored::note_readings(&mut tx, subject, *day, &readers).await?;
        if fresh > 0 {
            stored::add_views(&mut tx, subject, fresh).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Forgets who read before yesterday.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_readers(app: &App) -> Result<()> {
    let today = day_of(&Ctx::system(app, "readings"));
    let mut tx = app.db.write().await?;
    stored::remove_readings(&mut tx, today - 1).await?;
    Ok(tx.commit().await?)
}

/// Gives stars, one to five, in place of those that the person gave before.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors, [`Error::NotFound`] when nobody can read it or there are no such stars.
#[boxed]
pub async fn rate(ctx: &Ctx<'_>, subject: &Subject, stars: i64) -> Result<()> {
    let account = ctx.account()?;
    if !(1..=MOST_STARS).contains(&stars) {
        return Err(Error::NotFound);
    }
    match subject {
        Subject::Article(slug) => match super::article(ctx, slug).await? {
            super::Reading::Shown(_) => {}
            super::Reading::Gone { .. } => return Err(Error::NotFound),
        },
        Subject::Notice(slug) => match super::notice(ctx, slug).await? {
            super::NoticeReading::Live(_) => {}
            super::NoticeReading::Gone(_) => return Err(Error::NotFound),
        },
    }
    let mut tx = ctx.app.db.write().await?;
    stored::vote(&mut tx, subject, account, stars, ctx.now).await?;
    Ok(tx.commit().await?)
}

/// The stars of a subject, and those that the person gave it, if any.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn rating(ctx: &Ctx<'_>, subject: &Subject) -> Result<(Rating, Option<i64>)> {
    let mut conn = ctx.app.db.read().await?;
    let own = match ctx.account() {
        Ok(account) => stored::vote_of(&mut conn, subject, account).await?,
        Err(_) => None,
    };
    Ok((stored::rating(&mut conn, subject).await?, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_is_noted_once_and_a_new_day_counts_again() {
        let mut noted = Noted::default();
        let subject = Subject::Article("a".to_owned());
        for _ in 0..1_000 {
            noted.note(1, &subject, [7; 16]);
        }
        noted.note(1, &subject, [8; 16]);
        noted.note(2, &subject, [9; 16]);
        let sizes: Vec<usize> = noted.waiting.values().map(HashSet::len).collect();
        assert_eq!(sizes, [2, 1]);
    }

    #[test]
    fn readers_without_a_cookie_are_bounded_by_address_and_hour() {
        let mut noted = Noted::default();
        let counted = (0..NEWCOMERS + 500).filter(|_| noted.admits(1, "192.0.2.1")).count();
        assert_eq!(counted, NEWCOMERS as usize);
        assert!(noted.admits(1, "192.0.2.2") && noted.admits(2, "192.0.2.1"));
    }
}
