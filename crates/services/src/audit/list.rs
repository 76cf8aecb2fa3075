//! The viewer: rows by filters as people type them, as pages and as CSV, and who looked at how many personal data.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar::typed_day,
    ids::{AccountId, ApplicationId},
    institutions::InstitutionCode,
    permissions::Permission,
    spreadsheet::harmless,
};
use storage::{
    Conn,
    audit::{self, Filter, Row, ViewCount},
    boxed,
};

use crate::{App, Ctx, Error, Result};

/// Rows on a page.
const PAGE: usize = 50;
/// Rows of one piece of a CSV file.
const PIECE: usize = 1_000;
/// Head of the CSV file.
const HEAD: [&str; 11] = [
    "番号",
    "日時",
    "だれが",
    "氏名",
    "したこと",
    "対象",
    "医療機関等",
    "どこから",
    "前のハッシュ",
    "後のハッシュ",
    "この記録のハッシュ",
];

/// What is looked for, as it is typed; what is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Mail address of a person, or the actor as it is stored.
    pub who: String,
    /// Act, as it is stored.
    pub action: String,
    /// Reference number of a case, or the subject as it is stored.
    pub subject: String,
    /// Ten-digit code of an institution, or its id.
    pub institution: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// A row with the name of who acted and the number of the case.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// The row.
    pub row: Row,
    /// The person's name; empty for all others.
    pub actor_name: String,
    /// Reference number of the case that the row is about, in groups; empty for anything else.
    pub reference: String,
}

/// What stands for somebody or something that does not exist.
const NOBODY: &str = "-";

impl Query {
    /// What is looked for, as the chain stores it.
    async fn filter(&self, conn: &mut Conn) -> Result<Filter> {
        Ok(Filter {
            actor: actor(conn, self.who.trim()).await?,
            action: self.action.trim().to_owned(),
            subject: subject(conn, self.subject.trim()).await?,
            institution: institution(conn, self.institution.trim()).await?,
            from: typed_day(&self.from).map(|day| day.to_string()).unwrap_or_default(),
            to: typed_day(&self.to).map(|day| day.to_string()).unwrap_or_default(),
        })
    }
}

async fn actor(conn: &mut Conn, typed: &str) -> Result<String> {
    if !typed.contains('@') {
        return Ok(typed.to_owned());
    }
    let found = storage::accounts::by_email(conn, &typed.to_lowercase()).await?;
    Ok(found.map_or_else(|| NOBODY.to_owned(), |account| format!("account:{}", account.id)))
}

async fn subject(conn: &mut Conn, typed: &str) -> Result<String> {
    if typed.is_empty() || typed.contains(':') {
        return Ok(typed.to_owned());
    }
    let Ok(reference) = domain::reference::ReferenceNumber::parse(typed) else { return Ok(typed.to_owned()) };
    let found = storage::applications::by_reference(conn, reference.as_str()).await?;
    Ok(found.map_or_else(|| NOBODY.to_owned(), |case| format!("application:{}", case.id)))
}

async fn institution(conn: &mut Conn, typed: &str) -> Result<String> {
    let Ok(code) = InstitutionCode::parse(typed) else { return Ok(typed.to_owned()) };
    let found = storage::institutions::by_code(conn, code.as_str()).await?;
    Ok(found.map_or_else(|| NOBODY.to_owned(), |institution| institution.id.to_string()))
}

/// Rows that are looked for, newest first, and where to go on; `before` is where the page before ended.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn audit_rows(ctx: &Ctx<'_>, query: &Query, before: Option<i64>) -> Result<(Vec<AuditLine>, Option<i64>)> {
    ctx.permit(Permission::ReadAudit)?;
    let mut conn = ctx.app.db.read().await?;
    let filter = query.filter(&mut conn).await?;
    let found = audit::find(&mut conn, &filter, before, PAGE).await?;
    Ok((named(&mut conn, found.rows).await?, found.next))
}

