//! All filings side by side, the one sending, and the page afterwards.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{
    applications::{Kind, ReadingLine},
    calendar::japanese_date,
    interview::Interview,
};
use services::interview::{self, Check, Filing, InterviewState, Place, Sending, SentFiling};

use super::{ADDRESS, short, steps_view, trail};
use crate::{
    pages::applications::{answer, documents},
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CopyView, StepsView, SummaryListView, SummaryRow},
    },
};

#[derive(Template)]
#[template(path = "interview/check.html")]
struct CheckPage {
    frame: Frame,
    steps: StepsView,
    institution: Vec<String>,
    columns: Vec<&'static str>,
    rows: Vec<SideRow>,
    filings: Vec<FilingView>,
    sender_domain: String,
    back: String,
}

/// One thing that several filings say something about.
struct SideRow {
    label: String,
    change: String,
    cells: Vec<SideCell>,
    why: &'static str,
    differs: bool,
}

struct SideCell {
    column: &'static str,
    /// What its form calls the thing, when it is not what the row is called.
    label: String,
    value: String,
}

/// One filing with what is its own.
struct FilingView {
    kind: Kind,
    version: i64,
    chosen: bool,
    summary: SummaryListView,
    warnings: Vec<String>,
    before_sending: Vec<String>,
    documents: Vec<Link>,
    fee_yen: i64,
}

fn change(interview: &Interview, filing: &Filing, key: &str) -> String {
    let case = &filing.check.case;
    match interview.place_of(case.kind, key) {
        Some((step, key)) => format!("{ADDRESS}/{step}?from=check#f-{key}"),
        None => format!("/applications/{}/edit#f-{key}", case.id),
    }
}

fn lines(filing: &Filing) -> impl Iterator<Item = &ReadingLine> {
    filing.check.reading.iter().flat_map(|(_, lines)| lines)
}

fn side_rows(check: &Check) -> Vec<SideRow> {
    let row = |row: &domain::interview::Row| {
        let cell = |(filing, cell): (&Filing, &Option<domain::interview::Cell>)| SideCell {
            column: short(filing.check.case.kind),
            label: cell.as_ref().map(|cell| cell.label.clone()).filter(|label| *label != row.label).unwrap_or_default(),
            value: cell.as_ref().map_or_else(|| "－".to_owned(), |cell| cell.value.clone()),
        };
        let first = check.filings.iter().zip(&row.cells).find(|(_, cell)| cell.is_some());
        SideRow {
            label: row.label.clone(),
            change: first.map(|(filing, _)| change(&check.interview, filing, &row.key)).unwrap_or_default(),
            cells: check.filings.iter().zip(&row.cells).map(cell).collect(),
            why: if row.differs() { row.why } else { "" },
            differs: row.differs(),
        }
    };
    check.rows.iter().map(row).collect()
}

fn filing_view(visit: &Visit, check: &Check, filing: &Filing, chosen: &[Kind]) -> FilingView {
    let case = &filing.check.case;
    let warnings = &filing.check.checked.findings.warnings;
    let compared = |line: &&ReadingLine| {
        let kinds: Vec<_> = check.filings.iter().map(|filing| filing.check.case.kind).collect();
        let place = kinds.iter().position(|kind| *kind == case.kind).unwrap_or(0);
        check.rows.iter().any(|row| row.cells[place].as_ref().is_some_and(|cell| cell.label == line.label))
    };
    let row =
        |line: &ReadingLine| SummaryRow { change: change(&check.interview, filing, &line.key), ..answer(line, "") };
    let own = lines(filing).filter(|line| !line.shown).filter(|line| !compared(line)).map(row).collect();
    FilingView {
        kind: case.kind,
        version: case.version,
        chosen: chosen.contains(&case.kind),
        summary: SummaryListView { title: String::new(), rows: own },
        warnings: warnings.iter().map(|warning| warning.message.clone()).collect(),
        before_sending: filing.check.before_sending.clone(),
        documents: documents(visit, case.kind),
        fee_yen: filing.check.fee_yen,
    }
}

fn page(visit: &Visit, state: &InterviewState, check: &Check, chosen: &[Kind]) -> CheckPage {
    let institution = check.filings.first().map(|filing| {
        lines(filing).filter(|line| line.shown).map(|line| format!("{}：{}", line.label, line.value)).collect()
    });
    let last = state.pages.last().map(|page| format!("{ADDRESS}/{}", page.step));
    let mut frame = Frame { breadcrumb: trail(), ..visit.frame("送信する内容の確認") };
    for fault in check.findings.errors.iter().filter(|fault| fault.field.is_empty()) {
        let banner = "このままでは送信できません。";
        frame.banners.push(warning(banner, fault.message.clone()));
    }
    CheckPage {
        frame,
        steps: steps_view(state, state.pages.len() + 1),
        institution: institution.unwrap_or_default(),
        columns: check.filings.iter().map(|filing| short(filing.check.case.kind)).collect(),
        rows: side_rows(check),
        filings: check.filings.iter().map(|filing| filing_view(visit, check, filing, chosen)).collect(),
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        back: last.unwrap_or_else(|| ADDRESS.to_owned()),
    }
}

