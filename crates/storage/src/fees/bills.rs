//! Bills: what an institution pays for a month in one way.

use domain::{clock::Timestamp, fees::Balance, ids::InstitutionId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Its number without the check digit.
    pub id: i64,
    /// The closed month, `YYYY-MM`.
    pub month: String,
    /// Who pays.
    pub institution_id: InstitutionId,
    /// `deduction` or `payment_slip`.
    pub payment: String,
    /// Entries of the ledger on it.
    pub entries: i64,
    /// Yen; negative when more was taken back than charged.
    pub amount_yen: i64,
    /// What was paid and set against it.
    pub paid_yen: i64,
    /// Until when it is paid, `YYYY-MM-DD`.
    pub due_on: String,
    /// When its institution was last reminded.
    pub reminded_at: Option<Timestamp>,
}

impl Bill {
    /// Yen that are open; negative for a credit.
    pub const fn open_yen(&self) -> i64 {
        self.amount_yen - self.paid_yen
    }
}

/// A bill as a line of a list, with its institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBill {
    /// The bill.
    pub bill: Bill,
    /// Ten-digit code.
    pub code: String,
    /// Name of the institution.
    pub name: String,
}

struct Row {
    id: i64,
    month: String,
    institution_id: Uuid,
    payment: String,
    entries: i64,
    amount_yen: i64,
    paid_yen: i64,
    due_on: String,
    reminded_at: Option<i64>,
    code: String,
    name: String,
}
from_row!(Row { id, month, institution_id, payment, entries, amount_yen, paid_yen, due_on, reminded_at, code, name });

impl From<Row> for ListedBill {
    fn from(row: Row) -> Self {
        let bill = Bill {
            id: row.id,
            month: row.month,
            institution_id: InstitutionId(row.institution_id),
            payment: row.payment,
            entries: row.entries,
            amount_yen: row.amount_yen,
            paid_yen: row.paid_yen,
            due_on: row.due_on,
            reminded_at: row.reminded_at.map(Timestamp::from_millis),
        };
        Self { bill, code: row.code, name: row.name }
    }
}

macro_rules! select_bill {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.month, b.institution_id, b.payment, b.entries, b.amount_yen, b.paid_yen, b.due_on, b.reminded_at,
            i.code, i.name FROM bills b JOIN institutions i ON i.id = b.institution_id ",
            $rest
        )
    };
}

sql!(BILL = select_bill!("WHERE b.id = $1"));
sql!(OF_MONTH = select_bill!("WHERE b.month = $1 AND b.payment = $2 AND b.id > $3 ORDER BY b.id LIMIT $4"));
sql!(OF_INSTITUTION = select_bill!("WHERE b.institution_id = $1 AND b.id < $2 ORDER BY b.id DESC LIMIT $3"));
sql!(
    OVERDUE = select_bill!(
        "WHERE b.payment = 'payment_slip' AND b.paid_yen < b.amount_yen AND b.due_on < $1
        AND (b.due_on > $2 OR (b.due_on = $2 AND b.id > $3)) ORDER BY b.due_on, b.id LIMIT $4"
    )
);
sql!(
    IN_CREDIT = select_bill!(
        "WHERE b.payment = 'payment_slip' AND b.paid_yen > b.amount_yen AND b.id > $1 ORDER BY b.id LIMIT $2"
    )
);
sql!(/// How many bills of a month one page after another holds: where each page ends.
    ENDS = "SELECT b.id FROM bills b WHERE b.month = $1 AND b.payment = $2 AND b.id > $3 ORDER BY b.id LIMIT $4");
sql!(
    BALANCES = "SELECT id, amount_yen - paid_yen FROM bills
    WHERE institution_id = $1 AND payment = 'payment_slip' AND amount_yen <> paid_yen ORDER BY id LIMIT 1000"
);
sql!(
    OPEN = "SELECT COUNT(*), CAST(COALESCE(SUM(amount_yen - paid_yen), 0) AS BIGINT) FROM bills
    WHERE payment = 'payment_slip' AND paid_yen < amount_yen AND due_on < $1"
);
sql!(
    CREDIT = "SELECT COUNT(*), CAST(COALESCE(SUM(paid_yen - amount_yen), 0) AS BIGINT) FROM bills
    WHERE payment = 'payment_slip' AND paid_yen > amount_yen"
);
sql!(PAY_IN = "UPDATE bills SET paid_yen = paid_yen + $1 WHERE id = $2");
sql!(/// Only from the reminder that the person saw.
    REMIND = "UPDATE bills SET reminded_at = $1 WHERE id = $2 AND COALESCE(reminded_at, 0) = $3");
