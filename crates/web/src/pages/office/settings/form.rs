//! The form of a topic: its fields, the day from which the change applies, and why.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, typed_day},
    forms::Finding,
    office::settings::{MailText, Shape, Topic, Value, days_from_text, days_to_text},
    subsidies::scheme_to_typed,
    typed::fold,
};
use serde::Deserialize;
use services::{
    authority,
    office::settings::{self, Changed, Draft, TopicView},
};

use super::{LIST, list_form, scheme_form, topic_of};
use crate::{
    pages::office::parts,
    site::{Failure, Html, Posted, Visit, see_other, to_html, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView, Width},
        frame::{BannerKind, Frame, Link},
        parts::{SummaryListView, SummaryRow},
    },
};

/// Address of the list of schemes.
const SCHEMES: &str = "/office/subsidies/schemes";

#[derive(Template)]
#[template(path = "office/setting_change.html")]
struct ChangePage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    seen: i64,
    entry: String,
    fields: Vec<FieldView>,
    placeholders: SummaryListView,
    can_preview: bool,
    preview: Option<Preview>,
    /// What pressing the button leads to.
    before: &'static str,
    button: &'static str,
}

/// How a text will look.
struct Preview {
    subject: String,
    lines: Vec<String>,
    html: String,
}

/// Which entry of a list is changed; empty for a new one.
#[derive(Deserialize)]
pub(in crate::pages::office) struct Wanted {
    #[serde(default)]
    entry: String,
}

/// The form, filled with what the newest version says.
pub(in crate::pages::office) async fn ask(
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    parts::insist(&visit, super::CHANGE)?;
    let view = settings::topic(&visit.ctx(), &topic_of(&name)?, None).await?;
    if !view.may_change {
        return Err(services::Error::Forbidden.into());
    }
    let typed = typed_of(&view, &wanted.entry);
    Ok(Html(page(&visit, &view, &typed, &wanted.entry, &[])).into_response())
}

/// What stands in the fields of the form, by key.
pub(super) type Typed = BTreeMap<String, String>;

fn typed_of(view: &TopicView, entry: &str) -> Typed {
    let pairs: Vec<(String, String)> = match (&view.topic, &view.newest) {
        (Topic::Figures(topic), Value::Figures { figures }) => {
            let words = |figure: &domain::office::settings::Figure| {
                let value = figures.get(figure.key).copied().unwrap_or_default();
                (figure.key.to_owned(), value.to_string())
            };
            topic.figures().iter().map(words).collect()
        }
        (_, Value::Holidays { days }) => vec![("days".to_owned(), days_to_text(days))],
        (_, Value::Mail(text)) => {
            vec![("subject".to_owned(), text.subject.clone()), ("body".to_owned(), text.body.clone())]
        }
        (_, Value::Document { title, body, .. }) => {
            vec![("title".to_owned(), title.clone()), ("body".to_owned(), body.clone())]
        }
        (_, Value::List { entries }) => list_form::typed_of(entries, entry),
        (_, Value::Scheme(scheme)) => scheme_to_typed(scheme),
        _ => vec![],
    };
    pairs.into_iter().collect()
}

fn page(visit: &Visit, view: &TopicView, typed: &Typed, entry: &str, slips: &[Finding]) -> ChangePage {
    let mut fields = topic_fields(visit, &view.topic, typed);
    fields.extend(when_and_why(typed));
    let (fields, errors) = with_slips(fields, slips);
    // A scheme that is not kept yet has no page of its own to go back to.
    let is_fresh = view.version == 0 && matches!(view.topic, Topic::Scheme(_));
    let title = match &view.topic {
        _ if is_fresh => format!("新しい制度「{}」を作る", view.title),
        Topic::List(_) if entry.is_empty() => format!("「{}」に選択肢を加える", view.title),
        _ => format!("「{}」を変える", view.title),
    };
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame(title, LIST) };
    let back = if is_fresh { SCHEMES.to_owned() } else { format!("{LIST}/{}", view.topic) };
    let last = if is_fresh { "補助金の制度" } else { view.title.as_str() };
    frame.breadcrumb.extend([Link::new("設定", LIST), Link::new(last, &back)]);
    let (before, button) = if view.asks_second {
        ("別の担当者の承認が必要です。承認されると、決めた日から使われます。", "変更を起案する")
    } else {
        ("決めた日から、すべての画面とメールで使われます。だれがいつ変えたかは、履歴に残ります。", "保存する")
    };
    ChangePage {
        frame,
        errors,
        action: format!("{LIST}/{}/change", view.topic),
        back,
        seen: view.version,
        entry: entry.to_owned(),
        fields,
        placeholders: placeholders(view),
        can_preview: matches!(view.topic, Topic::Mail(_) | Topic::Document(_)),
        preview: None,
        before,
        button,
    }
}

