//! The line finder: what is printed on the papers, and the option to choose in both forms (spec 03).

use askama::Template;
use axum::extract::Query;
use domain::applications::{
    Entry, Lists,
    line_finder::{CONNECTION, LINE_KIND, LIST, PAPERS, Question, find, search},
};
use serde::Deserialize;

use super::home;
use crate::{
    site::{Html, Visit},
    view::{
        form::{ChoiceView, FieldView, InputView, TextView},
        frame::{Frame, Link, Section},
    },
};

/// Longest text that is looked for, in characters.
const LONGEST: usize = 100;
/// What stands for a procedure that cannot use the line.
const NOT_THERE: &str = "この手続では使えません";
/// What stands for an option that the papers do not settle.
const OPEN: &str = "システムベンダにご確認ください";

/// What is printed on the papers, typed or chosen.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Printed {
    #[serde(default)]
    q: String,
    #[serde(default)]
    papers: String,
}

/// A line that the papers may be of, with the option of each form.
struct Finding {
    label: String,
    /// The name by which it was found, when it is not the label.
    name: String,
    certain: bool,
    line_kind: String,
    connection: String,
    note: String,
}

#[derive(Template)]
#[template(path = "content/line_finder.html")]
pub(super) struct FinderPage {
    frame: Frame,
    text: FieldView,
    list: FieldView,
    /// Whether something was asked.
    asked: bool,
    /// Whether all that was found leads to the same options.
    agreed: bool,
    findings: Vec<Finding>,
}

/// The page with what the papers point to.
pub(super) async fn show(visit: Visit, Query(printed): Query<Printed>) -> Html<FinderPage> {
    let lists = visit.site.app.reference().lists;
    let words: String = printed.q.replace(char::is_control, " ").trim().chars().take(LONGEST).collect();
    let found: Vec<(&Entry, &str)> = match find(&lists, &printed.papers) {
        Some(entry) if words.is_empty() => vec![(entry, "")],
        _ => search(&lists, &words).into_iter().map(|hit| (hit.entry, hit.name)).collect(),
    };
    let options = |entry: &Entry| (LINE_KIND.option(entry).to_owned(), CONNECTION.option(entry).to_owned());
    let agreed = found.windows(2).all(|pair| matches!(pair, [(one, _), (other, _)] if options(one) == options(other)));
    let breadcrumb = home().into_iter().chain([Link::new("電気通信回線種別とは", "/articles/line-kinds")]).collect();
    Html(FinderPage {
        frame: Frame {
            current: Section::Business,
            breadcrumb,
            ..visit.frame("回線の種類を、書類にある言葉から調べる")
        },
        asked: !words.is_empty() || !found.is_empty(),
        agreed,
        findings: found.into_iter().map(|(entry, name)| finding(&lists, entry, name)).collect(),
        text: text(&words),
        list: list(&lists, if words.is_empty() { &printed.papers } else { "" }),
    })
}

fn text(words: &str) -> FieldView {
    FieldView::new("q", "書類にある会社や回線の名前", InputView::Text(TextView::new(words)))
        .with_help(
            "契約書、請求書、「開通のご案内」にある言葉を入力してください。例：ドコモ光、フレッツ光、コミュファ光。",
        )
        .with_help("ひらがな、カタカナ、全角、半角の違いは気にしなくてかまいません。")
}

fn list(lists: &Lists, chosen: &str) -> FieldView {
    let choice =
        |entry: &Entry| ChoiceView { selected: entry.value == chosen, ..ChoiceView::new(&entry.value, &entry.label) };
    let choices = lists.offered(LIST).map(choice).collect();
    let input = InputView::Select { choices, placeholder: "選んでください".to_owned() };
    FieldView::new(PAPERS, "または、一覧から選ぶ", input)
}

fn finding(lists: &Lists, entry: &Entry, name: &str) -> Finding {
    let words = |question: Question| match question.option(entry) {
        "" if entry.certain => NOT_THERE.to_owned(),
        "" => OPEN.to_owned(),
        option => question.words(lists, option),
    };
    Finding {
        label: entry.label.clone(),
        name: if name == entry.label { String::new() } else { name.to_owned() },
        certain: entry.certain,
        line_kind: words(LINE_KIND),
        connection: words(CONNECTION),
        note: entry.note.clone(),
    }
}
