//! The expiry ladder: mails before and after the end of a certificate, one rung at a time (spec 04.5).
//!
//! Once a day a job walks through the certificates that stand on a rung, page by page. Everything about one
//! institution is one transaction: which rungs are told is noted beside the mails, so that a job that ran twice, or a
//! process that was away for days, tells each person of the last rung only, and once.

use std::collections::BTreeSet;

use domain::{
    accounts::is_provisional,
    calendar::japanese_date,
    clock::Timestamp,
    ids::{AccountId, CertificateId, InstitutionId},
    terminals::{
        ladder::{self, Band},
        renewal,
    },
    text::thousands,
};
use serde_json::{Value, json};
use storage::{Tx, boxed, terminals::Glance};

use super::{WARN, is_fetched, is_followed};
use crate::{
    App, Ctx, Error, Result,
    applications::tell::grouped,
    daily,
    mail::{Letterhead, queue},
};

/// Certificates that one job looks at before the next one goes on.
const PAGE: i64 = 100;

/// Who is told.
#[derive(Clone)]
struct Reader {
    account: Option<AccountId>,
    name: String,
    email: String,
}

/// Begins the warnings of this day, once, from the morning on; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn warn_when_due(app: &App) -> Result<()> {
    daily::begin(app, WARN, json!({ "band": 0 })).await
}

/// Tells people of the certificates on one page of the ladder and leaves the next page to another job; the work of a
/// [`WARN`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn warn(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "expiry_ladder");
    let bands = ladder::bands(ctx.now.date());
    let first = payload["band"].as_u64().and_then(|band| usize::try_from(band).ok()).unwrap_or_default();
    let mut after = daily::place(&payload["after"]);
    for (number, band) in bands.into_iter().enumerate().skip(first) {
        let (found, last) = page(app, band, after.take()).await?;
        for institution in &found {
            tell(&ctx, *institution).await?;
        }
        if let Some((at, id)) = last {
            let next = json!({ "band": number, "after": [at.as_millis(), id] });
            return daily::go_on(&ctx, WARN, &format!("{number}:{id}"), next).await;
        }
    }
    Ok(())
}

/// The institutions on a page of a band, and the end of the page.
async fn page(
    app: &App,
    band: Band,
    after: Option<(Timestamp, CertificateId)>,
) -> Result<(BTreeSet<InstitutionId>, Option<(Timestamp, CertificateId)>)> {
    let found = storage::terminals::ending(&mut app.db.read().await?, band, after, PAGE).await?;
    let last = found.last().map(|one| (one.not_after, one.id));
    Ok((found.into_iter().map(|one| one.institution).collect(), last))
}

/// A certificate with the rung that is told of now.
#[derive(Clone)]
struct Due {
    one: Glance,
    rung: i64,
    /// Whether its successor was fetched and waits for its connection test.
    fetched: bool,
}

