//! The home page of an institution: the one next step, and the list of its procedures.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Fact, StateView};

/// The one thing to do next: the biggest part of the page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/next_step.html")]
pub struct NextStepView {
    /// What it is about, such as a procedure.
    pub title: String,
    /// What it does and what comes after it.
    pub says: Vec<String>,
    /// Until when, if there is a last day.
    pub facts: Vec<Fact>,
    /// Where it leads; empty when nothing is to be done.
    pub href: String,
    /// Words of the button, named by what it does.
    pub label: String,
}

impl HtmlSafe for NextStepView {}

/// Tasks, mostly in the order they are done.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/task_list.html")]
pub struct TaskListView {
    /// The tasks.
    pub tasks: Vec<TaskView>,
    /// Whether their order says nothing; then they have no numbers.
    pub unordered: bool,
}

impl HtmlSafe for TaskListView {}

/// One task of the list.
#[derive(Debug, Clone, Default)]
pub struct TaskView {
    /// Name of the task, e.g. オンライン資格確認の利用申請.
    pub title: String,
    /// Where it is done or looked at; empty while it cannot be begun.
    pub href: String,
    /// State as a word with a shape.
    pub state: StateView,
    /// What happened and what comes next.
    pub next: String,
    /// Whose turn it is, expected date, last day.
    pub facts: Vec<Fact>,
    /// True for the one task that comes next.
    pub current: bool,
}
