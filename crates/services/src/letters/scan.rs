//! Letters that pass under a scanner: what is posted, and what the post brought back.

use domain::{applications::State, ids::LetterId, permissions::Permission, text::brief};
use storage::{Conn, boxed, letters::Letter};

use super::{
    ISSUANCE_NOTICE,
    again::{Posted, came_back, seen, stored_reference},
    desk::{post_one, reference_of},
    numbers::{RowFault, cells},
};
use crate::{Ctx, Error, Result};

/// Printed letters among which one without a case is looked for.
const PRINTED: i64 = 500;
/// Words that name the column of the number, or of the reason, in a list.
const COLUMNS: [&[&str]; 2] = [&["受付番号", "書留番号", "番号"], &["理由", "戻ってきた理由"]];

/// What became of a list of letters that came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    /// Letters noted now.
    pub noted: usize,
    /// Letters that had been noted before.
    pub before: usize,
    /// Rows that could not be used; all others were.
    pub faults: Vec<RowFault>,
}

/// A typed or scanned number without anything between its characters.
fn plain(typed: &str) -> String {
    domain::typed::compact(typed).chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase()
}

/// Whether a text looks like a registered-mail number: digits alone.
fn is_number(plain: &str) -> bool {
    plain.len() >= 8 && plain.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters that a number names, the newest first: by the reference of the case, the registered-mail number, the 取得ID, or
/// the letter's own number where it has no case.
async fn named(conn: &mut Conn, plain: &str) -> Result<Vec<Letter>> {
    let mut found = storage::letters::by_number(conn, plain, &stored_reference(plain)).await?;
    if found.is_empty() {
        found.extend(storage::letters::by_pickup_id(conn, plain).await?);
    }
    if found.is_empty() && plain.len() == 12 {
        for letter in storage::letters::in_state(conn, "printed", PRINTED).await? {
            if letter.application_id.is_none() && reference_of(conn, &letter).await? == plain {
                found.push(letter);
            }
        }
    }
    Ok(found)
}

/// The printed letter that a scanned number names, or the sentence that says why none can be posted by it.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn to_post(ctx: &Ctx<'_>, typed: &str) -> Result<Result<Posted, String>> {
    ctx.permit(Permission::DispatchLetters)?;
    let (plain, typed) = (plain(typed), brief(typed));
    let mut conn = ctx.app.db.read().await?;
    let letters = named(&mut conn, &plain).await?;
    if let Some(letter) = letters.iter().find(|letter| letter.state == "printed") {
        return Ok(Ok(seen(&mut conn, letter.clone()).await?));
    }
    Ok(Err(match letters.first() {
        None if is_number(&plain) => {
            format!("「{typed}」は書留番号のようです。先に、通知書の受付番号か取得IDを読み取ってください。")
        }
        None => format!("「{typed}」の通知書はありません。通知書の受付番号か取得IDを読み取ってください。"),
        Some(letter) if letter.state == "posted" => format!("「{typed}」の通知書は、すでに発送を記録しています。"),
        Some(letter) if letter.is_dead() => {
            format!("「{typed}」の通知書は無効になりました。発送せずに、紙を裁断してください。")
        }
        Some(_) => format!("「{typed}」の通知書は、まだ印刷済みになっていません。先に、束を印刷済みにしてください。"),
    }))
}

/// A letter that was scanned and waits for its registered-mail number.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn scanned(ctx: &Ctx<'_>, id: LetterId) -> Result<Posted> {
    ctx.permit(Permission::DispatchLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let letter = storage::letters::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    seen(&mut conn, letter).await
}

/// Notes the registered-mail number of a scanned letter and tells the applicant, or says what is wrong with it.
///
/// # Errors
/// As [`post_one`].
#[boxed]
pub async fn post_scanned(ctx: &Ctx<'_>, id: LetterId, number: &str) -> Result<Result<(), String>> {
    let noted = post_one(ctx, id, number).await?;
    ctx.app.wake.notify_one();
    Ok(noted)
}

