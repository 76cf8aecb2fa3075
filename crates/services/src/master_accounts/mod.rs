//! マスターアカウント of the eligibility system (spec 6.1): made when an institution's first eligibility application is accepted,
//! given out as notices for thirty days, re-issued when a password is needed again.
//!
//! The eligibility system learns the hash alone. The password is sealed exactly as long as its notice can be downloaded; the
//! statement that brings a new one destroys the old one.

mod download;
mod end;
mod issue;
mod office;
mod reissue;
mod view;

pub use download::download;
pub use end::end;
pub(crate) use issue::{first, issue, told};
pub use office::{for_staff, reissue_for};
pub use reissue::{Wanted, reissue};
pub use view::{Account, Overview, PAGE, Waiting, overview, waiting};

use domain::{
    accounts::is_provisional,
    applications::Kind,
    ids::{ApplicationId, InstitutionId, MasterActId},
    master_account::{Environment, Notice},
};
use storage::{
    Conn, Tx,
    master_accounts::{MasterAccount, MasterAct},
};
use uuid::Uuid;

use crate::{
    Ctx, Error, Result,
    accounts::membership::ROLE_OWNER,
    mail::{Letterhead, queue},
};

/// Kind of the job that destroys a password whose notice can be downloaded no more.
pub const END: &str = "master_account.end";

/// For what the vault seals a password: it opens for its own account alone.
fn seal(user_id: &str) -> String {
    format!("master_account.password:{user_id}")
}

/// Address of the page on which notices are downloaded.
fn page(ctx: &Ctx<'_>) -> String {
    format!("{}/master-account", ctx.app.settings.portal_url)
}

/// How the notice of an account stands.
fn notice(account: &MasterAccount, ctx: &Ctx<'_>) -> Notice {
    Notice::of(account.shown_until, account.secret_sealed.is_some(), account.downloaded_at.is_some(), ctx.now)
}

/// Environments in words, 「本番環境、接続確認環境」.
fn names(environments: impl Iterator<Item = Environment>) -> String {
    environments.map(Environment::label).collect::<Vec<_>>().join("、")
}

/// Whether the institution uses the eligibility system: it has accounts, or an application that was accepted.
async fn is_user(conn: &mut Conn, institution: InstitutionId, accounts: &[MasterAccount]) -> Result<bool> {
    if !accounts.is_empty() {
        return Ok(true);
    }
    let any = ApplicationId(Uuid::nil());
    let accepted = storage::applications::open_by_kind(conn, institution, Kind::Eligibility, any).await?;
    Ok(!accepted.is_empty())
}

/// Adds a line to the record of the institution, and to the audit chain.
async fn note(ctx: &Ctx<'_>, tx: &mut Tx, accounts: &[MasterAccount], act: &str, after: &str) -> Result<()> {
    let Some(institution) = accounts.first().map(|account| account.institution) else { return Ok(()) };
    let line = MasterAct {
        id: MasterActId::new(ctx.now, &*ctx.app.randomness),
        act: act.to_owned(),
        environments: names(accounts.iter().map(|account| account.environment)),
        person: ctx.actor_name_for_applicants(),
        at: ctx.now,
    };
    storage::master_accounts::insert_act(tx, institution, &line).await?;
    ctx.audit(tx, &format!("master_account.{act}"), format!("institution:{institution}"), "", after);
    Ok(())
}

/// Tells the owners of an institution; every active member where nobody owns it.
async fn tell(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    accounts: &[MasterAccount],
    text: &str,
    further: &[(&'static str, String)],
) -> Result<()> {
    let Some(institution) = accounts.first().map(|account| account.institution) else { return Ok(()) };
    let found = storage::institutions::find(tx, institution).await?.ok_or(Error::NotFound)?;
    let members = storage::accounts::members_in_force(tx, institution).await?;
    let reached = |one: &&storage::accounts::Membership| !is_provisional(&one.person_email);
    let owned = members.iter().filter(reached).any(|one| one.role == ROLE_OWNER);
    for reader in members.iter().filter(reached).filter(|one| !owned || one.role == ROLE_OWNER) {
        let mut values = vec![
            ("person", reader.person_name.clone()),
            ("institution", found.name.clone()),
            ("environments", names(accounts.iter().map(|account| account.environment))),
            ("when", domain::calendar::japanese_datetime(ctx.now)),
            ("actor", ctx.actor_name_for_applicants()),
            ("page_url", page(ctx)),
        ];
        values.extend(further.iter().cloned());
        let head = Letterhead { account: Some(reader.account_id), ..Letterhead::new(text, &reader.person_email) };
        queue(ctx, tx, &head, &values).await?;
    }
    Ok(())
}
