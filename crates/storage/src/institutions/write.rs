//! Writing institutions, one or many at a time.

use domain::{clock::Timestamp, institutions::Institution, typed::search_key};
use sqlx::QueryBuilder;
use time::Date;

use super::{STATEMENT, words};
use crate::db::{Result, Tx, boxed, on_engine};

const INSERT: &str =
    "INSERT INTO institutions (id, code, name, name_kana, postal_code, address, phone, founder, status,
    valid_from, valid_to, in_register, search_text, updated_at) ";

/// Identifiers stay: cases, people and certificates refer to them.
const OR_REPLACE: &str = " ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_kana = excluded.name_kana,
    postal_code = excluded.postal_code, address = excluded.address, phone = excluded.phone, founder = excluded.founder,
    status = excluded.status, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    in_register = excluded.in_register, search_text = excluded.search_text, updated_at = excluded.updated_at";

/// Adds an institution; false when its code is there already, and then nothing changes.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, institution: &Institution, now: Timestamp) -> Result<bool> {
    let rows = write(tx, std::slice::from_ref(institution), " ON CONFLICT (code) DO NOTHING", now).await?;
    if rows == 1 {
        words::put(tx, std::slice::from_ref(institution)).await?;
    }
    Ok(rows == 1)
}

/// Adds institutions, and replaces what is kept of those whose codes are there; no code may come twice.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn upsert(tx: &mut Tx, institutions: &[Institution], now: Timestamp) -> Result<()> {
    for part in institutions.chunks(STATEMENT) {
        write(tx, part, OR_REPLACE, now).await?;
    }
    words::put(tx, institutions).await
}

async fn write(tx: &mut Tx, institutions: &[Institution], conflict: &str, now: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| {
        let mut query = QueryBuilder::new(INSERT);
        query.push_values(institutions, |mut values, institution| {
            values
                .push_bind(institution.id.0)
                .push_bind(institution.code.as_str())
                .push_bind(&institution.name)
                .push_bind(&institution.name_kana)
                .push_bind(&institution.postal_code)
                .push_bind(&institution.address)
                .push_bind(&institution.phone)
                .push_bind(&institution.founder)
                .push_bind(institution.status.as_str())
                .push_bind(institution.valid_from.map(day_text))
                .push_bind(institution.valid_to.map(day_text))
                .push_bind(institution.in_register)
                .push_bind(searched(institution))
                .push_bind(now.as_millis());
        });
        query.push(conflict);
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?)
}

/// Name, reading and address, a bar between: a search never runs from one into the next.
pub(super) fn searched(institution: &Institution) -> String {
    [&institution.name, &institution.name_kana, &institution.address].map(|text| search_key(text)).join("|")
}

fn day_text(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}
