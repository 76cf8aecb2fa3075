//! Letters under a scanner: one field, a number and Enter, again and again (spec 04.2). The focus never leaves the field,
//! with scripts or without: the page says beside it what was noted, or what is wrong.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{ids::LetterId, permissions::Permission as P};
use serde::Deserialize;
use services::letters::{self, Posted as Letter};

use super::{letters::DESK, parts, words};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ChoiceView, FieldView, InputView},
        frame::{Frame, Link},
    },
};

/// Address of the page for what is posted.
pub(super) const SCAN: &str = "/office/letters/scan";
/// Address of the page for what came back.
pub(super) const RETURNS: &str = "/office/letters/returns";
/// Why the post brings letters back, as it writes on the envelope.
const REASONS: [&str; 5] = ["あて所に尋ねあたりません", "保管期間の経過", "転居先不明", "受取拒絶", "あて名不完全"];

#[derive(Template)]
#[template(path = "office/scan.html")]
struct ScanPage {
    frame: Frame,
    /// Letters that wait for their number.
    left: i64,
    /// What was just noted.
    noted: Option<Noted>,
    /// The letter whose number comes next.
    letter: Option<Waiting>,
    fault: String,
    typed: String,
}

/// A letter that was just noted as posted.
struct Noted {
    said: String,
    href: String,
}

/// A letter whose registered-mail number is awaited.
struct Waiting {
    id: LetterId,
    reference: String,
    to: String,
}

/// The letter that was scanned, and the one that was noted before.
#[derive(Deserialize)]
pub(super) struct State {
    #[serde(default)]
    letter: String,
    #[serde(default)]
    done: String,
}

fn waiting(letter: &Letter) -> Waiting {
    let kind = words::letter_kind(&letter.letter.kind);
    Waiting {
        id: letter.letter.id,
        reference: letter.reference.clone(),
        to: format!("{kind}　{}　{} 様", letter.institution, letter.letter.addressee),
    }
}

fn noted(letter: &Letter) -> Noted {
    let number = letter.letter.tracking_number.clone().unwrap_or_default();
    Noted {
        said: format!("{}：書留番号 {number} を記録しました。", letter.reference),
        href: format!("/office/letters/{}", letter.letter.id),
    }
}

async fn page(visit: &Visit, state: &State, fault: String, typed: &str) -> Result<ScanPage, Failure> {
    let ctx = visit.ctx();
    let scanned = async |text: &str| match text.parse::<LetterId>() {
        Ok(id) => Ok::<_, Failure>(Some(letters::scanned(&ctx, id).await?)),
        Err(_) => Ok(None),
    };
    let letter = scanned(&state.letter).await?.filter(|letter| letter.letter.state == "printed");
    let mut frame = visit.office_frame("発送を読み取って記録する", DESK);
    frame.breadcrumb.push(Link::new("通知書の発送", DESK));
    frame.has_errors = !fault.is_empty();
    Ok(ScanPage {
        frame,
        left: letters::desk(&ctx).await?.to_post,
        noted: scanned(&state.done).await?.as_ref().map(noted),
        letter: letter.as_ref().map(waiting),
        typed: if fault.is_empty() { String::new() } else { typed.to_owned() },
        fault,
    })
}

/// The field.
pub(super) async fn show(visit: Visit, Query(state): Query<State>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    Ok(Html(page(&visit, &state, String::new(), "").await?).into_response())
}

/// What was scanned: a letter, or the number of the letter that was scanned before.
pub(super) async fn scan(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let (ctx, typed) = (visit.ctx(), posted.get("code").trim());
    let before: Option<LetterId> = posted.get("letter").parse().ok();
    let state = State { letter: posted.get("letter").to_owned(), done: String::new() };
    if typed.is_empty() {
        let fault = "読み取った番号がありません。もう一度読み取ってください。".to_owned();
        return Ok(Html(page(&visit, &state, fault, "").await?).with_faults());
    }
    let letter = letters::to_post(&ctx, typed).await?;
    let fault = match (letter, before) {
        (Ok(letter), _) => return Ok(see_other(&format!("{SCAN}?letter={}", letter.letter.id))),
        (Err(fault), None) => fault,
        (Err(_), Some(id)) => match letters::post_scanned(&ctx, id, typed).await? {
            Ok(()) => return Ok(see_other(&format!("{SCAN}?done={id}"))),
            Err(fault) => fault,
        },
    };
    Ok(Html(page(&visit, &state, fault, typed).await?).with_faults())
}

