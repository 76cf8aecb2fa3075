//! Reviews of who of the staff may do what, one each quarter; and when staff last logged in.

use domain::{clock::Timestamp, ids::AccountId, permissions::Role};
use uuid::Uuid;

use super::{roles, roles_text};
use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Quarter, such as `2026-Q2`.
    pub quarter: String,
    /// When its list was made.
    pub begun_at: Timestamp,
    /// Until when it is to be done.
    pub due_at: Timestamp,
    /// Accounts in it.
    pub accounts: i64,
    /// Those that nobody decided on yet.
    pub open: i64,
}

struct ReviewRow {
    quarter: String,
    begun_at: i64,
    due_at: i64,
    accounts: i64,
    open: i64,
}
from_row!(ReviewRow { quarter, begun_at, due_at, accounts, open });

/// An account in a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewLine {
    /// The account.
    pub account: AccountId,
    /// Name of the person.
    pub name: String,
    /// Address.
    pub email: String,
    /// Roles when the list was made.
    pub roles: Vec<Role>,
    /// Roles now.
    pub roles_now: Vec<Role>,
    /// Whether the account is closed now.
    pub disabled: bool,
    /// Last login before the list was made.
    pub last_login_at: Option<Timestamp>,
    /// Whether a second factor was in force when the list was made.
    pub second_factor: bool,
    /// `kept` or `removed`; none while nobody decided.
    pub decision: Option<String>,
    /// Roles on which it was decided.
    pub decided_roles: Vec<Role>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<String>,
}

struct LineRow {
    account_id: Uuid,
    name: String,
    email: String,
    roles: String,
    roles_now: String,
    disabled: bool,
    last_login_at: Option<i64>,
    second_factor: bool,
    decision: Option<String>,
    decided_roles: Option<String>,
    decided_at: Option<i64>,
    decided_by: Option<String>,
}
from_row!(LineRow {
    account_id,
    name,
    email,
    roles,
    roles_now,
    disabled,
    last_login_at,
    second_factor,
    decision,
    decided_roles,
    decided_at,
    decided_by
});

impl LineRow {
    fn read(self) -> Result<ReviewLine> {
        Ok(ReviewLine {
            account: AccountId(self.account_id),
            name: self.name,
            email: self.email,
            roles: roles(&self.roles)?,
            roles_now: roles(&self.roles_now)?,
            disabled: self.disabled,
            last_login_at: instant_opt(self.last_login_at),
            second_factor: self.second_factor,
            decision: self.decision,
            decided_roles: roles(self.decided_roles.as_deref().unwrap_or_default())?,
            decided_at: instant_opt(self.decided_at),
            decided_by: self.decided_by,
        })
    }
}

macro_rules! select_review {
    ($rest:literal) => {
        concat!(
            "SELECT r.quarter, r.begun_at, r.due_at,
            (SELECT COUNT(*) FROM access_review_lines l WHERE l.quarter = r.quarter) AS accounts,
            (SELECT COUNT(*) FROM access_review_lines l WHERE l.quarter = r.quarter AND l.decision IS NULL) AS open
            FROM access_reviews r ",
            $rest
        )
    };
}

