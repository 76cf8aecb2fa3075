//! Rate limits: how often something may be tried under one key in a window of time.
//!
//! Keys that a stranger can reach always hold the network the try came from, so that a stranger elsewhere cannot use
//! up the tries of a clinic. Where only mails are limited, a clinic already has the mail that the stranger caused.
//!
//! A customer with IPv6 has not one network but up to 65,536 of them, so that tries from there are counted a second time for all
//! of these together, where more are allowed: not all who share the first 48 bits are one customer.

use std::net::{IpAddr, Ipv6Addr};

use domain::clock::Timestamp;
use sha2::{Digest, Sha256};
use storage::Tx;
use time::Duration;

use crate::{Ctx, Error, Result};

/// A rate limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    name: &'static str,
    most: i64,
    window: Duration,
}

/// Wrong passwords for one address from one network.
pub(crate) const LOGIN_PAIR: Limit = Limit::new("login.pair", 10, Duration::minutes(15));
/// Wrong passwords from one network: a whole hospital may stand behind one address.
pub(crate) const LOGIN_SOURCE: Limit = Limit::new("login.source", 100, Duration::minutes(15));
/// Wrong passwords for one address, from wherever: the person is told by mail, nobody is kept out.
pub(crate) const LOGIN_TOLD: Limit = Limit::new("login.told", 30, Duration::days(1));
/// Wrong secrets and codes from one network at the closed one, where nobody logs in first: all of a group of hospitals may stand
/// behind one address. Each letter and each code has a limit of its own.
pub(crate) const CLOSED_SOURCE: Limit = Limit::new("closed.source", 300, Duration::minutes(15));
/// Wrong codes of the second factor; only who knows the password gets that far.
pub(crate) const SECOND_FACTOR: Limit = Limit::new("login.totp", 20, Duration::minutes(60));
/// Wrong present passwords of a person who is logged in.
pub(crate) const PASSWORD_CHECK: Limit = Limit::new("password.check", 10, Duration::minutes(15));
/// Mails of one kind to one address that one network asks for.
const MAIL_PAIR: Limit = Limit::new("mail.pair", 5, Duration::minutes(60));
/// Mails of one kind to one address, whoever asks for them.
const MAIL_ADDRESS: Limit = Limit::new("mail.address", 20, Duration::minutes(60));
/// Mails that one network asks for.
const MAIL_SOURCE: Limit = Limit::new("mail.source", 40, Duration::minutes(60));
/// Access tokens that do not work, from one network: its right ones go on working.
pub(crate) const WRONG_TOKENS: Limit = Limit::new("access_token.wrong", 60, Duration::minutes(15));
/// Institutions that one person asks to belong to.
pub(crate) const REQUESTS: Limit = Limit::new("membership.request", 20, Duration::days(1));
/// Letters for one membership, however often it is given up and asked for again.
pub(crate) const LETTERS: Limit = Limit::new("membership.letter", 3, LONGEST);
/// Letters with a code to one institution, whoever asks for them: a whole hospital may register in one week.
pub(crate) const LETTERS_TO_PLACE: Limit = Limit::new("membership.letter.place", 20, Duration::days(7));
/// Invitations by one institution.
pub(crate) const INVITATIONS: Limit = Limit::new("membership.invite", 30, Duration::days(1));
/// Mandates that one institution gives.
pub(crate) const MANDATES: Limit = Limit::new("mandate.give", 30, Duration::days(1));
/// Probe mails to one person.
pub(crate) const PROBES: Limit = Limit::new("mail.probe", 5, Duration::minutes(60));
/// Numbers of probe mails that one person types.
pub(crate) const PROBE_ANSWERS: Limit = Limit::new("mail.probe.answer", 10, Duration::minutes(60));

/// Inquiries that one person begins.
pub(crate) const INQUIRIES: Limit = Limit::new("inquiry.ask", 20, Duration::days(1));
/// Messages of applicants in one thread.
pub(crate) const MESSAGES: Limit = Limit::new("inquiry.message", 30, Duration::days(1));
/// Words that one network looks for in vain and that are kept for editors.
pub(crate) const SEARCH_MISSES: Limit = Limit::new("search.miss", 60, Duration::minutes(60));
/// Answers to whether a page helped, from one network: a whole hospital may stand behind one address.
pub(crate) const FEEDBACK: Limit = Limit::new("article.answer", 60, Duration::minutes(60));
/// Forms whose session had ended and that one network sends: a whole hospital may stand behind one address.
pub(crate) const PARKED: Limit = Limit::new("form.parked", 60, Duration::minutes(60));
/// Wrong spoken codes for one case.
pub(crate) const CODES_OF_CASE: Limit = Limit::new("call.case", 5, Duration::minutes(60));
/// Wrong spoken codes that one of the staff types.
pub(crate) const CODES_OF_AGENT: Limit = Limit::new("call.agent", 40, Duration::minutes(60));

/// The longest window of all limits.
pub(crate) const LONGEST: Duration = Duration::days(30);

/// How many times as much a site may as each network in it.
const SITE: i64 = 4;

/// A try too many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over {
    /// When the window ends.
    pub(crate) until: Timestamp,
    /// Whether it is the first one too many in the window.
    pub(crate) first: bool,
}

impl Limit {
    const fn new(name: &'static str, most: i64, window: Duration) -> Self {
        Self { name, most, window }
    }

    /// The key of a limit for some parts; addresses cannot be read back from it.
    fn key(&self, parts: &[&str]) -> String {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        format!("{}:{}", self.name, hex::encode(digest.finalize()))
    }

