//! The schemes, and the beginning of a new one: its form is that of a setting.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{
    calendar::japanese_date, forms::Finding, office::settings::Topic, permissions::Permission as P, subsidies::Scheme,
};

use super::ROOM;
use crate::{
    pages::office::parts,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{Frame, Link},
        parts::{CellView, RowView, StateView, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "office/subsidies/schemes.html")]
struct SchemesPage {
    frame: Frame,
    errors: ErrorSummary,
    table: TableView,
    key: Option<FieldView>,
}

/// The schemes in force.
pub(super) async fn list(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadSettings])?;
    Ok(Html(page(&visit, None)).into_response())
}

fn page(visit: &Visit, slip: Option<(&str, String)>) -> SchemesPage {
    let mut frame = visit.office_frame("補助金の制度", ROOM);
    frame.breadcrumb.push(Link::new("補助金の交付決定", ROOM));
    let typed = slip.as_ref().map_or("", |(typed, _)| typed);
    let key = FieldView::new("key", "新しい制度の記号", InputView::Text(TextView::new(typed)))
        .required()
        .with_help("アドレスに使う記号です。英小文字、数字、「-」で、「card-reader-2026」のように入力してください。後から変えられません。");
    let slips = slip.map(|(_, message)| Finding { field: "key".to_owned(), message });
    let (fields, errors) = with_slips(vec![key], &slips.into_iter().collect::<Vec<_>>());
    frame.has_errors = !errors.is_empty();
    let rows = visit.site.app.reference().schemes.iter().map(|scheme| row(visit, scheme)).collect();
    SchemesPage {
        frame,
        errors,
        table: parts::table("制度", &["名前", "受付の状態", "申請を受け付ける期間", "版"], rows),
        key: fields.into_iter().next().filter(|_| parts::may(visit, P::ChangeSettings)),
    }
}

fn row(visit: &Visit, scheme: &Scheme) -> RowView {
    let (today, span) = (visit.ctx().now.date(), scheme.applications);
    let state = match (today < span.from, today > span.to) {
        (true, _) => StateView::new(Tone::Idle, "受付前"),
        (_, true) => StateView::new(Tone::Stopped, "受付終了"),
        _ => StateView::new(Tone::Done, "受付中"),
    };
    parts::row(vec![
        CellView::link(&scheme.name, format!("/office/settings/{}", Topic::Scheme(scheme.key.clone()))),
        CellView::State(state),
        CellView::Text(format!("{}から{}まで", japanese_date(span.from), japanese_date(span.to))),
        CellView::Text(format!("第{}版", scheme.version)),
    ])
}

/// Leads to the empty form of a new scheme.
pub(super) async fn begin(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ChangeSettings])?;
    let typed = posted.get("key");
    let key = domain::typed::fold(typed).trim().to_lowercase();
    let known = visit.site.app.reference().schemes.iter().any(|scheme| scheme.key == key);
    let fault = match format!("scheme.{key}").parse::<Topic>() {
        Ok(topic) if !known => return Ok(see_other(&format!("/office/settings/{topic}/change"))),
        Ok(_) => format!("「{key}」の制度は、すでにあります。変えるときは、一覧から開いてください。"),
        Err(_) => "「新しい制度の記号」を、英小文字、数字、「-」で、40文字までで入力してください。".to_owned(),
    };
    Ok(Html(page(&visit, Some((typed, fault)))).with_faults())
}
