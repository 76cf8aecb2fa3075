//! A batch: print, confirm, note registered-mail numbers (spec 04.2).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    ids::{BatchId, LetterId},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Error,
    letters::{self, ISSUANCE_NOTICE, MEMBERSHIP_CODE, RowFault},
    rows::{Batch, Letter},
};

use super::{
    letters::{DESK, made, state, title},
    parts, words,
};
use crate::{
    site::{Download, Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ErrorSummary, FieldError, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::StateView,
    },
};

#[derive(Template)]
#[template(path = "office/batch.html")]
struct BatchPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    state: StateView,
    made: String,
    rows: Vec<Line>,
    prints: Vec<Link>,
    may_dispatch: bool,
    confirmed: bool,
    open: usize,
    living: usize,
    dropped: Vec<String>,
    list: String,
    list_faults: Vec<String>,
    file: FieldView,
}

/// A letter of the batch.
struct Line {
    id: LetterId,
    reference: String,
    kind: &'static str,
    addressee: String,
    state: StateView,
    number: String,
    typed: String,
    fault: Option<String>,
    waits: bool,
}

/// What was typed and could not be used.
#[derive(Default)]
struct Typed {
    list: String,
    list_faults: Vec<String>,
    numbers: Vec<(LetterId, String, String)>,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
    #[serde(default)]
    count: String,
}

/// A batch with its letters.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLetters])?;
    let mut page = page(&visit, parts::id(&name)?, &Typed::default()).await?;
    page.frame.banners.extend(told(&said));
    Ok(Html(page).into_response())
}

fn told(said: &Said) -> Option<BannerView> {
    let count: u32 = said.count.parse().unwrap_or(0);
    Some(match said.done.as_str() {
        "made" => parts::banner(BannerKind::Success, "束を作りました。", &["次に、PDFを印刷してください。"]),
        "printed" => {
            parts::banner(BannerKind::Success, "印刷済みにしました。", &["発送したら、書留番号を記録してください。"])
        }
        "before" => {
            parts::banner(BannerKind::Info, "この束は、すでに印刷済みになっています。何も変わっていません。", &[])
        }
        "posted" => parts::banner(BannerKind::Success, format!("{count}通を発送済みにしました。"), &[]),
        "nothing" => parts::banner(BannerKind::Info, "書留番号が入力されていません。何も記録しませんでした。", &[]),
        _ => return None,
    })
}

async fn page(visit: &Visit, id: BatchId, typed: &Typed) -> Result<BatchPage, Failure> {
    let (batch, letters) = letters::batch(&visit.ctx(), id).await?;
    let mut frame = visit.office_frame(title(&batch), DESK);
    frame.breadcrumb.push(Link::new("通知書の発送", DESK));
    let rows: Vec<Line> = letters.iter().map(|(letter, reference)| line(letter, reference, typed)).collect();
    let address = format!("/office/letters/batches/{id}");
    let errors = errors(&rows, typed);
    frame.has_errors = !errors.is_empty();
    Ok(BatchPage {
        frame,
        errors,
        prints: if batch.confirmed_at.is_some() { vec![] } else { prints(&address, &letters) },
        address,
        state: state(&batch),
        made: made(&batch),
        open: rows.iter().filter(|row| row.waits).count(),
        living: letters.iter().filter(|(letter, _)| !letter.is_dropped()).count(),
        dropped: letters.iter().filter(|(letter, _)| letter.is_dropped()).map(|(_, own)| own.clone()).collect(),
        rows,
        may_dispatch: parts::may(visit, P::DispatchLetters),
        confirmed: is_confirmed(&batch),
        list: typed.list.clone(),
        list_faults: typed.list_faults.clone(),
        file: file_field(),
    })
}

const fn is_confirmed(batch: &Batch) -> bool {
    batch.confirmed_at.is_some()
}

fn line(letter: &Letter, reference: &str, typed: &Typed) -> Line {
    let own = typed.numbers.iter().find(|(id, _, _)| *id == letter.id);
    Line {
        id: letter.id,
        reference: reference.to_owned(),
        kind: words::letter_kind(&letter.kind),
        addressee: letter.addressee.clone(),
        state: words::letter_state(letter),
        number: letter.tracking_number.clone().unwrap_or_default(),
        typed: own.map(|(_, number, _)| number.clone()).unwrap_or_default(),
        fault: own.map(|(_, _, fault)| fault.clone()),
        waits: letter.state == "printed",
    }
}

/// PDFs of the kinds that the batch holds, without letters that died meanwhile.
fn prints(address: &str, letters: &[(Letter, String)]) -> Vec<Link> {
    let link = |kind: &str| {
        let count = letters.iter().filter(|(letter, _)| letter.kind == kind && !letter.is_dead()).count();
        let words = format!("{}（{count}通）のPDFを開く", words::letter_kind(kind));
        (count > 0).then(|| Link::new(words, format!("{address}/{kind}.pdf")))
    };
    [ISSUANCE_NOTICE, MEMBERSHIP_CODE].into_iter().filter_map(link).collect()
}

fn errors(rows: &[Line], typed: &Typed) -> ErrorSummary {
    let error = |key: String, message: &str| FieldError { key, message: message.to_owned() };
    let list = typed.list_faults.iter().map(|fault| error("list".to_owned(), fault));
    let own = rows.iter().filter_map(|row| row.fault.as_ref().map(|fault| error(format!("number-{}", row.id), fault)));
    ErrorSummary { errors: own.chain(list).collect() }
}

