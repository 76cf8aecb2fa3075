//! What was typed about a trouble or a maintenance, and its fields.

use domain::{
    clock::Timestamp,
    content::{
        notices::typed_instant,
        service::{LONGEST_TITLE, LONGEST_WORDS, ServiceKind, ServicePart, ServiceState},
    },
    forms::Finding,
};

use crate::{
    site::Posted,
    view::form::{ChoiceView, FieldView, InputView, TextKind, TextView, Width},
};

/// What was typed.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) kind: ServiceKind,
    pub(super) title: String,
    pub(super) parts: Vec<ServicePart>,
    pub(super) from: (String, String),
    pub(super) until: (String, String),
    pub(super) words: String,
    /// The last report, with which it ends.
    pub(super) last: String,
}

fn fields_of(at: Timestamp) -> (String, String) {
    let local = at.in_japan();
    (at.date().to_string(), format!("{:02}:{:02}", local.hour(), local.minute()))
}

impl Typed {
    pub(super) fn new(kind: ServiceKind, now: Timestamp) -> Self {
        let from = if kind == ServiceKind::Trouble { fields_of(now) } else { Default::default() };
        let (title, words, last, until) = Default::default();
        Self { kind, title, parts: vec![], from, until, words, last }
    }

    pub(super) fn of(state: &ServiceState) -> Self {
        Self {
            kind: state.kind,
            title: state.title.clone(),
            parts: state.parts.clone(),
            from: fields_of(state.from),
            until: state.until.map(fields_of).unwrap_or_default(),
            words: String::new(),
            last: String::new(),
        }
    }

    pub(super) fn posted(kind: ServiceKind, posted: &Posted) -> Self {
        let text = |key: &str| posted.get(key).trim().to_owned();
        Self {
            kind,
            title: text("title"),
            parts: posted.all("parts").filter_map(|word| word.parse().ok()).collect(),
            from: (text("from_day"), text("from_time")),
            until: (text("until_day"), text("until_time")),
            words: text("words").replace("\r\n", "\n"),
            last: text("last").replace("\r\n", "\n"),
        }
    }

    /// The state, or which day or time cannot be read. A beginning that is not typed is now.
    pub(super) fn state(&self, now: Timestamp) -> Result<ServiceState, Finding> {
        let read = |(day, time): &(String, String), name: &str, label: &str| {
            typed_instant(day, time, false).map_err(|of_day| {
                let part = if of_day { "day" } else { "time" };
                let like = if of_day { "日を、「2026-05-20」" } else { "時刻を、「09:30」" };
                let message = format!("「{label}」の{like}のように入力してください。");
                Finding { field: format!("{name}_{part}"), message }
            })
        };
        Ok(ServiceState {
            kind: self.kind,
            title: self.title.clone(),
            parts: self.parts.clone(),
            from: read(&self.from, "from", "開始")?.unwrap_or(now),
            until: read(&self.until, "until", "終了の予定")?,
        })
    }

    /// What a title is like, and what is told.
    const fn examples(&self) -> (&'static str, &'static str) {
        match self.kind {
            ServiceKind::Trouble => (
                "メールの送信が遅れています",
                "いまわかっていること、できること、できないこと、次に知らせる時刻を書いてください。",
            ),
            ServiceKind::Maintenance => (
                "機器の入替えのため、ポータルを停止します",
                "止まる間にできること、できないこと、保存した下書きの扱いを書いてください。",
            ),
        }
    }

    pub(super) fn fields(&self) -> Vec<FieldView> {
        let planned = self.kind == ServiceKind::Maintenance;
        let (like, told) = self.examples();
        let title = TextView { maxlength: LONGEST_TITLE as u32, ..TextView::new(&self.title) };
        let part = |part: &ServicePart| ChoiceView {
            selected: self.parts.contains(part),
            ..ChoiceView::new(part.as_str(), part.label())
        };
        let mut fields = vec![
            FieldView::new("title", "題名", InputView::Text(title))
                .required()
                .with_help(format!("すべての画面の上に表示します。例：{like}")),
            FieldView::new(
                "parts",
                "影響するもの",
                InputView::Checks { choices: ServicePart::ALL.iter().map(part).collect() },
            )
            .required(),
        ];
        let [day, time] = day_and_time("from", "開始", &self.from);
        let now = "日と時刻を入力しないと、いますぐ始まります。";
        fields.extend([if planned { day.with_help(now) } else { day }, time]);
        if planned {
            fields.extend(day_and_time("until", "終了の予定", &self.until).map(FieldView::required));
        }
        let words = InputView::LongText { value: self.words.clone(), maxlength: LONGEST_WORDS as u32 };
        fields.push(FieldView::new("words", "知らせる内容", words).with_help(told));
        fields
    }
}

fn day_and_time(name: &str, label: &str, (day, time): &(String, String)) -> [FieldView; 2] {
    let input =
        |kind, value: &String| InputView::Text(TextView { width: Width::Short, ..TextView::of(kind, value, "") });
    [
        FieldView::new(format!("{name}_day"), format!("{label}の日"), input(TextKind::Date, day)),
        FieldView::new(format!("{name}_time"), format!("{label}の時刻"), input(TextKind::Time, time)),
    ]
}
