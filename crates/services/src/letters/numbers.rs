//! Lists of registered-mail numbers, typed, pasted from a spreadsheet, or the batch's own list filled in.

use domain::{
    ids::{BatchId, LetterId},
    permissions::Permission,
    text::brief,
};
use storage::{boxed, letters::Letter};

use super::desk::{batch, case_of, post_one, usable_number};
use crate::{Ctx, Error, Result, accounts::import::decode, applications::tell};

const REFERENCE: &str = "受付番号";
const NUMBER: &str = "書留番号";

/// A row of the list of registered-mail numbers that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Line in the list, from 1.
    pub line: usize,
    /// The row as typed.
    pub row: String,
    /// What is wrong.
    pub message: String,
}

/// What became of a list of registered-mail numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Letters noted as posted.
    pub posted: usize,
    /// Rows that could not be used; all others were.
    pub faults: Vec<RowFault>,
}

/// A row of a list.
struct Row {
    line: usize,
    reference: String,
    number: String,
    /// Whether a headed list left the number open: nothing is said of that letter yet.
    open: bool,
}

impl Row {
    /// As it can be sent again, without the other columns.
    fn text(&self) -> String {
        format!("{},{}", self.reference, self.number)
    }
}

/// The text of an uploaded list, in UTF-8 or in Shift_JIS as spreadsheets write it; none when it is neither.
pub fn list_text(bytes: &[u8]) -> Option<String> {
    decode(bytes)
}

/// The cells of a line, divided by tabs or by commas.
pub(super) fn cells(line: &str) -> Vec<String> {
    let delimiter = if line.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).delimiter(delimiter).trim(csv::Trim::All).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(std::result::Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

/// The rows of a list. A heading says where the two columns stand; without one they are the first and the last.
fn rows(list: &str) -> Vec<Row> {
    let mut heading: Option<(usize, Option<usize>)> = None;
    let mut rows = vec![];
    for (index, line) in list.trim_start_matches('\u{feff}').lines().enumerate() {
        let cells = cells(line);
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let place = |name: &str| cells.iter().position(|cell| cell.contains(name));
        if let (true, Some(reference)) = (rows.is_empty() && heading.is_none(), place(REFERENCE)) {
            heading = Some((reference, place(NUMBER)));
            continue;
        }
        let last = cells.len() - 1;
        let (reference, number) = heading.map_or((0, last), |(reference, number)| (reference, number.unwrap_or(last)));
        let cell = |place: usize| cells.get(place).cloned().unwrap_or_default();
        let number = if number == reference { String::new() } else { cell(number) };
        let open = heading.is_some() && number.is_empty();
        rows.push(Row { line: index + 1, reference: cell(reference), number, open });
    }
    rows
}

/// The lines that hold a row, from 1.
pub(crate) fn rows_of(list: &str) -> Vec<u64> {
    rows(list).into_iter().map(|row| row.line as u64).collect()
}

/// Notes registered-mail numbers for the letters of a batch: 「受付番号,書留番号」, one letter a line, or the list of the
/// batch with its numbers filled in. Good rows are used, the rest is named; a row that was noted before is no fault.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission, [`crate::Error::NotFound`] when the batch does not exist.
#[boxed]
pub async fn post(ctx: &Ctx<'_>, id: BatchId, list: &str) -> Result<Numbers> {
    ctx.permit(Permission::DispatchLetters)?;
    let (_, letters) = batch(ctx, id).await?;
    let mut result = Numbers::default();
    for row in rows(list).into_iter().filter(|row| !row.open) {
        match post_row(ctx, &letters, &row).await? {
            Ok(posted) => result.posted += usize::from(posted),
            Err(message) => result.faults.push(RowFault { line: row.line, row: row.text(), message }),
        }
    }
    ctx.app.wake.notify_one();
    Ok(result)
}

/// Replaces a registered-mail number that was typed wrong and tells the applicant, or says what is wrong with the new
/// one. The same number again changes nothing.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the letter does not exist,
/// [`Error::ChangedMeanwhile`] when it is not on its way.
#[boxed]
pub async fn correct_number(ctx: &Ctx<'_>, id: LetterId, number: &str) -> Result<Result<(), String>> {
    ctx.permit(Permission::DispatchLetters)?;
    let mut tx = ctx.app.db.write().await?;
    let letter = storage::letters::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let before = letter.tracking_number.clone().ok_or(Error::ChangedMeanwhile)?;
    if domain::typed::compact(number) == before {
        return Ok(Ok(()));
    }
    let digits = match usable_number(ctx, &mut tx, number).await? {
        Ok(digits) => digits,
        Err(fault) => return Ok(Err(fault)),
    };
    if !storage::letters::correct_number(&mut tx, id, &before, &digits).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "letter.correct_number", format!("letter:{id}"), &before, &digits);
    if let Some(case) = case_of(&mut tx, &letter).await? {
        let further = [("tracking", digits), ("before", before)];
        tell::about(ctx, &mut tx, &case, "certificate_letter_number", &further).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(()))
}

/// Whether the letter was noted now; false when the same number had been noted before.
async fn post_row(ctx: &Ctx<'_>, letters: &[(Letter, String)], row: &Row) -> Result<Result<bool, String>> {
    let plain = |text: &str| domain::typed::compact(text).to_uppercase();
    if row.number.is_empty() {
        return Ok(Err("「受付番号,書留番号」の形で入力してください。".to_owned()));
    }
    let named = |typed: &str| letters.iter().find(|(_, own)| plain(own) == plain(typed));
    let Some((letter, _)) = named(&row.reference) else {
        if named(&row.number).is_some() {
            let (reference, number) = (brief(&row.number), brief(&row.reference));
            return Ok(Err(format!("列が逆です。受付番号「{reference}」、書留番号「{number}」の順にしてください。")));
        }
        return Ok(Err(format!("受付番号「{}」の通知書は、この束にありません。", brief(&row.reference))));
    };
    if letter.tracking_number.as_deref().is_some_and(|number| number == domain::typed::compact(&row.number)) {
        return Ok(Ok(false));
    }
    Ok(post_one(ctx, letter.id, &row.number).await?.map(|()| true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Vec<(usize, String, String, bool)> {
        rows(list).into_iter().map(|row| (row.line, row.reference, row.number, row.open)).collect()
    }

    #[test]
    fn a_list_is_read_typed_pasted_and_filled_in() {
        let one = |line| vec![(line, "M27X-9Y3K".to_owned(), "12345678901".to_owned(), false)];
        assert_eq!(read("M27X-9Y3K, 12345678901\n"), one(1));
        assert_eq!(read("M27X-9Y3K\t12345678901"), one(1));
        assert_eq!(read("受付番号,書留番号\nM27X-9Y3K,12345678901"), one(2));
        let own = "\u{feff}受付番号,郵便番号,住所,宛先,宛名,書留番号,備考\n\
                   M27X-9Y3K,104-0061,\"東京都中央区銀座1-1, 2階\",さくら歯科,山田,12345678901,\n\
                   AAAA-AAAA,104-0061,東京都,さくら歯科,山田,,\n";
        let read = read(own);
        assert_eq!(read[..1], one(2));
        assert!(read[1].3, "a letter without a number waits");
        let mixed = rows("A,1\nB\t2\n\nC\n");
        assert_eq!(mixed.iter().map(Row::text).collect::<Vec<_>>(), ["A,1", "B,2", "C,"]);
        assert_eq!(mixed[2].line, 4, "blank lines count");
    }
}
