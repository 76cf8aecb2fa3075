//! Sending rows: each is one application in one transaction, by the verb that sends a form. A row is marked in that very
//! transaction, so whoever runs a job again, or beside another, sends nothing twice.

use std::collections::BTreeMap;

use domain::{
    applications::Kind,
    clock::Timestamp,
    group::{self, RowState},
    ids::{InstitutionId, SheetId},
    text::thousands,
};
use serde_json::Value;
use storage::{
    Tx,
    accounts::Account,
    applications::Application,
    boxed,
    group::{NewRow, Row, Sheet},
    sessions::{Acting, Session},
};

use super::{
    Notes, PAGE,
    judge::{Judge, of_row},
    known::{Place, permitted, places, under_way},
    send::go_on,
};
use crate::{
    App, Ctx, Error, Result,
    applications::{self, NOT_STORED, Written},
    mail::{Letterhead, queue},
};

/// Kind of the job that sends a page of rows.
pub const SEND: &str = "group.send";
/// Rows that are sent at the same time, so that they become durable together.
const AT_ONCE: usize = 12;

/// Sends a page of the rows that wait; the work of a [`SEND`] job. The last page tells the person.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn send_rows(app: &App, payload: &Value) -> Result<()> {
    let id = payload["sheet"].as_str().and_then(|id| id.parse::<SheetId>().ok());
    let (Some(id), Some(run)) = (id, payload["run"].as_i64()) else { return Err(Error::internal("no table")) };
    let mut conn = app.db.read().await?;
    let Some(sheet) = storage::group::sheet(&mut conn, id).await?.filter(|sheet| sheet.sending && sheet.run == run)
    else {
        return Ok(());
    };
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let rows = storage::group::rows_in(&mut conn, id, RowState::Queued, 0, limit).await?;
    let account = storage::accounts::find(&mut conn, sheet.account).await?.ok_or(Error::NotFound)?;
    drop(conn);
    let ctx = Ctx::person(app, session(&account, None, app.clock.now()), sheet.source.clone());
    let last = rows.last().map(|row| row.row.number);
    if account.disabled || account.staff {
        refuse_all(&ctx, &sheet, &rows).await?;
    } else {
        send_page(&ctx, &account, &sheet, &rows).await?;
    }
    let mut tx = app.db.write().await?;
    match last {
        Some(last) => go_on(&ctx, &mut tx, id, run, last).await?,
        None => finish(&ctx, &mut tx, &sheet, &account).await?,
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// The person as the rows of an institution name them.
fn session(account: &Account, acting: Option<Acting>, now: Timestamp) -> Session {
    Session {
        token_hash: String::new(),
        account_id: account.id,
        name: account.name.clone(),
        email: account.email.clone(),
        must_reset: false,
        staff: account.staff,
        roles: vec![],
        has_totp: false,
        second_factor: true,
        institution: acting,
        institutions: 1,
        seen_at: now,
        expires_at: now,
        bearer: None,
    }
}

async fn refuse_all(ctx: &Ctx<'_>, sheet: &Sheet, rows: &[Row]) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    for row in rows {
        let faults = of_row("送信した方のアカウントが使えなくなったため、送信しませんでした。");
        storage::group::refuse_row(&mut tx, sheet.id, row.row.number, &faults).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn send_page(ctx: &Ctx<'_>, account: &Account, sheet: &Sheet, rows: &[Row]) -> Result<()> {
    let mut codes: Vec<String> = rows.iter().map(|row| row.row.code.clone()).collect();
    codes.dedup();
    let places = places(ctx, sheet.kind, permitted(ctx, &codes).await?).await?;
    let mut judged: Vec<_> = rows.iter().map(|row| row.row.clone()).collect();
    let mut judge = Judge::new(sheet.kind, sheet.agreed.clone());
    // Judged once more by what is known now: a month may have passed, another case may have come.
    judge.page(ctx, &places, &mut judged).await?;
    let work = Work { ctx, account, sheet, places: &places, judge: &judge };
    for rows in judged.chunks(AT_ONCE) {
        for outcome in futures_util::future::join_all(rows.iter().map(|row| work.settle(row))).await {
            outcome?;
        }
    }
    Ok(())
}

/// What the rows of a page share.
struct Work<'a> {
    ctx: &'a Ctx<'a>,
    account: &'a Account,
    sheet: &'a Sheet,
    places: &'a BTreeMap<InstitutionId, Place>,
    judge: &'a Judge,
}

impl Work<'_> {
    /// Sends a row, or notes why it was not sent.
    async fn settle(&self, row: &NewRow) -> Result<()> {
        let faults = match row.institution.and_then(|id| self.places.get(&id)) {
            None => Some(of_row(group::unknown_code(&row.code))),
            Some(place) => match fault_of(self.sheet, place, row) {
                None => self.send(place, row).await,
                faults => faults,
            },
        };
        let Some(faults) = faults else { return Ok(()) };
        let mut tx = self.ctx.app.db.write().await?;
        storage::group::refuse_row(&mut tx, self.sheet.id, row.number, &faults).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sends one row; what keeps it from being sent, if anything.
    async fn send(&self, place: &Place, row: &NewRow) -> Option<Notes> {
        match self.try_to_send(place, row).await {
            Ok(faults) => faults,
            Err(error) => {
                tracing::error!(sheet = %self.sheet.id, row = row.number, %error, "one row of a table was not sent");
                Some(of_row("処理できませんでした。もう一度送信してください。"))
            }
        }
    }

    async fn try_to_send(&self, place: &Place, row: &NewRow) -> Result<Option<Notes>> {
        let ctx = self.acting(place);
        let blank = applications::blank(&ctx, self.sheet.kind, group::whole(&row.answers, &self.sheet.agreed))?;
        let case = Application { version: NOT_STORED, ..blank };
        let facts = self.judge.facts(place, row);
        let state = applications::checked_by(case, &facts);
        let mut tx = ctx.app.db.write().await?;
        let sent = match applications::send_untold(&ctx, &mut tx, &state, &facts).await? {
            Written::Sent(sent) => sent,
            Written::UnderWay(other) => {
                let found = storage::applications::find(&mut tx, other).await?;
                tx.rollback().await?;
                let number = found.and_then(|case| case.reference).unwrap_or_default();
                return Ok(Some(of_row(under_way(&number))));
            }
            Written::Gone => return Err(Error::ChangedMeanwhile),
        };
        let first = sent.first().ok_or_else(|| Error::internal("sent without a case"))?;
        if storage::group::row_sent(&mut tx, self.sheet.id, row.number, first.id).await? {
            tx.commit().await?;
        } else {
            // Another worker sent it meanwhile.
            tx.rollback().await?;
        }
        Ok(None)
    }

    /// The person acting for an institution.
    fn acting(&self, place: &Place) -> Ctx<'_> {
        let institution = &place.facts.institution;
        let acting = Acting {
            id: institution.id,
            code: institution.code.as_str().to_owned(),
            name: institution.name.clone(),
            role: String::new(),
            mandate: None,
        };
        let session = session(self.account, Some(acting), self.ctx.now);
        Ctx { now: self.ctx.now, ..Ctx::person(self.ctx.app, session, self.ctx.source.clone()) }
    }
}

