//! The task list of the home page.

use askama::Template;
use askama::filters::HtmlSafe;

use super::StateView;

/// Tasks in the order they are done.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/task_list.html")]
pub struct TaskListView {
    /// The tasks.
    pub tasks: Vec<TaskView>,
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
    /// What to do or what happens next.
    pub next: String,
    /// Expected date in words; empty for none.
    pub expected: String,
    /// Last day in words; empty for none.
    pub deadline: String,
    /// Words of the button, e.g. `申請を続ける`; for the current task only, empty for none.
    pub action: String,
    /// True for the one task to do now: it gets the weight.
    pub current: bool,
}
