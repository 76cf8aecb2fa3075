//! A procedure by a table: its template and columns, and handing the table in.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{
    applications::Kind,
    forms::Finding,
    group::{Column, MOST_ROWS},
    ids::SheetId,
};
use services::group::{self, Handed, Taken};

use super::{ADDRESS, figure, frame, kind};
use crate::{
    site::{Download, Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{Frame, Link},
    },
};

/// A column as the page explains it.
struct ColumnRow {
    heading: String,
    needed: &'static str,
    help: Vec<String>,
    offered: Vec<String>,
}

#[derive(Template)]
#[template(path = "group/procedure.html")]
struct Page {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    article: &'static str,
    /// Made with the page: a second click hands the same table in.
    sheet: String,
    fields: Vec<FieldView>,
    columns: Vec<ColumnRow>,
    most: String,
    certificate: bool,
}

/// The template, the columns, and the form.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    Ok(Html(page(&visit, kind, &Posted::default(), &[]).await?).into_response())
}

async fn page(visit: &Visit, kind: Kind, posted: &Posted, slips: &[Finding]) -> Result<Page, Failure> {
    let columns = group::columns(&visit.ctx(), kind).await?;
    let (fields, errors) = with_slips(fields(posted), slips);
    let app = &visit.site.app;
    let frame = frame(visit, format!("一括申請：{}", kind.label()), None);
    Ok(Page {
        frame: Frame { has_errors: !errors.is_empty(), ..frame },
        errors,
        address: format!("{ADDRESS}/new/{kind}"),
        article: kind.article(),
        sheet: SheetId::new(app.clock.now(), &*app.randomness).to_string(),
        fields,
        columns: columns.iter().map(column).collect(),
        most: figure(i64::try_from(MOST_ROWS).unwrap_or(i64::MAX)),
        certificate: kind == Kind::Certificate,
    })
}

fn column(column: &Column) -> ColumnRow {
    ColumnRow {
        heading: column.heading.clone(),
        needed: column.needed(),
        help: column.field.help.clone(),
        offered: column.offered().into_iter().map(str::to_owned).collect(),
    }
}

fn fields(posted: &Posted) -> Vec<FieldView> {
    let file = InputView::File { accept: ".csv,.txt,text/csv".to_owned(), current: String::new() };
    let pasted = InputView::LongText { value: posted.get("pasted").to_owned(), maxlength: 0 };
    vec![
        FieldView::new("file", "CSVファイル", file)
            .with_help("文字コードはUTF-8でも、Excelの標準のShift_JISでもかまいません。"),
        FieldView::new("pasted", "または、Excelからの貼り付け", pasted)
            .with_help("Excelで見出しの行からデータの終わりまでを選んでコピーし、ここに貼り付けます。"),
    ]
}

/// Takes the table in; then to what was found in it.
pub(super) async fn hand_in(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    let pasted = posted.get("pasted");
    let slip = |field: &str, message: String| Finding { field: field.to_owned(), message };
    let (field, name, content) = match (posted.file("file"), pasted.trim().is_empty()) {
        (Some(file), true) => ("file", "CSVファイル", file),
        (None, false) => ("pasted", "貼り付けた表", pasted.as_bytes()),
        (found, _) => {
            let both = found.is_some();
            let words = if both {
                "ファイルと貼り付けの両方があります。どちらか一方にしてください。"
            } else {
                "CSVファイルを選ぶか、Excelの表を貼り付けてください。"
            };
            let slips = [slip(if both { "pasted" } else { "file" }, words.to_owned())];
            return Ok(Html(page(&visit, kind, &posted, &slips).await?).with_faults());
        }
    };
    let app = &visit.site.app;
    let id = posted.get("sheet").parse().unwrap_or_else(|_| SheetId::new(app.clock.now(), &*app.randomness));
    let handed = Handed { id, kind, name: name.to_owned(), content };
    Ok(match group::hand_in(&visit.ctx(), &handed).await? {
        Taken::Sheet(id) => see_other(&format!("{ADDRESS}/{id}")),
        Taken::Refused(sentence) => Html(page(&visit, kind, &posted, &[slip(field, sentence)]).await?).with_faults(),
    })
}

/// The template with a row for each institution of the person.
pub(super) async fn template(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.member()?;
    let kind = kind(&name)?;
    let bytes = group::template(&visit.ctx(), kind).await?;
    Ok(csv(format!("group-{kind}.csv"), bytes))
}

/// A file of rows.
pub(super) const fn csv(name: String, bytes: Vec<u8>) -> Download {
    Download { name, media_type: "text/csv; charset=utf-8", bytes, inline: false }
}

/// The page of a procedure as a link.
pub(super) fn link(kind: Kind) -> Link {
    Link::new(kind.label(), format!("{ADDRESS}/new/{kind}"))
}
