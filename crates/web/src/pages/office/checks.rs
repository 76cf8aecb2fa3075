//! The nightly check of stored certificates: the newest run, and what stands against certificates (spec 04.5, 04.7).

use askama::Template;
use axum::extract::Query;
use domain::{
    calendar::japanese_datetime,
    checks::{Fault, HOUR, Reason, Verdict},
    clock::Timestamp,
    ids::CertificateId,
    permissions::Permission as P,
    text::thousands,
};
use serde::Deserialize;
use services::{
    authority,
    rows::{Check, FindingPlace, FoundInCheck},
};

use super::parts;
use crate::{
    site::{Failure, Html, Visit},
    view::{
        frame::Frame,
        parts::{CellView, RowView, StateView, TableView, Tone},
    },
};

const LIST: &str = "/office/checks";
/// Details of a finding that are shown; the command tells all.
const DETAILS: usize = 4;

#[derive(Template)]
#[template(path = "office/checks.html")]
pub(super) struct ChecksPage {
    frame: Frame,
    hour: u8,
    newest: Option<Newest>,
    findings: TableView,
    advice: Vec<(&'static str, &'static str)>,
    runs: TableView,
}

/// Which part of the list is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

/// The newest run, what it found, and the runs before.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<ChecksPage>, Failure> {
    parts::insist(&visit, &[P::ReadChecks])?;
    let ctx = visit.ctx();
    let runs = authority::checks(&ctx).await?;
    let found = authority::check_findings(&ctx, after(&page.after)).await?;
    let last = found.last().filter(|_| found.len() == parts::PAGE);
    let labels = ["端末名称等", "医療機関等", "判定", "理由", "最初に見つけた日時", "シリアル番号"];
    let findings = TableView {
        caption_hidden: true,
        first: (!page.after.is_empty()).then(|| LIST.to_owned()),
        next: last.map(|one| parts::address(LIST, &[("after", &after_text(one))])),
        ..parts::table("見つかったもの", &labels, found.iter().map(|one| finding(&visit, one)).collect())
    };
    let advice = Verdict::ALL.iter().map(|verdict| (verdict.label(), verdict.advice())).collect();
    let frame = visit.office_frame("証明書の点検", LIST);
    let newest = runs.first().map(Newest::of);
    Ok(Html(ChecksPage { frame, hour: HOUR, newest, findings, advice, runs: table(&runs) }))
}

/// The last finding of the page before, as it stands in an address: `bad_1795400000000_01975….`
fn after(text: &str) -> Option<FindingPlace> {
    let (verdict, place) = text.split_once('_')?;
    let (at, id): (Timestamp, CertificateId) = parts::after(place)?;
    Some((verdict.parse().ok()?, at, id))
}

fn after_text(one: &FoundInCheck) -> String {
    format!("{}_{}", one.verdict, parts::after_text(one.first_seen_at, one.certificate))
}

/// The newest run as figures.
struct Newest {
    sentence: String,
    /// Words and number of each figure.
    figures: [(&'static str, String); 4],
}

impl Newest {
    fn of(run: &Check) -> Self {
        let begun = japanese_datetime(run.begun_at);
        let sentence = match run.ended_at {
            None => format!("{begun}に始まり、いま点検しています。"),
            Some(at) => {
                let fresh = thousands(run.fresh);
                format!("{begun}に始まり、{}に終わりました。新しく見つかったもの：{fresh}件", japanese_datetime(at))
            }
        };
        let good = run.counted - run.bad - run.unchecked;
        let figures = [
            ("点検した証明書", thousands(run.counted)),
            ("問題なし", thousands(good)),
            (Verdict::Bad.label(), thousands(run.bad)),
            (Verdict::Unchecked.label(), thousands(run.unchecked)),
        ];
        Self { sentence, figures }
    }
}

fn finding(visit: &Visit, one: &FoundInCheck) -> RowView {
    let case = one.application.filter(|_| parts::may(visit, P::ReadCertificates));
    let name = match case {
        Some(case) => CellView::link(&one.subject, format!("/office/applications/{case}")),
        None => CellView::Text(one.subject.clone()),
    };
    let owner = if one.institution.is_empty() { "運営者の証明書" } else { &one.institution };
    let tone = if one.verdict == Verdict::Bad { Tone::Attention } else { Tone::Waiting };
    RowView {
        cells: vec![
            name,
            CellView::Text(owner.to_owned()),
            CellView::State(StateView::new(tone, one.verdict.label())),
            reasons(&one.reasons),
            CellView::Text(japanese_datetime(one.first_seen_at)),
            CellView::Code(one.serial.clone()),
        ],
        strong: one.verdict == Verdict::Bad,
    }
}

/// The reasons in words, each once, and below them the first of what they concern.
fn reasons(all: &[Reason]) -> CellView {
    let mut words: Vec<&str> = all.iter().map(|reason| reason.fault.label()).collect();
    words.dedup();
    let details: Vec<&str> = all.iter().map(detail).filter(|detail| !detail.is_empty()).collect();
    let mut note = details.iter().take(DETAILS).copied().collect::<Vec<_>>().join("、");
    if details.len() > DETAILS {
        note.push_str(&format!("、ほか{}件", details.len() - DETAILS));
    }
    CellView::Lines(words.join("。"), note)
}

/// What a reason concerns; fields of the register by the words that pages use.
fn detail(reason: &Reason) -> &str {
    match (reason.fault, reason.detail.as_str()) {
        (Fault::Record, "serial") => "シリアル番号",
        (Fault::Record, "subject") => "名前",
        (Fault::Record, "not_before") => "有効期間の始まり",
        (Fault::Record, "not_after") => "有効期限",
        (Fault::Record, "key_hash") => "鍵",
        (Fault::Record, "tbs") => "署名した内容",
        (_, other) => other,
    }
}

fn table(runs: &[Check]) -> TableView {
    let row = |run: &Check| {
        let ended = run.ended_at.map_or_else(|| "点検中".to_owned(), japanese_datetime);
        parts::row(vec![
            CellView::Text(japanese_datetime(run.begun_at)),
            CellView::Text(ended),
            CellView::Number(thousands(run.counted)),
            CellView::Number(thousands(run.bad)),
            CellView::Number(thousands(run.unchecked)),
        ])
    };
    let labels = ["開始", "終了", "点検", Verdict::Bad.label(), Verdict::Unchecked.label()];
    let rows = runs.iter().map(row).collect();
    TableView {
        columns: parts::columns(&labels, &[2, 3, 4]), ..parts::table("これまでの点検（新しい順）", &[], rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_after_the_finding_that_its_address_names() {
        let id: CertificateId = "01975c2e-0000-7000-8000-000000000001".parse().unwrap();
        let text = format!("unchecked_{}", parts::after_text(Timestamp::from_millis(1_795_400_000_123), id));
        assert_eq!(after(&text), Some((Verdict::Unchecked, Timestamp::from_millis(1_795_400_000_123), id)));
        assert_eq!(after("worse_1_01975c2e-0000-7000-8000-000000000001"), None);
    }
}
