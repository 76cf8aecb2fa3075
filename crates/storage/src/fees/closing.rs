//! Closing a month: statements over everything that it takes in, each run once a month in one transaction.

use domain::{clock::Timestamp, fees::Figures};

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A closed month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The month, `YYYY-MM`.
    pub month: String,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// Who closed it.
    pub closed_by: String,
    /// Until when its bills are paid, `YYYY-MM-DD`.
    pub due_on: String,
    /// The figures as they were.
    pub figures: Figures,
}

struct Row {
    month: String,
    closed_at: i64,
    closed_by: String,
    due_on: String,
    entries: i64,
    charges_yen: i64,
    renewals_yen: i64,
    reversals_yen: i64,
    deductions_yen: i64,
    slips_yen: i64,
    opening_yen: i64,
    paid_yen: i64,
    open_yen: i64,
}
from_row!(Row {
    month,
    closed_at,
    closed_by,
    due_on,
    entries,
    charges_yen,
    renewals_yen,
    reversals_yen,
    deductions_yen,
    slips_yen,
    opening_yen,
    paid_yen,
    open_yen
});

impl From<Row> for Closing {
    fn from(row: Row) -> Self {
        Self {
            month: row.month,
            closed_at: Timestamp::from_millis(row.closed_at),
            closed_by: row.closed_by,
            due_on: row.due_on,
            figures: Figures {
                entries: row.entries,
                charges_yen: row.charges_yen,
                renewals_yen: row.renewals_yen,
                reversals_yen: row.reversals_yen,
                deductions_yen: row.deductions_yen,
                slips_yen: row.slips_yen,
                opening_yen: row.opening_yen,
                paid_yen: row.paid_yen,
                open_yen: row.open_yen,
            },
        }
    }
}

macro_rules! select_closing {
    ($rest:literal) => {
        concat!(
            "SELECT month, closed_at, closed_by, due_on, entries, charges_yen, renewals_yen, reversals_yen,
            deductions_yen, slips_yen, opening_yen, paid_yen, open_yen FROM closings ",
            $rest
        )
    };
}

sql!(CLOSING = select_closing!("WHERE month = $1"));
sql!(CLOSINGS = select_closing!("WHERE month < $1 ORDER BY month DESC LIMIT $2"));
sql!(FIRST_FEE = "SELECT at FROM ledger ORDER BY at, id LIMIT 1");
sql!(
    WAITING = "SELECT COUNT(*), CAST(COALESCE(SUM(l.amount_yen), 0) AS BIGINT) FROM ledger l
    WHERE l.at <= $1 AND NOT EXISTS (SELECT 1 FROM closed_entries c WHERE c.entry_id = l.id)"
);
sql!(/// Whoever closes the same month at the same time waits here, and then changes nothing.
    BEGIN = "INSERT INTO closings (month, closed_at, closed_by, due_on, entries, charges_yen, renewals_yen, reversals_yen,
        deductions_yen, slips_yen, opening_yen, paid_yen, open_yen)
    VALUES ($1, $2, $3, $4, 0, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (month) DO NOTHING");
const HOLD_LEDGER: &str = "LOCK TABLE ledger IN SHARE MODE";
const HOLD_PAYMENTS: &str = "LOCK TABLE payments IN SHARE ROW EXCLUSIVE MODE";
sql!(
    TAKE_ENTRIES = "INSERT INTO closed_entries (entry_id, month) SELECT l.id, $1 FROM ledger l
    WHERE l.at <= $2 AND NOT EXISTS (SELECT 1 FROM closed_entries c WHERE c.entry_id = l.id)"
);
sql!(
    MAKE_BILLS = "INSERT INTO bills (id, month, institution_id, payment, entries, amount_yen, paid_yen, due_on)
    SELECT $1 + ROW_NUMBER() OVER (ORDER BY i.code, g.payment), $2, g.institution_id, g.payment, g.entries, g.amount_yen, 0, $3
    FROM (SELECT l.institution_id, l.payment, COUNT(*) AS entries, CAST(SUM(l.amount_yen) AS BIGINT) AS amount_yen
        FROM closed_entries c JOIN ledger l ON l.id = c.entry_id WHERE c.month = $2 GROUP BY l.institution_id, l.payment) g
    JOIN institutions i ON i.id = g.institution_id"
);
sql!(
    TAKE_PAYMENTS = "INSERT INTO closed_payments (payment_id, month) SELECT p.id, $1 FROM payments p
    WHERE NOT EXISTS (SELECT 1 FROM closed_payments c WHERE c.payment_id = p.id)"
);
sql!(
    COUNT_ENTRIES = "SELECT COUNT(*) AS entries,
        CAST(COALESCE(SUM(CASE WHEN l.kind = 'charge' THEN l.amount_yen END), 0) AS BIGINT) AS charges_yen,
        CAST(COALESCE(SUM(CASE WHEN l.kind = 'renewal' THEN l.amount_yen END), 0) AS BIGINT) AS renewals_yen,
        CAST(COALESCE(SUM(CASE WHEN l.kind NOT IN ('charge', 'renewal') THEN -l.amount_yen END), 0) AS BIGINT) AS reversals_yen
    FROM closed_entries c JOIN ledger l ON l.id = c.entry_id WHERE c.month = $1"
);
sql!(
    COUNT_BILLS = "SELECT CAST(COALESCE(SUM(CASE WHEN payment <> 'payment_slip' THEN amount_yen END), 0) AS BIGINT) AS deductions_yen,
        CAST(COALESCE(SUM(CASE WHEN payment = 'payment_slip' THEN amount_yen END), 0) AS BIGINT) AS slips_yen
    FROM bills WHERE month = $1"
);
sql!(
    COUNT_PAYMENTS = "SELECT CAST(COALESCE(SUM(p.amount_yen), 0) AS BIGINT)
    FROM closed_payments c JOIN payments p ON p.id = c.payment_id WHERE c.month = $1"
);
sql!(
    FINISH = "UPDATE closings SET entries = $1, charges_yen = $2, renewals_yen = $3, reversals_yen = $4,
        deductions_yen = $5, slips_yen = $6, opening_yen = $7, paid_yen = $8, open_yen = $9 WHERE month = $10"
);

/// A closed month.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn closing(conn: &mut Conn, month: &str) -> Result<Option<Closing>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(CLOSING).bind(month).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Closed months before one, the latest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn closings(conn: &mut Conn, before: &str, limit: i64) -> Result<Vec<Closing>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(CLOSINGS).bind(before).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The month that was closed last.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn last_closed(conn: &mut Conn) -> Result<Option<Closing>> {
    Ok(closings(conn, "9999-99", 1).await?.pop())
}

