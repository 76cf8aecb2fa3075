//! Versions of an article: one as readers would see it, two beside each other, an older one as a new draft.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, clock::Timestamp};
use serde::Deserialize;
use services::{
    Error,
    content::{self, Line, LineKind, Saved},
    rows::ArticleVersion,
};

use super::{LIST, article, editor, frame, preview};
use crate::{
    site::{Failure, Html, Posted, Visit, comparison, see_other},
    view::{
        frame::Frame,
        parts::{CompareView, DiffLine, DiffMark, DiffView, SummaryListView, SummaryRow},
    },
};

/// The lines of a comparison as they are shown.
pub(super) fn diff(title: &str, lines: &[Line]) -> DiffView {
    let line = |line: &Line| {
        let mark = match line.kind {
            LineKind::Same => DiffMark::Same,
            LineKind::Added => DiffMark::Added,
            LineKind::Removed => DiffMark::Removed,
            LineKind::Gap => DiffMark::Gap,
        };
        DiffLine { mark, text: line.text.clone() }
    };
    DiffView { title: title.to_owned(), lines: lines.iter().map(line).collect() }
}

#[derive(Template)]
#[template(path = "office/article_version.html")]
struct VersionPage {
    frame: Frame,
    address: String,
    version: i64,
    latest: i64,
    facts: SummaryListView,
    html: String,
    faults: Vec<String>,
}

/// One version as readers would see it.
pub(in crate::pages::office) async fn version(
    visit: Visit,
    Path((number, version)): Path<(String, String)>,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let version = version.parse().map_err(|_| Error::NotFound)?;
    let (head, found) = content::article_version(&visit.ctx(), &number, version).await?;
    let drawn = preview::drawn(&visit, "body", &found.body).await?;
    Ok(Html(VersionPage {
        frame: frame(&visit, format!("版{version}：{}", found.title), &head.number),
        address: format!("{LIST}/{}", head.number),
        version,
        latest: head.latest,
        facts: facts(&found),
        html: drawn.html,
        faults: drawn.faults,
    })
    .into_response())
}

fn when(at: i64) -> String {
    japanese_datetime(Timestamp::from_millis(at))
}

fn facts(version: &ArticleVersion) -> SummaryListView {
    let published = match version.published_at {
        Some(at) => format!("{}　{}", when(at), version.publisher_name),
        None => "公開していません".to_owned(),
    };
    let mut rows = vec![
        SummaryRow::new("保存した人", format!("{}　{}", version.author_name, when(version.made_at))),
        SummaryRow::new("理由", &version.note),
        SummaryRow::new("公開", published),
        SummaryRow::new("更新者として表示する役割名", &version.editor),
    ];
    if !version.review_note.is_empty() {
        rows.push(SummaryRow::new("差し戻した理由", &version.review_note));
    }
    SummaryListView { title: String::new(), rows }
}

/// Which versions are compared.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::pages::office) struct Wanted {
    a: i64,
    b: i64,
}

#[derive(Template)]
#[template(path = "office/article_compare.html")]
struct ComparePage {
    frame: Frame,
    address: String,
    older: i64,
    latest: bool,
    seen: i64,
    facts: SummaryListView,
    fields: Option<CompareView>,
    diff: DiffView,
}

/// Two versions beside each other.
pub(in crate::pages::office) async fn compare(
    visit: Visit,
    Path(number): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let found = content::compare(&visit.ctx(), &number, wanted.a, wanted.b).await?;
    let (before, after) = (format!("版{}", found.before.version), format!("版{}", found.after.version));
    let row = |version: &ArticleVersion| {
        let words = format!("{}　{}\n{}", version.author_name, when(version.made_at), version.note);
        SummaryRow::new(format!("版{}", version.version), words)
    };
    let differences: Vec<_> = found
        .fields
        .iter()
        .map(|field| services::applications::Difference {
            key: String::new(),
            label: field.label.clone(),
            before: field.before.clone(),
            now: field.after.clone(),
        })
        .collect();
    let fields = (!differences.is_empty()).then(|| comparison("本文のほか", [&before, &after], &differences));
    Ok(Html(ComparePage {
        frame: frame(&visit, format!("{before}と{after}の違い"), &found.head.number),
        address: format!("{LIST}/{}", found.head.number),
        older: found.before.version,
        latest: found.after.version == found.head.latest,
        seen: found.head.latest,
        facts: SummaryListView { title: String::new(), rows: vec![row(&found.before), row(&found.after)] },
        fields,
        diff: diff("本文の違い", &found.lines),
    })
    .into_response())
}

/// Saves an older version anew as the draft.
pub(in crate::pages::office) async fn restore(
    visit: Visit,
    Path(number): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    let version = posted.number("version").unwrap_or(0);
    let seen = posted.number("seen").unwrap_or(-1);
    Ok(match content::restore(&visit.ctx(), &number, version, seen).await? {
        Saved::Slips(slips) => Html(article::page(&visit, &number, None, &slips).await?).with_faults(),
        Saved::Done { number, .. } => see_other(&format!("{LIST}/{number}?done=restored")),
        Saved::Meanwhile { .. } => return Err(Error::ChangedMeanwhile.into()),
    })
}
