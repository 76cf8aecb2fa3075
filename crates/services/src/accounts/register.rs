//! Registration: address, link, then name, password and institution.

use domain::{
    accounts::is_provisional, calendar::japanese_datetime, clock::Timestamp, forms::Finding, ids::AccountId,
    institutions::Institution,
};
use serde_json::Value;
use storage::boxed;
use storage::{Tx, accounts::Account};
use time::Duration;

use super::{
    CodeTyped, Link, address_subject, audit_as, devices, entry, letter_to, limits, links,
    login::{Started, started},
    membership::{Applicant, Asked, ProveBy, Slip, Where, ask, institution_of, new_code},
    sessions,
    tokens::{Purpose, Wanted, consume, issue, look},
};
use crate::{
    Ctx, Error, Result,
    mail::{Letterhead, queue},
};

/// How long a registration link works (spec 2.3).
const LINK_LIFE: Duration = Duration::hours(24);

/// What asking for a mail led to; [`MailAsked::Sent`] is the same for every address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailAsked {
    /// See [`super::login::MAIL_SENT`].
    Sent {
        /// The address as it was understood.
        address: String,
        /// The domain that a mail filter must allow.
        sender_domain: String,
        /// What the address was perhaps meant to be; it only hangs on what was typed.
        meant: Option<String>,
    },
    /// A provisional login: see [`super::login::PROVISIONAL`].
    Provisional,
    /// What is wrong with the address; field `email`.
    Slips(Vec<Finding>),
}

impl MailAsked {
    pub(super) fn sent(ctx: &Ctx<'_>, address: &str) -> Self {
        Self::Sent {
            address: address.to_owned(),
            sender_domain: ctx.app.settings.mail_domain().to_owned(),
            meant: entry::address_meant(address),
        }
    }
}

/// Begins a registration; the answer, the work and the words are the same for every address.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn begin(ctx: &Ctx<'_>, email: &str) -> Result<MailAsked> {
    if is_provisional(&entry::login(email)) {
        return Ok(MailAsked::Provisional);
    }
    let address = match entry::address(email) {
        Ok(address) => address,
        Err(slip) => return Ok(MailAsked::Slips(vec![slip])),
    };
    let mut tx = ctx.app.db.write().await?;
    if limits::mail_allowed(ctx, &mut tx, "register", &address).await? {
        let account = storage::accounts::by_email(&mut tx, &address).await?;
        mail_link(ctx, &mut tx, &address, account.as_ref()).await?;
        ctx.audit(&mut tx, "registration.begin", address_subject(&address), "", "");
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(MailAsked::sent(ctx, &address))
}

async fn mail_link(ctx: &Ctx<'_>, tx: &mut Tx, address: &str, account: Option<&Account>) -> Result<()> {
    let wanted = Wanted {
        purpose: account.map_or(Purpose::Register, |_| Purpose::Nothing),
        email: address,
        account: None,
        payload: Value::Null,
        life: LINK_LIFE,
    };
    let (token, until) = issue(ctx, tx, wanted).await?;
    match account {
        None => {
            let values = [("link", links::registration(ctx, &token)), ("valid_until", japanese_datetime(until))];
            queue(ctx, tx, &Letterhead::new("registration_confirm", address), &values).await
        }
        Some(account) => {
            let values =
                [("person", account.name.clone()), ("login_url", links::login(ctx)), ("reset_url", links::reset(ctx))];
            queue(ctx, tx, &letter_to("registration_existing", account.id, address), &values).await
        }
    }
}

/// A registration whose address is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The confirmed address.
    pub email: String,
    /// Until when the link works.
    pub until: Timestamp,
}

/// Looks at a registration link without using it up.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn open(ctx: &Ctx<'_>, token: &str) -> Result<Link<Registration>> {
    let link = look(ctx, &mut ctx.app.db.read().await?, Purpose::Register, token).await?;
    Ok(link.map(|row| Registration { email: row.email, until: row.expires_at }))
}

