//! 交付決定通知書 as PDF.

use domain::{
    calendar::{japanese_date, typed_day},
    ids::{ApplicationId, GrantId, InstitutionId},
    permissions::Permission,
    subsidies::{Line, LineKind},
    text::thousands,
};
use letters::{GrantLine, GrantNotice, Recipient};
use storage::{
    boxed,
    subsidies::{Adjustment, Grant},
};

use super::number_of;
use crate::{Ctx, Error, Result, applications::tell::grouped, letters::sender};

fn yen(amount: i64) -> String {
    let sign = if amount < 0 { "－" } else { "" };
    format!("{sign}{}円", thousands(amount.abs()))
}

/// A notice for staff, and its number; the print is noted.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn notice(ctx: &Ctx<'_>, id: GrantId) -> Result<(String, Vec<u8>)> {
    ctx.permit(Permission::ReadGrants)?;
    let grant = storage::subsidies::grant(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    printed(ctx, &grant).await
}

/// The notice of a decision; what takes a decision back has none.
pub(super) async fn printed(ctx: &Ctx<'_>, grant: &Grant) -> Result<(String, Vec<u8>)> {
    if grant.reverses.is_some() {
        return Err(Error::NotFound);
    }
    let content = content(ctx, grant).await?;
    let press = ctx.app.press.clone();
    let print = move || press.grant_notice(&content);
    let pdf = tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)?;
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "subsidy.notice", format!("grant:{}", grant.id), "", &pki::sha256_hex(&pdf));
    tx.commit().await?;
    Ok((number_of(grant), pdf))
}

async fn content(ctx: &Ctx<'_>, grant: &Grant) -> Result<GrantNotice> {
    let mut conn = ctx.app.db.read().await?;
    let to = storage::institutions::find(&mut conn, InstitutionId(grant.institution_id)).await?;
    let to = to.ok_or(Error::NotFound)?;
    let reversal = storage::subsidies::reversal_of_grant(&mut conn, GrantId(grant.id)).await?;
    let lines: Vec<Line> = serde_json::from_str(&grant.lines).map_err(Error::internal)?;
    let day = grant.decided_on.as_deref().and_then(typed_day);
    let taken_back = reversal.map(|one| {
        let day = domain::clock::Timestamp::from_millis(one.at).date();
        format!("取り消した日：{}。理由：{}", japanese_date(day), one.note)
    });
    let adjusted = storage::subsidies::adjustments(&mut conn, ApplicationId(grant.application_id)).await?;
    Ok(GrantNotice {
        sender: sender(ctx),
        recipient: Recipient {
            postal_code: to.postal_code.clone(),
            address: to.address.clone(),
            institution_name: to.name.clone(),
            addressee: "補助金のご担当者".to_owned(),
        },
        decided_on: day.map(japanese_date).unwrap_or_default(),
        number: number_of(grant),
        scheme: grant.scheme_name.clone(),
        reference: grouped(grant.reference.as_deref().unwrap_or_default()),
        institution_code: to.code.grouped(),
        amount: yen(grant.amount_yen),
        lines: lines.iter().map(line).collect(),
        reasons: lines.iter().filter_map(|line| reason(line, &adjusted)).collect(),
        taken_back: taken_back.unwrap_or_default(),
    })
}

/// Why a line counts less than was applied for, with what the reviewer wrote; none when all of it counts.
fn reason(line: &Line, adjusted: &[Adjustment]) -> Option<String> {
    if line.kind == LineKind::Category && line.eligible_yen >= line.claimed_yen {
        return None;
    }
    let written = adjusted.iter().find(|one| line.kind == LineKind::Category && one.category == line.key);
    let written = written.map(|one| format!("（理由：{}）", one.reason)).unwrap_or_default();
    Some(format!("{}：{}{written}", line.label, line.why))
}

fn line(line: &Line) -> GrantLine {
    let of_costs = |amount: i64| if line.kind == LineKind::Category { yen(amount) } else { String::new() };
    GrantLine {
        label: line.label.clone(),
        claimed: of_costs(line.claimed_yen),
        eligible: of_costs(line.eligible_yen),
        amount: yen(line.yen),
    }
}
