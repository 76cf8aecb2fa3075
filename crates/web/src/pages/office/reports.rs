//! Reports: pictures with the figures under them, as a page and as files; and the wall (spec 6.6).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    institutions::Prefecture,
    permissions::Permission as P,
    reports::Topic,
    text::thousands,
};
use serde::Deserialize;
use services::{
    Error,
    reports::{self, Picture, Range, Report, Shape},
};

use super::parts;
use crate::{
    site::{Download, Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, Frame, Link},
        parts::{CellView, ChartView, FilterBarView, TableView},
    },
};

const LIST: &str = "/office/reports";
/// Rows of a table that is shown without being opened.
const FEW: usize = 12;
/// Days that are shown unless others are chosen.
const DAYS: u16 = 30;

/// What part of the figures is chosen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    days: String,
    prefecture: String,
    done: String,
}

impl Wanted {
    fn range(&self) -> Range {
        let days = self.days.parse().ok().filter(|days| Range::DAYS.contains(days)).unwrap_or(DAYS);
        let prefecture = Prefecture::from_code(&self.prefecture).map(|p| p.code().to_owned()).unwrap_or_default();
        Range { days, prefecture }
    }

    fn pairs(&self) -> [(&'static str, &str); 2] {
        [("days", self.days.as_str()), ("prefecture", &self.prefecture)]
    }
}

/// A picture with its figures.
pub(crate) struct PictureView {
    /// The drawing; none when there is nothing to draw.
    pub(crate) chart: Option<ChartView>,
    /// What it shows.
    pub(crate) title: String,
    /// What is meant.
    pub(crate) note: String,
    /// The figures.
    pub(crate) table: TableView,
    /// Whether the table is shown without being opened.
    pub(crate) open: bool,
    /// The figures as a file.
    pub(crate) file: String,
}

#[derive(Template)]
#[template(path = "office/reports.html")]
pub(crate) struct ReportPage {
    /// The frame.
    pub(crate) frame: Frame,
    /// The reports; the one that is shown has no address.
    pub(crate) topics: Vec<(String, String)>,
    /// Range and prefecture.
    pub(crate) filters: Option<FilterBarView>,
    /// Until when the figures are final.
    pub(crate) until: String,
    /// The pictures.
    pub(crate) pictures: Vec<PictureView>,
    /// Whether all figures may be made anew.
    pub(crate) may_rebuild: bool,
}

fn topic(name: &str) -> Result<Topic, Failure> {
    name.parse().map_err(|_| Error::NotFound.into())
}

/// The first report.
pub(super) async fn first(visit: Visit, wanted: Query<Wanted>) -> Result<Html<ReportPage>, Failure> {
    page(visit, Topic::Cases, wanted.0).await
}

/// A report.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    wanted: Query<Wanted>,
) -> Result<Html<ReportPage>, Failure> {
    parts::insist(&visit, &[P::ReadReports])?;
    page(visit, topic(&name)?, wanted.0).await
}

async fn page(visit: Visit, topic: Topic, wanted: Wanted) -> Result<Html<ReportPage>, Failure> {
    parts::insist(&visit, &[P::ReadReports])?;
    let report = reports::report(&visit.ctx(), topic, &wanted.range()).await?;
    let mut frame = visit.office_frame(format!("集計：{}", topic.label()), LIST);
    if !wanted.done.is_empty() {
        let body = ["終わるまで数分かかることがあります。それまでは、できた日までの数を表示します。"];
        frame.banners.push(parts::banner(BannerKind::Info, "集計のやり直しを始めました。", &body));
    }
    let may_rebuild = parts::may(&visit, P::ManageJobs);
    Ok(Html(built(frame, &report, &wanted, may_rebuild)))
}

/// A report as a page.
pub(crate) fn built(frame: Frame, report: &Report, wanted: &Wanted, may_rebuild: bool) -> ReportPage {
    let topics = Topic::ALL.iter().map(|one| {
        let address = parts::address(&format!("{LIST}/{one}"), &wanted.pairs());
        (one.label().to_owned(), if *one == report.topic { String::new() } else { address })
    });
    let pictures = report.pictures.iter().enumerate();
    ReportPage {
        frame,
        topics: topics.collect(),
        filters: filters(report.topic, wanted),
        until: report.until.map(japanese_date).unwrap_or_default(),
        pictures: pictures.map(|(place, picture)| view(report.topic, wanted, place, picture)).collect(),
        may_rebuild,
    }
}