fn placeholders(view: &TopicView) -> SummaryListView {
    let row = |(name, words): (&String, &String)| SummaryRow::new(format!("{{{{{name}}}}}"), words);
    SummaryListView { title: "使える差し込み".to_owned(), rows: view.placeholders.iter().map(row).collect() }
}

fn text(key: &str, label: &str, typed: &Typed) -> FieldView {
    let value = typed.get(key).map(String::as_str).unwrap_or_default();
    FieldView::new(key, label, InputView::Text(TextView::new(value))).required()
}

fn long(key: &str, label: &str, typed: &Typed, maxlength: u32) -> FieldView {
    let value = typed.get(key).cloned().unwrap_or_default();
    FieldView::new(key, label, InputView::LongText { value, maxlength }).required()
}

fn topic_fields(visit: &Visit, topic: &Topic, typed: &Typed) -> Vec<FieldView> {
    match topic {
        Topic::Figures(topic) => topic.figures().iter().map(|figure| figure_field(figure, typed)).collect(),
        Topic::Holidays => vec![
            long("days", "祝日", typed, 0)
                .with_help("1行に1日、「2028/1/1,元日」のように入力してください。内閣府が公表する表を、そのまま貼りつけられます。")
                .with_help("ここにある年は、すべてこの表のとおりになります。振替休日と国民の休日も含めてください。ない年は、法律の決まりから計算します。"),
        ],
        Topic::Mail(_) => vec![
            text("subject", "件名", typed),
            long("body", "本文", typed, 8_000).with_help("「{{」と「}}」で囲んだ差し込みは、送るときに置き換わります。使えるものは下の一覧にあります。"),
        ],
        Topic::Document(_) => vec![
            text("version", "版", typed).with_help("いまより大きい番号を、「1.2」のように入力してください。"),
            text("title", "題名", typed),
            long("body", "本文", typed, 0).with_help("Markdownで書きます。見出しは「## 」、箇条書きは「- 」ではじめてください。"),
        ],
        Topic::List(name) => {
            let profiles = authority::terminal_profiles(&visit.ctx());
            list_form::fields(&visit.site.app.reference().lists, &profiles, name, typed)
        },
        Topic::Scheme(_) => scheme_form::fields(typed),
    }
}

fn figure_field(figure: &domain::office::settings::Figure, typed: &Typed) -> FieldView {
    let value = typed.get(figure.key).map(String::as_str).unwrap_or_default();
    let (label, input) = match figure.shape {
        Shape::Number { unit, .. } => {
            let input = TextView { inputmode: "numeric".to_owned(), ..TextView::new(value) };
            (format!("{}（{unit}）", figure.label), InputView::Text(input))
        }
        Shape::YesNo { yes, no } => {
            let choice =
                |word: &str, label: &str| ChoiceView { selected: value == word, ..ChoiceView::new(word, label) };
            let choices = vec![choice("1", yes), choice("0", no)];
            (figure.label.to_owned(), InputView::Radio { choices })
        }
    };
    FieldView::new(figure.key, label, input).required().with_help(figure.help)
}

fn when_and_why(typed: &Typed) -> Vec<FieldView> {
    let value = |key: &str| typed.get(key).cloned().unwrap_or_default();
    let day = TextView { width: Width::Short, ..TextView::of(TextKind::Date, value("from"), "") };
    vec![
        FieldView::new("from", "いつから", InputView::Text(day))
            .required()
            .with_help("その日の0時から使われます。今日の日付にすると、すぐに使われます。"),
        FieldView::new("why", "変更の理由", InputView::LongText { value: value("why"), maxlength: 500 })
            .required()
            .with_help("履歴に残ります。"),
    ]
}

