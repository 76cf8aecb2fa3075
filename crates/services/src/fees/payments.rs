//! Payments: noted, undone, paid back. Nothing is ever changed; what was wrong gets a counter-entry.

use domain::{
    accounts::{clean_line, needed_line},
    calendar::typed_day,
    fees::{BillNumber, PAYMENT_SLIP, yen},
    ids::PaymentId,
    permissions::Permission,
};
use storage::{
    Tx, boxed,
    fees::{ListedBill, Payment},
};
use time::Date;

use crate::{Ctx, Error, Result};

/// Longest note.
const LONGEST_NOTE: usize = 200;

/// A payment as typed, or as a row of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedPayment {
    /// Number of the bill.
    pub number: String,
    /// Day of the payment.
    pub day: String,
    /// Amount.
    pub amount: String,
    /// What tells two equal payments of one day apart, such as the bank's number; may be empty.
    pub mark: String,
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// `number`, `day`, `amount` or `mark`.
    pub field: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Noted now.
    Now {
        /// The bill.
        bill: BillNumber,
        /// Yen.
        yen: i64,
        /// What is open on it afterwards; negative when too much was paid.
        open_yen: i64,
    },
    /// The same row was noted before; nothing changed.
    Before(BillNumber),
}

impl Slip {
    fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// A payment that was read and can be noted.
struct Read {
    bill: ListedBill,
    day: Date,
    yen: i64,
    mark: String,
}

fn read_day(ctx: &Ctx<'_>, typed: &str) -> Result<Date, Slip> {
    match typed_day(typed) {
        None => Err(Slip::new("day", "「入金日」は、「2026-05-20」のように入力してください。")),
        Some(day) if day > ctx.now.date() => {
            Err(Slip::new("day", "「入金日」が先の日付になっています。日付を確かめてください。"))
        }
        Some(day) => Ok(day),
    }
}

async fn read(ctx: &Ctx<'_>, tx: &mut Tx, typed: &TypedPayment) -> Result<Result<Read, Slip>> {
    let number = match BillNumber::parse(&typed.number) {
        Ok(number) => number,
        Err(fault) => return Ok(Err(Slip::new("number", fault.to_string()))),
    };
    let day = match read_day(ctx, &typed.day) {
        Ok(day) => day,
        Err(slip) => return Ok(Err(slip)),
    };
    let yen = match yen(&typed.amount) {
        Ok(yen) => yen,
        Err(fault) => return Ok(Err(Slip::new("amount", fault.to_string()))),
    };
    let mark = match clean_line(&typed.mark, 60) {
        Ok(mark) => mark,
        Err(fault) => return Ok(Err(Slip::new("mark", format!("「取引番号」：{fault}")))),
    };
    let Some(bill) = storage::fees::bill(tx, number.id()).await? else {
        return Ok(Err(Slip::new("number", format!("払込番号「{number}」の請求はありません。"))));
    };
    if bill.bill.payment != PAYMENT_SLIP {
        let message = format!("払込番号「{number}」は、診療報酬支払額等から控除する請求です。入金は記録できません。");
        return Ok(Err(Slip::new("number", message)));
    }
    Ok(Ok(Read { bill, day, yen, mark }))
}

/// Notes one payment in the caller's transaction.
pub(super) async fn receive_in(ctx: &Ctx<'_>, tx: &mut Tx, typed: &TypedPayment) -> Result<Result<Noted, Slip>> {
    let read = match read(ctx, tx, typed).await? {
        Ok(read) => read,
        Err(slip) => return Ok(Err(slip)),
    };
    let bill = BillNumber::new(read.bill.bill.id);
    let payment = Payment {
        kind: "received".to_owned(),
        paid_on: read.day.to_string(),
        mark: Some(format!("{}:{}:{}:{}", bill.plain(), read.day, read.yen, read.mark)),
        note: read.mark,
        ..blank(ctx, bill, read.yen)
    };
    if !storage::fees::insert_payment(tx, &payment).await? {
        return Ok(Ok(Noted::Before(bill)));
    }
    storage::fees::pay_in(tx, bill.id(), read.yen).await?;
    ctx.audit(tx, "payment.receive", format!("bill:{}", bill.id()), "", &format!("{}:{}", read.yen, read.day));
    Ok(Ok(Noted::Now { bill, yen: read.yen, open_yen: read.bill.bill.open_yen() - read.yen }))
}

fn blank(ctx: &Ctx<'_>, bill: BillNumber, amount_yen: i64) -> Payment {
    Payment {
        id: PaymentId::new(ctx.now, &*ctx.app.randomness),
        bill_id: bill.id(),
        kind: String::new(),
        amount_yen,
        paid_on: ctx.now.date().to_string(),
        mark: None,
        undoes: None,
        note: String::new(),
        actor_name: ctx.actor_name(),
        at: ctx.now,
    }
}

/// Notes a payment: all of what is open, a part of it, or too much. The same row twice changes nothing.
///
/// # Errors
/// [`Error::Forbidden`] without the permission. What is wrong with what was typed is the inner slip.
#[boxed]
pub async fn receive(ctx: &Ctx<'_>, typed: &TypedPayment) -> Result<Result<Noted, Slip>> {
    ctx.permit(Permission::ManageFees)?;
    let mut tx = ctx.app.db.write().await?;
    let noted = receive_in(ctx, &mut tx, typed).await?;
    if matches!(noted, Ok(Noted::Now { .. })) {
        tx.commit().await?;
    }
    Ok(noted)
}

/// Undoes a payment that was noted wrongly, by a counter-entry; or says what is wrong with the reason.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it is no payment that came in,
/// [`Error::ChangedMeanwhile`] when it was undone before.
#[boxed]
pub async fn undo(ctx: &Ctx<'_>, id: PaymentId, reason: &str) -> Result<Result<BillNumber, Slip>> {
    ctx.permit(Permission::ManageFees)?;
    let reason = match needed_line("取り消す理由", reason, LONGEST_NOTE) {
        Ok(reason) => reason,
        Err(message) => return Ok(Err(Slip::new("reason", message))),
    };
    let mut tx = ctx.app.db.write().await?;
    let found = storage::fees::payment(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !["received", "refunded"].contains(&found.kind.as_str()) {
        return Err(Error::NotFound);
    }
    let bill = BillNumber::new(found.bill_id);
    let counter = Payment {
        kind: "undone".to_owned(),
        undoes: Some(id),
        note: reason.clone(),
        ..blank(ctx, bill, -found.amount_yen)
    };
    if !storage::fees::insert_payment(&mut tx, &counter).await? {
        return Err(Error::ChangedMeanwhile);
    }
    storage::fees::pay_in(&mut tx, bill.id(), -found.amount_yen).await?;
    ctx.audit(&mut tx, "payment.undo", format!("payment:{id}"), &found.amount_yen.to_string(), &reason);
    tx.commit().await?;
    Ok(Ok(bill))
}

/// Notes that what was too much on a bill was paid back to the institution.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the bill does not exist,
/// [`Error::ChangedMeanwhile`] when there is nothing to pay back any more.
#[boxed]
pub async fn refund(ctx: &Ctx<'_>, number: BillNumber, day: &str) -> Result<Result<i64, Slip>> {
    ctx.permit(Permission::ManageFees)?;
    let day = match read_day(ctx, day) {
        Ok(day) => day,
        Err(slip) => return Ok(Err(Slip { message: slip.message.replace("入金日", "返金した日"), ..slip })),
    };
    let mut tx = ctx.app.db.write().await?;
    storage::fees::join_payments(&mut tx).await?;
    // Before the bill is read: of two who pay back at once, the second must see what the first did.
    storage::fees::pay_in(&mut tx, number.id(), 0).await?;
    let found = storage::fees::bill(&mut tx, number.id()).await?.ok_or(Error::NotFound)?;
    let too_much = -found.bill.open_yen();
    if found.bill.payment != PAYMENT_SLIP || too_much <= 0 {
        return Err(Error::ChangedMeanwhile);
    }
    let payment = Payment { kind: "refunded".to_owned(), paid_on: day.to_string(), ..blank(ctx, number, -too_much) };
    storage::fees::insert_payment(&mut tx, &payment).await?;
    storage::fees::pay_in(&mut tx, number.id(), -too_much).await?;
    ctx.audit(&mut tx, "payment.refund", format!("bill:{}", number.id()), "", &format!("{too_much}:{day}"));
    tx.commit().await?;
    Ok(Ok(too_much))
}
