//! The figures of each day, made once the day is over; made again they are the same.

use std::collections::BTreeMap;

use domain::{calendar::YearMonth, clock::Timestamp, ids::JobId, permissions::Permission};
use serde_json::{Value, json};
use storage::{
    Conn, Tx, boxed,
    reports::{self as stored, Figure, Happened},
};
use time::{Date, Duration};

use super::{
    AGE, ARRIVED, ARRIVED_IN, BY_DAY, DECIDED, ENDING, FEE_COUNT, FEES, LETTERS, OLDEST, OPEN, OPEN_IN, by_month,
};
use crate::{App, Ctx, Result, daily};

/// Kind of the job that makes the figures of finished days.
pub const SUMMARISE: &str = "reports.days";
/// Days of one job.
const PAGE: usize = 30;
/// Months ahead whose ending certificates are counted: as long as any certificate lasts.
const MONTHS: u16 = 41;
/// Name of the setting that holds the last day whose figures were made.
const UNTIL: &str = "reports.until";

/// Begins the figures of yesterday, once a day; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn summarise_when_due(app: &App) -> Result<()> {
    daily::begin_from(app, SUMMARISE, 0, json!({})).await
}

/// Makes the figures of some finished days and leaves the next ones to another job; the work of a [`SUMMARISE`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn summarise(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "reports");
    let today = ctx.now.date();
    let mut next = match until(&mut app.db.read().await?).await? {
        Some(day) => day + Duration::DAY,
        None => match stored::first_event(&mut app.db.read().await?).await? {
            Some(first) => first.date(),
            None => today,
        },
    };
    for _ in 0..PAGE {
        if next >= today {
            return endings(&ctx).await;
        }
        day(&ctx, next).await?;
        next += Duration::DAY;
    }
    let round = payload["round"].as_str().unwrap_or_default();
    daily::go_on(&ctx, SUMMARISE, &format!("{round}{next}"), payload.clone()).await
}

