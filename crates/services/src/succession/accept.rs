//! What sending, the register and acceptance do for a succession.

use domain::{
    applications::Effect,
    calendar::{japanese_date, typed_day},
    feed::EventKind,
    ids::{AccountId, JobId},
    institutions::{Institution, InstitutionCode},
    succession::{ends_at, last_day},
};
use serde_json::json;
use storage::{Conn, Tx, applications::Application, successions::Succession};
use time::{Date, Duration};

use super::{END, grouped, page, target::is_taken};
use crate::{
    Ctx, Error, Result,
    accounts::membership::{self, Joined},
    applications::tell,
    ending::waits,
    feed::{Happening, publish},
};

fn code_of(case: &Application) -> Result<InstitutionCode> {
    InstitutionCode::parse(case.answers.get("new_code")).map_err(Error::internal)
}

fn day_of(case: &Application) -> Result<Date> {
    typed_day(case.answers.get("changed_on")).ok_or_else(|| Error::internal("a succession without a day"))
}

/// The institution with the new code, if the register has it.
async fn new_of(conn: &mut Conn, case: &Application) -> Result<Option<Institution>> {
    let found = storage::institutions::by_code(conn, code_of(case)?.as_str()).await?;
    Ok(found.filter(|place| place.in_register))
}

/// Whether a case was sent and waits for its new code to come into the register.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn awaits_code(conn: &mut Conn, case: &Application) -> Result<bool> {
    let is_sent = case.kind.effect() == Effect::Succession && case.state.is_open_for_review();
    Ok(is_sent && new_of(conn, case).await?.is_none())
}

/// Notes a code that the register does not have, so that the applicant is told when it comes.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn sent(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    if new_of(tx, case).await?.is_some() {
        return Ok(());
    }
    let code = code_of(case)?;
    let place = membership::waiting(ctx, code.clone());
    if storage::institutions::insert(tx, &place, ctx.now).await? {
        ctx.audit(tx, "institution.wait", format!("institution:{}", place.id), "", code.as_str());
    }
    storage::successions::await_code(tx, case.id, code.as_str()).await?;
    Ok(())
}

/// Tells those who wait for a code that the register has it now, in the transaction of the import.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn arrived(ctx: &Ctx<'_>, tx: &mut Tx, place: &Institution) -> Result<()> {
    for id in storage::successions::awaited(tx, place.code.as_str()).await? {
        let Some(case) = storage::applications::find(tx, id).await? else { continue };
        let same = case.answers.get("new_code") == place.code.as_str();
        if storage::successions::arrived(tx, id, ctx.now).await? && waits(case.state) && same {
            let further = [("new_code", grouped(&place.code)), ("new_name", place.name.clone())];
            tell::about(ctx, tx, &case, "succession_arrived", &further).await?;
        }
    }
    Ok(())
}

/// Why a succession cannot be accepted now; none when it can.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn stands_against(conn: &mut Conn, case: &Application) -> Result<Option<String>> {
    let Some(new) = new_of(conn, case).await? else {
        return Ok(Some("新しい医療機関等コードが、まだ台帳にありません。台帳に載ると、申請者にメールでお知らせし、承認できるようになります。".to_owned()));
    };
    let given = storage::successions::of_old(conn, case.institution_id).await?.is_some();
    let taken = given || is_taken(conn, case.institution_id, &new).await?;
    Ok(taken.then(|| {
        "新しい医療機関等コードは、廃止されているか、ほかの方が使っているか、承継が済んでいます。補正依頼か却下としてください。"
            .to_owned()
    }))
}

/// Links the two institutions, admits people at the new one, and starts the term of the old certificates.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the code is not free any more.
pub(crate) async fn accepted(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let new = new_of(tx, case).await?.ok_or(Error::ChangedMeanwhile)?;
    storage::accounts::hold_institution(tx, new.id).await?;
    let day = day_of(case)?;
    let succession = Succession {
        old: case.institution_id,
        new: new.id,
        application: case.id,
        reason: case.answers.get("reason").to_owned(),
        changed_on: day.to_string(),
        ends_at: ends_at(day),
        history: case.answers.is("history", "yes"),
        accepted_at: ctx.now,
        told: None,
        ended_at: None,
    };
    if is_taken(tx, case.institution_id, &new).await? || !storage::successions::insert(tx, &succession).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(tx, "succession.accept", format!("institution:{}", succession.old), "", &succession.new.to_string());
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("{END}:{}", succession.old);
    let at = (succession.ends_at + Duration::SECOND).max(ctx.now);
    storage::jobs::enqueue(tx, job, END, Some(&key), json!({ "old": succession.old }), at).await?;
    announce(ctx, tx, &succession, &new).await?;
    let applicant: AccountId = case.submitted_by.unwrap_or(case.created_by);
    let joined = membership::succeed(ctx, tx, applicant, succession.old, &new).await?;
    tell_owners(ctx, tx, case, &new, joined, day).await
}

/// Tells downstream systems.
async fn announce(ctx: &Ctx<'_>, tx: &mut Tx, succession: &Succession, new: &Institution) -> Result<()> {
    let data = json!({
        "application": succession.application,
        "new_institution": succession.new,
        "new_code": new.code.as_str(),
        "reason": succession.reason,
        "changed_on": succession.changed_on,
        "old_certificates_until": succession.ends_at.date().to_string(),
    });
    let happening = Happening {
        kind: EventKind::SuccessionAccepted.as_str(),
        institution: Some(succession.old),
        subject: format!("institution:{}", succession.old),
        data,
    };
    publish(ctx, tx, &happening)
}

async fn tell_owners(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    case: &Application,
    new: &Institution,
    joined: Joined,
    day: Date,
) -> Result<()> {
    let history = match case.answers.is("history", "yes") {
        true => "引き継ぎます（新しいコードから読めます）",
        false => "引き継ぎません",
    };
    let further = [
        ("new_code", grouped(&new.code)),
        ("new_name", new.name.clone()),
        ("changed_on", japanese_date(day)),
        ("last_day", japanese_date(last_day(day))),
        ("history", history.to_owned()),
        ("joined", joined.words().to_owned()),
        ("link", page(ctx)),
    ];
    tell::owners_and_applicant_about(ctx, tx, case, "succession_accepted", &further).await
}
