//! The pictures of each report.

use std::collections::BTreeMap;

use domain::{applications::State, calendar::YearMonth, institutions::Prefecture};
use storage::{reports as stored, reports::Figure};

use super::{
    ARRIVED, ARRIVED_IN, DECIDED, ENDING, FEE_COUNT, FEES, LETTERS, OPEN, OPEN_IN,
    ages::{histogram, long_labels},
    pictures::{Look, by_procedure, series},
    rows::{Picture, Series, Shape},
    spans::Spans,
};
use crate::Result;

/// Months of fees.
const MONTHS: i32 = 13;

impl Look<'_> {
    pub(super) async fn cases(&mut self) -> Result<Vec<Picture>> {
        let spans = self.spans();
        let all = self.range.prefecture.is_empty();
        let (arrived, open) = if all { (ARRIVED, OPEN) } else { (ARRIVED_IN, OPEN_IN) };
        let arrivals = self.figures(arrived, &spans).await?;
        let backlog = self.figures(open, &spans).await?;
        let picture = |title: &str, note: &str, shape, series| Picture {
            title: title.to_owned(),
            note: note.to_owned(),
            axis: spans.axis().to_owned(),
            unit: "件".to_owned(),
            shape,
            labels: spans.labels(),
            series,
            zeros: false,
        };
        let by_kind = by_procedure(|kind| spans.sums(arrivals.iter().filter(|one| one.kind == kind)));
        let left = by_procedure(|kind| spans.lasts(backlog.iter().filter(|one| one.kind == kind)));
        let mut pictures = vec![
            picture("届いた申請", "はじめて送信された申請を、送信された日で数えています。", Shape::Stacked, by_kind),
            picture("残っている申請", "日の終わりに、審査待ち・審査中・補正待ちだった申請です。", Shape::Lines, left),
        ];
        if all {
            let decided = self.figures(DECIDED, &spans).await?;
            let outcomes = [("accept", "承認"), ("withdraw", "取下げ"), ("return", "補正依頼"), ("reject", "却下")];
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
            series: by_procedure(|kind| {
                let count = |state: &State| self.live.count(|k, s| k.as_str() == kind && s == *state);
                states.iter().map(count).collect()
            }),
            zeros: false,
        }
    }

    async fn prefectures(&mut self, spans: &Spans) -> Result<Picture> {
        let found = self.sums(ARRIVED_IN, spans).await?;
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
            labels: all.iter().map(|prefecture| prefecture.to_string()).collect(),
            series: by_procedure(values),
            zeros: false,
        })
    }

    pub(super) async fn renewal(&mut self) -> Result<Vec<Picture>> {
        let month = YearMonth::of(self.today);
        let (from, to) = (month.as_text(), month.plus_months(60).as_text());
        let found = stored::range(self.conn, ENDING, &from, &to, "").await?;
        Ok(vec![Picture {
            title: "有効期限を迎える端末の電子証明書".to_owned(),
            note: "いま有効な端末の電子証明書を、有効期限の月で数えています。毎日1回、数え直します。".to_owned(),
            axis: "有効期限の月".to_owned(),
            unit: "枚".to_owned(),
            shape: Shape::Stacked,
            labels: found.iter().map(|one| month_label(&one.day)).collect(),
            series: vec![Series {
                name: "有効期限を迎えるもの".to_owned(),
                values: found.iter().map(|one| one.figure).collect(),
            }],
            zeros: false,
        }])
    }

    pub(super) async fn letters(&mut self) -> Result<Vec<Picture>> {
        let spans = self.spans();
        let found = self.figures(LETTERS, &spans).await?;
        let parts = [("post_letter", "発送"), ("letter_comes_back", "返送"), ("lose_letter", "不着・紛失")];
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
            zeros: false,
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

    pub(super) async fn fees(&mut self) -> Result<Vec<Picture>> {
        let spans = Spans::months(self.today, MONTHS);
        let (yen, count) = (self.figures(FEES, &spans).await?, self.figures(FEE_COUNT, &spans).await?);
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
            zeros: false,
        };
        Ok(vec![picture("手数料の金額", "円", &yen), picture("手数料の件数", "件", &count)])
    }
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
