//! Files of applications: taken in as a stream, judged by their content, kept in an object store, scanned, opened only by those
//! who may see the case, and destroyed with it (docs/adr/0031-uploads-in-an-object-store.md).
//!
//! A row is written before the content and deleted after it, so that a process that dies anywhere leaves nothing that the
//! daily sweep does not find.

mod add;
mod destroy;
mod judge;
mod open;
mod scan;
mod spool;
mod store;
mod sweep;

use domain::{
    forms::{Answers, Field, Input, Section},
    ids::{ApplicationId, JobId},
    uploads::{Upload, UploadState, answer_of},
};
use storage::{Conn, Tx, boxed, uploads::UploadRow};

pub use add::{Added, add};
pub(crate) use destroy::forget_case;
pub use destroy::{DESTROY, destroy, remove};
pub use judge::{Judge, judge_input, judged};
pub use open::{Opened, open_as_staff, open_own};
pub use scan::{CommandScan, IcapMethod, IcapScan, SCAN, Scan, scan};
pub use spool::{Incoming, Spooled, Taken};
pub use store::{Bucket, Store, StoreFault, Uploads};
pub use sweep::{SWEEP, sweep, sweep_when_due};

use crate::{Ctx, Result};

/// Whether a form asks for files.
pub fn asks(sections: &[Section]) -> bool {
    sections.iter().flat_map(|section| &section.fields).any(is_upload)
}

fn is_upload(field: &Field) -> bool {
    matches!(field.input, Input::Upload { .. })
}

/// Takes the files of another case out of answers that begin a form: each case has files of its own.
pub(crate) fn leave_out(sections: &[Section], answers: &mut Answers) {
    let fields = sections.iter().flat_map(|section| &section.fields);
    fields.filter(|field| is_upload(field)).for_each(|field| answers.set(&field.key, ""));
}

/// The files of a case that count, oldest first.
pub(crate) async fn of_case(conn: &mut Conn, case: ApplicationId) -> Result<Vec<Upload>> {
    let rows = storage::uploads::of_case(conn, case).await?;
    Ok(rows.into_iter().filter(counts).map(|row| row.upload).collect())
}

/// Why a case with files cannot be accepted now: what nobody could open nobody has examined.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub(crate) async fn stands_against(conn: &mut Conn, case: ApplicationId) -> Result<Option<String>> {
    let files = of_case(conn, case).await?;
    let closed = files.iter().find(|file| !file.state.is_open());
    Ok(closed.map(|file| match file.state.is_on_the_way() {
        true => format!("「{}」のウイルス検査が終わっていません。終わってから承認してください。", file.name),
        false => format!("「{}」は{}。補正を依頼してください。", file.name, file.state.label()),
    }))
}

/// Whether a file stands in the answers of its case.
fn counts(row: &UploadRow) -> bool {
    !matches!(row.upload.state, UploadState::Prepared | UploadState::Removing)
}

/// Answers every field for files by the rows of the case, whatever was typed or read before: in the turn of the transaction.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn answer_in_turn(
    tx: &mut Tx,
    case: ApplicationId,
    sections: &[Section],
    answers: &mut Answers,
) -> Result<()> {
    if !asks(sections) {
        return Ok(());
    }
    storage::uploads::take_turn(tx, case).await?;
    let files = of_case(tx, case).await?;
    for field in sections.iter().flat_map(|section| &section.fields).filter(|field| is_upload(field)) {
        let own = files.iter().filter(|file| file.field == field.key).map(|file| file.id);
        answers.set(&field.key, answer_of(own));
    }
    Ok(())
}

/// Leaves work about files to a job, in the transaction that causes it.
async fn enqueue(ctx: &Ctx<'_>, tx: &mut Tx, kind: &str, payload: serde_json::Value) -> Result<()> {
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    storage::jobs::enqueue(tx, job, kind, None, payload, ctx.now).await?;
    Ok(())
}