/// What became of one letter that came back.
enum Back {
    Noted,
    Before,
    Fault(String),
}

async fn back(ctx: &Ctx<'_>, typed: &str, reason: &str) -> Result<Back> {
    if typed.is_empty() {
        return Ok(Back::Fault("「番号,理由」の形で入力してください。".to_owned()));
    }
    let letters = named(&mut ctx.app.db.read().await?, &plain(typed)).await?;
    let typed = brief(typed);
    let Some(letter) = letters.iter().find(|letter| letter.state == "posted").or(letters.first()) else {
        return Ok(Back::Fault(format!("「{typed}」の通知書はありません。番号を確かめてください。")));
    };
    if letter.kind != ISSUANCE_NOTICE {
        let words =
            "所属確認のお知らせの返送は記録しません。申し込まれた方に、医療機関等から連絡していただいてください。";
        return Ok(Back::Fault(words.to_owned()));
    }
    let state = match letter.application_id {
        Some(id) => storage::applications::find(&mut ctx.app.db.read().await?, id).await?.map(|case| case.state),
        None => None,
    };
    match (letter.state.as_str(), state) {
        ("posted", Some(State::LetterPosted)) => {}
        (_, Some(State::LetterReturned)) => return Ok(Back::Before),
        ("posted", _) => {
            return Ok(Back::Fault(format!("「{typed}」の端末の電子証明書は、すでに受け取られています。")));
        }
        _ if letter.is_dead() => {
            return Ok(Back::Fault(format!("「{typed}」の通知書は、すでに無効です。記録することはありません。")));
        }
        ("printed", _) => {
            return Ok(Back::Fault(format!(
                "「{typed}」の通知書には、発送の記録がありません。受付番号で通知書を探し、新しい通知書を作ってください。"
            )));
        }
        _ => return Ok(Back::Fault(format!("「{typed}」の通知書は、まだ発送していません。"))),
    }
    match came_back(ctx, letter.id, reason).await {
        Ok(Ok(())) => Ok(Back::Noted),
        Ok(Err(fault)) => Ok(Back::Fault(fault)),
        Err(Error::ChangedMeanwhile) => Ok(Back::Before),
        Err(error) => Err(error),
    }
}

/// Notes that the post brought back the letter that a scanned number names; true when it was noted now, false when it had
/// been noted before. Or the sentence that says what is wrong.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn return_scanned(ctx: &Ctx<'_>, typed: &str, reason: &str) -> Result<Result<bool, String>> {
    ctx.permit(Permission::DispatchLetters)?;
    Ok(match back(ctx, typed, reason).await? {
        Back::Noted => Ok(true),
        Back::Before => Ok(false),
        Back::Fault(fault) => Err(fault),
    })
}

/// Notes a list of letters that came back: 「番号,理由」, one letter a line; a row without a reason has the common one.
/// Good rows are used, the rest is named; a letter that was noted before is no fault.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn return_list(ctx: &Ctx<'_>, list: &str, common: &str) -> Result<Returns> {
    ctx.permit(Permission::DispatchLetters)?;
    let (mut result, mut places) = (Returns::default(), [0, 1]);
    for (nth, line) in list.trim_start_matches('\u{feff}').lines().enumerate() {
        let cells = cells(line);
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let place = |names: &[&str]| cells.iter().position(|cell| names.contains(&cell.as_str()));
        if let (0, Some(number)) = (nth, place(COLUMNS[0])) {
            places = [number, place(COLUMNS[1]).unwrap_or(usize::MAX)];
            continue;
        }
        let cell = |place: usize| cells.get(place).map_or("", String::as_str);
        let reason = if cell(places[1]).is_empty() { common } else { cell(places[1]) };
        match back(ctx, cell(places[0]), reason).await? {
            Back::Noted => result.noted += 1,
            Back::Before => result.before += 1,
            Back::Fault(message) => {
                result.faults.push(RowFault { line: nth + 1, row: cells.join(","), message });
            }
        }
    }
    Ok(result)
}