/// What a person fills in after the address is confirmed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Name of the person; field `name`.
    pub name: String,
    /// Password; field `password`.
    pub password: String,
    /// The same again; field `password_again`.
    pub password_again: String,
    /// Code of the institution; fields `prefecture`, `score_table`, `code`.
    pub code: CodeTyped,
    /// How the membership is to be proved; field `prove_by`.
    pub prove_by: ProveBy,
    /// Whether a code that is not in the register yet may wait for it; field `wait`.
    pub wait: bool,
    /// Browser and system.
    pub device: String,
}

/// What completing a registration led to.
#[derive(Clone, Debug)]
pub enum Completed {
    /// The account exists and is logged in.
    LoggedIn {
        /// The session.
        started: Box<Started>,
        /// How the membership is proved.
        asked: Asked,
    },
    /// What is wrong.
    Slips {
        /// One sentence per field.
        slips: Vec<Finding>,
        /// Whether the code is sound but not in the register: the page offers `wait`.
        may_wait: bool,
    },
    /// The link does not work.
    Link(Link<()>),
    /// The address got an account meanwhile: the person logs in.
    Existing,
}

/// Completes a registration; a double click makes one account.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn complete(ctx: &Ctx<'_>, token: &str, form: &Form) -> Result<Completed> {
    let registration = match open(ctx, token).await? {
        Link::Ready(registration) => registration,
        other => return Ok(Completed::Link(other.map(drop))),
    };
    let mut slips = vec![];
    let name = entry::keep(&mut slips, entry::person_name(&form.name));
    let (place, may_wait) = match institution_of(ctx, &form.code, form.wait).await? {
        Where::At(place) => (Some(place), false),
        Where::Slip(Slip { slip, may_wait }) => {
            slips.push(slip);
            (None, may_wait)
        }
    };
    let codes: Vec<&str> = place.iter().map(|place| place.code.as_str()).collect();
    let typed = entry::new_password(&form.password, &form.password_again, &registration.email, &codes);
    let password = entry::keep(&mut slips, typed);
    match (name, password, place) {
        (Some(name), Some(password), Some(place)) => {
            let person = Person { email: registration.email, name, password, device: &form.device };
            create(ctx, token, person, &place, form.prove_by).await
        }
        _ => Ok(Completed::Slips { slips, may_wait }),
    }
}

/// The person of a new account.
struct Person<'a> {
    email: String,
    name: String,
    password: String,
    device: &'a str,
}

async fn create(
    ctx: &Ctx<'_>,
    token: &str,
    person: Person<'_>,
    place: &Institution,
    prove_by: ProveBy,
) -> Result<Completed> {
    let hash = ctx.app.hasher.hash(&person.password, &*ctx.app.randomness).await?;
    let code = new_code(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    if !consume(ctx, &mut tx, token).await? {
        tx.rollback().await?;
        return Ok(Completed::Link(Link::Used));
    }
    let Some(account) = insert_account(ctx, &mut tx, &person.email, &person.name, hash).await? else {
        tx.rollback().await?;
        return Ok(Completed::Existing);
    };
    let applicant = Applicant { id: account, name: &person.name, email: &person.email };
    let asked = ask(ctx, &mut tx, &applicant, place, prove_by, code).await?;
    let cookie = sessions::begin(ctx, &mut tx, account, person.device, ctx.app.settings.session_idle).await?;
    devices::note(ctx, &mut tx, account, person.device).await?;
    audit_as(ctx, &mut tx, account, "login.registration", format!("account:{account}"));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    let started = started(ctx, cookie).await?.ok_or(Error::NotFound)?;
    Ok(Completed::LoggedIn { started, asked })
}

/// Adds an applicant's account; none when the address has one, and then the transaction must be given up.
pub(super) async fn insert_account(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    email: &str,
    name: &str,
    password_hash: String,
) -> Result<Option<AccountId>> {
    let id = AccountId::new(ctx.now, &*ctx.app.randomness);
    let account = Account {
        id,
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash: Some(password_hash),
        must_reset: false,
        staff: false,
        roles: vec![],
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: ctx.now,
    };
    match storage::accounts::insert(tx, &account).await {
        Ok(()) => {}
        Err(storage::Error::Duplicate) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    audit_as(ctx, tx, id, "account.create", format!("account:{id}"));
    Ok(Some(id))
}
