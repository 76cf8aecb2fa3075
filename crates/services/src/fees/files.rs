//! Files of a closing as CSV, page by page, so that none is ever in memory whole: the deduction file, and every fee with
//! what it was for.

use domain::{
    calendar::YearMonth, clock::Timestamp, fees::DEDUCTION, ids::EntryId, permissions::Permission,
    spreadsheet::harmless,
};
use storage::{Conn, boxed};

use crate::{Ctx, Error, Result, applications::tell::grouped};

/// Rows of one page.
const ROWS: i64 = 500;
/// What the fees of a closing are, in their order in the file.
const KINDS: [&str; 3] = ["charge", "renewal", "reversal"];

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// 控除ファイル: what is withheld from each institution.
    Deductions,
    /// 明細: every fee of the closing.
    Entries,
}

/// Where the next page of a file begins, with what was counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    after: i64,
    entry: Option<EntryId>,
    kind: usize,
    count: i64,
    yen: i64,
}

/// One page of a file, and where the next one begins; the last page ends with the totals.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the month is not closed.
#[boxed]
pub async fn file_page(
    ctx: &Ctx<'_>,
    month: YearMonth,
    file: File,
    place: Option<Place>,
) -> Result<(Vec<u8>, Option<Place>)> {
    ctx.permit(Permission::ReadLedger)?;
    let key = month.as_text();
    let mut text = vec![];
    if place.is_none() {
        begin(ctx, &key, file).await?;
        text.extend([0xef, 0xbb, 0xbf]);
    }
    let mut rows = csv::Writer::from_writer(text);
    if place.is_none() {
        write(&mut rows, headings(file))?;
    }
    let mut conn = ctx.app.db.read().await?;
    let place = place.unwrap_or_default();
    let next = match file {
        File::Deductions => deductions(&mut conn, &key, place, &mut rows).await?,
        File::Entries => entries(&mut conn, &key, place, &mut rows).await?,
    };
    Ok((rows.into_inner().map_err(Error::internal)?, next))
}

/// Notes who takes the file.
async fn begin(ctx: &Ctx<'_>, month: &str, file: File) -> Result<()> {
    storage::fees::closing(&mut ctx.app.db.read().await?, month).await?.ok_or(Error::NotFound)?;
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "closing.export", format!("closing:{month}"), "", &format!("{file:?}"));
    Ok(tx.commit().await?)
}

const fn headings(file: File) -> &'static [&'static str] {
    match file {
        File::Deductions => &["対象月", "医療機関等コード", "医療機関等名", "件数", "控除額（円）"],
        File::Entries => &[
            "対象月",
            "区分",
            "日付",
            "医療機関等コード",
            "医療機関等名",
            "端末",
            "受付番号",
            "支払方法",
            "金額（円）",
            "台帳の記録",
            "申請",
            "更新した証明書",
            "取り消した記録",
        ],
    }
}

type Rows = csv::Writer<Vec<u8>>;

fn write<T: AsRef<str>>(rows: &mut Rows, cells: impl IntoIterator<Item = T>) -> Result<()> {
    // An amount may begin with a minus: it is ours, and a formula it is not.
    let number = |cell: &str| cell.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    let safe = |cell: T| if number(cell.as_ref()) { cell.as_ref().to_owned() } else { harmless(cell.as_ref()) };
    rows.write_record(cells.into_iter().map(safe)).map_err(Error::internal)
}

async fn deductions(conn: &mut Conn, month: &str, mut place: Place, rows: &mut Rows) -> Result<Option<Place>> {
    let page = storage::fees::bills_of_month(conn, month, DEDUCTION, place.after, ROWS).await?;
    for one in page.iter().filter(|one| one.bill.amount_yen != 0) {
        let (count, yen) = (one.bill.entries.to_string(), one.bill.amount_yen.to_string());
        write(rows, [month, &one.code, &one.name, &count, &yen])?;
        place.count += one.bill.entries;
        place.yen += one.bill.amount_yen;
    }
    place.after = page.last().map_or(place.after, |last| last.bill.id);
    if i64::try_from(page.len()).unwrap_or(0) == ROWS {
        return Ok(Some(place));
    }
    write(rows, [month, "合計", "", &place.count.to_string(), &place.yen.to_string()])?;
    Ok(None)
}

async fn entries(conn: &mut Conn, month: &str, mut place: Place, rows: &mut Rows) -> Result<Option<Place>> {
    let Some(kind) = KINDS.get(place.kind) else {
        let total = place.yen.to_string();
        let cells = [month, "合計", "", "", "", "", &place.count.to_string(), "", &total, "", "", "", ""];
        write(rows, cells)?;
        return Ok(None);
    };
    let page = storage::ledger::of_month(conn, month, kind, place.entry, ROWS).await?;
    for entry in &page {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let cells = [
            month.to_owned(),
            super::slips::kind(&entry.kind).to_owned(),
            Timestamp::from_millis(entry.at).date().to_string(),
            entry.institution_code.clone(),
            entry.institution_name.clone(),
            entry.terminal_name.clone().unwrap_or_default(),
            grouped(entry.reference.as_deref().unwrap_or_default()),
            entry.payment.clone(),
            entry.amount_yen.to_string(),
            entry.id.to_string(),
            entry.application_id.to_string(),
            id(entry.certificate_id),
            id(entry.reverses),
        ];
        write(rows, cells)?;
        place.count += 1;
        place.yen += entry.amount_yen;
    }
    if i64::try_from(page.len()).unwrap_or(0) == ROWS {
        place.entry = page.last().map(|last| EntryId(last.id));
    } else {
        (place.entry, place.kind) = (None, place.kind + 1);
    }
    Ok(Some(place))
}
