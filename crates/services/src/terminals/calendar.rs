//! The calendar of an institution's terminals (spec 04.5; RFC 5545): when each certificate can be renewed and ends.
//!
//! Calendar programs cannot log in: whoever knows the address reads it. Therefore the address is a secret that the
//! owner renews, and nothing stands in it but names of terminals and days.

use domain::{ids::InstitutionId, terminals::renewal};
use storage::{boxed, successions::Succession, terminals::Glance};
use time::Date;

use super::is_followed;
use crate::{
    App, Ctx, Error, Result,
    ical::{self, Entry, When},
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
    let all = storage::terminals::ending_of(&mut conn, institution, renewal::earliest_renewable(ctx.now)).await?;
    let given = storage::successions::of_old(&mut conn, institution).await?;
    let text = file(ctx.app, institution, &all, given.as_ref());
    Ok(Feed { fingerprint: pki::sha256_hex(text.as_bytes()), text })
}

fn file(app: &App, institution: InstitutionId, all: &[Glance], given: Option<&Succession>) -> String {
    let domain = app.settings.mail_domain();
    // The stamp is the beginning of the certificate, so that the same certificates give the same file.
    let day = |what: &str, one: &Glance, day: Date, summary: &str| Entry {
        uid: format!("{what}-{}-{institution}@{domain}", one.id),
        stamp: one.not_before,
        when: When::Day(day),
        summary: format!("{summary}：{}の端末の電子証明書", one.terminal),
        description: String::new(),
    };
    let both = |one: &Glance| {
        [
            day("renewal", one, renewal::opens(one.not_after).date(), "更新できます"),
            day("end", one, one.not_after.date(), "有効期限"),
        ]
    };
    let mut days: Vec<Entry> = match given {
        // Nothing of an old code is renewed, and all of it ends on one day.
        Some(_) => vec![],
        None => all.iter().filter(|one| !is_followed(one, all)).flat_map(both).collect(),
    };
    days.extend(given.map(|succession| Entry {
        uid: format!("succession-{institution}@{domain}"),
        stamp: succession.accepted_at,
        when: When::Day(succession.ends_at.date()),
        summary: "承継：前のコードの端末の電子証明書が使える最後の日".to_owned(),
        description: String::new(),
    }));
    ical::file("Terminals", "端末の電子証明書", days)
}
