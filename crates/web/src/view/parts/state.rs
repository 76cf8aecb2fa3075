//! States: a word with a shape, the line of life, and the steps of a longer form.

use askama::Template;
use askama::filters::HtmlSafe;

/// A state as a word with a shape: colour never stands alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/state.html")]
pub struct StateView {
    /// Shape and colour.
    pub tone: Tone,
    /// The word, e.g. 審査中.
    pub words: String,
}

impl HtmlSafe for StateView {}

impl StateView {
    /// A state from its tone and its word.
    #[must_use]
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self { tone, words: words.into() }
    }
}

/// What a state means for the reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not begun: an open circle.
    #[default]
    Idle,
    /// Begun and with the reader, e.g. 下書き: a dot in a circle.
    Active,
    /// With somebody else: a clock.
    Waiting,
    /// Done: a check mark.
    Done,
    /// The reader must act, e.g. 補正依頼: a triangle.
    Attention,
    /// Ended without result, e.g. 却下, 取下げ: a cross.
    Stopped,
}

impl Tone {
    /// CSS class of the tone.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Idle => "state-idle",
            Self::Active => "state-active",
            Self::Waiting => "state-waiting",
            Self::Done => "state-done",
            Self::Attention => "state-attention",
            Self::Stopped => "state-stopped",
        }
    }
}

/// The line of life of an application or a certificate.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/state_line.html")]
pub struct StateLineView {
    /// The state now.
    pub state: StateView,
    /// One line: what happened, who has it, since when, what comes next, expected by which date.
    pub sentence: String,
    /// The points of the line, oldest first.
    pub points: Vec<PointView>,
}

impl HtmlSafe for StateLineView {}

/// One point of the line of life.
#[derive(Debug, Clone, Default)]
pub struct PointView {
    /// What happens there, e.g. 通知書の発送.
    pub label: String,
    /// Date in words; for a point ahead the expected date, or empty.
    pub date: String,
    /// Whether it is reached.
    pub stage: Stage,
}

impl PointView {
    /// A point of the line.
    #[must_use]
    pub fn new(label: impl Into<String>, date: impl Into<String>, stage: Stage) -> Self {
        Self { label: label.into(), date: date.into(), stage }
    }
}

/// Where a point stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Reached and left.
    Done,
    /// Here now.
    Current,
    /// Still to come.
    #[default]
    Ahead,
    /// Ended here.
    Stopped,
}

/// Steps of a longer form, e.g. 入力 → 確認 → 完了.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/steps.html")]
pub struct StepsView {
    /// Names of the steps.
    pub steps: Vec<String>,
    /// Number of the current one, counted from 1.
    pub current: usize,
}

impl HtmlSafe for StepsView {}

impl StepsView {
    /// Steps from their names.
    #[must_use]
    pub fn new(steps: &[&str], current: usize) -> Self {
        Self { steps: steps.iter().map(|s| (*s).to_owned()).collect(), current }
    }

    /// Name of the current step.
    #[must_use]
    pub fn current_name(&self) -> &str {
        self.steps.get(self.current.wrapping_sub(1)).map_or("", String::as_str)
    }
}
