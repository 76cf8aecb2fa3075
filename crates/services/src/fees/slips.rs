//! Payment slips as PDF: one, or those of a closing in portions.

use domain::{
    calendar::{YearMonth, japanese_date},
    clock::Timestamp,
    fees::{BillNumber, PAYMENT_SLIP},
    ids::EntryId,
    permissions::Permission,
    text::thousands,
};
use letters::{PaymentSlip, Recipient, Row, SlipLine};
use storage::{Conn, boxed, fees::ListedBill, ledger::Listed};

use super::day;
use crate::{Ctx, Error, Result, applications::tell::grouped, letters::sender};

/// Most slips in one file.
pub const SLIPS_IN_A_FILE: i64 = 200;
/// Fees of a bill that are read at once.
const ENTRIES: i64 = 500;
/// What stands on a slip when the installation names no account.
const NO_ACCOUNT: &str = "お問い合わせ先でご案内します";

/// A portion of the slips of a closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlipFile {
    /// The bill after which it begins; 0 for the first.
    pub after: i64,
    /// Slips in it.
    pub count: i64,
}

/// What a kind of entry is called.
pub(super) fn kind(kind: &str) -> &'static str {
    match kind {
        "reversal" => "取消し",
        "renewal" => "更新料",
        _ => "発行料",
    }
}

fn yen(amount: i64) -> String {
    let sign = if amount < 0 { "－" } else { "" };
    format!("{sign}{}円", thousands(amount.abs()))
}

fn line(entry: &Listed) -> SlipLine {
    let date = Timestamp::from_millis(entry.at).date();
    SlipLine {
        day: format!("{}年{}月{}日", date.year(), u8::from(date.month()), date.day()),
        kind: kind(&entry.kind).to_owned(),
        terminal: entry.terminal_name.clone().unwrap_or_default(),
        reference: grouped(entry.reference.as_deref().unwrap_or_default()),
        amount: yen(entry.amount_yen),
    }
}

/// All fees of a bill: as many as one institution has in a month.
async fn lines(conn: &mut Conn, bill: i64) -> Result<Vec<SlipLine>> {
    let (mut lines, mut after) = (vec![], None);
    loop {
        let page = storage::ledger::of_bill(conn, bill, after, ENTRIES).await?;
        lines.extend(page.iter().map(line));
        match page.last() {
            Some(last) => after = Some((Timestamp::from_millis(last.at), EntryId(last.id))),
            None => return Ok(lines),
        }
    }
}

/// What a bill says on paper, as it stands now.
async fn content(ctx: &Ctx<'_>, conn: &mut Conn, listed: &ListedBill) -> Result<PaymentSlip> {
    let bill = &listed.bill;
    let to = storage::institutions::find(conn, bill.institution_id).await?.ok_or(Error::NotFound)?;
    let month: YearMonth = bill.month.parse().map_err(Error::internal)?;
    let to_pay = bill.open_yen().max(0);
    let row = |label: &str, amount: i64| Row { label: label.to_owned(), value: yen(amount) };
    let mut sums = vec![row("ご請求額", bill.amount_yen)];
    if bill.paid_yen != 0 {
        sums.push(row("お支払い済み・充当", -bill.paid_yen));
    }
    sums.push(row("お支払いいただく金額", to_pay));
    if bill.open_yen() < 0 {
        sums.push(row("多くお支払いいただいた額（返金するか、ほかの請求に充てます）", -bill.open_yen()));
    }
    let account = match ctx.app.settings.billing.account.trim() {
        _ if to_pay == 0 => "",
        "" => NO_ACCOUNT,
        account => account,
    };
    Ok(PaymentSlip {
        sender: sender(ctx),
        recipient: Recipient {
            postal_code: to.postal_code.clone(),
            address: to.address.clone(),
            institution_name: to.name.clone(),
            addressee: "経理ご担当者".to_owned(),
        },
        issued_on: japanese_date(ctx.now.date()),
        number: BillNumber::new(bill.id).to_string(),
        institution_code: to.code.grouped(),
        month: month.to_string(),
        lines: lines(conn, bill.id).await?,
        sums,
        to_pay: if to_pay == 0 { "0円（お振り込みは不要です）".to_owned() } else { yen(to_pay) },
        due_on: if to_pay == 0 { String::new() } else { japanese_date(day(&bill.due_on)?) },
        account: account.to_owned(),
    })
}

async fn print(ctx: &Ctx<'_>, slips: Vec<PaymentSlip>) -> Result<Vec<u8>> {
    let press = ctx.app.press.clone();
    let print = move || press.payment_slips(&slips);
    tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// The slip of a bill that an institution pays itself and that is more than nothing.
pub(super) async fn printed(ctx: &Ctx<'_>, listed: &ListedBill) -> Result<Vec<u8>> {
    if listed.bill.payment != PAYMENT_SLIP || listed.bill.amount_yen <= 0 {
        return Err(Error::NotFound);
    }
    let content = content(ctx, &mut ctx.app.db.read().await?, listed).await?;
    let pdf = print(ctx, vec![content]).await?;
    noted(ctx, format!("bill:{}", listed.bill.id), &pdf).await?;
    Ok(pdf)
}

async fn noted(ctx: &Ctx<'_>, subject: String, pdf: &[u8]) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "bill.print", subject, "", &pki::sha256_hex(pdf));
    Ok(tx.commit().await?)
}

/// One slip.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when there is nothing to pay by slip.
#[boxed]
pub async fn slip(ctx: &Ctx<'_>, number: BillNumber) -> Result<Vec<u8>> {
    ctx.permit(Permission::ReadLedger)?;
    let listed = storage::fees::bill(&mut ctx.app.db.read().await?, number.id()).await?.ok_or(Error::NotFound)?;
    printed(ctx, &listed).await
}

/// The portions in which the slips of a closing are printed.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn slip_files(ctx: &Ctx<'_>, month: YearMonth) -> Result<Vec<SlipFile>> {
    ctx.permit(Permission::ReadLedger)?;
    let mut conn = ctx.app.db.read().await?;
    let (mut files, mut after, key) = (vec![], 0, month.as_text());
    while let Some((last, count)) =
        storage::fees::until_page(&mut conn, &key, PAYMENT_SLIP, after, SLIPS_IN_A_FILE).await?
    {
        files.push(SlipFile { after, count });
        after = last;
    }
    Ok(files)
}

/// A portion of the slips of a closing, after a bill; bills of nothing and credits have none.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when none is left.
#[boxed]
pub async fn slips(ctx: &Ctx<'_>, month: YearMonth, after: i64) -> Result<Vec<u8>> {
    ctx.permit(Permission::ManageFees)?;
    let (mut conn, key) = (ctx.app.db.read().await?, month.as_text());
    let bills = storage::fees::bills_of_month(&mut conn, &key, PAYMENT_SLIP, after, SLIPS_IN_A_FILE).await?;
    let mut contents = vec![];
    for listed in bills.iter().filter(|listed| listed.bill.amount_yen > 0) {
        contents.push(content(ctx, &mut conn, listed).await?);
    }
    drop(conn);
    if contents.is_empty() {
        return Err(Error::NotFound);
    }
    let pdf = print(ctx, contents).await?;
    noted(ctx, format!("closing:{key}"), &pdf).await?;
    Ok(pdf)
}
