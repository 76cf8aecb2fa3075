//! Payments on bills: append-only, as the ledger is.

use domain::{clock::Timestamp, ids::PaymentId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A payment, what undoes it, what was paid back, or what was moved from another bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Identifier.
    pub id: PaymentId,
    /// The bill it counts on.
    pub bill_id: i64,
    /// `received`, `undone`, `refunded` or `transferred`.
    pub kind: String,
    /// Yen; negative when they leave the bill.
    pub amount_yen: i64,
    /// The day on which the money moved, `YYYY-MM-DD`.
    pub paid_on: String,
    /// What makes the same row the same; none where that cannot happen.
    pub mark: Option<String>,
    /// The payment that this one undoes.
    pub undoes: Option<PaymentId>,
    /// What was noted.
    pub note: String,
    /// Who noted it.
    pub actor_name: String,
    /// When.
    pub at: Timestamp,
}

/// A payment as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPayment {
    /// Identifier.
    pub id: Uuid,
    /// The bill it counts on.
    pub bill_id: i64,
    /// `received`, `undone`, `refunded` or `transferred`.
    pub kind: String,
    /// Yen; negative when they leave the bill.
    pub amount_yen: i64,
    /// The day on which the money moved, `YYYY-MM-DD`.
    pub paid_on: String,
    /// What was noted.
    pub note: String,
    /// Who noted it.
    pub actor_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Name of the institution.
    pub institution_name: String,
    /// Whether another one undoes it.
    pub undone: bool,
}
from_row!(ListedPayment { id, bill_id, kind, amount_yen, paid_on, note, actor_name, at, institution_name, undone });

macro_rules! select_payment {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.bill_id, p.kind, p.amount_yen, p.paid_on, p.note, p.actor_name, p.at, i.name AS institution_name,
            EXISTS (SELECT 1 FROM payments u WHERE u.undoes = p.id) AS undone
            FROM payments p JOIN bills b ON b.id = p.bill_id JOIN institutions i ON i.id = b.institution_id ",
            $rest
        )
    };
}

sql!(/// A row that was noted before changes nothing.
    INSERT = "INSERT INTO payments (id, bill_id, kind, amount_yen, paid_on, mark, undoes, note, actor_name, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING");
sql!(PAYMENT = select_payment!("WHERE p.id = $1"));
sql!(MARKED = select_payment!("WHERE p.mark = $1"));
sql!(OF_BILL = select_payment!("WHERE p.bill_id = $1 ORDER BY p.at, p.id LIMIT 500"));
sql!(NEWEST = select_payment!("WHERE p.at < $1 OR (p.at = $1 AND p.id < $2) ORDER BY p.at DESC, p.id DESC LIMIT $3"));
sql!(
    OF_MONTH = select_payment!(
        "JOIN closed_payments c ON c.payment_id = p.id WHERE c.month = $1 AND c.payment_id > $2
        ORDER BY c.payment_id LIMIT $3"
    )
);

const JOIN_PAYMENTS: &str = "LOCK TABLE payments IN ROW EXCLUSIVE MODE";

/// Waits for a closing that is under way, before anything else of fees is held: whoever held a bill meanwhile would wait for
/// the closing, and the closing for the bill.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn join_payments(tx: &mut Tx) -> Result<()> {
    // The embedded engine has one writer at a time anyway.
    if let Conn::Postgres(conn) = &mut **tx {
        sqlx::query(JOIN_PAYMENTS).execute(&mut **conn).await?;
    }
    Ok(())
}

/// Notes a payment; false when the same row was noted before, or the same payment was undone before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_payment(tx: &mut Tx, payment: &Payment) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(payment.id.0)
        .bind(payment.bill_id)
        .bind(&payment.kind)
        .bind(payment.amount_yen)
        .bind(&payment.paid_on)
        .bind(&payment.mark)
        .bind(payment.undoes.map(|id| id.0))
        .bind(&payment.note)
        .bind(&payment.actor_name)
        .bind(payment.at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A payment.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn payment(conn: &mut Conn, id: PaymentId) -> Result<Option<ListedPayment>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(PAYMENT).bind(id.0).fetch_optional(c).await)?)
}

/// The payment of a row.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn payment_marked(conn: &mut Conn, mark: &str) -> Result<Option<ListedPayment>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(MARKED).bind(mark).fetch_optional(c).await)?)
}

/// Payments on a bill, the oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn payments_of_bill(conn: &mut Conn, bill: i64) -> Result<Vec<ListedPayment>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_BILL).bind(bill).fetch_all(c).await)?)
}

/// Payments, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn payments_newest(
    conn: &mut Conn,
    after: Option<(Timestamp, PaymentId)>,
    limit: i64,
) -> Result<Vec<ListedPayment>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Payments that a closing holds, in the order of their identifiers, after one of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn payments_of_month(
    conn: &mut Conn,
    month: &str,
    after: Option<PaymentId>,
    limit: i64,
) -> Result<Vec<ListedPayment>> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_MONTH).bind(month).bind(after).bind(limit).fetch_all(c).await)?)
}
