//! What is paid of a decided batch: a file that is made once and read again the same, and the confirmation.

use domain::{calendar::typed_day, ids::GrantBatchId, permissions::Permission, spreadsheet::harmless};
use storage::{
    boxed,
    subsidies::{GrantBatch, PaymentLine},
};
use time::Date;

use super::number;
use crate::{Ctx, Error, Result, applications::tell::grouped};

/// A payment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFile {
    /// The day of the decision, for its name.
    pub decided_on: String,
    /// CSV in UTF-8 with a byte-order mark.
    pub bytes: Vec<u8>,
}

/// Makes the payment file of a decided batch: its lines are fixed. What was taken back before does not come into it, what is
/// taken back later stays in it. A second time changes nothing; then it is false.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the batch does not exist or is not decided.
#[boxed]
pub async fn make_payments(ctx: &Ctx<'_>, id: GrantBatchId) -> Result<bool> {
    ctx.permit(Permission::PayGrants)?;
    let mut tx = ctx.app.db.write().await?;
    storage::subsidies::begin_granting(&mut tx).await?;
    let batch = storage::subsidies::batch(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if batch.decided_on.is_none() {
        return Err(Error::NotFound);
    }
    if !storage::subsidies::file_batch(&mut tx, id, &ctx.actor_name(), ctx.now).await? {
        return Ok(false);
    }
    storage::subsidies::insert_payments(&mut tx, id, ctx.now).await?;
    let listed = storage::subsidies::sums_of_batch(&mut tx, id).await?.listed_yen;
    ctx.audit(&mut tx, "subsidy.pay", format!("grant_batch:{id}"), "", &listed.to_string());
    tx.commit().await?;
    Ok(true)
}

/// The payment file that was made; every time the same octets.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when none was made.
#[boxed]
pub async fn payment_file(ctx: &Ctx<'_>, id: GrantBatchId) -> Result<PaymentFile> {
    ctx.permit(Permission::PayGrants)?;
    let mut tx = ctx.app.db.write().await?;
    let batch = storage::subsidies::batch(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let decided_on = batch.decided_on.filter(|_| batch.filed_at.is_some()).ok_or(Error::NotFound)?;
    let bytes = content(&decided_on, &storage::subsidies::payment_lines(&mut tx, id).await?)?;
    ctx.audit(&mut tx, "subsidy.file", format!("grant_batch:{id}"), "", &pki::sha256_hex(&bytes));
    tx.commit().await?;
    Ok(PaymentFile { decided_on, bytes })
}

fn content(decided_on: &str, lines: &[PaymentLine]) -> Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let heads = [
        "交付決定番号",
        "交付決定日",
        "医療機関等コード",
        "医療機関等名",
        "受付番号",
        "交付額（円）",
        "台帳の記録",
        "申請",
    ];
    rows.write_record(heads).map_err(Error::internal)?;
    for line in lines {
        let cells = [
            number(line.fiscal_year, line.number),
            harmless(decided_on),
            harmless(&line.institution_code),
            harmless(&line.institution_name),
            grouped(line.reference.as_deref().unwrap_or_default()),
            line.amount_yen.to_string(),
            line.grant_id.to_string(),
            line.application_id.to_string(),
        ];
        rows.write_record(cells).map_err(Error::internal)?;
    }
    let total: i64 = lines.iter().map(|line| line.amount_yen).sum();
    let (count, total) = (format!("{}件", lines.len()), total.to_string());
    rows.write_record(["合計", "", "", &count, "", &total, "", ""]).map_err(Error::internal)?;
    rows.into_inner().map_err(Error::internal)
}

/// Notes that what stands in the payment file was paid on a day; gives how many were noted now, or what is wrong.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when there is no payment file.
#[boxed]
pub async fn confirm(ctx: &Ctx<'_>, id: GrantBatchId, paid_on: Option<Date>) -> Result<Result<u64, String>> {
    ctx.permit(Permission::PayGrants)?;
    let mut tx = ctx.app.db.write().await?;
    let batch = storage::subsidies::batch(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let decided = decided_on(&batch).filter(|_| batch.filed_at.is_some()).ok_or(Error::NotFound)?;
    let Some(paid_on) = paid_on.filter(|day| decided <= *day && *day <= ctx.now.date()) else {
        return Ok(Err("「支払った日」を、交付決定日から今日までの日付で入力してください。".to_owned()));
    };
    let day = paid_on.to_string();
    let count = storage::subsidies::confirm_payments(&mut tx, id, &day, &ctx.actor_name(), ctx.now).await?;
    if count > 0 {
        ctx.audit(&mut tx, "subsidy.paid", format!("grant_batch:{id}"), "", &format!("{day}:{count}"));
    }
    tx.commit().await?;
    Ok(Ok(count))
}

fn decided_on(batch: &GrantBatch) -> Option<Date> {
    batch.decided_on.as_deref().and_then(typed_day)
}