/// Makes all figures anew from the first day on (「集計をはじめからやり直す」).
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn rebuild(ctx: &Ctx<'_>) -> Result<()> {
    ctx.permit(Permission::ManageJobs)?;
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let mut tx = ctx.app.db.write().await?;
    storage::settings::remove(&mut tx, UNTIL).await?;
    let round = json!({ "round": format!("{job}:") });
    storage::jobs::enqueue(&mut tx, job, SUMMARISE, Some(&format!("{SUMMARISE}:{job}")), round, ctx.now).await?;
    ctx.audit(&mut tx, "reports.rebuild", "reports", "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// The last day whose figures were made.
pub(super) async fn until(conn: &mut Conn) -> Result<Option<Date>> {
    let text = storage::settings::get(conn, UNTIL).await?;
    Ok(text.and_then(|text| domain::calendar::typed_day(&text)))
}

/// What a figure is of.
type Key = (&'static str, String, String, String);

/// Figures of one day while they are counted.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<Key, i64>);

impl Counts {
    fn add(&mut self, what: &'static str, prefecture: &str, kind: &str, part: &str, figure: i64) {
        *self.0.entry((what, prefecture.to_owned(), kind.to_owned(), part.to_owned())).or_default() += figure;
    }

    /// What happened to cases.
    pub(super) fn happened(&mut self, rows: &[Happened]) {
        for Happened { event, kind, prefecture, cases } in rows {
            match event.as_str() {
                "submit" => {
                    self.add(ARRIVED, "", kind, "", *cases);
                    self.add(ARRIVED_IN, prefecture, kind, "", *cases);
                    self.under_way(prefecture, kind, *cases);
                }
                "accept" | "reject" | "withdraw" => {
                    self.add(DECIDED, "", kind, event, *cases);
                    self.under_way(prefecture, kind, -cases);
                }
                "return" => self.add(DECIDED, "", kind, event, *cases),
                "letter_comes_back" | "lose_letter" => self.add(LETTERS, "", "", event, *cases),
                _ => {}
            }
        }
    }

    fn under_way(&mut self, prefecture: &str, kind: &str, more: i64) {
        self.add(OPEN, "", kind, "", more);
        self.add(OPEN_IN, prefecture, kind, "", more);
    }

    /// What was under way when the day began.
    fn begin_with(&mut self, before: &[Figure]) {
        for one in before {
            let what = if one.what == OPEN { OPEN } else { OPEN_IN };
            self.add(what, &one.prefecture, &one.kind, &one.part, one.figure);
        }
    }

    /// The figures; those that are nothing are left out.
    pub(super) fn figures(self, day: &str) -> Vec<Figure> {
        let figure = |((what, prefecture, kind, part), figure): (Key, i64)| Figure {
            what: what.to_owned(),
            day: day.to_owned(),
            prefecture,
            kind,
            part,
            figure,
        };
        self.0.into_iter().filter(|(_, figure)| *figure != 0).map(figure).collect()
    }
}

/// Everything that is counted of a day, without what was under way before it.
pub(super) async fn count(app: &App, conn: &mut Conn, day: Date) -> Result<Counts> {
    let (from, to) = (Timestamp::start_of_day(day), Timestamp::start_of_day(day + Duration::DAY));
    let mut counts = Counts::default();
    counts.happened(&stored::happened(conn, from, to).await?);
    let holidays = app.holidays();
    let mut ages: BTreeMap<(Date, Date), i64> = BTreeMap::new();
    for case in stored::decided(conn, from, to).await? {
        let (sent, decided) = (case.sent_at.date(), case.decided_at.date());
        let age = *ages.entry((sent, decided)).or_insert_with(|| holidays.business_days_between(sent, decided));
        counts.add(AGE, "", case.kind.as_str(), &age_part(age), 1);
    }
    for (kind, number, yen) in stored::fees(conn, from, to).await? {
        counts.add(FEE_COUNT, "", "", &kind, number);
        counts.add(FEES, "", "", &kind, yen);
    }
    counts.add(LETTERS, "", "", "post_letter", stored::posted(conn, from, to).await?);
    Ok(counts)
}

fn age_part(age: i64) -> String {
    format!("{:02}", age.clamp(0, OLDEST))
}

async fn day(ctx: &Ctx<'_>, day: Date) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let mut counts = count(ctx.app, &mut tx, day).await?;
    let (text, before) = (day.to_string(), (day - Duration::DAY).to_string());
    for what in [OPEN, OPEN_IN] {
        counts.begin_with(&stored::range(&mut tx, what, &before, &before, "").await?);
    }
    stored::replace_day(&mut tx, &BY_DAY, &text, &counts.figures(&text)).await?;
    if (day + Duration::DAY).month() != day.month() {
        gather(&mut tx, day).await?;
    }
    storage::settings::set(&mut tx, UNTIL, &text).await?;
    Ok(tx.commit().await?)
}

/// Gathers the figures of the month that a day ends.
async fn gather(tx: &mut Tx, last: Date) -> Result<()> {
    let (first, last) = (YearMonth::of(last).first_day().to_string(), last.to_string());
    for what in BY_DAY {
        let mut figures = if what == OPEN || what == OPEN_IN {
            stored::range(tx, what, &last, &last, "").await?
        } else {
            stored::sums(tx, what, &first, &last).await?
        };
        let name = by_month(what);
        for one in &mut figures {
            one.what.clone_from(&name);
            one.day.clone_from(&last);
        }
        stored::replace_day(tx, &[&name], &last, &figures).await?;
    }
    Ok(())
}

/// Counts the valid certificates of each month ahead, the present month first.
async fn endings(ctx: &Ctx<'_>) -> Result<()> {
    let mut figures = vec![];
    let mut conn = ctx.app.db.read().await?;
    for month in YearMonth::of(ctx.now.date()).run(MONTHS) {
        let (from, to) = (month.first_day(), month.plus_months(1).first_day());
        let figure = stored::ending(&mut conn, Timestamp::start_of_day(from), Timestamp::start_of_day(to)).await?;
        let (prefecture, kind, part) = Default::default();
        figures.push(Figure { what: ENDING.to_owned(), day: month.as_text(), prefecture, kind, part, figure });
    }
    drop(conn);
    let mut tx = ctx.app.db.write().await?;
    stored::replace_all(&mut tx, ENDING, &figures).await?;
    Ok(tx.commit().await?)
}
