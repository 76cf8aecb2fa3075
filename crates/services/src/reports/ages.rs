//! Ages in business days: histograms and percentiles.

use std::collections::BTreeMap;

use domain::{applications::Kind, text::thousands};
use storage::reports::Figure;

use super::{
    AGE,
    pictures::{Look, by_procedure, is_of_the_journey},
    rows::{Picture, Series, Shape},
    spans::Spans,
};
use crate::Result;

/// Ages in business days from here on are one bar.
const LONG: i64 = 20;
/// Percentiles that are shown.
const PERCENTS: [i64; 3] = [50, 90, 99];

impl Look<'_> {
    pub(super) async fn ages(&mut self) -> Result<Vec<Picture>> {
        let spans = Spans::wide(self.today, self.range.days);
        let decided = self.figures(AGE, &spans).await?;
        let note = "送信から承認または却下までの営業日です。たとえば「90％」が3なら、10件のうち9件は3営業日以内に決まりました。";
        let of = |kind: &str| -> Vec<(i64, i64)> {
            decided.iter().filter(|one| one.kind == kind).map(|one| (age(one), one.figure)).collect()
        };
        let waits = "審査待ち・審査中の申請が、送信されてから何営業日たったかです。";
        Ok(vec![
            self.waiting(),
            by_kind("待っている申請の日数", waits, &|kind| self.ages_of(kind)),
            over_time(&spans, &decided, note),
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
            series: by_procedure(|kind| histogram(self.ages_of(kind).into_iter())),
            zeros: false,
        }
    }
}

/// Percentiles of each procedure.
fn by_kind(title: &str, note: &str, of: &dyn Fn(&str) -> Vec<(i64, i64)>) -> Picture {
    let shown: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|kind| is_of_the_journey(*kind) || !of(kind.as_str()).is_empty()).collect();
    let series = PERCENTS.map(|percent| Series {
        name: format!("{percent}％"),
        values: shown.iter().map(|kind| percentile(of(kind.as_str()).into_iter(), percent)).collect(),
    });
    let nothing = shown.iter().all(|kind| of(kind.as_str()).is_empty());
    Picture {
        title: title.to_owned(),
        note: note.to_owned(),
        axis: "手続き".to_owned(),
        unit: "営業日".to_owned(),
        shape: Shape::Grouped,
        labels: shown.iter().map(|kind| kind.words().short.to_owned()).collect(),
        series: if nothing { vec![] } else { series.into() },
        zeros: true,
    }
}

/// Percentiles of each span.
fn over_time(spans: &Spans, decided: &[Figure], note: &str) -> Picture {
    let groups = spans.groups(decided.iter());
    let of = |group: &Vec<&Figure>, percent| percentile(group.iter().map(|one| (age(one), one.figure)), percent);
    let series = PERCENTS.map(|percent| Series {
        name: format!("{percent}％"),
        values: groups.iter().map(|group| of(group, percent)).collect(),
    });
    let nothing = decided.is_empty();
    Picture {
        title: "決まるまでの日数の移り変わり".to_owned(),
        note: note.to_owned(),
        axis: spans.axis().to_owned(),
        unit: "営業日".to_owned(),
        shape: Shape::Lines,
        labels: spans.labels(),
        series: if nothing { vec![] } else { series.into() },
        zeros: true,
    }
}

fn age(one: &Figure) -> i64 {
    one.part.parse().unwrap_or(0)
}

pub(super) fn long_labels() -> Vec<String> {
    (0..=LONG).map(|age| if age == LONG { format!("{age}以上") } else { thousands(age) }).collect()
}

pub(super) fn histogram(ages: impl Iterator<Item = (i64, i64)>) -> Vec<i64> {
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
