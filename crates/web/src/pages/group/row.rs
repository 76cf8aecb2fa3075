//! A row on a page: the very form of its procedure, with the answers of the row.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::group::RowState;
use services::{
    Error,
    group::{self, RowForm},
};

use super::{ADDRESS, frame, id};
use crate::{
    site::{
        Failure, FormLook, Html, Posted, Visit, answers_from, error_summary, grouped_code, section_views, see_other,
    },
    view::{
        form::{ErrorSummary, FieldError, SectionView},
        frame::{Frame, Link},
    },
};

#[derive(Template)]
#[template(path = "group/row.html")]
struct Page {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    institution: String,
    code: String,
    left: bool,
    sections: Vec<SectionView>,
    article: &'static str,
}

fn number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

fn page(visit: &Visit, form: &RowForm) -> Page {
    let (sheet, row) = (&form.sheet, &form.row);
    let fields = || form.sections.iter().flat_map(|section| &section.fields);
    let editable: Vec<String> = fields().map(|field| field.key.clone()).collect();
    let look = FormLook {
        answers: &row.row.answers,
        findings: Some(&form.findings),
        editable: &editable,
        reasons: &[],
        uploads: &[],
        case: "",
    };
    // A fault of the whole row has no field to lead to.
    let placed = |error: FieldError| FieldError {
        key: if editable.contains(&error.key) { error.key } else { String::new() },
        ..error
    };
    let errors = error_summary(&form.findings).errors.into_iter().map(placed).collect();
    let back = format!("{ADDRESS}/{}", sheet.id);
    let title = format!("{}行目：{}", row.row.number, row.name);
    let mut frame = frame(visit, title, Some(Link::new("一括申請の内容", back.clone())));
    frame.has_errors = !form.findings.errors.is_empty();
    Page {
        frame,
        errors: ErrorSummary { errors },
        action: format!("{back}/rows/{}", row.row.number),
        institution: row.name.clone(),
        code: grouped_code(&row.row.code),
        left: row.row.state == RowState::Left,
        sections: section_views(&form.sections, &look),
        article: sheet.kind.article(),
        back,
    }
}

/// The form of a row with its faults; a row that was sent leads back to the table.
pub(super) async fn show(visit: Visit, Path((name, place)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.person()?;
    let (id, number) = (id(&name)?, number(&place)?);
    match group::row_form(&visit.ctx(), id, number).await {
        Ok(form) => Ok(Html(page(&visit, &form)).into_response()),
        Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{ADDRESS}/{id}"))),
        Err(error) => Err(error.into()),
    }
}

/// Keeps what was typed and judges it, or leaves the row out.
pub(super) async fn save(
    visit: Visit,
    Path((name, place)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    visit.person()?;
    let (ctx, id, number) = (visit.ctx(), id(&name)?, number(&place)?);
    if posted.get("action") == "leave" {
        return match group::leave_out(&ctx, id, number).await {
            Ok(()) => Ok(see_other(&format!("{ADDRESS}/{id}?said=left"))),
            Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{ADDRESS}/{id}"))),
            Err(error) => Err(error.into()),
        };
    }
    match group::change(&ctx, id, number, &answers_from(&posted)).await {
        Ok(form) if form.findings.errors.is_empty() => Ok(see_other(&format!("{ADDRESS}/{id}?said=mended"))),
        Ok(form) => Ok(Html(page(&visit, &form)).with_faults()),
        Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{ADDRESS}/{id}"))),
        Err(error) => Err(error.into()),
    }
}
