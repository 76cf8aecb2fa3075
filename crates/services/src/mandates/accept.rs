//! Accepting a mandate by the link of its mail: the address is proved by it, an institution's code is not asked for.

use domain::{forms::Finding, ids::AccountId, mandates::Act};
use storage::{Tx, boxed};

use super::{Mandate, procedures, record, subject, tell_owners, until};
use crate::{
    Ctx, Error, Result,
    accounts::{
        Link, audit_as, links,
        login::{Started, started},
        membership::{AcceptForm, come_in, newcomer},
        tokens::{Purpose, consume, look},
    },
};

/// A mandate that waits for its vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The mandate.
    pub mandate: Mandate,
    /// The account of the address, if it has one: then neither name nor password is asked for.
    pub account: Option<AccountId>,
}

/// What accepting led to.
#[derive(Clone, Debug)]
pub enum Accepted {
    /// A new account, logged in.
    LoggedIn(Box<Started>),
    /// The account that the address has holds the mandate now; the person logs in as always.
    Held,
    /// What is wrong; fields `name`, `password`, `password_again`.
    Slips(Vec<Finding>),
    /// The link does not work.
    Link(Link<()>),
}

/// Looks at an offered mandate without using its link up. It is void once the mandate is over, and for staff of the operator:
/// whoever examines prepares nothing.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn offer(ctx: &Ctx<'_>, token: &str) -> Result<Link<Offer>> {
    let mut conn = ctx.app.db.read().await?;
    let link = look(ctx, &mut conn, Purpose::Mandate, token).await?;
    let Link::Ready(row) = &link else { return Ok(link.map(|_| ()).without()) };
    let id = row.payload["mandate"].as_str().and_then(|id| id.parse().ok());
    let found = match id {
        Some(id) => storage::mandates::find(&mut conn, id).await?,
        None => None,
    };
    let waits = |mandate: &Mandate| mandate.standing(ctx.now) == domain::mandates::Standing::Offered;
    let Some(mandate) = found.filter(waits) else { return Ok(Link::Unknown) };
    let account = storage::accounts::by_email(&mut conn, &mandate.email).await?;
    if account.as_ref().is_some_and(|account| account.disabled || account.staff) {
        return Ok(Link::Unknown);
    }
    Ok(Link::Ready(Offer { mandate, account: account.map(|account| account.id) }))
}

/// Accepts a mandate; a new person sets name and password.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn accept(ctx: &Ctx<'_>, token: &str, form: &AcceptForm) -> Result<Accepted> {
    let offer = match offer(ctx, token).await? {
        Link::Ready(offer) => offer,
        other => return Ok(Accepted::Link(other.map(drop))),
    };
    let newcomer = match offer.account {
        Some(_) => None,
        None => match newcomer(ctx, &offer.mandate.email, &[&offer.mandate.code], form).await? {
            Ok(newcomer) => Some(newcomer),
            Err(slips) => return Ok(Accepted::Slips(slips)),
        },
    };
    let mut tx = ctx.app.db.write().await?;
    if !consume(ctx, &mut tx, token).await? {
        tx.rollback().await?;
        return Ok(Accepted::Link(Link::Used));
    }
    let (account, cookie) = match (offer.account, newcomer) {
        (Some(account), _) => (account, None),
        (None, Some(newcomer)) => {
            let (account, cookie) = come_in(ctx, &mut tx, &offer.mandate.email, newcomer, "login.mandate").await?;
            (account, Some(cookie))
        }
        (None, None) => return Err(Error::NotFound),
    };
    hold(ctx, &mut tx, &offer.mandate, account).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(match cookie {
        Some(cookie) => Accepted::LoggedIn(started(ctx, cookie).await?.ok_or(Error::NotFound)?),
        None => Accepted::Held,
    })
}

/// Gives a mandate its holder and tells the owners.
async fn hold(ctx: &Ctx<'_>, tx: &mut Tx, mandate: &Mandate, account: AccountId) -> Result<()> {
    if !storage::mandates::accept(tx, mandate.id, account, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let person = storage::accounts::find(tx, account).await?.ok_or(Error::NotFound)?;
    record(ctx, tx, mandate.id, Act::Accept, &format!("{}（{}）", person.name, mandate.company), "").await?;
    audit_as(ctx, tx, account, "mandate.accept", subject(mandate.id));
    let values = [
        ("company", mandate.company.clone()),
        ("vendor", person.name),
        ("institution", mandate.name.clone()),
        ("procedures", procedures(mandate)),
        ("until", until(mandate)),
        ("page_url", links::mandates(ctx)),
    ];
    tell_owners(ctx, tx, mandate.institution, ("mandate_accepted", &values)).await
}