/// The value that was typed; the fields that cannot be read at all are named by the rules of the topic.
fn value_of(view: &TopicView, typed: &Typed, entry: &str) -> Result<Value, Vec<Finding>> {
    let text = |key: &str| typed.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    Ok(match &view.topic {
        Topic::Figures(topic) => {
            let read = |key: &str| fold(&text(key)).replace(',', "").parse::<i64>().ok();
            let figures = topic.figures().iter().filter_map(|one| Some((one.key.to_owned(), read(one.key)?)));
            Value::Figures { figures: figures.collect() }
        }
        Topic::Holidays => match days_from_text(&text("days")) {
            Ok(days) => Value::Holidays { days },
            Err(line) => {
                let message = format!("「祝日」の{line}行目を、「2028/1/1,元日」の形に直してください。");
                return Err(vec![Finding { field: "days".to_owned(), message }]);
            }
        },
        Topic::Mail(_) => {
            let body = typed.get("body").map(|body| body.replace("\r\n", "\n")).unwrap_or_default();
            Value::Mail(MailText { subject: text("subject"), body })
        }
        Topic::Document(_) => {
            let body = text("body").replace("\r\n", "\n");
            Value::Document { version: fold(&text("version")), title: text("title"), body }
        }
        Topic::List(_) => {
            let entries = match &view.newest {
                Value::List { entries } => entries.clone(),
                _ => vec![],
            };
            Value::List { entries: list_form::changed(entries, entry, typed) }
        }
        Topic::Scheme(_) => scheme_form::value(&view.newest, typed)?,
    })
}

/// Takes the change, shows how it will look, or says what is wrong.
pub(in crate::pages::office) async fn change(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, super::CHANGE)?;
    let topic = topic_of(&name)?;
    let ctx = visit.ctx();
    let view = settings::topic(&ctx, &topic, None).await?;
    let typed: Typed = posted.fields().iter().cloned().collect();
    let entry = posted.get("entry");
    let value = match value_of(&view, &typed, entry) {
        Ok(value) => value,
        Err(slips) => return Ok(Html(page(&visit, &view, &typed, entry, &slips)).with_faults()),
    };
    if posted.get("do") == "preview" {
        let page = ChangePage { preview: preview(&visit, &view, &value)?, ..page(&visit, &view, &typed, entry, &[]) };
        return Ok(Html(page).into_response());
    }
    let seen = posted.number("seen").unwrap_or(-1);
    let draft = Draft { value, from: typed_day(posted.get("from")), note: posted.get("why").to_owned(), seen };
    let from = draft.from;
    match settings::change(&ctx, &topic, draft).await? {
        Changed::Done(_) => Ok(see_other(&format!("{LIST}/{topic}?done=set"))),
        Changed::Proposed(id) => Ok(see_other(&format!("/office/proposals/{id}?done=made"))),
        Changed::Slips(slips) => Ok(Html(page(&visit, &view, &typed, entry, &slips)).with_faults()),
        Changed::Waits => {
            Ok(told(page(&visit, &view, &typed, entry, &[]), "この設定には、承認を待っている起案があります", from))
        }
        Changed::Meanwhile => {
            Ok(told(page(&visit, &view, &typed, entry, &[]), "この設定は、画面を開いた後に変更されました", from))
        }
    }
}

fn told(mut page: ChangePage, title: &str, from: Option<time::Date>) -> Response {
    let from = from.map(japanese_date).unwrap_or_default();
    let body = format!(
        "今回の変更（{from}から）は、まだ保存していません。設定のページでいまの内容をご確認のうえ、必要であればもう一度変更してください。"
    );
    page.frame.has_errors = true;
    page.frame.banners.push(parts::banner(BannerKind::Error, title, &[&body]));
    (axum::http::StatusCode::CONFLICT, Html(page)).into_response()
}

fn preview(visit: &Visit, view: &TopicView, value: &Value) -> Result<Option<Preview>, Failure> {
    let ctx = visit.ctx();
    Ok(match (&view.topic, value) {
        (Topic::Mail(key), Value::Mail(text)) => {
            let shown = settings::preview_mail(&ctx, key, text)?;
            let lines = shown.body.lines().map(str::to_owned).collect();
            Some(Preview { subject: shown.subject, lines, html: String::new() })
        }
        (_, Value::Document { title, body, .. }) => {
            let (html, _) = to_html(&settings::preview_document(&ctx, body)?);
            Some(Preview { subject: title.clone(), lines: vec![], html })
        }
        _ => None,
    })
}
