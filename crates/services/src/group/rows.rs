//! The table on the page, and putting its rows right.

use domain::{
    applications::Facts,
    forms::{Answers, Findings, Input, Section},
    group::{self, RowState},
    ids::{InstitutionId, SheetId},
};
use storage::{
    boxed,
    group::{NewRow, Row, Sheet},
};

use super::{
    Counts, PAGE, counts_of,
    files::{basis, hidden},
    judge::Judge,
    known::{Place, permitted, places},
    own,
};
use crate::{Ctx, Error, Result};

/// Rows of a page of the table.
const SHOWN: i64 = 50;
/// Most rows of one institution that are compared with each other.
const OF_ONE: i64 = 500;

/// Which rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// Those in a state.
    In(RowState),
}

/// A table with a page of its rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// The table.
    pub sheet: Sheet,
    /// How many rows stand where.
    pub counts: Counts,
    /// Rows behind the number that was asked for.
    pub rows: Vec<Row>,
    /// Number behind which the next page begins, if there is one.
    pub next: Option<i64>,
}

/// A page of a table.
///
/// # Errors
/// [`Error::NotFound`] for those of others.
#[boxed]
pub async fn table(ctx: &Ctx<'_>, id: SheetId, shown: Shown, after: i64) -> Result<Table> {
    let sheet = own(ctx, id).await?;
    let counts = counts_of(ctx, id).await?;
    let mut conn = ctx.app.db.read().await?;
    let rows = match shown {
        Shown::All => storage::group::rows(&mut conn, id, after, SHOWN + 1).await?,
        Shown::In(state) => storage::group::rows_in(&mut conn, id, state, after, SHOWN + 1).await?,
    };
    let mut rows = hidden(ctx, &mut conn, rows).await?;
    let more = i64::try_from(rows.len()).unwrap_or(0) > SHOWN;
    rows.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| row.row.number);
    Ok(Table { sheet, counts, rows, next })
}

/// The form of a row.
#[derive(Clone, Debug)]
pub struct RowForm {
    /// The table.
    pub sheet: Sheet,
    /// The row.
    pub row: Row,
    /// What the form knows.
    pub facts: Facts,
    /// Field groups, without what is agreed to for all rows.
    pub sections: Vec<Section>,
    /// What was found in it.
    pub findings: Findings,
}

impl RowForm {
    fn new(sheet: Sheet, row: Row, facts: Facts) -> Self {
        let procedure = sheet.kind.procedure();
        let mut answers = row.row.answers.clone();
        procedure.complete(&facts, &mut answers);
        let sections = group::row_sections(procedure.sections(&facts, &answers));
        let found = |notes: &[(String, String, String)]| {
            let finding = |(field, _, message): &(String, String, String)| domain::forms::Finding {
                field: field.clone(),
                message: message.clone(),
            };
            notes.iter().map(finding).collect()
        };
        let findings = Findings { errors: found(&row.row.faults), warnings: found(&row.row.remarks) };
        Self { sheet, row, facts, sections, findings }
    }
}

/// The form of a row that is not sent yet.
///
/// # Errors
/// [`Error::NotFound`] for rows of others, and of institutions at which the person may file nothing;
/// [`Error::ChangedMeanwhile`] when it was sent or is about to be.
#[boxed]
pub async fn row_form(ctx: &Ctx<'_>, id: SheetId, number: i64) -> Result<RowForm> {
    let sheet = own(ctx, id).await?;
    let row = storage::group::row(&mut ctx.app.db.read().await?, id, number).await?.ok_or(Error::NotFound)?;
    if matches!(row.row.state, RowState::Queued | RowState::Sent) {
        return Err(Error::ChangedMeanwhile);
    }
    let place = place_of(ctx, &sheet, &row).await?;
    Ok(RowForm::new(sheet, row, place.facts))
}

async fn place_of(ctx: &Ctx<'_>, sheet: &Sheet, row: &Row) -> Result<Place> {
    let here = row.row.institution.ok_or(Error::NotFound)?;
    let found = permitted(ctx, std::slice::from_ref(&row.row.code)).await?;
    places(ctx, sheet.kind, found).await?.remove(&here).ok_or(Error::NotFound)
}