/// Why a row that was good when it was agreed to is not sent.
fn fault_of(sheet: &Sheet, place: &Place, row: &NewRow) -> Option<Notes> {
    let fee = place.facts.rules.certificate_fee_yen;
    if sheet.kind == Kind::Certificate && fee != sheet.fee_yen {
        let words = format!(
            "発行料が1枚あたり{}円に変わりました。もう一度「送信へ進む」から、発行料をご確認ください。",
            thousands(fee)
        );
        return Some(of_row(words));
    }
    (row.state != RowState::Good).then(|| row.faults.clone())
}

/// Ends a sending and tells the person once of all rows.
async fn finish(ctx: &Ctx<'_>, tx: &mut Tx, sheet: &Sheet, account: &Account) -> Result<()> {
    let counts: BTreeMap<RowState, i64> = storage::group::counts(tx, sheet.id).await?.into_iter().collect();
    let of = |state: RowState| counts.get(&state).copied().unwrap_or(0);
    let sent = of(RowState::Sent);
    if !storage::group::finish_sending(tx, sheet.id, sheet.run, sent, ctx.now).await? {
        return Ok(());
    }
    let now_sent = sent - sheet.sent;
    let values = [
        ("person", account.name.clone()),
        ("procedure", sheet.kind.label().to_owned()),
        ("sent_at", domain::calendar::japanese_datetime(ctx.now)),
        ("count", thousands(now_sent)),
        ("not_sent", thousands(sheet.queued - now_sent)),
        ("faulty", thousands(of(RowState::Faulty))),
        ("sheet_url", format!("{}/group/{}", ctx.app.settings.portal_url, sheet.id)),
    ];
    let head = Letterhead { account: Some(account.id), ..Letterhead::new("group_sent", &account.email) };
    queue(ctx, tx, &head, &values).await?;
    ctx.audit(tx, "group.sent", format!("sheet:{}", sheet.id), "", &format!("{now_sent} of {}", sheet.queued));
    Ok(())
}