fn warning(title: &str, body: impl Into<String>) -> BannerView {
    BannerView { kind: BannerKind::Warning, title: title.to_owned(), body: vec![body.into()], link: None }
}

/// What can be shown now, or where else to go.
async fn shown(visit: &Visit) -> Result<Result<(InterviewState, Check), Response>, Failure> {
    let ctx = visit.ctx();
    let (Some(state), Some(check)) = (interview::state(&ctx).await?, interview::check(&ctx).await?) else {
        return Ok(Err(see_other(ADDRESS)));
    };
    Ok(match check.faulty {
        Some(step) => Err(see_other(&format!("{ADDRESS}/{step}?faults=1"))),
        None => Ok((state, check)),
    })
}

/// Everything that will be sent; a page with faults comes first.
pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.member()?;
    Ok(match shown(&visit).await? {
        Ok((state, check)) => {
            let all: Vec<Kind> = check.filings.iter().map(|filing| filing.check.case.kind).collect();
            Html(page(&visit, &state, &check, &all)).into_response()
        }
        Err(elsewhere) => elsewhere,
    })
}

/// Sends what was chosen, once.
pub(super) async fn send(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let kinds: Vec<Kind> = posted.all("kinds").filter_map(|kind| kind.parse().ok()).collect();
    let version = |kind: &Kind| posted.number(&format!("version_{kind}")).unwrap_or(0);
    let chosen: Vec<(Kind, i64)> = kinds.iter().map(|kind| (*kind, version(kind))).collect();
    let banner = match interview::send(&visit.ctx(), &chosen, posted.number("fee")).await? {
        Sending::Sent | Sending::SentBefore => return Ok(see_other(&format!("{ADDRESS}/sent"))),
        Sending::CheckAgain => warning(
            "画面を開いた後に、内容が変わりました。",
            "今の内容をもう一度確認してから、送信してください。まだ何も送信されていません。",
        ),
        Sending::NothingChosen => {
            warning("送信する手続が選ばれていません。", "送信する手続にチェックを入れてから、送信してください。")
        }
        Sending::MissingBefore(sentence) => warning(
            "選んだ手続だけでは送信できません。",
            format!("{sentence}「{}」にもチェックを入れてください。", Kind::Eligibility.label()),
        ),
    };
    Ok(match shown(&visit).await? {
        Ok((state, check)) => {
            let mut page = page(&visit, &state, &check, &kinds);
            page.frame.banners.push(banner);
            Html(page).with_faults()
        }
        Err(elsewhere) => elsewhere,
    })
}

#[derive(Template)]
#[template(path = "interview/sent.html")]
struct SentPage {
    frame: Frame,
    filings: Vec<SentView>,
    email: String,
    domain: String,
    left: bool,
}

/// A filing that was sent.
struct SentView {
    title: &'static str,
    numbers: Vec<(String, CopyView)>,
    sentence: String,
    href: String,
}

fn sent_view(filing: &SentFiling) -> Option<SentView> {
    let first = filing.cases.first()?;
    let number = |case: &services::rows::Application| {
        let reference = case.reference.clone().unwrap_or_default();
        let groups: Vec<String> = reference.split('-').map(str::to_owned).collect();
        (case.terminal_name.clone().unwrap_or_default(), CopyView::new("受付番号", reference, groups))
    };
    let expected = filing.explanation.expected.map(|day| format!("目安は{}です。", japanese_date(day)));
    Some(SentView {
        title: first.kind.label(),
        numbers: filing.cases.iter().map(number).collect(),
        sentence: format!("{}{}", filing.explanation.next, expected.unwrap_or_default()),
        href: format!("/applications/{}", first.id),
    })
}

/// The numbers of what was sent, and what happens now; a reload shows them again.
pub(super) async fn sent(visit: Visit) -> Result<Response, Failure> {
    visit.member()?;
    let filings: Vec<SentView> = interview::sent(&visit.ctx()).await?.iter().filter_map(sent_view).collect();
    if filings.is_empty() {
        return Ok(see_other(ADDRESS));
    }
    let left = interview::state(&visit.ctx()).await?.is_some_and(|state| state.place == Place::Check);
    Ok(Html(SentPage {
        frame: Frame { breadcrumb: trail(), ..visit.frame("送信しました") },
        filings,
        email: visit.person()?.email.clone(),
        domain: visit.site.app.settings.mail_domain().to_owned(),
        left,
    })
    .into_response())
}