async fn named(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<AuditLine>> {
    let mut names = BTreeMap::new();
    let cases: BTreeSet<ApplicationId> = rows.iter().filter_map(case_of).collect();
    let cases: Vec<ApplicationId> = cases.into_iter().collect();
    let mut references = BTreeMap::new();
    for chunk in cases.chunks(PAGE) {
        references.extend(storage::applications::references_of(conn, chunk).await?);
    }
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let actor_name = name_of(conn, &mut names, &row.actor).await?;
        let reference = case_of(&row).and_then(|case| references.get(&case));
        let reference = reference.map(|number| crate::applications::reference(number)).unwrap_or_default();
        lines.push(AuditLine { row, actor_name, reference });
    }
    Ok(lines)
}

/// The case that a row is about.
fn case_of(row: &Row) -> Option<ApplicationId> {
    row.subject.strip_prefix("application:").and_then(|id| id.parse().ok())
}

async fn name_of(conn: &mut Conn, names: &mut BTreeMap<String, String>, actor: &str) -> Result<String> {
    if let Some(name) = names.get(actor) {
        return Ok(name.clone());
    }
    let id: Option<AccountId> = actor.strip_prefix("account:").and_then(|id| id.parse().ok());
    let account = match id {
        Some(id) => storage::accounts::find(conn, id).await?,
        None => None,
    };
    let name = account.map(|account| account.name).unwrap_or_default();
    names.insert(actor.to_owned(), name.clone());
    Ok(name)
}

/// Begins to write rows as CSV: the head of the file, and what the pieces are read with. That it is done is recorded itself.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn begin_export(ctx: &Ctx<'_>, query: &Query) -> Result<(Vec<u8>, Filter)> {
    ctx.permit(Permission::ReadAudit)?;
    let filter = query.filter(&mut ctx.app.db.read().await?).await?;
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "audit.export", "audit", "", &format!("{filter:?}"));
    tx.commit().await?;
    let mut rows = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    rows.write_record(HEAD).map_err(Error::internal)?;
    Ok((rows.into_inner().map_err(Error::internal)?, filter))
}

/// The next piece of an export and where to go on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn export_page(app: &App, filter: &Filter, before: Option<i64>) -> Result<(Vec<u8>, Option<i64>)> {
    let mut conn = app.db.read().await?;
    let found = audit::find(&mut conn, filter, before, PIECE).await?;
    let mut rows = csv::Writer::from_writer(vec![]);
    for line in named(&mut conn, found.rows).await? {
        rows.write_record(cells(&line).map(|cell| harmless(&cell))).map_err(Error::internal)?;
    }
    Ok((rows.into_inner().map_err(Error::internal)?, found.next))
}

fn cells(line: &AuditLine) -> [String; 11] {
    let row = &line.row;
    let at = row.instant().in_japan();
    let at = format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second());
    let text = |text: &String| text.clone();
    [
        row.seq.to_string(),
        at,
        text(&row.actor),
        text(&line.actor_name),
        text(&row.action),
        text(&row.subject),
        text(&row.on_behalf_of),
        text(&row.source),
        text(&row.before_hash),
        text(&row.after_hash),
        text(&row.hash),
    ]
}

/// How often a person looked at personal data on a day.
#[derive(Clone, Debug)]
pub struct ViewLine {
    /// The count.
    pub count: ViewCount,
    /// The person's name.
    pub name: String,
}

/// How often each person of the staff looked at personal data, the latest day first; `after` is the last line of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn view_counts(ctx: &Ctx<'_>, to: &str, after: Option<(String, String)>) -> Result<Vec<ViewLine>> {
    ctx.permit(Permission::ReadAudit)?;
    let mut conn = ctx.app.db.read().await?;
    let last = typed_day(to).map_or_else(|| "9999-12-31".to_owned(), |day| day.to_string());
    // The first page begins with the whole last day.
    let (day, actor) = after.unwrap_or_else(|| (last, String::new()));
    let counts = audit::views(&mut conn, "", (&day, &actor), PAGE as i64).await?;
    let mut names = BTreeMap::new();
    let mut lines = Vec::with_capacity(counts.len());
    for count in counts {
        let name = name_of(&mut conn, &mut names, &count.actor).await?;
        lines.push(ViewLine { count, name });
    }
    Ok(lines)
}
