//! The audit chain: its rows by filters, as a list and as a file (spec 6.5). Everyone who sees it can only look.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Query,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, permissions::Permission as P, text::thousands};
use futures_util::stream;
use serde::Deserialize;
use services::{
    App,
    audit::{self, AuditLine},
};

use super::{audit_words, parts};
use crate::{
    site::{Failure, Html, Visit},
    view::{
        form::{FieldView, InputView, TextKind, TextView},
        frame::Link,
        parts::{CellView, FilterBarView, RowView, TableView},
    },
};

pub(super) const LIST: &str = "/office/audit";
const EXPORT: &str = "/office/audit/export.csv";
/// Characters of a hash that are shown; the whole is in the file.
const SHOWN: usize = 8;

/// What the filters hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    who: String,
    action: String,
    subject: String,
    institution: String,
    from: String,
    to: String,
    before: String,
}

impl Wanted {
    fn query(&self) -> audit::Query {
        audit::Query {
            who: self.who.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            institution: self.institution.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
        }
    }

    fn address(&self, path: &str, before: &str) -> String {
        let pairs = [
            ("who", self.who.as_str()),
            ("action", &self.action),
            ("subject", &self.subject),
            ("institution", &self.institution),
            ("from", &self.from),
            ("to", &self.to),
            ("before", before),
        ];
        parts::address(path, &pairs)
    }

    fn is_set(&self) -> bool {
        self.query() != audit::Query::default()
    }

    fn bar(&self) -> FilterBarView {
        let text =
            |key: &str, label: &str, value: &str| FieldView::new(key, label, InputView::Text(TextView::new(value)));
        let day = |key: &str, label: &str, value: &str| {
            FieldView::new(key, label, InputView::Text(TextView::of(TextKind::Date, value, "")))
        };
        let acts = audit_words::all().map(|(name, words)| (name, words.to_owned()));
        FilterBarView {
            action: LIST.to_owned(),
            fields: vec![
                text("who", "だれが（メールアドレス）", &self.who),
                parts::filter("action", "したこと", acts, &self.action),
                text("subject", "対象（受付番号など）", &self.subject),
                text("institution", "医療機関等コード", &self.institution),
                day("from", "この日から", &self.from),
                day("to", "この日まで", &self.to),
            ],
            reset: if self.is_set() { LIST.to_owned() } else { String::new() },
            saved: vec![],
        }
    }
}

/// Rows of the chain, newest first.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadAudit])?;
    let (rows, next) = audit::audit_rows(&visit.ctx(), &wanted.query(), wanted.before.parse().ok()).await?;
    let labels = ["番号", "日時", "したこと", "対象", "だれが・どこから", "ハッシュ"];
    let table = TableView {
        columns: parts::columns(&labels, &[0]),
        first: (!wanted.before.is_empty()).then(|| wanted.address(LIST, "")),
        next: next.map(|before| wanted.address(LIST, &before.to_string())),
        ..parts::table("監査記録（新しい順）", &[], rows.iter().map(|row| line(&visit, row)).collect())
    };
    let lead = "すべての記録は、前の記録のハッシュを含んで鎖になっています。1行でも書き換え・削除・並べ替えがあると、検証で見つかります。";
    let mut links = vec![
        Link::new("鎖の検証", "/office/audit/verify"),
        Link::new("個人情報の閲覧の件数", "/office/audit/views"),
        Link::new("この条件の記録をCSVで保存する", wanted.address(EXPORT, "")),
    ];
    // Enough was looked through for one answer, and nothing was found in it.
    links.extend(
        next.filter(|_| rows.is_empty())
            .map(|before| Link::new("もっと前の記録から続けて探す", wanted.address(LIST, &before.to_string()))),
    );
    let empty = match next {
        Some(_) => ("ここまでの記録にはありません", "「もっと前の記録から続けて探す」を押してください。"),
        None => ("この条件の記録はありません", "条件を変えて、もう一度絞り込んでください。"),
    };
    let frame = visit.office_frame("監査記録", LIST);
    let filters = Some(wanted.bar());
    Ok(Html(parts::ListPage { lead: lead.to_owned(), links, filters, ..parts::ListPage::new(frame, table, empty) }))
}

fn line(visit: &Visit, line: &AuditLine) -> RowView {
    let row = &line.row;
    let place = (!row.on_behalf_of.is_empty()).then(|| format!("医療機関等：{}", row.on_behalf_of));
    let source = (!row.source.is_empty()).then(|| row.source.clone());
    let stored = (!line.actor_name.is_empty()).then(|| row.actor.clone());
    let note: Vec<String> = stored.into_iter().chain(source).chain(place).collect();
    let who = if line.actor_name.is_empty() { &row.actor } else { &line.actor_name };
    parts::row(vec![
        CellView::Number(thousands(row.seq)),
        CellView::Text(japanese_datetime(row.instant())),
        CellView::Lines(audit_words::action(&row.action).to_owned(), row.action.clone()),
        subject(visit, &row.subject, &line.reference),
        CellView::Lines(who.clone(), note.join("　")),
        CellView::Code(row.hash.chars().take(SHOWN).collect()),
    ])
}

/// What a row is about: a case by its number, anything else as it is stored.
fn subject(visit: &Visit, subject: &str, reference: &str) -> CellView {
    let case = subject.strip_prefix("application:");
    let readable = parts::may(visit, P::ReadApplications) && parts::may(visit, P::ReadCertificates);
    match case.filter(|_| readable) {
        Some(id) if !reference.is_empty() => {
            CellView::link(format!("受付番号 {reference}"), format!("/office/applications/{id}"))
        }
        Some(id) => CellView::link(subject, format!("/office/applications/{id}")),
        None if !reference.is_empty() => CellView::Lines(format!("受付番号 {reference}"), subject.to_owned()),
        None => CellView::Text(subject.to_owned()),
    }
}

/// Where an export stands.
enum Export {
    Head(Vec<u8>),
    Rows(Option<i64>),
    End,
}

/// The rows of the filters as CSV, written piece by piece while it is read from the database.
pub(super) async fn export(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadAudit])?;
    let (head, filter) = audit::begin_export(&visit.ctx(), &wanted.query()).await?;
    let app = visit.site.app.clone();
    let pieces = stream::try_unfold(Export::Head(head), move |at| {
        let (app, filter): (Arc<App>, _) = (app.clone(), filter.clone());
        async move {
            let before = match at {
                Export::Head(head) => return Ok(Some((head, Export::Rows(None)))),
                Export::Rows(before) => before,
                Export::End => return Ok(None),
            };
            let (piece, next) = audit::export_page(&app, &filter, before).await?;
            Ok::<_, services::Error>(Some((piece, next.map_or(Export::End, |next| Export::Rows(Some(next))))))
        }
    });
    let name = format!("attachment; filename=\"audit-{}.csv\"", visit.ctx().now.date());
    let name = HeaderValue::from_str(&name).map_err(services::Error::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
