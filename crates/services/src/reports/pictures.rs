//! The reports: which pictures belong to each, and the numbers of their series.

use std::collections::BTreeMap;

use domain::{
    applications::{Kind, State},
    calendar::YearMonth,
    permissions::Permission,
    reports::Topic,
    text::thousands,
};
use storage::{Conn, boxed, reports as stored, reports::Figure};
use time::Date;

use super::{
    AGE, ARRIVED, ARRIVED_IN, DECIDED, ENDING, FEE_COUNT, FEES, LETTERS, OPEN, OPEN_IN,
    live::{Live, live},
    rows::{Picture, Series, Shape},
    spans::Spans,
};
use crate::{Ctx, Error, Result, letters::harmless};

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

/// Ages in business days from here on are one bar.
const LONG: i64 = 20;
/// Percentiles that are shown.
const PERCENTS: [i64; 3] = [50, 90, 99];
/// Months of fees.
const MONTHS: i32 = 13;

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

struct Look<'a> {
    today: Date,
    live: &'a Live,
    conn: &'a mut Conn,
    range: &'a Range,
}

fn kinds() -> Vec<(String, String)> {
    Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.label().to_owned())).collect()
}

fn series(names: &[(String, String)], mut values: impl FnMut(&str) -> Vec<i64>) -> Vec<Series> {
    names.iter().map(|(key, name)| Series { name: name.clone(), values: values(key) }).collect()
}

