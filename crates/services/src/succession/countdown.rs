//! The term of the certificates of an old code: what is told before its end, and its end.

use domain::clock::Timestamp;
use domain::{
    calendar::japanese_date,
    ids::InstitutionId,
    succession::{RUNGS, days_left, rung},
};
use serde_json::{Value, json};
use storage::{Tx, boxed, successions::Succession, terminals::Glance};
use time::Duration;

use super::{WARN, grouped, page, people};
use crate::{
    App, Ctx, Error, Result, daily,
    ending::{end_certificates, end_letters},
    mail::{Letterhead, queue},
};

/// Successions that one job looks at before the next one goes on.
const PAGE: usize = 100;
/// What stands in the lives of cases that end with the old code.
const WHY: &str = "承継により、前の医療機関等コードの期間が終わりました";

/// Begins the reminders of this day, once, from the morning on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn warn_when_due(app: &App) -> Result<()> {
    daily::begin(app, WARN, Value::Null).await
}

/// Tells people of successions whose term comes to its end, a page of them; the work of a [`WARN`] job. What was told once
/// is not told again, and after days away only the last number of days.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn warn(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "succession_reminder");
    let until = Timestamp::end_of_day(ctx.now.date() + Duration::days(RUNGS[0])) + Duration::milliseconds(999);
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let after = daily::place::<InstitutionId>(payload);
    let found = storage::successions::running(&mut app.db.read().await?, until, after, limit).await?;
    for one in &found {
        tell(&ctx, one).await?;
    }
    match found.last() {
        Some(last) if found.len() == PAGE => {
            let next = json!([last.ends_at.as_millis(), last.old]);
            daily::go_on(&ctx, WARN, &last.old.to_string(), next).await
        }
        _ => Ok(()),
    }
}

/// Tells everyone at both institutions, once for each number of days; nobody when no certificate is left that would end.
async fn tell(ctx: &Ctx<'_>, succession: &Succession) -> Result<()> {
    let left = days_left(succession.ends_at, ctx.now.date());
    let Some(rung) = rung(left).filter(|rung| succession.told.is_none_or(|told| *rung < told)) else { return Ok(()) };
    let mut tx = ctx.app.db.write().await?;
    let valid = storage::terminals::ending_of(&mut tx, succession.old, ctx.now).await?;
    if valid.is_empty() || !storage::successions::told(&mut tx, succession.old, rung).await? {
        return Ok(tx.rollback().await?);
    }
    let last = succession.ends_at;
    let lines: Vec<String> = valid.iter().map(|one| line(one, last)).collect();
    let further = [
        ("left", if left == 0 { "本日まで".to_owned() } else { format!("あと{left}日") }),
        ("last_day", japanese_date(last.date())),
        ("terminals", lines.join("\n")),
        ("link", page(ctx)),
    ];
    send(ctx, &mut tx, succession, "succession_ending", &further).await?;
    ctx.audit(&mut tx, "succession.remind", format!("institution:{}", succession.old), "", &rung.to_string());
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

fn line(one: &Glance, last: Timestamp) -> String {
    format!("・{}　使えるのは {} まで", one.terminal, japanese_date(one.not_after.min(last).date()))
}

/// A mail to everyone at both institutions.
async fn send(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    succession: &Succession,
    text: &str,
    further: &[(&'static str, String)],
) -> Result<()> {
    let old = storage::institutions::find(tx, succession.old).await?.ok_or(Error::NotFound)?;
    let new = storage::institutions::find(tx, succession.new).await?.ok_or(Error::NotFound)?;
    for one in people(tx, [succession.old, succession.new]).await? {
        let head = Letterhead { account: Some(one.account_id), ..Letterhead::new(text, &one.person_email) };
        let own = [
            ("person", one.person_name.clone()),
            ("institution", old.name.clone()),
            ("old_code", grouped(&old.code)),
            ("new_code", grouped(&new.code)),
        ];
        queue(ctx, tx, &head, &[&own[..], further].concat()).await?;
    }
    Ok(())
}

/// Ends what is left of an old code when its term is over: letters, then certificates; the work of an [`super::END`] job. Run
/// twice, it changes nothing more; cut off, it goes on where it stopped.
///
/// # Errors
/// When the database or the journal refuses.
#[boxed]
pub async fn end(app: &App, payload: &Value) -> Result<()> {
    let old: InstitutionId =
        payload["old"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| Error::internal("no institution"))?;
    let ctx = Ctx::system(app, "succession_end");
    let found = storage::successions::of_old(&mut app.db.read().await?, old).await?;
    let Some(succession) = found.filter(|one| one.ended_at.is_none() && one.ends_at < ctx.now) else { return Ok(()) };
    end_letters(&ctx, old, WHY).await?;
    let count = end_certificates(&ctx, old).await?;
    let mut tx = app.db.write().await?;
    if !storage::successions::ended(&mut tx, old, ctx.now).await? {
        return Ok(tx.rollback().await?);
    }
    ctx.audit(&mut tx, "succession.end", format!("institution:{old}"), "", &count.to_string());
    let further =
        [("last_day", japanese_date(succession.ends_at.date())), ("count", count.to_string()), ("link", page(&ctx))];
    send(&ctx, &mut tx, &succession, "succession_ended", &further).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}