sql!(/// Entries of a bill that were taken back by entries that no closing holds yet.
    WAITING_REVERSALS = "SELECT CAST(COALESCE(SUM(r.amount_yen), 0) AS BIGINT)
    FROM bills b JOIN ledger l ON l.institution_id = b.institution_id AND l.payment = b.payment
    JOIN closed_entries c ON c.entry_id = l.id AND c.month = b.month JOIN ledger r ON r.reverses = l.id
    WHERE b.id = $1 AND NOT EXISTS (SELECT 1 FROM closed_entries d WHERE d.entry_id = r.id)");

/// A bill with its institution.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn bill(conn: &mut Conn, id: i64) -> Result<Option<ListedBill>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BILL).bind(id).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Bills of a month and way of paying after one, by number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn bills_of_month(
    conn: &mut Conn,
    month: &str,
    payment: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<ListedBill>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_MONTH)
        .bind(month)
        .bind(payment)
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The last number of the next so many bills of a month; none when there is none after it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn until_page(
    conn: &mut Conn,
    month: &str,
    payment: &str,
    after: i64,
    size: i64,
) -> Result<Option<(i64, i64)>> {
    let ids: Vec<i64> = on_engine!(conn, |c| sqlx::query_scalar(ENDS)
        .bind(month)
        .bind(payment)
        .bind(after)
        .bind(size)
        .fetch_all(c)
        .await)?;
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    Ok(ids.last().map(|last| (*last, count)))
}

/// Bills of an institution before one, the newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn bills_of_institution(
    conn: &mut Conn,
    institution: InstitutionId,
    before: i64,
    limit: i64,
) -> Result<Vec<ListedBill>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION)
        .bind(institution.0)
        .bind(before)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Bills that should have been paid before a day, `YYYY-MM-DD`, the longest ago first, after one of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn overdue(conn: &mut Conn, today: &str, after: (&str, i64), limit: i64) -> Result<Vec<ListedBill>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OVERDUE)
        .bind(today)
        .bind(after.0)
        .bind(after.1)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Bills on which there is too much, after one of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn in_credit(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<ListedBill>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(IN_CREDIT).bind(after).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What is open, or too much, on the bills that an institution pays itself.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn balances_of(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Balance>> {
    let rows: Vec<(i64, i64)> = on_engine!(conn, |c| sqlx::query_as(BALANCES).bind(institution.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(bill, open_yen)| Balance { bill, open_yen }).collect())
}

/// How many bills that were due before a day are open, and how many yen; with `9999-12-31`, all of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_of(conn: &mut Conn, due_before: &str) -> Result<(i64, i64)> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OPEN).bind(due_before).fetch_one(c).await)?)
}

/// What is open on all bills less what is too much: the balance that the closings carry on. And how many bills are in
/// credit, with their yen.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn standing(conn: &mut Conn) -> Result<(i64, (i64, i64))> {
    let (_, open) = open_of(conn, "9999-12-31").await?;
    let credit: (i64, i64) = on_engine!(conn, |c| sqlx::query_as(CREDIT).fetch_one(c).await)?;
    Ok((open - credit.1, credit))
}

/// Counts yen as paid on a bill; negative to take them back.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn pay_in(tx: &mut Tx, bill: i64, yen: i64) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PAY_IN)
        .bind(yen)
        .bind(bill)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that the institution was reminded; false when somebody did so since `seen`.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remind(tx: &mut Tx, bill: i64, seen: Option<Timestamp>, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMIND)
        .bind(now.as_millis())
        .bind(bill)
        .bind(seen.map_or(0, Timestamp::as_millis))
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Yen on a bill that were taken back since and that the next closing sets against it; 0 or negative.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting_reversals(conn: &mut Conn, bill: i64) -> Result<i64> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(WAITING_REVERSALS).bind(bill).fetch_one(c).await)?)
}