/// Confirms that the batch was printed; its secrets are destroyed.
pub(super) async fn confirm(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let id: BatchId = parts::id(&name)?;
    let done = match letters::confirm_printed(&visit.ctx(), id).await {
        Ok(Ok(())) => "printed",
        Ok(Err(fault)) => {
            let mut page = page(&visit, id, &Typed::default()).await?;
            page.frame.has_errors = true;
            page.errors.errors.push(FieldError { key: String::new(), message: fault });
            return Ok(Html(page).with_faults());
        }
        Err(Error::ChangedMeanwhile) => "before",
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&format!("/office/letters/batches/{id}?done={done}")))
}

/// Notes registered-mail numbers: one beside each letter, or a whole list. Good ones are used, the rest is named.
pub(super) async fn numbers(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    let (id, ctx) = (parts::id::<BatchId>(&name)?, visit.ctx());
    let mut typed = Typed::default();
    let mut count = 0;
    for (letter, number) in beside_letters(&posted) {
        match letters::post_one(&ctx, letter, &number).await? {
            Ok(()) => count += 1,
            Err(fault) => typed.numbers.push((letter, number, fault)),
        }
    }
    let mut left = vec![];
    for list in [Some(posted.get("list").to_owned()), posted.file("list_file").and_then(letters::list_text)] {
        let Some(list) = list else {
            typed.list_faults.extend(unreadable(&posted));
            continue;
        };
        let noted = letters::post(&ctx, id, &list).await?;
        count += noted.posted;
        left.extend(noted.faults);
    }
    if posted.file("list_file").is_some() {
        left = still_open(&visit, id, left).await?;
    }
    typed.list = left.iter().map(|fault| fault.row.clone()).collect::<Vec<_>>().join("\n");
    typed.list_faults.extend(parts::row_faults(&left));
    if typed.numbers.is_empty() && typed.list_faults.is_empty() {
        let done = if count > 0 { "posted" } else { "nothing" };
        return Ok(see_other(&format!("/office/letters/batches/{id}?done={done}&count={count}")));
    }
    let mut page = page(&visit, id, &typed).await?;
    if count > 0 {
        page.frame.banners.push(parts::banner(BannerKind::Success, format!("{count}通を発送済みにしました。"), &[]));
    }
    Ok(Html(page).with_faults())
}

/// Rows left from before that say nothing of a letter any more: a corrected file came beside them.
async fn still_open(visit: &Visit, id: BatchId, left: Vec<RowFault>) -> Result<Vec<RowFault>, Failure> {
    let (_, letters) = letters::batch(&visit.ctx(), id).await?;
    let plain = |text: &str| domain::typed::compact(text).to_uppercase();
    let known: Vec<String> =
        letters.iter().filter(|(letter, _)| letter.posted_at.is_some()).map(|(_, own)| plain(own)).collect();
    let names_known = |row: &RowFault| known.contains(&plain(row.row.split(',').next().unwrap_or_default()));
    Ok(left.into_iter().filter(|row| !names_known(row)).collect())
}

/// What is said of a file that is no list; nothing when none was sent.
fn unreadable(posted: &Posted) -> Option<String> {
    let sent = posted.file("list_file").is_some_and(|file| !file.is_empty());
    sent.then(|| "ファイルを読み取れません。表計算ソフトでCSV形式で保存してから、選び直してください。".to_owned())
}

fn file_field() -> FieldView {
    let file = InputView::File { accept: ".csv,.txt,text/csv".to_owned(), current: String::new() };
    FieldView::new("list_file", "CSVファイルで送る", file)
        .with_help("「受付番号」と「書留番号」の列があるCSVファイルです。この束の「宛先の一覧表」に書留番号を書き込んだものも使えます。")
}

fn beside_letters(posted: &Posted) -> Vec<(LetterId, String)> {
    let number = |(key, value): &(String, String)| {
        let letter = key.strip_prefix("number-")?.parse().ok()?;
        (!value.trim().is_empty()).then(|| (letter, value.clone()))
    };
    posted.fields().iter().filter_map(number).collect()
}

/// The list that goes with the batch.
pub(super) async fn manifest(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadLetters])?;
    let bytes = letters::manifest(&visit.ctx(), parts::id(&name)?).await?;
    Ok(Download { name: "manifest.csv".to_owned(), media_type: "text/csv; charset=utf-8", bytes, inline: false })
}

/// The issuance notices of the batch.
pub(super) async fn issuance_notices(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    pdf(&visit, &name, ISSUANCE_NOTICE).await
}

/// The letters with membership codes of the batch.
pub(super) async fn membership_codes(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    pdf(&visit, &name, MEMBERSHIP_CODE).await
}

async fn pdf(visit: &Visit, name: &str, kind: &str) -> Result<Download, Failure> {
    parts::insist(visit, &[P::DispatchLetters])?;
    let bytes = letters::batch_pdf(&visit.ctx(), parts::id(name)?, kind).await?;
    Ok(Download { name: format!("{kind}.pdf"), media_type: "application/pdf", bytes, inline: true })
}