    /// Counts a try; [`Over`] when it is one too many.
    pub(crate) async fn count(&self, ctx: &Ctx<'_>, tx: &mut Tx, parts: &[&str]) -> Result<Result<(), Over>> {
        let tries = storage::accounts::count_try(tx, &self.key(parts), ctx.now, self.window).await?;
        let over = Over { until: tries.since + self.window, first: tries.count == self.most + 1 };
        Ok(if tries.count > self.most { Err(over) } else { Ok(()) })
    }

    /// Counts a try of the network a request came from, and of the site around it, under keys that begin with some parts;
    /// [`Over`] when it is one too many for either. What is too many for the network does not use up the site's, which others share.
    pub(crate) async fn count_from(&self, ctx: &Ctx<'_>, tx: &mut Tx, parts: &[&str]) -> Result<Result<(), Over>> {
        for (limit, place) in self.places(ctx) {
            if let Err(over) = limit.count(ctx, tx, &[parts, &[&place]].concat()).await? {
                return Ok(Err(over));
            }
        }
        Ok(Ok(()))
    }

    /// The same, and fails when it is one too many.
    pub(crate) async fn insist_from(&self, ctx: &Ctx<'_>, tx: &mut Tx) -> Result<()> {
        self.count_from(ctx, tx, &[]).await?.map_err(|over| Error::TooManyTries { until: over.until })
    }

    /// Takes back a try that [`Self::count_from`] counted.
    pub(crate) async fn forgive_from(&self, ctx: &Ctx<'_>, tx: &mut Tx, parts: &[&str]) -> Result<()> {
        for (limit, place) in self.places(ctx) {
            limit.forgive(tx, &[parts, &[&place]].concat()).await?;
        }
        Ok(())
    }

    /// Forgets all tries that [`Self::count_from`] counted.
    pub(crate) async fn forget_from(&self, ctx: &Ctx<'_>, tx: &mut Tx, parts: &[&str]) -> Result<()> {
        for (limit, place) in self.places(ctx) {
            limit.forget(tx, &[parts, &[&place]].concat()).await?;
        }
        Ok(())
    }

    /// Where a request came from, the narrow place first, each with what is allowed there.
    fn places(&self, ctx: &Ctx<'_>) -> impl Iterator<Item = (Self, String)> {
        let wide = site(&ctx.source).map(|site| (Self { most: self.most * SITE, ..*self }, site));
        std::iter::once((*self, network(&ctx.source))).chain(wide)
    }

    /// Counts a try, and fails when it is one too many.
    pub(crate) async fn insist(&self, ctx: &Ctx<'_>, tx: &mut Tx, parts: &[&str]) -> Result<()> {
        self.count(ctx, tx, parts).await?.map_err(|over| Error::TooManyTries { until: over.until })
    }

    /// Takes a try back.
    pub(crate) async fn forgive(&self, tx: &mut Tx, parts: &[&str]) -> Result<()> {
        Ok(storage::accounts::forgive_try(tx, &self.key(parts)).await?)
    }

    /// Forgets all tries.
    pub(crate) async fn forget(&self, tx: &mut Tx, parts: &[&str]) -> Result<()> {
        Ok(storage::accounts::forget_tries(tx, &self.key(parts)).await?)
    }
}

/// Whether one more mail may go to an address because a visitor wants it.
///
/// The visitor is told nothing. Strangers elsewhere have tries of their own; where they are so many that the address
/// itself is limited, it already has twenty mails of the same kind, and their links work.
pub(crate) async fn mail_allowed(ctx: &Ctx<'_>, tx: &mut Tx, kind: &str, address: &str) -> Result<bool> {
    // A wish that one limit refuses does not use up the next one, which others share.
    Ok(MAIL_SOURCE.count_from(ctx, tx, &[]).await?.is_ok()
        && MAIL_PAIR.count_from(ctx, tx, &[kind, address]).await?.is_ok()
        && MAIL_ADDRESS.count(ctx, tx, &[kind, address]).await?.is_ok())
}

/// The network a request came from: the address, or for IPv6 the first 64 bits, which one household shares.
fn network(source: &str) -> String {
    match source.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => first_bits(address, 64),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => source.to_owned(),
    }
}

/// The site around that network: for IPv6 the first 48 bits, the most that one customer is given (RFC 6177).
fn site(source: &str) -> Option<String> {
    match source.trim().parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V6(address) => Some(format!("{}/48", first_bits(address, 48))),
        IpAddr::V4(_) => None,
    }
}

fn first_bits(address: Ipv6Addr, bits: u32) -> String {
    Ipv6Addr::from(u128::from(address) & !(u128::MAX >> bits)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_is_one_network() {
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:aaaa::1"), network("2001:db8:1:2:bbbb::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network(""), "");
    }

    #[test]
    fn a_customer_with_many_networks_is_one_site() {
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:ffff::1"));
        assert_ne!(site("2001:db8:1::1"), site("2001:db8:2::1"));
        assert_ne!(site("2001:db8:1::1").as_deref(), Some(&*network("2001:db8:1::1")), "two keys of one limit");
        for source in ["192.0.2.7", "::ffff:192.0.2.7", "", "proxy"] {
            assert_eq!(site(source), None, "{source}");
        }
    }

    #[test]
    fn the_parts_of_a_key_cannot_flow_into_each_other() {
        assert_ne!(LOGIN_PAIR.key(&["ab", "c"]), LOGIN_PAIR.key(&["a", "bc"]));
        assert_ne!(LOGIN_PAIR.key(&["a"]), LOGIN_SOURCE.key(&["a"]));
        assert!(!LOGIN_PAIR.key(&["hanako@example.jp"]).contains("hanako"));
    }
}