/// Tells the people of one institution of all its certificates whose rung was not told yet.
async fn tell(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    if storage::successions::of_old(&mut tx, institution).await?.is_some() {
        // Nothing of an old code is renewed: its own reminders tell of the end.
        return Ok(tx.rollback().await?);
    }
    let members = members(&mut tx, institution).await?;
    let due = due(ctx, &mut tx, institution).await?;
    let vendors = vendors(&mut tx, &members, &due).await?;
    if due.is_empty() || (members.is_empty() && vendors.is_empty()) {
        return Ok(tx.rollback().await?);
    }
    let name = storage::institutions::find(&mut tx, institution).await?.ok_or(Error::NotFound)?.name;
    send(ctx, &mut tx, &name, &due, &members).await?;
    for (vendor, own) in &vendors {
        send(ctx, &mut tx, &name, own, std::slice::from_ref(vendor)).await?;
    }
    let told: Vec<String> = due.iter().map(|due| format!("{}:{}", due.one.serial, due.rung)).collect();
    ctx.audit(&mut tx, "terminal.warn", format!("institution:{institution}"), "", &told.join(","));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// The certificates whose rung was not told yet, noted as told.
async fn due(ctx: &Ctx<'_>, tx: &mut Tx, institution: InstitutionId) -> Result<Vec<Due>> {
    let today = ctx.now.date();
    let all = storage::terminals::ending_of(tx, institution, renewal::earliest_renewable(ctx.now)).await?;
    let mut due = vec![];
    for one in all.iter().filter(|one| !is_followed(one, &all)) {
        let Some(rung) = ladder::rung(ladder::days_left(one.not_after, today)) else { continue };
        let is_new = one.told.is_none_or(|told| rung < told);
        if is_new && storage::terminals::noted(tx, one.id, rung, ctx.now).await? {
            due.push(Due { one: one.clone(), rung, fetched: is_fetched(one, &all) });
        }
    }
    Ok(due)
}

/// Everyone who belongs to the institution.
async fn members(tx: &mut Tx, institution: InstitutionId) -> Result<Vec<Reader>> {
    let all = storage::accounts::members_in_force(tx, institution).await?;
    let active = all.into_iter().filter(|one| !is_provisional(&one.person_email));
    let reader = |one: storage::accounts::Membership| Reader {
        account: Some(one.account_id),
        name: one.person_name,
        email: one.person_email,
    };
    Ok(active.map(reader).collect())
}

/// The vendors that were named with an address in the applications of these terminals, each with its own terminals and
/// no others; members are told anyway.
async fn vendors(tx: &mut Tx, members: &[Reader], due: &[Due]) -> Result<Vec<(Reader, Vec<Due>)>> {
    let mut vendors: Vec<(Reader, Vec<Due>)> = vec![];
    for due in due {
        let Some(case) = storage::applications::find(tx, due.one.application_id).await? else { continue };
        let email = case.answers.get("technical_mail").to_owned();
        if email.is_empty() || members.iter().any(|known| known.email.eq_ignore_ascii_case(&email)) {
            continue;
        }
        if let Some((_, own)) = vendors.iter_mut().find(|(known, _)| known.email.eq_ignore_ascii_case(&email)) {
            own.push(due.clone());
            continue;
        }
        let name = Some(case.answers.get("technical_contact").to_owned()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "技術連絡先".to_owned());
        vendors.push((Reader { account: None, name, email }, vec![due.clone()]));
    }
    Ok(vendors)
}

/// One mail for what ends, and one for what has ended.
async fn send(ctx: &Ctx<'_>, tx: &mut Tx, name: &str, due: &[Due], readers: &[Reader]) -> Result<()> {
    let (before, after): (Vec<Due>, Vec<Due>) = due.iter().cloned().partition(|due| due.rung >= 0);
    for (text, group) in [("certificate_expiring", before), ("certificate_expired", after)] {
        if !group.is_empty() {
            send_group(ctx, tx, text, name, &group, readers).await?;
        }
    }
    Ok(())
}

async fn send_group(ctx: &Ctx<'_>, tx: &mut Tx, text: &str, name: &str, due: &[Due], readers: &[Reader]) -> Result<()> {
    let today = ctx.now.date();
    let settings = &ctx.app.settings;
    let soonest = due.iter().map(|due| ladder::days_left(due.one.not_after, today)).min().unwrap_or_default();
    let values = [
        ("institution", name.to_owned()),
        (
            "left",
            if soonest == 0 {
                "は、本日までです".to_owned()
            } else {
                format!("まで、あと{soonest}日です")
            },
        ),
        ("terminals", due.iter().map(|due| line(due, today)).collect::<Vec<_>>().join("\n")),
        ("renewal_days", renewal::OPENS_DAYS.to_string()),
        ("grace_days", renewal::GRACE_DAYS.to_string()),
        ("fee", format!("{}円", thousands(ctx.app.rules().certificate_fee_yen))),
        ("renew_url", format!("{}/renew", settings.closed_url)),
        ("test_url", format!("{}/connection-test", settings.closed_url)),
        ("terminals_url", format!("{}/terminals", settings.portal_url)),
    ];
    let case = match due {
        [due] => Some(due.one.application_id),
        _ => None,
    };
    for reader in readers {
        let head = Letterhead { account: reader.account, application: case, ..Letterhead::new(text, &reader.email) };
        let own = [&values[..], &[("person", reader.name.clone())]].concat();
        queue(ctx, tx, &head, &own).await?;
    }
    Ok(())
}

/// A terminal as a line of the mail, and below it that nothing but the test is left, if its successor was fetched.
fn line(due: &Due, today: time::Date) -> String {
    let one = &due.one;
    let end = japanese_date(one.not_after.date());
    let left = match ladder::days_left(one.not_after, today) {
        0 => "本日まで".to_owned(),
        left if left > 0 => format!("あと{left}日"),
        _ if due.fetched => "期限切れ".to_owned(),
        _ => format!("更新できる日：{}まで", japanese_date(renewal::grace_until(one.not_after).date())),
    };
    let fetched = if due.fetched {
        "\n　新しい端末の電子証明書は受取済みです。接続テストをしてください。"
    } else {
        ""
    };
    format!("・{}　有効期限：{end}（{left}）　受付番号：{}{fetched}", one.terminal, grouped(&one.reference))
}
