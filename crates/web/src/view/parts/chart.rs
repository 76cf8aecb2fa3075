//! Charts, drawn on the server as SVG: bars, stacked or side by side, and lines. Colours come from the stylesheet by class.

use askama::{Template, filters::HtmlSafe};
use domain::text::thousands;
use services::reports::{Picture, Shape};

/// Width of the drawing.
const WIDTH: f64 = 800.0;
/// Where the bars and lines lie.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 788.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 258.0;
/// The same when the labels below are slanted.
const HIGHER: f64 = 228.0;
/// How far the drawing of spans of time moves left: its figures stand on the right, beside the newest.
const MOVED: f64 = 60.0;
/// Lines of the grid, about.
const LINES: i64 = 4;
/// Colours of the stylesheet.
const COLOURS: usize = 10;
/// Points that are marked one by one at most.
const MARKED: usize = 40;

/// A chart.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/chart.html")]
pub struct ChartView {
    /// Identifier within the page.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The same in a sentence with figures.
    pub desc: String,
    /// Whether the newest is on the right: where not all has room, that end is seen first.
    pub newest_first: bool,
    /// Where the drawing begins.
    pub left: String,
    /// Colours and what they stand for; empty for a single series.
    pub legend: Vec<(usize, String)>,
    /// Grid lines.
    pub grid: Vec<GridView>,
    /// Labels below.
    pub labels: Vec<LabelView>,
    /// Whether the labels are slanted.
    pub slanted: bool,
    /// Where zero lies.
    pub base: String,
    /// Bars.
    pub bars: Vec<BarView>,
    /// Lines.
    pub lines: Vec<LineView>,
}

impl HtmlSafe for ChartView {}

/// A grid line.
#[derive(Debug, Clone)]
pub struct GridView {
    /// Height.
    pub y: String,
    /// Figure beside it.
    pub label: String,
}

/// A label below.
#[derive(Debug, Clone)]
pub struct LabelView {
    /// Middle.
    pub x: String,
    /// Height.
    pub y: String,
    /// Words.
    pub text: String,
}

/// A bar.
#[derive(Debug, Clone)]
pub struct BarView {
    /// Left end.
    pub x: String,
    /// Upper end.
    pub y: String,
    /// Width.
    pub width: String,
    /// Height.
    pub height: String,
    /// Number of its colour.
    pub colour: usize,
    /// What it stands for, with its figure.
    pub title: String,
}

/// A line.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Its points.
    pub points: String,
    /// Number of its colour.
    pub colour: usize,
    /// Points that are marked: place, height, what they stand for.
    pub marks: Vec<(String, String, String)>,
}

/// How figures become heights.
struct Scale {
    low: f64,
    high: f64,
    step: i64,
    bottom: f64,
}

impl Scale {
    fn of(picture: &Picture, bottom: f64) -> Self {
        let (low, high) = ends(picture);
        let step = nice((high - low).max(1), LINES);
        let floor = low.div_euclid(step) * step;
        let ceiling = -(-high).div_euclid(step) * step;
        Self { low: floor as f64, high: ceiling.max(floor + step) as f64, step, bottom }
    }

    fn y(&self, value: i64) -> f64 {
        self.bottom - (value as f64 - self.low) / (self.high - self.low) * (self.bottom - TOP)
    }

    fn grid(&self) -> Vec<GridView> {
        let (mut value, mut grid) = (self.low as i64, vec![]);
        while value as f64 <= self.high {
            grid.push(GridView { y: short(self.y(value)), label: thousands(value) });
            value += self.step;
        }
        grid
    }
}

/// The lowest and the highest figure that is drawn; zero always.
fn ends(picture: &Picture) -> (i64, i64) {
    let values = picture.series.iter().flat_map(|series| series.values.iter().copied());
    if picture.shape != Shape::Stacked {
        return values.fold((0, 0), |(low, high), value| (low.min(value), high.max(value)));
    }
    let stack = |place: usize| {
        let at = picture.series.iter().filter_map(|series| series.values.get(place).copied());
        at.fold((0, 0), |(low, high): (i64, i64), value| (low + value.min(0), high + value.max(0)))
    };
    (0..picture.labels.len()).map(stack).fold((0, 0), |(low, high), (down, up)| (low.min(down), high.max(up)))
}

/// A step of 1, 2 or 5 and zeros with which so many lines reach over a span.
fn nice(span: i64, lines: i64) -> i64 {
    let least = (span + lines - 1) / lines;
    let mut unit = 1;
    loop {
        if let Some(step) = [1, 2, 5].into_iter().map(|one| one * unit).find(|step| *step >= least) {
            return step;
        }
        unit *= 10;
    }
}

