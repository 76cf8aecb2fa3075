//! Charts with few and with many values.

use askama::Template;
use services::reports::{Picture, Series, Shape};

use super::{member, show};
use crate::view::{frame::Frame, parts::ChartView};

#[derive(Template)]
#[template(path = "gallery/charts.html")]
struct Charts {
    frame: Frame,
    charts: Vec<ChartView>,
}

fn picture(title: &str, shape: Shape, labels: Vec<String>, series: &[(&str, Vec<i64>)]) -> Picture {
    Picture {
        title: title.to_owned(),
        note: "送信された日で数えています。".to_owned(),
        axis: "日".to_owned(),
        unit: "件".to_owned(),
        shape,
        labels,
        series: series
            .iter()
            .map(|(name, values)| Series { name: (*name).to_owned(), values: values.clone() })
            .collect(),
        zeros: false,
    }
}

/// Values that go up and down.
fn waves(count: usize, height: i64) -> Vec<i64> {
    (0..count).map(|place| height * i64::try_from((place * 7 + 3) % 11).unwrap_or(0) / 11).collect()
}

fn days(count: usize) -> Vec<String> {
    (0..count).map(|day| format!("{}/{}", day / 30 + 1, day % 30 + 1)).collect()
}

#[test]
fn charts_with_few_and_many_values() {
    let (few, many) = (3, 90);
    let three = |count: usize, height: i64| {
        [
            ("オンライン資格確認", waves(count, height)),
            ("端末の電子証明書", waves(count, height / 2)),
            ("オンライン請求", waves(count, height / 3)),
        ]
    };
    let prefectures: Vec<String> = domain::institutions::Prefecture::all().map(|one| one.label()).collect();
    let pictures = [
        picture("積み上げ（少ない）", Shape::Stacked, days(few), &three(few, 9)),
        picture("積み上げ（多い）", Shape::Stacked, days(many), &three(many, 12_000)),
        picture("線（少ない）", Shape::Lines, days(few), &three(few, 4)),
        picture("線（多い）", Shape::Lines, days(many), &three(many, 350)),
        picture("一つだけ", Shape::Stacked, days(1), &[("一つ", vec![1])]),
        picture("並べた棒", Shape::Grouped, days(few), &three(few, 30)),
        picture("都道府県", Shape::Stacked, prefectures, &three(47, 800)),
        picture("取消しを含む", Shape::Stacked, days(6), &[("発行料", waves(6, 90_000)), ("取消し", vec![-1_500; 6])]),
    ];
    let charts =
        pictures.iter().enumerate().map(|(place, one)| ChartView::new(&format!("chart-{place}"), one)).collect();
    show("charts", &Charts { frame: member("図"), charts });
}
