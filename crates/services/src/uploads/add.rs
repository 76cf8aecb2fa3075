//! Handing in a file.

use domain::{
    accounts::clean_line,
    forms::{Field, Finding, Input},
    ids::{ApplicationId, UploadId},
    uploads::{LARGEST, LARGEST_IN_ALL, MOST_OF_CASE, Upload, UploadKind, UploadState, clean_name, size_words},
};
use serde_json::json;
use storage::{Tx, applications::Application, boxed, uploads::UploadRow};

use super::{
    SCAN, Spooled, Taken, answer_in_turn, counts, enqueue, is_upload, judge::read, scan::Scan, store::StoreFault,
};
use crate::{
    Ctx, Error, Result,
    applications::{FormState, form},
    mandates::{prepared, settle_written},
};

const NO_ROOM: &str = "いま、ファイルを保管する場所がいっぱいです。入力した内容は保存されています。時間をおいて、もう一度追加してください。";
const NOT_KEPT: &str = "いま、ファイルを保管できませんでした。入力した内容は保存されています。しばらくしてから、もう一度追加してください。";

/// What handing in a file led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is kept and stands in the answers.
    Done(UploadId),
    /// What is wrong, at the field.
    Slip(Finding),
}

/// Keeps a received file as an answer of a field of a case. The form must be one that the person may write.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution or a field that takes no files now, [`Error::ChangedMeanwhile`] when
/// the case is not editable any more.
#[boxed]
pub async fn add(ctx: &Ctx<'_>, case: ApplicationId, field: &str, sent_name: &str, file: Spooled) -> Result<Added> {
    let (own, _) = prepared(ctx, case).await?;
    let ctx = &own;
    let state = form(ctx, case).await?;
    let (asked, most) = asked(&state, field)?;
    let slip = |words: &str| {
        let shown = clean_line(sent_name, 200).unwrap_or_default();
        let shown = if shown.is_empty() { String::new() } else { format!("「{shown}」：") };
        Ok(Added::Slip(Finding { field: field.to_owned(), message: format!("「{}」：{shown}{words}", asked.label) }))
    };
    match file.taken {
        Taken::TooLarge => return slip(&too_large()),
        Taken::NoRoom => return slip(NO_ROOM),
        Taken::Kept if file.size == 0 => return slip("ファイルが空です。元のファイルを確かめてください。"),
        Taken::Kept => {}
    }
    let kind = match read(&ctx.app.uploads.judge, &file.path).await? {
        Ok(kind) => kind,
        Err(words) => return slip(words),
    };
    let row = row(ctx, case, field, (clean_name(sent_name, kind), kind), &file)?;
    if let Some(words) = prepare(ctx, &row, most).await? {
        return slip(&words);
    }
    if let Err(fault) = ctx.app.uploads.store.keep(row.upload.id, &file.path, &file.sha256).await {
        return slip(not_kept(ctx, &row, &fault).await?);
    }
    match finish(ctx, &state, &row, most).await? {
        None => Ok(Added::Done(row.upload.id)),
        Some(words) => {
            forget(ctx, &row).await?;
            slip(&words)
        }
    }
}

/// What is said of a file that is too large; pages say it before it was received whole.
pub(super) fn too_large() -> String {
    format!(
        "ファイルが大きすぎます。1つのファイルは{}までです。スキャンの解像度を下げるか、ページを分けてください。",
        size_words(LARGEST)
    )
}

/// The field that takes files and may be written now, and how many it takes.
fn asked<'s>(state: &'s FormState, key: &str) -> Result<(&'s Field, usize)> {
    let fields = state.sections.iter().flat_map(|section| &section.fields);
    let found = fields.filter(|field| is_upload(field) && field.applies(&state.case.answers)).find(|f| f.key == key);
    let field = found.filter(|field| state.editable.contains(&field.key)).ok_or(Error::NotFound)?;
    match field.input {
        Input::Upload { most_files } => Ok((field, most_files)),
        _ => Err(Error::NotFound),
    }
}

fn row(
    ctx: &Ctx<'_>,
    case: ApplicationId,
    field: &str,
    (name, kind): (String, UploadKind),
    file: &Spooled,
) -> Result<UploadRow> {
    let upload = Upload {
        id: file.id,
        field: field.to_owned(),
        name,
        kind,
        size: file.size,
        sha256: file.sha256.clone(),
        state: UploadState::Prepared,
    };
    let (finding, author) = (String::new(), ctx.account()?);
    Ok(UploadRow { upload, application: case, finding, author, made_at: ctx.now, changed_at: ctx.now })
}

/// Notes the file before its content is kept; a sentence when the case takes no more.
async fn prepare(ctx: &Ctx<'_>, row: &UploadRow, most: usize) -> Result<Option<String>> {
    let mut tx = ctx.app.db.write().await?;
    storage::uploads::take_turn(&mut tx, row.application).await?;
    let there = storage::uploads::of_case(&mut tx, row.application).await?;
    if let Some(words) = too_many(row, most, &there) {
        tx.rollback().await?;
        return Ok(Some(words));
    }
    storage::uploads::insert(&mut tx, row).await?;
    tx.commit().await?;
    Ok(None)
}

