//! Giving a mandate, seeing what was given, and setting another last day.

use std::result::Result as Checked;

use domain::{
    accounts::clean_line,
    applications::Kind,
    calendar::japanese_datetime,
    clock::Timestamp,
    forms::Finding,
    ids::{InstitutionId, MandateId},
    mandates::{Act, LONGEST_COMPANY, latest_day, may_end_on, preparable},
};
use serde_json::json;
use storage::{Tx, boxed, sessions::Acting};
use time::{Date, Duration};

use super::{ActRow, Mandate, own, procedures, record, subject, until};
use crate::{
    Ctx, Error, Result,
    accounts::{
        entry, limits, links,
        tokens::{Purpose, Wanted, issue},
    },
    mail::{Letterhead, queue},
};

/// How long the link works by which a mandate is accepted.
const LIFE: Duration = Duration::days(7);
/// Mandates in a page of the list.
const PAGE: i64 = 20;

/// What an owner wishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Address of the vendor's person; field `email`.
    pub email: String,
    /// Name of the vendor; field `company`.
    pub company: String,
    /// Words of the procedures; field `kinds`.
    pub kinds: Vec<String>,
    /// The last day; field `last_day`.
    pub last_day: Option<Date>,
}

/// What giving a mandate led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The mail is on its way.
    Sent(MandateId),
    /// What is wrong, at the fields of [`Wish`].
    Slips(Vec<Finding>),
}

/// What setting another last day led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prolonged {
    /// It is set.
    Done,
    /// What is wrong; field `last_day`.
    Slips(Vec<Finding>),
}

/// A mandate with what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneMandate {
    /// The mandate.
    pub mandate: Mandate,
    /// Its history, the newest line first.
    pub acts: Vec<ActRow>,
}

/// Mandates that the institution gave, the newest first, and whether there are more; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but the owners of the institution.
#[boxed]
pub async fn given(ctx: &Ctx<'_>, after: Option<MandateId>) -> Result<(Vec<Mandate>, bool)> {
    let institution = ctx.owner()?;
    let mut conn = ctx.app.db.read().await?;
    let mut found = storage::mandates::of_institution(&mut conn, institution, after, PAGE + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(0) > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    Ok((found, more))
}

/// One mandate of the institution.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but owners, [`Error::NotFound`] for one of another institution.
#[boxed]
pub async fn one(ctx: &Ctx<'_>, id: MandateId) -> Result<OneMandate> {
    let mut conn = ctx.app.db.read().await?;
    let mandate = own(ctx, &mut conn, id).await?;
    let acts = storage::mandates::acts(&mut conn, id).await?;
    Ok(OneMandate { mandate, acts })
}

/// Lets a vendor prepare applications of the institution, once its person accepts by the link of a mail.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but owners; [`Error::TooManyTries`] after 30 a day.
#[boxed]
pub async fn give(ctx: &Ctx<'_>, wish: &Wish) -> Result<Given> {
    ctx.owner()?;
    let session = ctx.session()?;
    let acting = session.institution.as_ref().ok_or(Error::Forbidden)?;
    let new = match read(ctx, wish, acting) {
        Ok(new) => new,
        Err(slips) => return Ok(Given::Slips(slips)),
    };
    let mut tx = ctx.app.db.write().await?;
    if let Some(message) = unfit(&mut tx, acting.id, &new.email).await? {
        tx.rollback().await?;
        return Ok(Given::Slips(vec![entry::finding("email", message)]));
    }
    limits::MANDATES.insist(ctx, &mut tx, &[&acting.id.to_string()]).await?;
    if !storage::mandates::insert(&mut tx, &new).await? {
        tx.rollback().await?;
        let message = "この方には、すでに委任しています。下の一覧から、期限を変えるか、終えることができます。";
        return Ok(Given::Slips(vec![entry::finding("email", message)]));
    }
    send_link(ctx, &mut tx, &new).await?;
    record(ctx, &mut tx, new.id, Act::Give, &session.name, &format!("{}まで", until(&new))).await?;
    ctx.audit(&mut tx, "mandate.give", subject(new.id), "", &procedures(&new));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Given::Sent(new.id))
}

