//! Rows of the chain by who, what, to which, for whom and when, newest first. Of several conditions the narrowest one has the
//! index; what is looked through for the others is bounded.

use super::{Row, day_of};
use crate::db::{Conn, Result, boxed, on_engine, sql};

/// Which rows are looked for; what is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who, as stored.
    pub actor: String,
    /// What.
    pub action: String,
    /// To which row.
    pub subject: String,
    /// For whom: the institution's id.
    pub institution: String,
    /// First day in Japan, such as `2026-05-20`.
    pub from: String,
    /// Last day in Japan.
    pub to: String,
}

/// Rows that were found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The rows, newest first.
    pub rows: Vec<Row>,
    /// Where to go on; none at the end.
    pub next: Option<i64>,
}

/// Rows of one value, as one range of its index: a server that plans without knowing the value would otherwise walk back through
/// the whole chain when it is rare.
macro_rules! select_by {
    ($column:literal, $more:literal) => {
        concat!(
            "SELECT seq, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash, previous, hash FROM audit WHERE (",
            $column, ", seq) < ($3, $1) AND (", $column, ", seq) >= ($3, $2)", $more,
            " ORDER BY ", $column, " DESC, seq DESC LIMIT $4"
        )
    };
}

sql!(BY_SUBJECT = select_by!("subject", ""));
sql!(BY_ACTOR = select_by!("actor", ""));
sql!(BY_INSTITUTION = select_by!("on_behalf_of", " AND on_behalf_of <> ''"));
sql!(BY_ACTION = select_by!("action", ""));
sql!(
    ALL = "SELECT seq, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash, previous, hash FROM audit
    WHERE seq < $1 AND seq >= $2 AND $3 = '' ORDER BY seq DESC LIMIT $4"
);
sql!(SPAN = "SELECT MIN(first_seq), MAX(last_seq) FROM audit_days WHERE day >= $1 AND day <= $2");

/// Rows that are looked at before an answer is given, found or not.
const LOOKED_AT: usize = 4_000;

impl Filter {
    /// Whether nothing narrows the list.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn index(&self) -> (&'static str, &str) {
        let conditions = [
            (BY_SUBJECT, self.subject.as_str()),
            (BY_ACTOR, &self.actor),
            (BY_INSTITUTION, &self.institution),
            (BY_ACTION, &self.action),
        ];
        conditions.into_iter().find(|(_, value)| !value.is_empty()).unwrap_or((ALL, ""))
    }

    fn lets_through(&self, row: &Row) -> bool {
        let same = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        same(&self.actor, &row.actor)
            && same(&self.action, &row.action)
            && same(&self.subject, &row.subject)
            && same(&self.institution, &row.on_behalf_of)
            && self.is_within(row.at)
    }

    fn is_within(&self, at: i64) -> bool {
        if self.from.is_empty() && self.to.is_empty() {
            return true;
        }
        let day = day_of(at);
        (self.from.is_empty() || day >= self.from) && (self.to.is_empty() || day <= self.to)
    }

    /// The places between which rows of the days lie: from, and before.
    async fn span(&self, conn: &mut Conn) -> Result<Option<(i64, i64)>> {
        if self.from.is_empty() && self.to.is_empty() {
            return Ok(Some((0, i64::MAX)));
        }
        let to = if self.to.is_empty() { "9999-12-31" } else { &self.to };
        let (first, last): (Option<i64>, Option<i64>) =
            on_engine!(conn, |c| sqlx::query_as(SPAN).bind(&self.from).bind(to).fetch_one(c).await)?;
        Ok(first.zip(last).map(|(first, last)| (first, last.saturating_add(1))))
    }
}

/// Rows that a filter lets through, newest first, at most `limit`; `before` is where the page before ended. Fewer rows with a
/// place to go on mean that enough was looked at for one answer.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, filter: &Filter, before: Option<i64>, limit: usize) -> Result<Found> {
    let Some((from, end)) = filter.span(conn).await? else { return Ok(Found::default()) };
    let (statement, value) = filter.index();
    let (mut before, mut looked, mut rows) = (before.unwrap_or(i64::MAX).min(end), 0, vec![]);
    let step = limit.max(100);
    while looked < LOOKED_AT {
        let page: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(statement)
            .bind(before)
            .bind(from)
            .bind(value)
            .bind(i64::try_from(step).unwrap_or(i64::MAX))
            .fetch_all(c)
            .await)?;
        let (count, last) = (page.len(), page.last().map(|row| row.seq));
        for row in page.into_iter().filter(|row| filter.lets_through(row)) {
            if rows.len() == limit {
                return Ok(Found { next: rows.last().map(|row: &Row| row.seq), rows });
            }
            rows.push(row);
        }
        looked += count;
        before = last.unwrap_or(before);
        if count < step {
            return Ok(Found { rows, next: None });
        }
    }
    Ok(Found { rows, next: Some(before) })
}