/// Puts a row right: keeps what was typed, and judges it and the other rows of its institution anew.
///
/// # Errors
/// As [`row_form`].
#[boxed]
pub async fn change(ctx: &Ctx<'_>, id: SheetId, number: i64, typed: &Answers) -> Result<RowForm> {
    let mut form = row_form(ctx, id, number).await?;
    let procedure = form.sheet.kind.procedure();
    let mut answers = form.row.row.answers.clone();
    // What was typed may lead to questions that were not there before.
    let mut complete: Answers = answers.iter().chain(typed.iter()).collect();
    procedure.complete(&form.facts, &mut complete);
    let after = group::row_sections(procedure.sections(&form.facts, &complete));
    for field in form.sections.iter().chain(&after).flat_map(|section| &section.fields) {
        if !matches!(field.input, Input::Shown(_)) {
            answers.set(&field.key, typed.get(&field.key));
        }
    }
    procedure.complete(&form.facts, &mut answers);
    form.row.row.answers = answers;
    form.row.row.state = RowState::Faulty;
    settle(ctx, &form).await?;
    row_form(ctx, id, number).await
}

/// Leaves a row out of what is sent; typing into it brings it back.
///
/// # Errors
/// As [`row_form`].
#[boxed]
pub async fn leave_out(ctx: &Ctx<'_>, id: SheetId, number: i64) -> Result<()> {
    let mut form = row_form(ctx, id, number).await?;
    form.row.row.state = RowState::Left;
    settle(ctx, &form).await
}

/// Judges the rows of the institution of a row that was changed, and writes them.
async fn settle(ctx: &Ctx<'_>, form: &RowForm) -> Result<()> {
    let (sheet, here) = (&form.sheet, form.facts.institution.id);
    let place = place_of(ctx, sheet, &form.row).await?;
    let rows = storage::group::rows_at(&mut ctx.app.db.read().await?, sheet.id, here, OF_ONE).await?;
    let changed = |row: Row| if row.row.number == form.row.row.number { form.row.row.clone() } else { row.row };
    let rows: Vec<NewRow> = rows.into_iter().map(changed).collect();
    let (_, presumed) = basis(ctx, sheet.kind).await?;
    let mut judge = Judge::new(sheet.kind, presumed);
    let places = [(here, place)].into_iter().collect();
    let mut judged = open(&rows);
    judge.note(&rows);
    judge.page(ctx, &places, &mut judged).await?;
    let mut tx = ctx.app.db.write().await?;
    for row in judged {
        if !storage::group::change_row(&mut tx, sheet.id, &row).await? && row.number == form.row.row.number {
            return Err(Error::ChangedMeanwhile);
        }
    }
    storage::group::touch_sheet(&mut tx, sheet.id, ctx.now).await?;
    tx.commit().await?;
    Ok(())
}

/// The rows that may still change.
fn open(rows: &[NewRow]) -> Vec<NewRow> {
    let is_open = |row: &&NewRow| matches!(row.state, RowState::Faulty | RowState::Good | RowState::Left);
    rows.iter().filter(is_open).cloned().collect()
}

/// Judges every row of a table anew that is not sent: what stood in the way may be gone, or have come.
///
/// # Errors
/// [`Error::NotFound`] for those of others, [`Error::ChangedMeanwhile`] while it is being sent.
#[boxed]
pub async fn recheck(ctx: &Ctx<'_>, id: SheetId) -> Result<()> {
    let sheet = own(ctx, id).await?;
    if sheet.sending {
        return Err(Error::ChangedMeanwhile);
    }
    let (_, presumed) = basis(ctx, sheet.kind).await?;
    let mut judge = Judge::new(sheet.kind, presumed);
    let mut after = 0;
    loop {
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let page = storage::group::rows(&mut ctx.app.db.read().await?, id, after, limit).await?;
        let Some(last) = page.last() else { break };
        after = last.row.number;
        let rows: Vec<NewRow> = page.into_iter().map(|row| row.row).collect();
        judge_page(ctx, &sheet, &mut judge, &rows).await?;
    }
    let mut tx = ctx.app.db.write().await?;
    storage::group::touch_sheet(&mut tx, id, ctx.now).await?;
    tx.commit().await?;
    Ok(())
}

async fn judge_page(ctx: &Ctx<'_>, sheet: &Sheet, judge: &mut Judge, rows: &[NewRow]) -> Result<()> {
    let of_place = |row: &&NewRow| row.institution.is_some();
    let codes: Vec<String> = rows.iter().filter(of_place).map(|row| row.code.clone()).collect();
    let places = places(ctx, sheet.kind, permitted(ctx, &codes).await?).await?;
    let is_known = |id: Option<InstitutionId>| id.is_some_and(|id| places.contains_key(&id));
    judge.note(rows);
    let mut judged: Vec<NewRow> = open(rows).into_iter().filter(|row| is_known(row.institution)).collect();
    judge.page(ctx, &places, &mut judged).await?;
    let mut tx = ctx.app.db.write().await?;
    for row in &judged {
        storage::group::change_row(&mut tx, sheet.id, row).await?;
    }
    tx.commit().await?;
    Ok(())
}
