//! The reports: which pictures belong to each, and the numbers of their series.

use std::collections::BTreeMap;

use domain::{applications::Kind, calendar::YearMonth, permissions::Permission, reports::Topic, spreadsheet::harmless};
use storage::{Conn, boxed, reports as stored, reports::Figure};
use time::{Date, Duration};

use super::{
    OPEN, OPEN_IN, by_month,
    live::{Live, live},
    rows::{Picture, Series},
    spans::Spans,
};
use crate::{Ctx, Error, Result};

/// What part of the figures is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Days up to today.
    pub days: u16,
    /// Two-digit prefecture; empty for all.
    pub prefecture: String,
}

impl Range {
    /// Ranges that can be chosen.
    pub const DAYS: [u16; 4] = [30, 90, 365, 1_096];
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which one.
    pub topic: Topic,
    /// The last day whose figures are final; none before the first were made.
    pub until: Option<Date>,
    /// Its pictures.
    pub pictures: Vec<Picture>,
}

/// A report as it stands now.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn report(ctx: &Ctx<'_>, topic: Topic, range: &Range) -> Result<Report> {
    ctx.permit(Permission::ReadReports)?;
    let live = live(ctx).await?;
    let mut conn = ctx.app.db.read().await?;
    let mut look = Look { today: ctx.now.date(), live: &live, conn: &mut conn, range };
    let pictures = match topic {
        Topic::Cases => look.cases().await?,
        Topic::Ages => look.ages().await?,
        Topic::Renewal => look.renewal().await?,
        Topic::Letters => look.letters().await?,
        Topic::Fees => look.fees().await?,
    };
    Ok(Report { topic, until: live.until, pictures })
}

/// The numbers of one picture of a report as CSV with a byte-order mark.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] for a picture that the report does not have.
#[boxed]
pub async fn csv(ctx: &Ctx<'_>, topic: Topic, range: &Range, place: usize) -> Result<Vec<u8>> {
    let picture = report(ctx, topic, range).await?.pictures.into_iter().nth(place).ok_or(Error::NotFound)?;
    let mut rows = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let head = |series: &Series| harmless(&format!("{}（{}）", series.name, picture.unit));
    let names = std::iter::once(picture.axis.clone()).chain(picture.series.iter().map(head));
    rows.write_record(names).map_err(Error::internal)?;
    for (place, label) in picture.labels.iter().enumerate() {
        let values = picture.series.iter().map(|series| series.values.get(place).copied().unwrap_or(0).to_string());
        rows.write_record(std::iter::once(harmless(label)).chain(values)).map_err(Error::internal)?;
    }
    rows.into_inner().map_err(Error::internal)
}

pub(super) struct Look<'a> {
    pub(super) today: Date,
    pub(super) live: &'a Live,
    pub(super) conn: &'a mut Conn,
    pub(super) range: &'a Range,
}

/// Whether a procedure is shown even when nothing happened to it.
pub(super) fn is_of_the_journey(kind: Kind) -> bool {
    Kind::JOURNEY.contains(&kind)
}

/// A series for each procedure of the journey, and for every other one that has figures.
pub(super) fn by_procedure(values: impl FnMut(&str) -> Vec<i64>) -> Vec<Series> {
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.label().to_owned())).collect();
    let all = series(&kinds, values).into_iter().zip(Kind::ALL);
    let says = |one: &Series, kind: Kind| is_of_the_journey(kind) || one.values.iter().any(|value| *value != 0);
    all.filter(|(one, kind)| says(one, **kind)).map(|(one, _)| one).collect()
}

pub(super) fn series(names: &[(String, String)], mut values: impl FnMut(&str) -> Vec<i64>) -> Vec<Series> {
    names.iter().map(|(key, name)| Series { name: name.clone(), values: values(key) }).collect()
}

impl Look<'_> {
    pub(super) fn spans(&self) -> Spans {
        Spans::until(self.today, self.range.days)
    }

    /// Where the figures of spans are kept: name, first and last day. Months that are over are gathered.
    fn places(&self, what: &str, spans: &Spans) -> Vec<(String, String, String)> {
        let (first, today) = (spans.first(), self.today.to_string());
        // The day after the last month whose figures are gathered.
        let single = self.live.until.map(|until| YearMonth::of(until + Duration::DAY).first_day());
        match single.filter(|single| spans.by_month() && *single > first) {
            Some(single) => vec![
                (by_month(what), first.to_string(), (single - Duration::DAY).to_string()),
                (what.to_owned(), single.to_string(), today),
            ],
            None => vec![(what.to_owned(), first.to_string(), today)],
        }
    }

    /// Figures of spans, with those of the days that are counted now; what is under way goes on from the day before.
    pub(super) async fn figures(&mut self, what: &str, spans: &Spans) -> Result<Vec<Figure>> {
        let prefecture = if what.ends_with("_in") { self.range.prefecture.clone() } else { String::new() };
        let mut found = vec![];
        for (name, from, to) in self.places(what, spans) {
            found.extend(stored::range(self.conn, &name, &from, &to, &prefecture).await?);
        }
        if what == OPEN || what == OPEN_IN {
            self.go_on(what, &mut found).await?;
        } else {
            found.extend(self.counted_now(what));
        }
        found.retain(|one| prefecture.is_empty() || one.prefecture == prefecture);
        Ok(found)
    }

    /// The sum over all spans, by prefecture, procedure and part.
    pub(super) async fn sums(&mut self, what: &str, spans: &Spans) -> Result<Vec<Figure>> {
        let mut found: Vec<Figure> = self.counted_now(what).collect();
        for (name, from, to) in self.places(what, spans) {
            found.extend(stored::sums(self.conn, &name, &from, &to).await?);
        }
        Ok(found)
    }

    fn counted_now(&self, what: &str) -> impl Iterator<Item = Figure> {
        let days = self.live.days.iter().flat_map(|(_, figures)| figures);
        days.filter(move |one| one.what == what).cloned()
    }

    /// Adds what is under way on the days that are counted now: what was left the day before, and what came and went since.
    async fn go_on(&mut self, what: &str, found: &mut Vec<Figure>) -> Result<()> {
        let mut last: BTreeMap<(String, String), i64> = BTreeMap::new();
        if let Some(until) = self.live.until {
            let until = until.to_string();
            let ends = stored::range(self.conn, what, &until, &until, "").await?;
            last.extend(ends.into_iter().map(|one| ((one.prefecture, one.kind), one.figure)));
        }
        for (day, figures) in &self.live.days {
            for one in figures.iter().filter(|one| one.what == what) {
                *last.entry((one.prefecture.clone(), one.kind.clone())).or_default() += one.figure;
            }
            found.extend(last.iter().map(|((prefecture, kind), figure)| Figure {
                what: what.to_owned(),
                day: day.to_string(),
                prefecture: prefecture.clone(),
                kind: kind.clone(),
                part: String::new(),
                figure: *figure,
            }));
        }
        Ok(())
    }
}