impl Look<'_> {
    fn spans(&self) -> Spans {
        Spans::until(self.today, self.range.days)
    }

    /// Figures of the range, with those of the days that are counted now; what is under way goes on from the day before.
    async fn figures(&mut self, what: &str, from: Date) -> Result<Vec<Figure>> {
        let mut found = stored::range(self.conn, what, &from.to_string(), &self.today.to_string()).await?;
        let prefecture = &self.range.prefecture;
        let fits = |one: &Figure| one.what == what;
        if what == OPEN || what == OPEN_IN {
            let mut last: BTreeMap<(String, String), i64> = BTreeMap::new();
            if let Some(until) = self.live.until {
                let until = until.to_string();
                let ends = stored::range(self.conn, what, &until, &until).await?;
                last.extend(ends.into_iter().map(|one| ((one.prefecture, one.kind), one.figure)));
            }
            for (day, figures) in &self.live.days {
                for one in figures.iter().filter(|one| fits(one)) {
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
        } else {
            let days = self.live.days.iter().flat_map(|(_, figures)| figures);
            found.extend(days.filter(|one| fits(one)).cloned());
        }
        if what.ends_with("_in") && !prefecture.is_empty() {
            found.retain(|one| one.prefecture == *prefecture);
        }
        Ok(found)
    }

    async fn cases(&mut self) -> Result<Vec<Picture>> {
        let spans = self.spans();
        let all = self.range.prefecture.is_empty();
        let (arrived, open) = if all { (ARRIVED, OPEN) } else { (ARRIVED_IN, OPEN_IN) };
        let arrivals = self.figures(arrived, spans.first()).await?;
        let backlog = self.figures(open, spans.first()).await?;
        let picture = |title: &str, note: &str, shape, series| Picture {
            title: title.to_owned(),
            note: note.to_owned(),
            axis: spans.axis().to_owned(),
            unit: "件".to_owned(),
            shape,
            labels: spans.labels(),
            series,
        };
        let by_kind = series(&kinds(), |kind| spans.sums(arrivals.iter().filter(|one| one.kind == kind)));
        let left = series(&kinds(), |kind| spans.lasts(backlog.iter().filter(|one| one.kind == kind)));
        let mut pictures = vec![
            picture("届いた申請", "はじめて送信された申請を、送信された日で数えています。", Shape::Stacked, by_kind),
            picture("残っている申請", "日の終わりに、審査待ち・審査中・補正待ちだった申請です。", Shape::Lines, left),
        ];
        if all {
            let decided = self.figures(DECIDED, spans.first()).await?;
            let outcomes = [("accept", "承認"), ("reject", "却下"), ("return", "補正依頼"), ("withdraw", "取下げ")];
            let outcomes = outcomes.map(|(key, name)| (key.to_owned(), name.to_owned()));
            let outcomes = series(&outcomes, |part| spans.sums(decided.iter().filter(|one| one.part == part)));
            pictures.push(picture("審査の結果", "決まった日で数えています。", Shape::Stacked, outcomes));
            pictures.push(self.standing());
            pictures.push(self.prefectures(&spans).await?);
        }
        Ok(pictures)
    }

    /// Open cases by state, now.
    fn standing(&self) -> Picture {
        let states = State::UNDER_WAY;
        Picture {
            title: "いまの状態".to_owned(),
            note: "いま決まっていない申請を、状態ごとに数えています。".to_owned(),
            axis: "状態".to_owned(),
            unit: "件".to_owned(),
            shape: Shape::Stacked,
            labels: states.iter().map(|state| state.label().to_owned()).collect(),
            series: series(&kinds(), |kind| {
                let count = |state: &State| self.live.count(|k, s| k.as_str() == kind && s == *state);
                states.iter().map(count).collect()
            }),
        }
    }

    async fn prefectures(&mut self, spans: &Spans) -> Result<Picture> {
        use domain::institutions::Prefecture;
        let found = self.figures(ARRIVED_IN, spans.first()).await?;
        let all: Vec<Prefecture> = Prefecture::all().collect();
        let mut sums: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for one in &found {
            *sums.entry((&one.kind, &one.prefecture)).or_default() += one.figure;
        }
        let values = |kind: &str| all.iter().map(|p| sums.get(&(kind, p.code())).copied().unwrap_or(0)).collect();
        Ok(Picture {
            title: "都道府県ごとの届いた申請".to_owned(),
            note: "選んだ期間に届いた申請を、医療機関等の都道府県で数えています。".to_owned(),
            axis: "都道府県".to_owned(),
            unit: "件".to_owned(),
            shape: Shape::Stacked,
            labels: all.iter().map(|prefecture| prefecture.label()).collect(),
            series: series(&kinds(), values),
        })
    }

    async fn ages(&mut self) -> Result<Vec<Picture>> {
        let spans = Spans::wide(self.today, self.range.days);
        let decided = self.figures(AGE, spans.first()).await?;
        let of = |kind: &str| -> Vec<(i64, i64)> {
            decided.iter().filter(|one| one.kind == kind).map(|one| (age(one), one.figure)).collect()
        };
        let over_time = PERCENTS.map(|percent| Series {
            name: format!("{percent}％"),
            values: spans
                .groups(decided.iter())
                .into_iter()
                .map(|group| percentile(group.into_iter().map(|one| (age(one), one.figure)), percent))
                .collect(),
        });
        let by_kind = |title: &str, note: &str, of: &dyn Fn(&str) -> Vec<(i64, i64)>| Picture {
            title: title.to_owned(),
            note: note.to_owned(),
            axis: "手続き".to_owned(),
            unit: "営業日".to_owned(),
            shape: Shape::Grouped,
            labels: kinds().into_iter().map(|(_, name)| name).collect(),
            series: PERCENTS
                .map(|percent| Series {
                    name: format!("{percent}％"),
                    values: kinds().iter().map(|(kind, _)| percentile(of(kind).into_iter(), percent)).collect(),
                })
                .into(),
        };
        let note = "送信から承認または却下までの営業日です。たとえば「90％」が3なら、10件のうち9件は3営業日以内に決まりました。";
        Ok(vec![
            self.waiting(),
            by_kind(
                "待っている申請の日数",
                "審査待ち・審査中の申請が、送信されてから何営業日たったかです。",
                &|kind| self.ages_of(kind),
            ),
            Picture {
                title: "決まるまでの日数の移り変わり".to_owned(),
                note: note.to_owned(),
                axis: spans.axis().to_owned(),
                unit: "営業日".to_owned(),
                shape: Shape::Lines,
                labels: spans.labels(),
                series: over_time.into(),
            },
            by_kind("決まるまでの日数（手続きごと）", note, &of),
        ])
    }

    fn ages_of(&self, kind: &str) -> Vec<(i64, i64)> {
        let open = self.live.open.iter().filter(|(k, state, _, _)| k.as_str() == kind && state.is_open_for_review());
        open.map(|(_, _, age, cases)| (*age, *cases)).collect()
    }

    fn waiting(&self) -> Picture {
        Picture {
            title: "待っている申請".to_owned(),
            note: "審査待ち・審査中の申請を、送信されてからの営業日で数えています。".to_owned(),
            axis: "営業日".to_owned(),
            unit: "件".to_owned(),
            shape: Shape::Stacked,
            labels: long_labels(),
            series: series(&kinds(), |kind| histogram(self.ages_of(kind).into_iter())),
        }
    }

    async fn renewal(&mut self) -> Result<Vec<Picture>> {
        let month = YearMonth::of(self.today);
        let (from, to) = (month.as_text(), month.plus_months(60).as_text());
        let found = stored::range(self.conn, ENDING, &from, &to).await?;
        Ok(vec![Picture {
            title: "有効期限を迎える端末の電子証明書".to_owned(),
            note: "いま有効な端末の電子証明書を、有効期限の月で数えています。毎日1回、数え直します。".to_owned(),
            axis: "月".to_owned(),
            unit: "枚".to_owned(),
            shape: Shape::Stacked,
            labels: found.iter().map(|one| month_label(&one.day)).collect(),
            series: vec![Series {
                name: "有効期限を迎えるもの".to_owned(),
                values: found.iter().map(|one| one.figure).collect(),
            }],
        }])
    }

    async fn letters(&mut self) -> Result<Vec<Picture>> {
        let spans = self.spans();
        let found = self.figures(LETTERS, spans.first()).await?;
        let parts = [("post_letter", "発送"), ("letter_comes_back", "返送"), ("lose_letter", "不着・紛失の届出")];
        let parts = parts.map(|(key, name)| (key.to_owned(), name.to_owned()));
        let ways = histogram(self.live.letters.iter().copied());
        let picture = |title: &str, note: &str, axis: &str, labels, series| Picture {
            title: title.to_owned(),
            note: note.to_owned(),
            axis: axis.to_owned(),
            unit: "通".to_owned(),
            shape: Shape::Stacked,
            labels,
            series,
        };
        let values = series(&parts, |part| spans.sums(found.iter().filter(|one| one.part == part)));
        let on_their_way = vec![Series { name: "配達中".to_owned(), values: ways }];
        Ok(vec![
            picture("発送と返送", "その日に記録された数です。", spans.axis(), spans.labels(), values),
            picture(
                "配達中の通知書",
                "発送してから、配達も取得も記録されていない通知書を、発送からの営業日で数えています（60日より前に発送したものを除きます）。",
                "営業日",
                long_labels(),
                on_their_way,
            ),
        ])
    }

    async fn fees(&mut self) -> Result<Vec<Picture>> {
        let spans = Spans::months(self.today, MONTHS);
        let (yen, count) = (self.figures(FEES, spans.first()).await?, self.figures(FEE_COUNT, spans.first()).await?);
        let mut parts: Vec<(String, String)> = vec![];
        for one in &count {
            if !parts.iter().any(|(key, _)| *key == one.part) {
                parts.push((one.part.clone(), fee_name(&one.part)));
            }
        }
        parts.sort();
        let picture = |title: &str, unit: &str, found: &[Figure]| Picture {
            title: title.to_owned(),
            note: "台帳に記録された月で数えています。".to_owned(),
            axis: spans.axis().to_owned(),
            unit: unit.to_owned(),
            shape: Shape::Stacked,
            labels: spans.labels(),
            series: series(&parts, |part| spans.sums(found.iter().filter(|one| one.part == part))),
        };
        Ok(vec![picture("手数料の金額", "円", &yen), picture("手数料の件数", "件", &count)])
    }
}

fn age(one: &Figure) -> i64 {
    one.part.parse().unwrap_or(0)
}

fn fee_name(kind: &str) -> String {
    match kind {
        "charge" => "発行料".to_owned(),
        "renewal" => "更新料".to_owned(),
        "reversal" => "取消し".to_owned(),
        other => other.to_owned(),
    }
}

fn month_label(month: &str) -> String {
    let (year, number) = month.split_once('-').unwrap_or((month, ""));
    format!("{year}年{}月", number.trim_start_matches('0'))
}

fn long_labels() -> Vec<String> {
    (0..=LONG).map(|age| if age == LONG { format!("{age}以上") } else { thousands(age) }).collect()
}

fn histogram(ages: impl Iterator<Item = (i64, i64)>) -> Vec<i64> {
    let mut values = vec![0; usize::try_from(LONG).unwrap_or(0) + 1];
    for (age, count) in ages {
        let place = usize::try_from(age.clamp(0, LONG)).unwrap_or(0);
        if let Some(value) = values.get_mut(place) {
            *value += count;
        }
    }
    values
}

/// The age within which so many percent lie; 0 when there is none.
fn percentile(ages: impl Iterator<Item = (i64, i64)>, percent: i64) -> i64 {
    let mut by_age: BTreeMap<i64, i64> = BTreeMap::new();
    for (age, count) in ages {
        *by_age.entry(age).or_default() += count;
    }
    let all: i64 = by_age.values().sum();
    let mut within = 0;
    by_age
        .into_iter()
        .find(|(_, count)| {
            within += count;
            within * 100 >= all * percent
        })
        .map_or(0, |(age, _)| age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_first_age_within_which_so_many_lie() {
        let ages = [(0, 50), (1, 40), (3, 9), (30, 1)];
        let at = |percent| percentile(ages.into_iter(), percent);
        assert_eq!((at(50), at(90), at(99), at(100)), (0, 1, 3, 30));
        assert_eq!(percentile(std::iter::empty(), 90), 0);
        assert_eq!(histogram([(2, 3), (20, 1), (500, 2)].into_iter())[20], 3);
    }
}