sql!(NOTE_LOGIN = "UPDATE accounts SET last_login_at = $1 WHERE id = $2");
sql!(LAST_LOGIN = "SELECT last_login_at FROM accounts WHERE id = $1");
sql!(LOGINS = "SELECT id, last_login_at FROM accounts WHERE staff = $1 AND last_login_at IS NOT NULL");
sql!(
    BEGIN =
        "INSERT INTO access_reviews (quarter, begun_at, due_at) VALUES ($1, $2, $3) ON CONFLICT (quarter) DO NOTHING"
);
sql!(
    FILL = "INSERT INTO access_review_lines (quarter, account_id, roles, last_login_at, second_factor)
    SELECT $1, id, roles, last_login_at, totp_secret IS NOT NULL FROM accounts WHERE staff = $2 AND disabled_at IS NULL"
);
sql!(REVIEWS = select_review!("ORDER BY r.quarter DESC LIMIT 40"));
sql!(REVIEW = select_review!("WHERE r.quarter = $1"));
sql!(
    LINES =
        "SELECT l.account_id, a.name, a.email, l.roles, a.roles AS roles_now, (a.disabled_at IS NOT NULL) AS disabled,
    l.last_login_at, l.second_factor, l.decision, l.decided_roles, l.decided_at, b.name AS decided_by
    FROM access_review_lines l JOIN accounts a ON a.id = l.account_id LEFT JOIN accounts b ON b.id = l.decided_by
    WHERE l.quarter = $1 ORDER BY a.email"
);
sql!(
    DECIDE = "UPDATE access_review_lines SET decision = $1, decided_roles = $2, decided_at = $3, decided_by = $4
    WHERE quarter = $5 AND account_id = $6 AND decision IS NULL"
);
sql!(/// Whoever is closed elsewhere is decided on in every review that still asks.
    DECIDE_ALL = "UPDATE access_review_lines SET decision = $1, decided_roles = $2, decided_at = $3, decided_by = $4
    WHERE account_id = $5 AND decision IS NULL");

/// Notes that a person has logged in, all steps passed.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_login(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(NOTE_LOGIN)
        .bind(now.as_millis())
        .bind(account.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// When a person last logged in; none who never did.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn last_login(conn: &mut Conn, account: AccountId) -> Result<Option<Timestamp>> {
    let at: Option<Option<i64>> =
        on_engine!(conn, |c| sqlx::query_scalar(LAST_LOGIN).bind(account.0).fetch_optional(c).await)?;
    Ok(instant_opt(at.flatten()))
}

/// When each of the staff last logged in; those who never did are left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn staff_logins(conn: &mut Conn) -> Result<Vec<(AccountId, Timestamp)>> {
    let rows: Vec<(Uuid, i64)> = on_engine!(conn, |c| sqlx::query_as(LOGINS).bind(true).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(id, at)| (AccountId(id), instant(at))).collect())
}

/// Makes the list of a quarter from all open staff accounts; false when it was made before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin_review(tx: &mut Tx, quarter: &str, now: Timestamp, due: Timestamp) -> Result<bool> {
    let begun = on_engine!(&mut **tx, |c| sqlx::query(BEGIN)
        .bind(quarter)
        .bind(now.as_millis())
        .bind(due.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    if begun == 1 {
        on_engine!(&mut **tx, |c| sqlx::query(FILL).bind(quarter).bind(true).execute(c).await.map(drop))?;
    }
    Ok(begun == 1)
}

fn review_of(row: ReviewRow) -> Review {
    Review {
        quarter: row.quarter,
        begun_at: instant(row.begun_at),
        due_at: instant(row.due_at),
        accounts: row.accounts,
        open: row.open,
    }
}

/// The reviews of the last ten years, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn reviews(conn: &mut Conn) -> Result<Vec<Review>> {
    let rows: Vec<ReviewRow> = on_engine!(conn, |c| sqlx::query_as(REVIEWS).fetch_all(c).await)?;
    Ok(rows.into_iter().map(review_of).collect())
}

/// The review of a quarter.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn review(conn: &mut Conn, quarter: &str) -> Result<Option<Review>> {
    let row: Option<ReviewRow> = on_engine!(conn, |c| sqlx::query_as(REVIEW).bind(quarter).fetch_optional(c).await)?;
    Ok(row.map(review_of))
}

/// The accounts of a review by address.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn review_lines(conn: &mut Conn, quarter: &str) -> Result<Vec<ReviewLine>> {
    let rows: Vec<LineRow> = on_engine!(conn, |c| sqlx::query_as(LINES).bind(quarter).fetch_all(c).await)?;
    rows.into_iter().map(LineRow::read).collect()
}

/// A decision about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDecision<'a> {
    /// `kept` or `removed`.
    pub decision: &'a str,
    /// Roles on which it was decided.
    pub roles: &'a [Role],
    /// When.
    pub at: Timestamp,
    /// Who decided.
    pub by: Option<AccountId>,
}

/// Decides on an account in a review; false when somebody had before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn decide_review(
    tx: &mut Tx,
    quarter: &str,
    account: AccountId,
    decision: &ReviewDecision<'_>,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DECIDE)
        .bind(decision.decision)
        .bind(roles_text(decision.roles))
        .bind(decision.at.as_millis())
        .bind(decision.by.map(|id| id.0))
        .bind(quarter)
        .bind(account.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Decides on an account in every review that still asks.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn decide_all_reviews(tx: &mut Tx, account: AccountId, decision: &ReviewDecision<'_>) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(DECIDE_ALL)
        .bind(decision.decision)
        .bind(roles_text(decision.roles))
        .bind(decision.at.as_millis())
        .bind(decision.by.map(|id| id.0))
        .bind(account.0)
        .execute(c)
        .await
        .map(drop))?)
}
