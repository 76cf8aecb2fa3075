//! What an institution has in the portal, each part newest first and behind a row (マイリスト, spec 07).

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, InstitutionId, LetterId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// Rows stand behind this one: its instant, and its identifier among those of the same instant.
pub type Bound = (Timestamp, Uuid);

/// A certificate of the institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCertificate {
    /// Identifier.
    pub id: CertificateId,
    /// Its case.
    pub application_id: Option<ApplicationId>,
    /// Name of the terminal.
    pub terminal: String,
    /// Reference number of its case.
    pub reference: String,
    /// `valid` or `revoked`.
    pub state: String,
    /// End of validity.
    pub not_after: Timestamp,
    /// When it was issued.
    pub signed_at: Timestamp,
    /// Whether the terminal showed it.
    pub installed: bool,
    /// Whether another one took its place.
    pub renewed: bool,
    /// Whether its key was reported lost and nobody has seen to it.
    pub lost: bool,
}

struct CertificateRow {
    id: Uuid,
    application_id: Option<Uuid>,
    terminal: Option<String>,
    reference: Option<String>,
    state: String,
    not_after: i64,
    signed_at: i64,
    installed_at: Option<i64>,
    renewed: i64,
    lost: i64,
}
from_row!(CertificateRow {
    id,
    application_id,
    terminal,
    reference,
    state,
    not_after,
    signed_at,
    installed_at,
    renewed,
    lost,
});

/// A letter to the institution, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLetter {
    /// Identifier.
    pub id: LetterId,
    /// `issuance_notice` or `membership_code`.
    pub kind: String,
    /// `to_print`, `in_batch`, `printed`, `posted` or `dead`.
    pub state: String,
    /// Its case and where that stands.
    pub case: Option<(ApplicationId, State)>,
    /// Name of the terminal.
    pub terminal: String,
    /// Reference number of its case.
    pub reference: String,
    /// Registered-mail number.
    pub tracking_number: Option<String>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it was noted that the post delivered it.
    pub delivered_at: Option<Timestamp>,
}

struct LetterRow {
    id: Uuid,
    kind: String,
    state: String,
    application_id: Option<Uuid>,
    case_state: Option<String>,
    terminal: Option<String>,
    reference: Option<String>,
    tracking_number: Option<String>,
    created_at: i64,
    delivered_at: Option<i64>,
}
from_row!(LetterRow {
    id,
    kind,
    state,
    application_id,
    case_state,
    terminal,
    reference,
    tracking_number,
    created_at,
    delivered_at,
});

/// A case whose copy can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCopy {
    /// The case.
    pub id: ApplicationId,
    /// Its procedure.
    pub kind: Kind,
    /// Name of the terminal; empty where there is none.
    pub terminal: String,
    /// Reference number.
    pub reference: String,
    /// When it was last sent.
    pub submitted_at: Timestamp,
}

struct CopyRow {
    id: Uuid,
    kind: String,
    terminal_name: Option<String>,
    reference: Option<String>,
    submitted_at: i64,
}
from_row!(CopyRow { id, kind, terminal_name, reference, submitted_at });

/// A payment slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSlip {
    /// Number of its bill, without the check digit.
    pub bill: i64,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// Until when it is paid, `YYYY-MM-DD`.
    pub due_on: String,
    /// Yen.
    pub amount_yen: i64,
    /// What was paid of it.
    pub paid_yen: i64,
    /// When the month was closed.
    pub closed_at: Timestamp,
}

struct SlipRow {
    id: i64,
    month: String,
    due_on: String,
    amount_yen: i64,
    paid_yen: i64,
    closed_at: i64,
}
from_row!(SlipRow { id, month, due_on, amount_yen, paid_yen, closed_at });