fn read(ctx: &Ctx<'_>, wish: &Wish, acting: &Acting) -> Checked<Mandate, Vec<Finding>> {
    let mut slips = vec![];
    let email = entry::keep(&mut slips, entry::address(&wish.email)).unwrap_or_default();
    let company = clean_line(&wish.company, LONGEST_COMPANY).unwrap_or_default();
    if company.is_empty() {
        slips.push(entry::finding("company", format!("「会社名」を、{LONGEST_COMPANY}文字以内で入力してください。")));
    }
    let kinds: Vec<Kind> = preparable().filter(|kind| wish.kinds.iter().any(|word| word == kind.as_str())).collect();
    if kinds.is_empty() {
        slips.push(entry::finding("kinds", "「準備を委任する手続」を、1つ以上選んでください。"));
    }
    let ends_at = entry::keep(&mut slips, end_of(ctx, wish.last_day)).unwrap_or(ctx.now);
    if !slips.is_empty() {
        return Err(slips);
    }
    Ok(Mandate {
        id: MandateId::new(ctx.now, &*ctx.app.randomness),
        institution: acting.id,
        code: acting.code.clone(),
        name: acting.name.clone(),
        email,
        company,
        kinds,
        given_at: ctx.now,
        ends_at,
        account: None,
        person: String::new(),
        accepted_at: None,
        warned_at: None,
        ended_at: None,
        how: None,
    })
}

/// The instant from which a mandate with this last day is over.
fn end_of(ctx: &Ctx<'_>, last_day: Option<Date>) -> Checked<Timestamp, Finding> {
    let today = ctx.now.date();
    let day = last_day.filter(|day| may_end_on(*day, today));
    day.map(|day| Timestamp::start_of_day(day + Duration::DAY)).ok_or_else(|| {
        let last = domain::calendar::japanese_date(latest_day(today));
        entry::finding("last_day", format!("「委任の最後の日」を、今日から{last}までの日で入力してください。"))
    })
}

/// Why the person of an address cannot be the vendor; none when they can.
async fn unfit(tx: &mut Tx, institution: InstitutionId, email: &str) -> Result<Option<&'static str>> {
    let members = storage::accounts::members_in_force(tx, institution).await?;
    if members.iter().any(|member| member.person_email == email) {
        return Ok(Some("この方は、この医療機関等に所属しています。委任しなくても、申請を準備し、送信できます。"));
    }
    Ok(None)
}

async fn send_link(ctx: &Ctx<'_>, tx: &mut Tx, mandate: &Mandate) -> Result<()> {
    let wanted = Wanted {
        purpose: Purpose::Mandate,
        email: &mandate.email,
        account: None,
        payload: json!({ "mandate": mandate.id }),
        life: LIFE,
    };
    let (token, valid_until) = issue(ctx, tx, wanted).await?;
    let values = [
        ("institution", mandate.name.clone()),
        ("company", mandate.company.clone()),
        ("giver", ctx.session()?.name.clone()),
        ("procedures", procedures(mandate)),
        ("until", until(mandate)),
        ("link", links::mandate(ctx, &token)),
        ("valid_until", japanese_datetime(valid_until)),
    ];
    queue(ctx, tx, &Letterhead::new("mandate_given", &mandate.email), &values).await
}

/// Sets another last day of a mandate that is not over, at most a year from now.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but owners, [`Error::NotFound`] for one of another institution,
/// [`Error::ChangedMeanwhile`] when it is over.
#[boxed]
pub async fn prolong(ctx: &Ctx<'_>, id: MandateId, last_day: Option<Date>) -> Result<Prolonged> {
    let mut tx = ctx.app.db.write().await?;
    let before = own(ctx, &mut tx, id).await?;
    let ends_at = match end_of(ctx, last_day) {
        Ok(ends_at) => ends_at,
        Err(slip) => {
            tx.rollback().await?;
            return Ok(Prolonged::Slips(vec![slip]));
        }
    };
    if !storage::mandates::prolong(&mut tx, (id, before.institution), ends_at, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let now = Mandate { ends_at, ..before.clone() };
    let note = format!("{}から{}へ", until(&before), until(&now));
    record(ctx, &mut tx, id, Act::Prolong, &ctx.session()?.name, &note).await?;
    if let Some(account) = now.account {
        let values = [
            ("company", now.company.clone()),
            ("vendor", now.person.clone()),
            ("institution", now.name.clone()),
            ("until", until(&now)),
            ("page_url", links::clients(ctx)),
        ];
        let head = Letterhead { account: Some(account), ..Letterhead::new("mandate_changed", &now.email) };
        queue(ctx, &mut tx, &head, &values).await?;
    }
    ctx.audit(&mut tx, "mandate.prolong", subject(id), &until(&before), &until(&now));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Prolonged::Done)
}
