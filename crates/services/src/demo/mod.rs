//! What only the demo has: its made-up register, people and cases, and its mailbox in place of a mail server and the post.

mod cases;
mod common;
mod fees;
mod group;
mod machines;
mod mailbox;
mod mandates;
mod papers;
mod people;
pub mod register;
mod subsidies;
mod terminals;

pub(crate) use mailbox::keep;
pub use mailbox::{DemoLetter, letter, letter_pdf, letters, mail, mails};
pub use people::{PASSWORD, Person, people};

use domain::ids::InstitutionId;
use storage::boxed;
use time::Duration;

use crate::{
    App, Ctx, Error, Result,
    institutions::import::{self, Options, Outcome},
};

/// Institutions in the made-up register.
const INSTITUTIONS: usize = 520;
/// How old the demo's authority is, so that some of its certificates can be near their end.
pub const AUTHORITY_AGE: Duration = Duration::days(1_400);
/// Name under which the installation notes that the demo content is there.
const MARK: &str = "demo_content";

/// Fills a new demo: register, people, notices, cases. One that is filled stays as it is.
///
/// # Errors
/// When the database refuses or a demo case does not reach its state.
#[boxed]
pub async fn fill(app: &App) -> Result<()> {
    if storage::settings::get(&mut app.db.read().await?, MARK).await?.is_some() {
        return Ok(());
    }
    let csv = register::register_csv(INSTITUTIONS).map_err(|error| Error::internal(format!("{error:?}")))?;
    let options = Options { file_name: "demo-register.csv".to_owned(), ..Options::default() };
    match import::run(&Ctx::system(app, "demo"), std::io::Cursor::new(csv.into_bytes()), options).await? {
        Outcome::Done(_) => {}
        Outcome::Refused(fault) => return Err(Error::internal(fault)),
    }
    crate::content::seed_notices(app).await?;
    crate::content::seed_maintenance(app).await?;
    let institutions = institutions(app).await?;
    people::add(app, &institutions).await?;
    // Hashing the secrets of all letters and master accounts as if somebody relied on them takes longer than all the rest.
    cast(&app.sparing()?, &institutions).await?;
    app.refresh().await?;
    let mut tx = app.db.write().await?;
    storage::settings::set(&mut tx, MARK, "1").await?;
    Ok(tx.commit().await?)
}

/// Lets the demo's people do what they did.
async fn cast(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    lead_terminals(app, institutions).await?;
    fees::add(app, institutions).await?;
    cases::add(app, institutions).await?;
    machines::add(app).await?;
    subsidies::add(app, institutions).await?;
    group::add(app).await?;
    mandates::add(app, institutions).await
}

/// Lets the clinic with terminals live through its years.
async fn lead_terminals(app: &App, institutions: &[InstitutionId]) -> Result<()> {
    let clinic = institutions.get(terminals::ROW).ok_or_else(|| Error::internal("the register is too short"))?;
    let owner = people::by_email(app, &people::email(people::TERMINALS)).await?;
    terminals::add(app, *clinic, owner).await?;
    common::begin_operation(app, *clinic, owner).await?;
    common::add(app, *clinic, owner).await
}

/// The institutions of the made-up register in its order.
async fn institutions(app: &App) -> Result<Vec<InstitutionId>> {
    let rows = register::rows(INSTITUTIONS).map_err(|error| Error::internal(format!("{error:?}")))?;
    let codes: Vec<String> = rows.into_iter().map(|row| row.code).collect();
    let mut found = vec![];
    for chunk in codes.chunks(200) {
        found.extend(storage::institutions::by_codes(&mut app.db.read().await?, chunk).await?);
    }
    let place = |code: &String| found.iter().find(|institution| institution.code.as_str() == code).map(|i| i.id);
    Ok(codes.iter().filter_map(place).collect())
}

/// The demo people with the names of their institutions, for the list that is printed.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn accounts(app: &App) -> Result<Vec<(Person, String)>> {
    let mut conn = app.db.read().await?;
    let mut list = vec![];
    for person in people() {
        let account = storage::accounts::by_email(&mut conn, &person.email).await?.ok_or(Error::NotFound)?;
        let memberships = storage::accounts::memberships_of_account(&mut conn, account.id).await?;
        let names: Vec<String> =
            memberships.iter().map(|m| format!("{} {}", m.institution_code, m.institution_name)).collect();
        list.push((person, names.join("、")));
    }
    Ok(list)
}
