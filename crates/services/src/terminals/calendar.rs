//! The calendar of an institution's terminals (spec 04.5; RFC 5545): when each certificate can be renewed and ends.
//!
//! Calendar programs cannot log in: whoever knows the address reads it. Therefore the address is a secret that the
//! owner renews, and nothing stands in it but names of terminals and days.

use domain::{
    clock::Timestamp,
    ids::InstitutionId,
    terminals::renewal::{self, GRACE_DAYS},
};
use ics::{Event, ICalendar, components::Property, escape_text};
use storage::{boxed, terminals::Glance};
use time::{Date, Duration};

use super::is_followed;
use crate::{
    App, Ctx, Error, Result,
    secrets::{new_token, token_hash},
};

/// For what the vault seals the secret of an address.
const SEAL: &str = "calendar.token";

/// A calendar, and how one tells whether it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The file.
    pub text: String,
    /// SHA-256 of the file, hexadecimal.
    pub fingerprint: String,
}

fn address(app: &App, token: &str) -> String {
    format!("{}/calendar/{token}", app.settings.portal_url)
}

/// The address of the calendar of one's institution; none while nobody made one.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn calendar_address(ctx: &Ctx<'_>) -> Result<Option<String>> {
    let institution = ctx.institution()?;
    let sealed = storage::terminals::sealed_feed(&mut ctx.app.db.read().await?, institution).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let token = String::from_utf8(ctx.app.vault.open(SEAL, &sealed)?).map_err(Error::internal)?;
    Ok(Some(address(ctx.app, &token)))
}

/// Gives the calendar of one's institution a new address; the old one works no more.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners.
#[boxed]
pub async fn renew_calendar(ctx: &Ctx<'_>) -> Result<()> {
    let institution = ctx.owner()?;
    let token = new_token(&*ctx.app.randomness);
    let sealed = ctx.app.vault.seal(SEAL, token.as_bytes(), &*ctx.app.randomness)?;
    let mut tx = ctx.app.db.write().await?;
    storage::terminals::set_feed(&mut tx, institution, &token_hash(&token), &sealed, ctx.now).await?;
    ctx.audit(&mut tx, "calendar.renew", format!("institution:{institution}"), "", "");
    tx.commit().await?;
    Ok(())
}

/// The calendar behind a secret.
///
/// # Errors
/// [`Error::NotFound`] when no calendar has this secret, or has it no longer.
#[boxed]
pub async fn calendar(ctx: &Ctx<'_>, token: &str) -> Result<Feed> {
    let mut conn = ctx.app.db.read().await?;
    let institution = storage::terminals::feed_by_hash(&mut conn, &token_hash(token)).await?.ok_or(Error::NotFound)?;
    let oldest = Timestamp::start_of_day(ctx.now.date() - Duration::days(GRACE_DAYS));
    let all = storage::terminals::ending_of(&mut conn, institution, oldest).await?;
    let text = file(ctx.app, institution, &all);
    Ok(Feed { fingerprint: pki::sha256_hex(text.as_bytes()), text })
}

fn file(app: &App, institution: InstitutionId, all: &[Glance]) -> String {
    let mut calendar = ICalendar::new("2.0", "-//Madoguchi//Terminals//JA");
    calendar.push(Property::new("X-WR-CALNAME", "端末の電子証明書"));
    let domain = app.settings.mail_domain();
    for one in all.iter().filter(|one| !is_followed(one, all)) {
        let uid = |what: &str| format!("{what}-{}-{institution}@{domain}", one.id);
        let name = escape_text(one.terminal.clone());
        let renewal = format!("更新できます：{name}の端末の電子証明書");
        calendar.add_event(event(&uid("renewal"), one, renewal::opens(one.not_after).date(), &renewal));
        let end = format!("有効期限：{name}の端末の電子証明書");
        calendar.add_event(event(&uid("end"), one, one.not_after.date(), &end));
    }
    calendar.to_string()
}

/// A whole day. Its stamp is the beginning of the certificate, so that the same certificates give the same file.
fn event(uid: &str, one: &Glance, day: Date, summary: &str) -> Event<'static> {
    let stamp = one.not_before.in_japan().to_offset(time::UtcOffset::UTC);
    let (date, clock) = (basic(stamp.date()), stamp.time());
    let stamp = format!("{date}T{:02}{:02}{:02}Z", clock.hour(), clock.minute(), clock.second());
    let mut event = Event::new(uid.to_owned(), stamp);
    let mut start = Property::new("DTSTART", basic(day));
    start.add(ics::components::Parameter::new("VALUE", "DATE"));
    event.push(start);
    event.push(Property::new("SUMMARY", summary.to_owned()));
    event.push(Property::new("TRANSP", "TRANSPARENT"));
    event
}

/// A day as RFC 5545 writes it: `20260520`.
fn basic(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day())
}
