//! New passwords: made before the transaction, because hashing is slow, and put in force within it.

use domain::{
    applications::Kind,
    calendar::japanese_date,
    feed::EventKind,
    ids::{InstitutionId, JobId},
    master_account::{Environment, FirstPassword, UserId, shown_until},
};
use serde_json::json;
use storage::{Tx, applications::Application, master_accounts::MasterAccount};
use time::Duration;

use super::{END, names, note, notice, page, seal};
use crate::{
    Ctx, Error, Result,
    feed::{Happening, instant, publish},
};

/// A first password of an account: the next one, or that of a new account.
pub(super) async fn make(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    environment: Environment,
    before: Option<&MasterAccount>,
) -> Result<MasterAccount> {
    let randomness = &*ctx.app.randomness;
    let new_id = || UserId::generate(environment, randomness).as_str().to_owned();
    let user_id = before.map_or_else(new_id, |before| before.user_id.clone());
    let password = FirstPassword::generate(randomness);
    let sealed = ctx.app.vault.seal(&seal(&user_id), password.as_str().as_bytes(), randomness)?;
    Ok(MasterAccount {
        institution,
        environment,
        number: before.map_or(1, |before| before.number + 1),
        secret_hash: ctx.app.hasher.hash(password.as_str(), randomness).await?,
        secret_sealed: Some(sealed),
        issued_at: ctx.now,
        shown_until: shown_until(ctx.now),
        downloaded_at: None,
        user_id,
    })
}

/// The accounts that accepting a case gives out: both of an institution that begins and has none. A change gives none.
pub(crate) async fn first(ctx: &Ctx<'_>, case: &Application) -> Result<Vec<MasterAccount>> {
    if case.kind != Kind::Eligibility || !case.answers.is("application_kind", "start") {
        return Ok(vec![]);
    }
    let present = storage::master_accounts::of(&mut ctx.app.db.read().await?, case.institution_id).await?;
    let mut made = vec![];
    for environment in Environment::ALL.iter().filter(|one| !present.iter().any(|has| has.environment == **one)) {
        made.push(make(ctx, case.institution_id, *environment, None).await?);
    }
    Ok(made)
}

/// Puts first passwords of new accounts in force, in the transaction that accepts the case. Accounts that somebody made
/// meanwhile stay as they are.
pub(crate) async fn issue(ctx: &Ctx<'_>, tx: &mut Tx, made: Vec<MasterAccount>) -> Result<()> {
    let mut new = vec![];
    for account in made {
        if storage::master_accounts::insert(tx, &account).await? {
            new.push(account);
        }
    }
    in_force(ctx, tx, &new, "issue").await
}

/// What follows when passwords came into force: their end, the record, and what the eligibility system learns.
pub(super) async fn in_force(ctx: &Ctx<'_>, tx: &mut Tx, accounts: &[MasterAccount], act: &str) -> Result<()> {
    for account in accounts {
        let (institution, environment, number) = (account.institution, account.environment, account.number);
        let payload = json!({ "institution": institution, "environment": environment, "number": number });
        let key = format!("{END}:{institution}:{environment}:{number}");
        let job = JobId::new(ctx.now, &*ctx.app.randomness);
        let at = account.shown_until + Duration::SECOND;
        storage::jobs::enqueue(tx, job, END, Some(&key), payload, at).await?;
        happened(ctx, tx, account).await?;
    }
    note(ctx, tx, accounts, act, &names(accounts.iter().map(|account| account.environment))).await
}

/// What the eligibility system learns: the hash of the password, which takes the place of the one before.
async fn happened(ctx: &Ctx<'_>, tx: &mut Tx, account: &MasterAccount) -> Result<()> {
    let kind = if account.number == 1 { EventKind::MasterAccountIssued } else { EventKind::MasterAccountReissued };
    let data = json!({
        "environment": account.environment.as_str(),
        "user_id": account.user_id,
        "number": account.number,
        "password_hash": account.secret_hash,
        "issued_at": instant(account.issued_at),
    });
    let subject = format!("master_account:{}", account.user_id);
    publish(ctx, tx, &Happening { kind: kind.as_str(), institution: Some(account.institution), subject, data })
}

/// What the mail about an accepted eligibility application says of the institution's accounts.
pub(crate) async fn told(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<Option<(&'static str, String)>> {
    if case.kind != Kind::Eligibility {
        return Ok(None);
    }
    let accounts = storage::master_accounts::of(tx, case.institution_id).await?;
    let until = accounts.iter().filter(|one| notice(one, ctx).is_open()).map(|one| one.shown_until).min();
    let words = match until {
        Some(until) => format!(
            "オンライン資格確認等システムの管理者用のIDと初回パスワードの通知書を、{}までに次のページからダウンロードしてください。\n{}",
            japanese_date(until.date()),
            page(ctx)
        ),
        None if accounts.is_empty() => {
            format!(
                "お持ちのマスターアカウントを、引き続きお使いください。お持ちでないときは、次のページから発行できます。\n{}",
                page(ctx)
            )
        }
        None => "いままでのマスターアカウントを、引き続きお使いください。".to_owned(),
    };
    Ok(Some(("master_account", words)))
}

/// The password of an account while it is shown.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when it does not exist any more.
pub(super) fn open(ctx: &Ctx<'_>, account: &MasterAccount) -> Result<String> {
    let sealed = account.secret_sealed.as_ref().ok_or(Error::ChangedMeanwhile)?;
    String::from_utf8(ctx.app.vault.open(&seal(&account.user_id), sealed)?).map_err(Error::internal)
}
