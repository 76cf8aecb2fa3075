//! Reminders of bills that should have been paid.

use domain::{
    calendar::YearMonth, calendar::japanese_date, fees::BillNumber, permissions::Permission, text::thousands,
};
use storage::{
    Tx,
    accounts::Membership,
    boxed,
    fees::{Bill, ListedBill},
};

use super::day;
use crate::{
    Ctx, Error, Result,
    accounts::membership::ROLE_OWNER,
    mail::{Letterhead, queue},
};

/// What became of a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminded {
    /// So many people are told.
    Told(usize),
    /// Somebody reminded them today already.
    Before,
    /// It is paid, not due, or what is open was taken back.
    NothingToPay,
    /// The institution has no owner with an account.
    Nobody,
}

/// Reminds the owners of an institution of a bill that should have been paid; once a day.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the bill does not exist.
#[boxed]
pub async fn remind(ctx: &Ctx<'_>, number: BillNumber) -> Result<Reminded> {
    ctx.permit(Permission::ManageFees)?;
    let mut tx = ctx.app.db.write().await?;
    let listed = storage::fees::bill(&mut tx, number.id()).await?.ok_or(Error::NotFound)?;
    let bill = &listed.bill;
    let open = bill.open_yen() + storage::fees::waiting_reversals(&mut tx, bill.id).await?;
    let due = day(&bill.due_on)?;
    if bill.payment != domain::fees::PAYMENT_SLIP || open <= 0 || due >= ctx.now.date() {
        return Ok(Reminded::NothingToPay);
    }
    let members = storage::accounts::members_in_force(&mut tx, bill.institution_id).await?;
    let owners: Vec<&Membership> = members.iter().filter(|one| one.role == ROLE_OWNER).collect();
    if owners.is_empty() {
        return Ok(Reminded::Nobody);
    }
    let today = bill.reminded_at.is_some_and(|at| at.date() == ctx.now.date());
    if today || !storage::fees::remind(&mut tx, bill.id, bill.reminded_at, ctx.now).await? {
        return Ok(Reminded::Before);
    }
    tell(ctx, &mut tx, &listed, open, &owners).await?;
    ctx.audit(&mut tx, "bill.remind", format!("bill:{}", bill.id), "", &open.to_string());
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Reminded::Told(owners.len()))
}

async fn tell(ctx: &Ctx<'_>, tx: &mut Tx, listed: &ListedBill, open: i64, owners: &[&Membership]) -> Result<()> {
    let ListedBill { bill, name, .. } = listed;
    let number = BillNumber::new(bill.id);
    for owner in owners {
        let values = [
            ("person", owner.person_name.clone()),
            ("institution", name.clone()),
            ("number", number.to_string()),
            ("month", month(bill)?),
            ("amount", format!("{}円", thousands(bill.amount_yen))),
            ("open", format!("{}円", thousands(open))),
            ("due_on", japanese_date(day(&bill.due_on)?)),
            ("account", account(ctx)),
            ("bill_url", format!("{}/fees/{}", ctx.app.settings.portal_url, number.plain())),
        ];
        let head =
            Letterhead { account: Some(owner.account_id), ..Letterhead::new("fee_overdue", &owner.person_email) };
        queue(ctx, tx, &head, &values).await?;
    }
    Ok(())
}

fn month(bill: &Bill) -> Result<String> {
    Ok(bill.month.parse::<YearMonth>().map_err(Error::internal)?.to_string())
}

fn account(ctx: &Ctx<'_>) -> String {
    match ctx.app.settings.billing.account.trim() {
        "" => "払込請求書に書かれています。".to_owned(),
        account => account.to_owned(),
    }
}