sql!(
    CERTIFICATES =
        "SELECT c.id, c.application_id, p.terminal_name AS terminal, p.reference, c.state, c.not_after, c.signed_at,
        c.installed_at,
        (SELECT COUNT(*) FROM certificates s WHERE s.renews = c.id AND s.signed_at IS NOT NULL) AS renewed,
        (SELECT COUNT(*) FROM loss_reports l WHERE l.certificate_id = c.id AND l.done_at IS NULL) AS lost
    FROM certificates c LEFT JOIN applications p ON p.id = c.application_id
    WHERE c.institution_id = $1 AND c.signed_at IS NOT NULL AND c.signed_at <= $2 AND (c.signed_at < $2 OR c.id < $3)
    ORDER BY c.signed_at DESC, c.id DESC LIMIT $4"
);
sql!(
    LETTERS = "SELECT l.id, l.kind, l.state, l.application_id, p.state AS case_state, p.terminal_name AS terminal, p.reference,
        l.tracking_number, l.created_at, l.delivered_at
    FROM letters l LEFT JOIN applications p ON p.id = l.application_id
    WHERE l.institution_id = $1 AND l.created_at <= $2 AND (l.created_at < $2 OR l.id < $3)
    ORDER BY l.created_at DESC, l.id DESC LIMIT $4"
);
sql!(
    COPIES = "SELECT id, kind, terminal_name, reference, submitted_at FROM applications
    WHERE institution_id = $1 AND submitted_at IS NOT NULL AND submitted_at <= $2 AND (submitted_at < $2 OR id < $3)
    ORDER BY submitted_at DESC, id DESC LIMIT $4"
);
sql!(/// An institution has one of a month at most.
    SLIPS = "SELECT b.id, b.month, b.due_on, b.amount_yen, b.paid_yen, c.closed_at
    FROM bills b JOIN closings c ON c.month = b.month
    WHERE b.institution_id = $1 AND b.payment = 'payment_slip' AND b.amount_yen > 0
        AND c.closed_at <= $2 AND (c.closed_at < $2 OR b.id < $3)
    ORDER BY b.month DESC, b.id DESC LIMIT $4");

/// Certificates that were signed, the latest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn certificates(
    conn: &mut Conn,
    of: InstitutionId,
    (at, id): Bound,
    limit: i64,
) -> Result<Vec<OwnCertificate>> {
    let at = at.as_millis();
    let rows: Vec<CertificateRow> =
        on_engine!(conn, |c| sqlx::query_as(CERTIFICATES).bind(of.0).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    Ok(rows
        .into_iter()
        .map(|row| OwnCertificate {
            id: CertificateId(row.id),
            application_id: row.application_id.map(ApplicationId),
            terminal: row.terminal.unwrap_or_default(),
            reference: row.reference.unwrap_or_default(),
            state: row.state,
            not_after: instant(row.not_after),
            signed_at: instant(row.signed_at),
            installed: row.installed_at.is_some(),
            renewed: row.renewed > 0,
            lost: row.lost > 0,
        })
        .collect())
}

/// Letters, the one ordered last first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn letters(conn: &mut Conn, of: InstitutionId, (at, id): Bound, limit: i64) -> Result<Vec<OwnLetter>> {
    let at = at.as_millis();
    let rows: Vec<LetterRow> =
        on_engine!(conn, |c| sqlx::query_as(LETTERS).bind(of.0).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let state = row.case_state.as_deref().map(word).transpose()?;
            Ok(OwnLetter {
                id: LetterId(row.id),
                kind: row.kind,
                state: row.state,
                case: row.application_id.map(ApplicationId).zip(state),
                terminal: row.terminal.unwrap_or_default(),
                reference: row.reference.unwrap_or_default(),
                tracking_number: row.tracking_number,
                created_at: instant(row.created_at),
                delivered_at: instant_opt(row.delivered_at),
            })
        })
        .collect()
}

/// Cases that were sent, the last one sent first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn copies(conn: &mut Conn, of: InstitutionId, (at, id): Bound, limit: i64) -> Result<Vec<OwnCopy>> {
    let at = at.as_millis();
    let rows: Vec<CopyRow> =
        on_engine!(conn, |c| sqlx::query_as(COPIES).bind(of.0).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(OwnCopy {
                id: ApplicationId(row.id),
                kind: word(&row.kind)?,
                terminal: row.terminal_name.unwrap_or_default(),
                reference: row.reference.unwrap_or_default(),
                submitted_at: instant(row.submitted_at),
            })
        })
        .collect()
}

/// Payment slips, the latest month first; the second part of the bound is the number of a bill.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn slips(
    conn: &mut Conn,
    of: InstitutionId,
    (at, bill): (Timestamp, i64),
    limit: i64,
) -> Result<Vec<OwnSlip>> {
    let at = at.as_millis();
    let rows: Vec<SlipRow> =
        on_engine!(conn, |c| sqlx::query_as(SLIPS).bind(of.0).bind(at).bind(bill).bind(limit).fetch_all(c).await)?;
    Ok(rows
        .into_iter()
        .map(|row| OwnSlip {
            bill: row.id,
            month: row.month,
            due_on: row.due_on,
            amount_yen: row.amount_yen,
            paid_yen: row.paid_yen,
            closed_at: instant(row.closed_at),
        })
        .collect())
}
