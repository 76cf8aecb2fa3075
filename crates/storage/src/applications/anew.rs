//! A case that is sent without ever having been a draft.

use super::{Application, Sending, insert_filed};
use crate::db::{Result, Tx, boxed};

/// Adds a case as it is sent; a draft of the same procedure at its institution stays as it is.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the reference number is taken.
#[boxed]
pub async fn submit_anew(tx: &mut Tx, case: &Application, sending: &Sending) -> Result<()> {
    let sent = Application {
        state: sending.to,
        reference: Some(sending.reference.clone()),
        answers: sending.answers.clone(),
        remarks: sending.remarks.iter().map(|one| (one.field.clone(), one.message.clone())).collect(),
        line_id: sending.line_id.clone(),
        terminal_name: sending.terminal_name.clone(),
        start_month: sending.start_month.clone(),
        sent_with: sending.sent_with,
        created_by: sending.by,
        created_at: sending.at,
        submitted_at: Some(sending.at),
        ..case.clone()
    };
    insert_filed(tx, &sent).await
}