/// A length with one digit behind the point.
fn short(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// About how wide a label is.
fn breadth(text: &str) -> f64 {
    text.chars().map(|letter| if letter.is_ascii() { 7.5 } else { 13.0 }).sum()
}

impl ChartView {
    /// Draws a picture.
    pub fn new(id: &str, picture: &Picture) -> Self {
        let count = picture.labels.len().max(1);
        let slot = (RIGHT - LEFT) / count as f64;
        let widest = picture.labels.iter().map(|label| breadth(label)).fold(0.0, f64::max) + 8.0;
        let words = picture.labels.iter().all(|label| !label.contains(|letter: char| letter.is_ascii_digit()));
        let slanted = widest > slot && words && slot > 13.0;
        let scale = Scale::of(picture, if slanted { HIGHER } else { BOTTOM });
        let several = picture.series.len() > 1;
        let left = if picture.is_in_time() { MOVED } else { 0.0 };
        let legend = picture.series.iter().enumerate().filter(|_| several);
        Self {
            id: id.to_owned(),
            title: picture.title.clone(),
            desc: picture.summary(),
            newest_first: picture.is_in_time(),
            left: short(left),
            legend: legend.map(|(place, series)| (colour(place), series.name.clone())).collect(),
            grid: scale.grid(),
            labels: labels(picture, slot, if slanted { 0.0 } else { widest }, (left, scale.bottom)),
            slanted,
            base: short(scale.y(0)),
            bars: match picture.shape {
                Shape::Lines => vec![],
                Shape::Stacked => stacked(picture, &scale, slot),
                Shape::Grouped => grouped(picture, &scale, slot),
            },
            lines: if picture.shape == Shape::Lines { lines(picture, &scale, slot) } else { vec![] },
        }
    }
}

fn colour(place: usize) -> usize {
    place % COLOURS + 1
}

/// Labels below, as many as fit.
fn labels(picture: &Picture, slot: f64, widest: f64, (left, bottom): (f64, f64)) -> Vec<LabelView> {
    let every = ((widest / slot).ceil() as usize).max(1);
    let all = picture.labels.iter().enumerate().filter(|(place, _)| place % every == 0);
    let middle = |place: usize, text: &str| {
        // A label at either end keeps within the drawing.
        let half = if widest > 0.0 { breadth(text) / 2.0 } else { 0.0 };
        middle(place, slot).clamp(left + half, left + WIDTH - half)
    };
    let label = |(place, text): (usize, &String)| LabelView {
        x: short(middle(place, text)),
        y: short(bottom + 20.0),
        text: text.clone(),
    };
    all.map(label).collect()
}

fn middle(place: usize, slot: f64) -> f64 {
    LEFT + (place as f64 + 0.5) * slot
}

fn told(picture: &Picture, series: &str, place: usize, value: i64) -> String {
    let label = picture.labels.get(place).map_or("", String::as_str);
    format!("{label}　{series}　{}{}", thousands(value), picture.unit)
}

fn stacked(picture: &Picture, scale: &Scale, slot: f64) -> Vec<BarView> {
    let width = (slot * 0.72).clamp(1.0, 64.0);
    let mut bars = vec![];
    for place in 0..picture.labels.len() {
        let (mut up, mut down) = (0, 0);
        for (number, series) in picture.series.iter().enumerate() {
            let value = series.values.get(place).copied().unwrap_or(0);
            if value == 0 {
                continue;
            }
            let from = if value > 0 { &mut up } else { &mut down };
            let (one, other) = (scale.y(*from), scale.y(*from + value));
            *from += value;
            bars.push(bar(
                middle(place, slot) - width / 2.0,
                (one, other),
                width,
                number,
                told(picture, &series.name, place, value),
            ));
        }
    }
    bars
}

fn grouped(picture: &Picture, scale: &Scale, slot: f64) -> Vec<BarView> {
    let count = picture.series.len().max(1) as f64;
    let width = (slot * 0.72 / count).clamp(1.0, 48.0);
    let mut bars = vec![];
    for place in 0..picture.labels.len() {
        for (number, series) in picture.series.iter().enumerate() {
            let value = series.values.get(place).copied().unwrap_or(0);
            let x = middle(place, slot) + (number as f64 - count / 2.0) * width;
            let heights = (scale.y(0), scale.y(value));
            bars.push(bar(x, heights, width - 2.0, number, told(picture, &series.name, place, value)));
        }
    }
    bars
}

fn bar(x: f64, (one, other): (f64, f64), width: f64, number: usize, title: String) -> BarView {
    let (top, bottom) = (one.min(other), one.max(other));
    BarView {
        x: short(x),
        y: short(top),
        width: short(width.max(1.0)),
        height: short((bottom - top).max(1.0)),
        colour: colour(number),
        title,
    }
}

fn lines(picture: &Picture, scale: &Scale, slot: f64) -> Vec<LineView> {
    let line = |(number, series): (usize, &services::reports::Series)| {
        let points: Vec<(String, String)> = series
            .values
            .iter()
            .enumerate()
            .map(|(place, value)| (short(middle(place, slot)), short(scale.y(*value))))
            .collect();
        let last = points.len().saturating_sub(1);
        let marked = |place: &usize| points.len() <= MARKED || *place == last;
        let mark = |place: usize| {
            let (x, y) = points.get(place).cloned().unwrap_or_default();
            let value = series.values.get(place).copied().unwrap_or(0);
            (x, y, told(picture, &series.name, place, value))
        };
        LineView {
            points: points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" "),
            colour: colour(number),
            marks: (0..points.len()).filter(marked).map(mark).collect(),
        }
    };
    picture.series.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use services::reports::Series;

    fn picture(shape: Shape, values: &[&[i64]]) -> Picture {
        let series = |(place, values): (usize, &&[i64])| Series { name: format!("s{place}"), values: values.to_vec() };
        Picture {
            title: "t".into(),
            note: "n".into(),
            axis: "日".into(),
            unit: "件".into(),
            shape,
            labels: (0..values[0].len()).map(|day| format!("5/{day}")).collect(),
            series: values.iter().enumerate().map(series).collect(),
            zeros: false,
        }
    }

    #[test]
    fn steps_of_the_grid_are_round_and_reach_over_everything() {
        assert_eq!([1, 4, 5, 17, 99, 100, 1_234].map(|span| nice(span, 4)), [1, 1, 2, 5, 50, 50, 500]);
        let chart = ChartView::new("c", &picture(Shape::Stacked, &[&[3, 900], &[4, 134]]));
        assert_eq!(chart.grid.last().map(|line| line.label.as_str()), Some("1,500"));
    }

    #[test]
    fn bars_stand_on_each_other_and_what_is_taken_back_hangs_below() {
        let chart = ChartView::new("c", &picture(Shape::Stacked, &[&[10], &[30], &[-20]]));
        let at = |place: usize| -> (f64, f64) {
            let bar = &chart.bars[place];
            (bar.y.parse().unwrap(), bar.y.parse::<f64>().unwrap() + bar.height.parse::<f64>().unwrap())
        };
        let base: f64 = chart.base.parse().unwrap();
        assert!((at(0).1 - base).abs() < 0.2 && (at(1).1 - at(0).0).abs() < 0.2 && (at(2).0 - base).abs() < 0.2);
    }

    #[test]
    fn hundreds_of_days_keep_apart_and_their_labels_do_not_touch() {
        let days: Vec<i64> = (0..365).collect();
        let chart = ChartView::new("c", &picture(Shape::Lines, &[&days]));
        let places: Vec<f64> = chart.labels.iter().map(|label| label.x.parse().unwrap()).collect();
        assert!(places.len() > 5 && places.windows(2).all(|pair| pair[1] - pair[0] > 30.0), "{places:?}");
        assert_eq!(chart.lines[0].marks.len(), 1, "only the last of so many is marked");
    }

    #[test]
    fn of_spans_of_time_the_newest_is_seen_first_with_the_figures_beside_it() {
        let mut days = picture(Shape::Stacked, &[&[3, 900]]);
        let html = ChartView::new("c", &days).to_string();
        assert!(html.contains("is-newest-first") && html.contains(r#"viewBox="60 0 800 300""#), "{html}");
        assert!(html.contains(r#"x="796""#) && html.contains("左へ動かすと"), "{html}");
        days.axis = "状態".into();
        let html = ChartView::new("c", &days).to_string();
        assert!(html.contains(r#"viewBox="0 0 800 300""#) && html.contains("右へ動かすと"), "{html}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let chart = ChartView::new("c", &picture(Shape::Stacked, &[&[0, 0]]));
        assert!(chart.bars.is_empty() && chart.grid.len() >= 2);
    }
}
