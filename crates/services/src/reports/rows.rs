//! Pictures as plain numbers: labels and series; the table and the file of a picture are made of the same.

use domain::text::thousands;

/// What labels are called that are spans of time up to today.
pub(super) const AXES: [&str; 3] = ["日", "週（始まりの日）", "月"];

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The series are stacked on each other.
    Stacked,
    /// Bars stand side by side.
    Grouped,
    /// A line for each series.
    Lines,
}

/// Numbers of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// One for each label.
    pub values: Vec<i64>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What it shows.
    pub title: String,
    /// What is meant, in a sentence.
    pub note: String,
    /// What the labels are, such as 「日」.
    pub axis: String,
    /// The unit of all numbers, such as 「件」.
    pub unit: String,
    /// How it is drawn.
    pub shape: Shape,
    /// The labels, from left to right.
    pub labels: Vec<String>,
    /// The series; none when there is nothing to tell.
    pub series: Vec<Series>,
    /// Whether a zero tells something, as it does of an age.
    pub zeros: bool,
}

impl Picture {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        let none = self.series.is_empty() || self.labels.is_empty();
        none || !self.zeros && self.series.iter().all(|series| series.values.iter().all(|value| *value == 0))
    }

    /// Whether the labels are spans of time up to today, the newest last.
    pub fn is_in_time(&self) -> bool {
        AXES.contains(&self.axis.as_str())
    }

    /// Sum of the numbers at one label.
    pub fn sum(&self, place: usize) -> i64 {
        self.series.iter().filter_map(|series| series.values.get(place)).sum()
    }

    /// What it shows, in a sentence for those who do not see it.
    pub fn summary(&self) -> String {
        let total = |series: &Series| match self.shape {
            Shape::Stacked => format!("{}の合計は{}{}", series.name, thousands(series.values.iter().sum()), self.unit),
            Shape::Lines | Shape::Grouped => {
                let last = series.values.last().copied().unwrap_or(0);
                format!("{}の最後の値は{}{}", series.name, thousands(last), self.unit)
            }
        };
        let parts: Vec<String> = self.series.iter().map(total).collect();
        let (first, last) = (self.labels.first(), self.labels.last());
        let span = first.zip(last).map(|(first, last)| format!("{first}から{last}まで。")).unwrap_or_default();
        format!("{}{span}{}。", self.note, parts.join("、"))
    }
}
