//! The register of institutions; in the folder: lists of it, and the runs of its import.

mod imports;
mod lists;
mod marks;
mod words;
mod write;

pub use imports::*;
pub use lists::*;
pub use marks::{Marks, marks};
pub use words::{codes, index_code};
use write::searched;
pub use write::{insert, upsert};

use domain::{ids::InstitutionId, institutions::Institution};
use sqlx::QueryBuilder;
use time::{Date, Month};
use uuid::Uuid;

use crate::convert::word;
use crate::db::{Conn, Error, Result, boxed, from_row, on_engine, sql};

/// Most codes or rows in one statement; SQLite takes 32,766 values, PostgreSQL 65,535.
const STATEMENT: usize = 500;

struct Row {
    id: Uuid,
    code: String,
    name: String,
    name_kana: String,
    postal_code: String,
    address: String,
    phone: String,
    founder: String,
    status: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    in_register: bool,
}
from_row!(Row {
    id,
    code,
    name,
    name_kana,
    postal_code,
    address,
    phone,
    founder,
    status,
    valid_from,
    valid_to,
    in_register
});

impl Row {
    fn read(self) -> Result<Institution> {
        Ok(Institution {
            id: InstitutionId(self.id),
            code: word(&self.code)?,
            name: self.name,
            name_kana: self.name_kana,
            postal_code: self.postal_code,
            address: self.address,
            phone: self.phone,
            founder: self.founder,
            status: word(&self.status)?,
            valid_from: self.valid_from.as_deref().map(day).transpose()?,
            valid_to: self.valid_to.as_deref().map(day).transpose()?,
            in_register: self.in_register,
        })
    }
}

/// A stored day, `2026-05-20`.
fn day(text: &str) -> Result<Date> {
    let parts: Vec<u16> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    let date = match parts[..] {
        [year, month, day] => u8::try_from(month)
            .ok()
            .and_then(|month| Month::try_from(month).ok())
            .and_then(|month| Date::from_calendar_date(i32::from(year), month, u8::try_from(day).unwrap_or(0)).ok()),
        _ => None,
    };
    date.ok_or_else(|| Error::Corrupt(format!("day {text:?}")))
}

macro_rules! columns {
    () => {
        "SELECT id, code, name, name_kana, postal_code, address, phone, founder, status, valid_from, valid_to,
        in_register FROM institutions "
    };
}
use columns;

sql!(FIND = concat!(columns!(), "WHERE id = $1"));
sql!(BY_CODE = concat!(columns!(), "WHERE code = $1"));

/// An institution, waiting ones included.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: InstitutionId) -> Result<Option<Institution>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The institution with a ten-digit code, waiting ones included.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Institution>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BY_CODE).bind(code).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The institutions with these ten-digit codes, in no order; a code that is not there is left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_codes<S: AsRef<str> + Sync>(conn: &mut Conn, codes: &[S]) -> Result<Vec<Institution>> {
    let mut found = vec![];
    for part in codes.chunks(STATEMENT) {
        let rows: Vec<Row> = on_engine!(conn, |c| {
            let mut query = QueryBuilder::new(concat!(columns!(), "WHERE code IN ("));
            let mut list = query.separated(", ");
            for code in part {
                list.push_bind(code.as_ref().to_owned());
            }
            query.push(")");
            query.build_query_as().fetch_all(c).await
        })?;
        for row in rows {
            found.push(row.read()?);
        }
    }
    Ok(found)
}