/// When the first fee arose.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn first_fee(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let at: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(FIRST_FEE).fetch_optional(c).await)?;
    Ok(at.map(Timestamp::from_millis))
}

/// How many entries up to an instant no closing holds yet, and their sum in yen.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting(conn: &mut Conn, until: Timestamp) -> Result<(i64, i64)> {
    Ok(on_engine!(conn, |c| sqlx::query_as(WAITING).bind(until.as_millis()).fetch_one(c).await)?)
}

/// Begins the closing of a month; false when it is closed already. Fees and payments that are being written are waited
/// for, and others wait until the closing ends.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin(tx: &mut Tx, month: &str, due_on: &str, by: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BEGIN)
        .bind(month)
        .bind(now.as_millis())
        .bind(by)
        .bind(due_on)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    // The embedded engine has one writer at a time anyway.
    if let Conn::Postgres(conn) = &mut **tx {
        sqlx::query(HOLD_LEDGER).execute(&mut **conn).await?;
        sqlx::query(HOLD_PAYMENTS).execute(&mut **conn).await?;
    }
    Ok(rows == 1)
}

/// Takes in every entry up to an instant that no closing holds yet, and makes the bills, numbered from `before + 1` on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn make_bills(tx: &mut Tx, month: &str, until: Timestamp, before: i64, due_on: &str) -> Result<()> {
    let until = until.as_millis();
    on_engine!(&mut **tx, |c| sqlx::query(TAKE_ENTRIES).bind(month).bind(until).execute(c).await.map(drop))?;
    Ok(on_engine!(&mut **tx, |c| sqlx::query(MAKE_BILLS)
        .bind(before)
        .bind(month)
        .bind(due_on)
        .execute(c)
        .await
        .map(drop))?)
}

/// Takes in every payment that no closing holds yet.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take_payments(tx: &mut Tx, month: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(TAKE_PAYMENTS).bind(month).execute(c).await.map(drop))?)
}

/// The figures of a closed month counted from its rows, and from what the closing before it left open; what is open is
/// what follows from them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn counted(conn: &mut Conn, month: &str) -> Result<Figures> {
    let (entries, charges_yen, renewals_yen, reversals_yen): (i64, i64, i64, i64) =
        on_engine!(&mut *conn, |c| sqlx::query_as(COUNT_ENTRIES).bind(month).fetch_one(c).await)?;
    let (deductions_yen, slips_yen): (i64, i64) =
        on_engine!(&mut *conn, |c| sqlx::query_as(COUNT_BILLS).bind(month).fetch_one(c).await)?;
    let paid_yen: i64 = on_engine!(&mut *conn, |c| sqlx::query_scalar(COUNT_PAYMENTS).bind(month).fetch_one(c).await)?;
    let opening_yen = closings(conn, month, 1).await?.pop().map_or(0, |before| before.figures.open_yen);
    let open_yen = opening_yen + slips_yen - paid_yen;
    Ok(Figures {
        entries,
        charges_yen,
        renewals_yen,
        reversals_yen,
        deductions_yen,
        slips_yen,
        opening_yen,
        paid_yen,
        open_yen,
    })
}

/// Keeps the figures of a month that was just closed.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn finish(tx: &mut Tx, month: &str, figures: &Figures) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FINISH)
        .bind(figures.entries)
        .bind(figures.charges_yen)
        .bind(figures.renewals_yen)
        .bind(figures.reversals_yen)
        .bind(figures.deductions_yen)
        .bind(figures.slips_yen)
        .bind(figures.opening_yen)
        .bind(figures.paid_yen)
        .bind(figures.open_yen)
        .bind(month)
        .execute(c)
        .await
        .map(drop))?)
}