fn filters(topic: Topic, wanted: &Wanted) -> Option<FilterBarView> {
    if matches!(topic, Topic::Renewal | Topic::Fees) {
        return None;
    }
    let words = |days: u16| match days {
        365 => "1年".to_owned(),
        1_096 => "3年".to_owned(),
        days => format!("{days}日"),
    };
    let days = Range::DAYS.into_iter().map(|days| (days.to_string(), words(days)));
    let mut fields = vec![parts::filter("days", "期間", days, &wanted.range().days.to_string())];
    if topic == Topic::Cases {
        let all = Prefecture::all().map(|p| (p.code().to_owned(), p.label()));
        fields.push(parts::filter("prefecture", "都道府県", all, &wanted.prefecture));
    }
    Some(FilterBarView { action: format!("{LIST}/{topic}"), fields, reset: String::new(), saved: vec![] })
}

fn view(topic: Topic, wanted: &Wanted, place: usize, picture: &Picture) -> PictureView {
    PictureView {
        chart: (!picture.is_empty()).then(|| ChartView::new(&format!("chart-{place}"), picture)),
        title: picture.title.clone(),
        note: picture.note.clone(),
        table: table(picture),
        open: picture.labels.len() <= FEW,
        file: parts::address(&format!("{LIST}/{topic}/{place}/figures.csv"), &wanted.pairs()),
    }
}

/// The figures under a picture.
fn table(picture: &Picture) -> TableView {
    let sums = picture.shape == Shape::Stacked && picture.series.len() > 1;
    let names = picture.series.iter().map(|series| series.name.as_str());
    let labels: Vec<&str> = std::iter::once(picture.axis.as_str()).chain(names).chain(sums.then_some("合計")).collect();
    let numbers: Vec<usize> = (1..labels.len()).collect();
    let row = |(place, label): (usize, &String)| {
        let figure = |value: i64| CellView::Number(format!("{}{}", thousands(value), picture.unit));
        let values = picture.series.iter().map(|series| series.values.get(place).copied().unwrap_or(0));
        let sum = sums.then(|| picture.sum(place));
        let cells = std::iter::once(CellView::Text(label.clone())).chain(values.chain(sum).map(figure));
        parts::row(cells.collect())
    };
    TableView {
        columns: parts::columns(&labels, &numbers),
        caption_hidden: true,
        ..parts::table(&picture.title, &[], picture.labels.iter().enumerate().map(row).collect())
    }
}

/// The figures of a picture as a file.
pub(super) async fn figures(
    visit: Visit,
    Path((name, place)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadReports])?;
    let (topic, place) = (topic(&name)?, place.parse().map_err(|_| Failure::from(Error::NotFound))?);
    let bytes = reports::csv(&visit.ctx(), topic, &wanted.range(), place).await?;
    let name = format!("{topic}-{}-{}.csv", place + 1, visit.ctx().now.date());
    Ok(Download { name, media_type: "text/csv; charset=utf-8", bytes, inline: false })
}

/// Makes all figures anew.
pub(super) async fn rebuild(visit: Visit, _: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageJobs])?;
    reports::rebuild(&visit.ctx()).await?;
    Ok(see_other("/office/reports?done=rebuild"))
}

#[derive(Template)]
#[template(path = "office/wall.html")]
pub(crate) struct WallPage {
    /// The frame.
    pub(crate) frame: Frame,
    /// When it was looked at.
    pub(crate) at: String,
    /// Words, figure, unit, and whether it asks for attention.
    pub(crate) figures: Vec<(String, String, &'static str, bool)>,
}

/// Big figures for a screen on the wall, which reads itself again.
pub(super) async fn wall(visit: Visit) -> Result<Html<WallPage>, Failure> {
    parts::insist(&visit, &[P::ReadReports])?;
    let wall = reports::wall(&visit.ctx()).await?;
    let mut frame = visit.office_frame("いまの状況", LIST);
    frame.breadcrumb.push(Link::new("集計", LIST));
    let figures = wall.figures.into_iter().map(|(words, figure, unit, late)| (words, thousands(figure), unit, late));
    Ok(Html(WallPage { frame, at: japanese_datetime(wall.at), figures: figures.collect() }))
}