/// Why a case takes no further file, or not this one. One that is only on its way does not count: its process may have died, and
/// nobody sees it in the form.
fn too_many(row: &UploadRow, most: usize, there: &[UploadRow]) -> Option<String> {
    let held: Vec<&Upload> = there.iter().filter(|row| counts(row)).map(|row| &row.upload).collect();
    let of_field = held.iter().filter(|upload| upload.field == row.upload.field).count();
    let in_all: u64 = held.iter().map(|upload| upload.size).sum();
    if held.iter().any(|upload| upload.field == row.upload.field && upload.sha256 == row.upload.sha256) {
        return Some("同じ内容のファイルが、すでに追加されています。".to_owned());
    }
    if of_field >= most || held.len() >= MOST_OF_CASE {
        return Some(format!(
            "ファイルは{}件までです。使わないものを一覧から削除してください。",
            most.min(MOST_OF_CASE)
        ));
    }
    (in_all + row.upload.size > LARGEST_IN_ALL).then(|| {
        format!(
            "この申請のファイルが、合わせて{}を超えます。使わないものを削除するか、解像度を下げてください。",
            size_words(LARGEST_IN_ALL)
        )
    })
}

/// Takes the note back when the content could not be kept.
async fn not_kept(ctx: &Ctx<'_>, row: &UploadRow, fault: &StoreFault) -> Result<&'static str> {
    tracing::error!(upload = %row.upload.id, %fault, "a file could not be kept");
    forget(ctx, row).await?;
    Ok(if matches!(fault, StoreFault::Full(_)) { NO_ROOM } else { NOT_KEPT })
}

/// Takes back what was noted and kept of a file that does not come to count.
async fn forget(ctx: &Ctx<'_>, row: &UploadRow) -> Result<()> {
    // Where the store refuses, the daily sweep finds the note.
    if ctx.app.uploads.store.delete(row.upload.id).await.is_ok() {
        let mut tx = ctx.app.db.write().await?;
        storage::uploads::delete(&mut tx, row.upload.id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The content is kept: the file counts from now on, and is scanned where a scanner is configured. A sentence when others were
/// faster and the case takes no more.
async fn finish(ctx: &Ctx<'_>, state: &FormState, row: &UploadRow, most: usize) -> Result<Option<String>> {
    let mut tx = ctx.app.db.write().await?;
    let to = if ctx.app.settings.scan == Scan::None { UploadState::Clean } else { UploadState::Waiting };
    let case = writable(&mut tx, row.application).await?;
    let there = storage::uploads::of_case(&mut tx, row.application).await?;
    if let Some(words) = too_many(row, most, &there) {
        tx.rollback().await?;
        return Ok(Some(words));
    }
    let moved = storage::uploads::advance(&mut tx, row, to, "", ctx.now).await?;
    let Some(case) = case.filter(|_| moved) else {
        tx.rollback().await?;
        return Err(Error::ChangedMeanwhile);
    };
    settle(ctx, &mut tx, &case, state).await?;
    let upload = &row.upload;
    let after = format!("{}:{}", upload.field, upload.sha256);
    ctx.audit(&mut tx, "upload.add", format!("upload:{}", upload.id), "", &after);
    if to == UploadState::Waiting {
        enqueue(ctx, &mut tx, SCAN, json!({ "upload": upload.id })).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(None)
}

/// The case in the turn of the transaction, if it may still be written.
pub(super) async fn writable(tx: &mut Tx, case: ApplicationId) -> Result<Option<Application>> {
    storage::uploads::take_turn(tx, case).await?;
    let found = storage::applications::find(tx, case).await?;
    Ok(found.filter(|case| case.state.is_editable()))
}

/// Writes the answers of a case anew from the rows of its files.
pub(super) async fn settle(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, state: &FormState) -> Result<()> {
    let mut answers = case.answers.clone();
    answer_in_turn(tx, case.id, &state.sections, &mut answers).await?;
    if !storage::applications::save_answers(tx, case.id, &answers, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    storage::applications::set_mark(tx, case.id, "", Some(ctx.account()?)).await?;
    settle_written(ctx, tx, case.id).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn file(number: u128, field: &str, size: u64) -> UploadRow {
        let upload = Upload {
            id: UploadId(Uuid::from_u128(number)),
            field: field.to_owned(),
            name: "a.pdf".to_owned(),
            kind: UploadKind::Pdf,
            size,
            sha256: format!("{number:064x}"),
            state: UploadState::Clean,
        };
        let (at, author) = (domain::clock::Timestamp::from_millis(0), domain::ids::AccountId(Uuid::nil()));
        let application = ApplicationId(Uuid::nil());
        UploadRow { upload, application, finding: String::new(), author, made_at: at, changed_at: at }
    }

    #[test]
    fn a_case_holds_so_many_files_and_no_more() {
        let there = [file(1, "receipts", 10), file(2, "receipts", 10)];
        let new = |size| file(3, "receipts", size);
        assert_eq!(too_many(&new(10), 3, &there), None);
        assert!(too_many(&new(10), 2, &there).unwrap().contains("2件まで"));
        assert!(too_many(&file(1, "receipts", 10), 3, &there).unwrap().contains("同じ内容"));
        assert_eq!(too_many(&file(1, "report", 10), 1, &there), None, "the same file may answer another field");
        assert!(too_many(&new(LARGEST_IN_ALL - 19), 3, &there).unwrap().contains("100MB"));
        let mut dead = file(3, "receipts", LARGEST_IN_ALL);
        dead.upload.state = UploadState::Prepared;
        assert_eq!(too_many(&new(10), 3, &[&there[..], &[dead]].concat()), None, "its process died: it may come again");
        let many: Vec<UploadRow> = (0..40).map(|number| file(100 + number, "other", 1)).collect();
        assert!(too_many(&new(1), 3, &many).is_some());
    }
}
