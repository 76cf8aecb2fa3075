//! Closing a month: everything up to its end that no closing holds yet becomes bills, in one transaction.

use domain::{
    calendar::YearMonth,
    clock::Timestamp,
    fees::{BillNumber, due_on, end_of, next_to_close, settle},
    ids::{InstitutionId, PaymentId},
    permissions::Permission,
};
use storage::{
    Conn, Tx, boxed,
    fees::{Closing, Payment, closing},
};
use time::Date;

use super::PAGE;
use crate::{Ctx, Error, Result};

/// What a closing would take in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The month that is closed next; none while no month that is over waits.
    pub next: Option<YearMonth>,
    /// Fees that it would take in.
    pub entries: i64,
    /// Their sum in yen.
    pub yen: i64,
    /// Until when its bills would be paid.
    pub due_on: Option<Date>,
}

/// What became of a closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Closed now.
    Now,
    /// It was closed before; nothing changed.
    Before,
    /// It is not over yet, or one before it must be closed first.
    NotNow,
}

async fn next(conn: &mut Conn, today: Date) -> Result<Option<YearMonth>> {
    let last = storage::fees::last_closed(conn).await?;
    let last = last.map(|last| last.month.parse::<YearMonth>()).transpose().map_err(Error::internal)?;
    let first = closing::first_fee(conn).await?;
    Ok(next_to_close(last, first.map(Timestamp::date), today))
}

/// What can be closed now.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn outlook(ctx: &Ctx<'_>) -> Result<Outlook> {
    ctx.permit(Permission::ReadLedger)?;
    let mut conn = ctx.app.db.read().await?;
    let Some(month) = next(&mut conn, ctx.now.date()).await? else {
        return Ok(Outlook { next: None, entries: 0, yen: 0, due_on: None });
    };
    let (entries, yen) = closing::waiting(&mut conn, end_of(month)).await?;
    let due_on = due_on(month, ctx.now.date(), &ctx.app.holidays());
    Ok(Outlook { next: Some(month), entries, yen, due_on: Some(due_on) })
}

/// Closed months, the latest first; `before` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn closings(ctx: &Ctx<'_>, before: Option<YearMonth>) -> Result<Vec<Closing>> {
    ctx.permit(Permission::ReadLedger)?;
    let before = before.map_or_else(|| "9999-99".to_owned(), YearMonth::as_text);
    Ok(storage::fees::closings(&mut ctx.app.db.read().await?, &before, PAGE).await?)
}

/// Closes a month. All of it becomes durable together: a process that dies in the middle has closed nothing, and a second
/// closing of the same month changes nothing.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn close(ctx: &Ctx<'_>, month: YearMonth) -> Result<Closed> {
    ctx.permit(Permission::ManageFees)?;
    let (key, today) = (month.as_text(), ctx.now.date());
    let mut tx = ctx.app.db.write().await?;
    if storage::fees::closing(&mut tx, &key).await?.is_some() {
        return Ok(Closed::Before);
    }
    if next(&mut tx, today).await? != Some(month) {
        return Ok(Closed::NotNow);
    }
    let due_on = due_on(month, today, &ctx.app.holidays()).to_string();
    if !closing::begin(&mut tx, &key, &due_on, &ctx.actor_name(), ctx.now).await? {
        return Ok(Closed::Before);
    }
    closing::make_bills(&mut tx, &key, end_of(month), BillNumber::before_first(month), &due_on).await?;
    carry(ctx, &mut tx).await?;
    closing::take_payments(&mut tx, &key).await?;
    // What is open is counted from the bills themselves here, so that it can be compared with what follows from the rows.
    let (open_yen, _) = storage::fees::standing(&mut tx).await?;
    let figures = domain::fees::Figures { open_yen, ..closing::counted(&mut tx, &key).await? };
    closing::finish(&mut tx, &key, &figures).await?;
    let after = format!("{}:{}:{}", figures.entries, figures.deductions_yen, figures.slips_yen);
    ctx.audit(&mut tx, "closing.close", format!("closing:{key}"), "", &after);
    tx.commit().await?;
    Ok(Closed::Now)
}

/// Sets what institutions have too much against what they owe.
async fn carry(ctx: &Ctx<'_>, tx: &mut Tx) -> Result<()> {
    let mut after = 0;
    loop {
        let page = storage::fees::in_credit(tx, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.bill.id;
        for listed in &page {
            carry_of(ctx, tx, listed.bill.institution_id).await?;
        }
    }
}

async fn carry_of(ctx: &Ctx<'_>, tx: &mut Tx, institution: InstitutionId) -> Result<()> {
    let balances = storage::fees::balances_of(tx, institution).await?;
    for transfer in settle(&balances) {
        let words = |bill: i64, said: &str| format!("払込番号{}{said}", BillNumber::new(bill));
        move_yen(ctx, tx, transfer.from, -transfer.yen, words(transfer.to, "へ充当")).await?;
        move_yen(ctx, tx, transfer.to, transfer.yen, words(transfer.from, "から充当")).await?;
    }
    Ok(())
}

async fn move_yen(ctx: &Ctx<'_>, tx: &mut Tx, bill_id: i64, amount_yen: i64, note: String) -> Result<()> {
    let payment = Payment {
        id: PaymentId::new(ctx.now, &*ctx.app.randomness),
        bill_id,
        kind: "transferred".to_owned(),
        amount_yen,
        paid_on: ctx.now.date().to_string(),
        mark: None,
        undoes: None,
        note,
        actor_name: ctx.actor_name(),
        at: ctx.now,
    };
    storage::fees::insert_payment(tx, &payment).await?;
    storage::fees::pay_in(tx, bill_id, amount_yen).await?;
    Ok(())
}