#[derive(Template)]
#[template(path = "office/returns.html")]
struct ReturnsPage {
    frame: Frame,
    reason: FieldView,
    said: String,
    fault: String,
    typed: String,
    list: String,
    faults: Vec<String>,
    file: FieldView,
}

/// What was noted, and for which reason.
#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    said: String,
}

fn returns_page(visit: &Visit, reason: &str) -> ReturnsPage {
    let mut frame = visit.office_frame("戻ってきた通知書を記録する", DESK);
    frame.breadcrumb.push(Link::new("通知書の発送", DESK));
    let choice = |words: &str| ChoiceView { selected: words == reason, ..ChoiceView::new(words, words) };
    let choices = REASONS.map(choice).to_vec();
    let file = InputView::File { accept: ".csv,.txt,text/csv".to_owned(), current: String::new() };
    ReturnsPage {
        frame,
        reason: FieldView::new("reason", "戻ってきた理由", InputView::Select { choices, placeholder: String::new() })
            .required()
            .with_help("封筒に書かれた理由です。続けて読み取る間、同じ理由が選ばれたままになります。"),
        said: String::new(),
        fault: String::new(),
        typed: String::new(),
        list: String::new(),
        faults: vec![],
        file: FieldView::new("list_file", "CSVファイルで送る", file)
            .with_help("「受付番号」か「書留番号」の列と、「理由」の列があるCSVファイルです。"),
    }
}

/// The field for what came back.
pub(super) async fn returns(visit: Visit, Query(back): Query<Back>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let mut page = returns_page(&visit, &back.reason);
    page.said = match back.said.as_str() {
        "now" => format!("{}：返送を記録し、申請者にメールで知らせました。", back.number),
        "before" => format!("{}：返送は、すでに記録しています。何も変わっていません。", back.number),
        _ => String::new(),
    };
    Ok(Html(page).into_response())
}

/// The reason as chosen; the first when none was.
fn reason_of(posted: &Posted) -> &'static str {
    REASONS.into_iter().find(|known| *known == posted.get("reason")).unwrap_or(REASONS[0])
}

/// What was scanned came back.
pub(super) async fn came_back(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let (typed, reason) = (posted.get("code").trim(), reason_of(&posted));
    let answer = match typed {
        "" => Err("読み取った番号がありません。もう一度読み取ってください。".to_owned()),
        typed => letters::return_scanned(&visit.ctx(), typed, reason).await?,
    };
    let said = match answer {
        Ok(true) => "now",
        Ok(false) => "before",
        Err(fault) => {
            let mut page = returns_page(&visit, reason);
            page.frame.has_errors = true;
            (page.fault, page.typed) = (fault, typed.to_owned());
            return Ok(Html(page).with_faults());
        }
    };
    let next = [("reason", reason), ("number", typed), ("said", said)];
    Ok(see_other(&parts::address(RETURNS, &next)))
}

/// Why a list of letters that came back says nothing: it is empty, or a file that is no list.
fn nothing_to_note(readable: bool) -> String {
    match readable {
        true => "番号がありません。一覧に貼り付けるか、CSVファイルを選んでください。",
        false => "ファイルを読み取れません。CSV形式で保存してから、選び直してください。",
    }
    .to_owned()
}

/// A list of letters that came back; good rows are noted, the rest is named.
pub(super) async fn came_back_list(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let reason = reason_of(&posted);
    let file = posted.file("list_file").filter(|file| !file.is_empty());
    let text = match file {
        Some(bytes) => letters::list_text(bytes),
        None => Some(posted.get("list").to_owned()),
    };
    let mut page = returns_page(&visit, reason);
    let text = match text {
        Some(text) if !text.trim().is_empty() => text,
        text => {
            page.faults.push(nothing_to_note(text.is_some()));
            page.frame.has_errors = true;
            return Ok(Html(page).with_faults());
        }
    };
    let result = letters::return_list(&visit.ctx(), &text, reason).await?;
    if result.noted > 0 {
        page.said = format!("{}通の返送を記録しました。", result.noted);
    }
    if result.before > 0 {
        page.said.push_str(&format!("{}通は、すでに記録していました。", result.before));
    }
    page.faults = parts::row_faults(&result.faults);
    page.list = result.faults.iter().map(|fault| fault.row.clone()).collect::<Vec<_>>().join("\n");
    page.frame.has_errors = !page.faults.is_empty();
    Ok(if page.faults.is_empty() { Html(page).into_response() } else { Html(page).with_faults() })
}
