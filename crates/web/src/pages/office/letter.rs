//! One letter: where it is, and what to do when it came back or was lost (spec 04.2).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    applications::State,
    calendar::{japanese_date, japanese_datetime},
    ids::LetterId,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::letters::{self, Posted as Letter};

use super::{letters::DESK, parts, words};
use crate::{
    pages::applications::state_view,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow},
    },
};

/// Name of the field for the reason.
const REASON: &str = "reason";
/// Name of the field for the registered-mail number.
const NUMBER: &str = "number";

#[derive(Template)]
#[template(path = "office/letter.html")]
struct LetterPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    state: StateView,
    case: Option<StateView>,
    facts: SummaryListView,
    on_its_way: bool,
    /// Address of the batch of a letter that can be given up before its posting is noted.
    unposted: Option<String>,
    arrives: bool,
    gone: bool,
    reason: Option<FieldView>,
    number: Option<FieldView>,
}

/// What was typed and could not be used: field, text, sentence.
type Slip<'a> = (&'static str, &'a str, &'a str);

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// A letter.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLetters])?;
    let mut page = page(&visit, parts::id(&name)?, None).await?;
    page.frame.banners.extend(told(&said.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (title, next) = match done {
        "delivered" => ("配達を記録しました。", "この郵便について、することはもうありません。"),
        "came_back" => ("返送を記録しました。", "申請者に、宛先を確かめるようメールで知らせました。"),
        "number" => ("書留番号を訂正しました。", "申請者に、正しい番号をメールで知らせました。"),
        "unposted" => (
            "この通知書を無効にし、新しい通知書を作りました。",
            "紙が手元にあるときは、封入せずに裁断してください。新しい通知書は印刷待ちに加わり、申請者にメールで知らせました。",
        ),
        "lost" => (
            "不着・紛失の届出を記録し、新しい通知書を作りました。",
            "この通知書の取得パスワードは使えなくなりました。新しい通知書は印刷待ちに加わり、申請者にメールで知らせました。",
        ),
        _ => return None,
    };
    Some(parts::banner(BannerKind::Success, title, &[next]))
}

async fn page(visit: &Visit, id: LetterId, fault: Option<Slip<'_>>) -> Result<LetterPage, Failure> {
    let letter = letters::letter(&visit.ctx(), id).await?;
    let mut frame =
        visit.office_frame(format!("{} {}", words::letter_kind(&letter.letter.kind), letter.reference), DESK);
    frame.breadcrumb.push(Link::new("通知書の発送", DESK));
    frame.has_errors = fault.is_some();
    let may = parts::may(visit, P::DispatchLetters);
    let (fields, errors) = fields(&letter, fault);
    let mut fields = fields.into_iter();
    let (reason, number) = (fields.next(), fields.next());
    let posted = letter.letter.state == "posted";
    let loses = may && letters::can_be_lost(&letter.letter, letter.state);
    let batch = letter.letter.batch_id.filter(|_| loses && !posted);
    Ok(LetterPage {
        frame,
        errors,
        address: format!("/office/letters/{id}"),
        state: words::letter_state(&letter.letter),
        case: letter.state.map(state_view),
        facts: facts(&letter),
        on_its_way: loses && posted,
        unposted: batch.map(|batch| format!("{DESK}/batches/{batch}")),
        arrives: may && posted && letter.letter.delivered_at.is_none(),
        gone: may && matches!(letter.state, Some(State::LetterReturned | State::LetterLost)),
        reason,
        number: number.filter(|_| may && posted),
    })
}

/// The fields of the page, each with its slip.
fn fields(letter: &Letter, fault: Option<Slip<'_>>) -> (Vec<FieldView>, ErrorSummary) {
    let typed = |key: &str| fault.filter(|(own, _, _)| *own == key).map(|(_, typed, _)| typed);
    let reason = TextView::new(typed(REASON).unwrap_or_default());
    let reason = FieldView::new(REASON, "戻ってきた理由", InputView::Text(reason)).required().with_help(
        "封筒のとおりに書いてください。例：あて所に尋ねあたりません、保管期間の経過。申請者へのメールに入ります。",
    );
    let known = letter.letter.tracking_number.as_deref().unwrap_or_default();
    let number = TextView { monospace: true, ..TextView::new(typed(NUMBER).unwrap_or(known)) };
    let number = FieldView::new(NUMBER, "正しい書留番号", InputView::Text(number)).required();
    let slip =
        |(key, _, message): Slip<'_>| domain::forms::Finding { field: key.to_owned(), message: message.to_owned() };
    with_slips(vec![reason, number], &fault.map(slip).into_iter().collect::<Vec<_>>())
}

fn facts(shown: &Letter) -> SummaryListView {
    let letter = &shown.letter;
    let day = |at: domain::clock::Timestamp| japanese_date(at.date());
    let mut rows = vec![
        SummaryRow::new("宛先", format!("{}　{}", shown.address, shown.institution)),
        SummaryRow::new("宛名", format!("{} 様", letter.addressee)),
        SummaryRow::new("作成", japanese_datetime(letter.created_at)),
    ];
    rows.extend(letter.printed_at.map(|at| SummaryRow::new("印刷", day(at))));
    rows.extend(letter.posted_at.map(|at| SummaryRow::new("発送", day(at))));
    rows.extend(letter.delivered_at.map(|at| SummaryRow::new("配達の記録", day(at))));
    let number = letter.tracking_number.as_ref();
    rows.extend(number.map(|number| SummaryRow { code: true, ..SummaryRow::new("書留番号", number) }));
    rows.extend(letter.deadline.map(|at| SummaryRow::new("取得期限", day(at))));
    SummaryListView { title: String::new(), rows }
}

/// Notes that the post brought the letter back.
pub(super) async fn came_back(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let (id, reason) = (parts::id(&name)?, posted.get(REASON));
    Ok(match letters::came_back(&visit.ctx(), id, reason).await? {
        Ok(()) => see_other(&format!("/office/letters/{id}?done=came_back")),
        Err(message) => Html(page(&visit, id, Some((REASON, reason, &message))).await?).with_faults(),
    })
}

/// Replaces a registered-mail number that was typed wrong.
pub(super) async fn correct_number(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let (id, number) = (parts::id(&name)?, posted.get(NUMBER));
    Ok(match letters::correct_number(&visit.ctx(), id, number).await? {
        Ok(()) => see_other(&format!("/office/letters/{id}?done=number")),
        Err(message) => Html(page(&visit, id, Some((NUMBER, number, &message))).await?).with_faults(),
    })
}

/// Notes that the post delivered the letter.
pub(super) async fn delivered(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let id = parts::id(&name)?;
    letters::delivered(&visit.ctx(), id).await?;
    Ok(see_other(&format!("/office/letters/{id}?done=delivered")))
}

/// Notes that the letter was reported as not arrived or lost, or will not be posted; a new one takes its place.
pub(super) async fn lost(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let id = parts::id(&name)?;
    let posted = letters::letter(&visit.ctx(), id).await?.letter.posted_at.is_some();
    letters::lost(&visit.ctx(), id).await?;
    Ok(see_other(&format!("/office/letters/{id}?done={}", if posted { "lost" } else { "unposted" })))
}

/// Orders a new letter in its place.
pub(super) async fn reissue(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    letters::reissue(&visit.ctx(), parts::id(&name)?).await?;
    Ok(see_other(&format!("{DESK}?done=reissued")))
}

/// Letters as lines of a list on the desk.
pub(super) fn rows(letters: &[Letter]) -> Vec<RowView> {
    let row = |shown: &Letter| {
        let letter = &shown.letter;
        let state = shown.state.map_or_else(|| words::letter_state(letter), state_view);
        let state = if letter.is_dead() && !waits(shown) { words::letter_state(letter) } else { state };
        parts::row(vec![
            CellView::link(shown.reference.clone(), format!("/office/letters/{}", letter.id)),
            CellView::State(state),
            CellView::Text(format!("{}　{} 様", shown.institution, letter.addressee)),
            CellView::Text(letter.posted_at.map(|at| japanese_date(at.date())).unwrap_or_default()),
            CellView::Text(letter.tracking_number.clone().unwrap_or_default()),
        ])
    };
    letters.iter().map(row).collect()
}

/// Columns of [`rows`].
pub(super) const COLUMNS: [&str; 5] = ["受付番号", "状態", "宛先", "発送", "書留番号"];

const fn waits(shown: &Letter) -> bool {
    matches!(shown.state, Some(State::LetterReturned | State::LetterLost))
}
