//! 「何が変わりましたか」: one question a page, then what to file where and by when; the answers stand in the address.

mod words;

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{CutOff, japanese_date, typed_day},
    changes::{Answered, Change, Code, Deed, Question, Step, lead},
};
use serde::Deserialize;
use time::Date;

use self::words::{DeedView, view};
use crate::{
    site::{Access, Failure, Html, Routes, Visit},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError, FieldView, InputView, TextKind, TextView, Width},
        frame::Frame,
        parts::Fact,
    },
};

/// Address of the guide.
pub(in crate::pages) const PAGE: &str = "/changes";
/// Its name.
const TITLE: &str = "変更ガイド";

pub(super) fn routes() -> Routes {
    Routes::default().get(PAGE, Access::Public, show)
}

#[derive(Template)]
#[template(path = "changes/question.html")]
struct QuestionPage {
    frame: Frame,
    errors: ErrorSummary,
    action: &'static str,
    back: &'static str,
    given: Vec<(&'static str, String)>,
    question: FieldView,
}

#[derive(Template)]
#[template(path = "changes/deeds.html")]
struct DeedsPage {
    frame: Frame,
    answers: Vec<Fact>,
    deeds: Vec<DeedView>,
    again: &'static str,
}

/// The answers as they stand in the address.
#[derive(Clone, Debug, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    what: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    line: String,
    #[serde(default)]
    day: String,
    /// Set by the button of a question: an answer was to be given.
    #[serde(default)]
    asked: String,
}

impl Typed {
    fn answered(&self) -> Answered {
        let line = match self.line.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let (change, code) = (self.what.parse().ok(), self.code.parse().ok());
        Answered { change, code, line, day: typed_day(&self.day) }
    }
}

const fn key(question: Question) -> &'static str {
    match question {
        Question::Change => "what",
        Question::Code => "code",
        Question::Line => "line",
        Question::Day => "day",
    }
}

/// The answers as hidden fields.
fn given(answered: Answered) -> Vec<(&'static str, String)> {
    let line = answered.line.map(|yes| if yes { "yes" } else { "no" });
    [
        ("what", answered.change.map(|one| one.as_str().to_owned())),
        ("code", answered.code.map(|one| one.as_str().to_owned())),
        ("line", line.map(str::to_owned)),
        ("day", answered.day.map(|day| day.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// The next question, or what is to be done.
async fn show(visit: Visit, Query(typed): Query<Typed>) -> Result<Response, Failure> {
    let answered = typed.answered();
    Ok(match lead(answered, visit.site.app.rules().cut_off) {
        Step::Ask(question) => {
            let fault = (typed.asked == key(question)).then(|| missing(question).to_owned());
            let unanswered = fault.is_some();
            let page = ask(visit.frame(TITLE), question, answered, fault, &typed.day);
            if unanswered { Html(page).with_faults() } else { Html(page).into_response() }
        }
        Step::Do(deeds) => {
            let when = (visit.ctx().now.date(), visit.site.app.rules().cut_off);
            Html(tell(visit.frame(TITLE), answered, &deeds, when)).into_response()
        }
    })
}

const fn missing(question: Question) -> &'static str {
    match question {
        Question::Day => "変わる日を、カレンダーから選ぶか、「2026-06-01」のように年4桁・月・日で入力してください。",
        Question::Change | Question::Code | Question::Line => "当てはまるものを1つ選んでください。",
    }
}

fn ask(frame: Frame, question: Question, answered: Answered, fault: Option<String>, typed_day: &str) -> QuestionPage {
    let error = |message: &String| FieldError { key: key(question).to_owned(), message: message.clone() };
    QuestionPage {
        frame: Frame { has_errors: fault.is_some(), ..frame },
        errors: ErrorSummary { errors: fault.iter().map(error).collect() },
        action: PAGE,
        back: if answered == Answered::default() { "/procedures" } else { PAGE },
        given: given(answered),
        question: FieldView { error: fault, ..field(question, typed_day) },
    }
}

fn field(question: Question, typed: &str) -> FieldView {
    let radio = |label: &str, choices| FieldView::new(key(question), label, InputView::Radio { choices }).required();
    match question {
        Question::Change => radio(
            "何が変わりましたか",
            Change::ALL.iter().map(|one| ChoiceView::new(one.as_str(), one.label())).collect(),
        ),
        Question::Code => radio(
            "医療機関等コードは変わりますか",
            Code::ALL.iter().map(|one| ChoiceView::new(one.as_str(), one.label())).collect(),
        )
        .with_help("コードが変わるかどうかは、地方厚生局にお尋ねください。"),
        Question::Line => radio(
            "移転先で、回線（お客様ID）も変わりますか",
            vec![ChoiceView::new("yes", "変わる"), ChoiceView::new("no", "変わらない（同じお客様IDのまま移す）")],
        )
        .with_help("お客様IDは、回線の事業者の「開通のご案内」などに書かれています。"),
        Question::Day => {
            // What no date picker can show stays to be mended.
            let kind = if typed.is_empty() { TextKind::Date } else { TextKind::Text };
            let input = InputView::Text(TextView { width: Width::Short, ..TextView::of(kind, typed, "") });
            FieldView::new(key(question), "いつ変わりますか", input)
                .required()
                .with_help("決まっていないときは、見込みの日を選んでください。")
        }
    }
}

fn tell(frame: Frame, answered: Answered, deeds: &[Deed], when: (Date, CutOff)) -> DeedsPage {
    let mut answers = vec![];
    answers.extend(answered.change.map(|one| Fact::new("変わったこと", one.label())));
    answers.extend(answered.code.map(|one| Fact::new("コード", one.label())));
    let line = |changes: bool| if changes { "変わる" } else { "変わらない" };
    answers.extend(answered.line.map(|changes| Fact::new("回線", line(changes))));
    answers.extend(answered.day.map(|day| Fact::new("変わる日", japanese_date(day))));
    DeedsPage { frame, answers, deeds: deeds.iter().map(|one| view(*one, when)).collect(), again: PAGE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{show, visitor};
    use time::macros::date;

    #[test]
    fn each_question_is_a_page_and_so_is_each_list() {
        for question in [Question::Change, Question::Code, Question::Line, Question::Day] {
            for fault in [None, Some(missing(question).to_owned())] {
                let name = format!("changes-{}{}", key(question), if fault.is_some() { "-fault" } else { "" });
                show(&name, &ask(visitor(TITLE), question, Answered::default(), fault, ""));
            }
        }
        let day = Some(date!(2026 - 06 - 01));
        for change in Change::ALL {
            for code in Code::ALL {
                let answered = Answered { change: Some(*change), code: Some(*code), line: Some(true), day };
                if let Step::Do(deeds) = lead(answered, CutOff::default()) {
                    show(
                        &format!("changes-{change}-{code}"),
                        &tell(visitor(TITLE), answered, &deeds, (date!(2026 - 05 - 20), CutOff::default())),
                    );
                }
            }
        }
    }
}
