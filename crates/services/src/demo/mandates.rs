//! The demo's vendor: a mandate of two clinics, and an application that waits for one of them to confirm it.

use domain::{
    applications::Kind,
    forms::Answers,
    ids::{AccountId, InstitutionId, MandateId},
    mandates::{Act, latest_day, preparable},
};
use storage::{accounts::Account, mandates::Mandate, sessions::Session};
use time::Duration;

use super::{
    cases::{Cast, own},
    people,
};
use crate::{
    App, Ctx, Error, Result, applications,
    mandates::{self, Asked, Begun},
};

/// Name of the vendor.
const COMPANY: &str = "みなとメディカルシステム株式会社";

/// Gives the mandates and prepares the application.
pub(super) async fn add(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    let mut conn = app.db.read().await?;
    let email = people::email(people::VENDOR);
    let vendor = storage::accounts::by_email(&mut conn, &email).await?.ok_or(Error::NotFound)?;
    drop(conn);
    let place = |row: usize| institutions.get(row).copied().ok_or(Error::NotFound);
    give(app, &vendor, place(people::OWN_CLINIC)?).await?;
    let client = place(people::CLIENT_CLINIC)?;
    let mandate = give(app, &vendor, client).await?;
    prepare(app, &vendor, client, mandate).await
}

/// A mandate that was accepted already; its link would only lie in the mailbox.
async fn give(app: &App, vendor: &Account, institution: InstitutionId) -> Result<MandateId> {
    let ctx = Ctx::system(app, "demo");
    let mut tx = app.db.write().await?;
    let place = storage::institutions::find(&mut tx, institution).await?.ok_or(Error::NotFound)?;
    let mandate = Mandate {
        id: MandateId::new(ctx.now, &*app.randomness),
        institution,
        code: place.code.as_str().to_owned(),
        name: place.name,
        email: vendor.email.clone(),
        company: COMPANY.to_owned(),
        kinds: preparable().collect(),
        given_at: ctx.now,
        ends_at: domain::clock::Timestamp::start_of_day(latest_day(ctx.now.date()) + Duration::DAY),
        account: None,
        person: String::new(),
        accepted_at: None,
        warned_at: None,
        ended_at: None,
        how: None,
    };
    storage::mandates::insert(&mut tx, &mandate).await?;
    storage::mandates::accept(&mut tx, mandate.id, vendor.id, ctx.now).await?;
    let before = Ctx { now: ctx.now - Duration::MINUTE, ..ctx.clone() };
    mandates::record(&before, &mut tx, mandate.id, Act::Give, "代表者", "").await?;
    mandates::record(&ctx, &mut tx, mandate.id, Act::Accept, &vendor.name, "").await?;
    ctx.audit(&mut tx, "mandate.give", format!("mandate:{}", mandate.id), "", "demo");
    tx.commit().await?;
    Ok(mandate.id)
}

fn session(app: &App, vendor: &Account, institution: InstitutionId, applicant: AccountId) -> Session {
    let cast = Cast { app, institution, applicant };
    let (name, email) = (vendor.name.clone(), vendor.email.clone());
    Session { name, email, institution: None, institutions: 0, ..cast.session(applicant, false) }
}

async fn prepare(app: &App, vendor: &Account, client: InstitutionId, mandate: MandateId) -> Result<()> {
    let ctx = Ctx::person(app, session(app, vendor, client, vendor.id), "");
    let Begun::Form(id) = mandates::begin(&ctx, mandate, Kind::Eligibility).await? else {
        return Err(Error::internal("the demo's vendor could not begin"));
    };
    let cast = Cast { app, institution: client, applicant: vendor.id };
    let typed: Answers = own(&cast, Kind::Eligibility);
    let (state, _) = applications::save(&ctx, id, &typed).await?;
    match mandates::ask(&ctx, id, state.case.version).await? {
        Asked::Done => Ok(()),
        Asked::CheckAgain(state) => Err(Error::internal(format!("{:?}", state.checked.findings.errors))),
    }
}
