//! Handing a table in: headings, codes, answers; every row is kept with what was found.

use std::collections::BTreeSet;

use domain::{
    applications::Kind,
    forms::Answers,
    group::{self, Column, Head, HeadFault, RowState},
    ids::SheetId,
    institutions::{CodeError, Institution, InstitutionCode},
    typed::compact,
};
use storage::{
    boxed,
    group::{NewRow, Sheet},
};

use super::{
    PAGE,
    files::{basis, sections_of},
    judge::{Judge, of_row},
    known::{Place, permitted, places},
    person,
    reading::{Line, table_of},
};
use crate::{Ctx, Error, Result};

/// A table as it is handed in.
#[derive(Clone, Debug)]
pub struct Handed<'a> {
    /// Identifier that was made with the page: the same one is taken once.
    pub id: SheetId,
    /// Procedure.
    pub kind: Kind,
    /// Where it comes from, in words.
    pub name: String,
    /// CSV in UTF-8 or CP932, or cells that a spreadsheet copied.
    pub content: &'a [u8],
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, with what was found in each row.
    Sheet(SheetId),
    /// It cannot be taken as a whole; the sentence says why. Nothing is kept.
    Refused(String),
}

/// Takes a table in; nothing is sent.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership, [`Error::NotFound`] when the identifier is another person's.
#[boxed]
pub async fn hand_in(ctx: &Ctx<'_>, handed: &Handed<'_>) -> Result<Taken> {
    let me = person(ctx)?;
    let grid = match table_of(handed.content) {
        Ok(grid) => grid,
        Err(sentence) => return Ok(Taken::Refused(sentence)),
    };
    let (columns, presumed) = basis(ctx, handed.kind).await?;
    let head = match Head::read(&grid.head, &columns) {
        Ok(head) => head,
        Err(fault) => return Ok(Taken::Refused(fault.to_string())),
    };
    let mut reader = Reader { kind: handed.kind, columns, head, late: BTreeSet::new() };
    let mut judge = Judge::new(handed.kind, presumed);
    let lines: Vec<Line> = grid.lines.into_iter().map(|line| within(line, reader.head.width)).collect();
    let mut rows = Vec::with_capacity(lines.len());
    for lines in lines.chunks(PAGE) {
        rows.extend(reader.page(ctx, lines, &mut judge).await?);
    }
    if let Some(fault) = reader.unknown(&lines) {
        return Ok(Taken::Refused(fault.to_string()));
    }
    let sheet = Sheet {
        id: handed.id,
        account: me,
        kind: handed.kind,
        name: handed.name.clone(),
        rows: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        sending: false,
        run: 0,
        queued: 0,
        sent: 0,
        agreed: Answers::new(),
        fee_yen: 0,
        source: String::new(),
        made_at: ctx.now,
        touched_at: ctx.now,
    };
    keep(ctx, &sheet, &rows).await
}

async fn keep(ctx: &Ctx<'_>, sheet: &Sheet, rows: &[NewRow]) -> Result<Taken> {
    let mut tx = ctx.app.db.write().await?;
    if !storage::group::insert_sheet(&mut tx, sheet).await? {
        let known = storage::group::sheet(&mut tx, sheet.id).await?;
        // Durable together with the first click, which this one may have overtaken.
        tx.commit().await?;
        let mine = known.is_some_and(|known| known.account == sheet.account);
        return if mine { Ok(Taken::Sheet(sheet.id)) } else { Err(Error::NotFound) };
    }
    storage::group::insert_rows(&mut tx, sheet.id, rows).await?;
    ctx.audit(&mut tx, "group.hand_in", format!("sheet:{}", sheet.id), "", sheet.kind.as_str());
    tx.commit().await?;
    Ok(Taken::Sheet(sheet.id))
}

/// Reads the rows of a table whose headings are known.
struct Reader {
    kind: Kind,
    columns: Vec<Column>,
    head: Head,
    /// Places of late headings that the form of some row knows.
    late: BTreeSet<usize>,
}

impl Reader {
    async fn page(&mut self, ctx: &Ctx<'_>, lines: &[Line], judge: &mut Judge) -> Result<Vec<NewRow>> {
        let codes: Vec<String> = lines.iter().flat_map(|line| meant(self.cell(line, self.head.code))).collect();
        let found = permitted(ctx, &codes).await?;
        let places = places(ctx, self.kind, found.clone()).await?;
        let mut rows = vec![];
        for line in lines {
            let codes = meant(self.cell(line, self.head.code));
            let institution = codes.iter().find_map(|code| found.iter().find(|one| one.code.as_str() == code));
            let place = institution.and_then(|one| places.get(&one.id));
            rows.push(match (institution, place) {
                (Some(institution), Some(place)) => self.row(line, institution, place),
                _ => self.refused(line),
            });
        }
        judge.page(ctx, &places, &mut rows).await?;
        Ok(rows)
    }

    fn cell<'a>(&self, line: &'a Line, place: usize) -> &'a str {
        line.cells.as_ref().ok().and_then(|cells| cells.get(place)).map_or("", String::as_str)
    }

    /// A row of an institution of the person.
    fn row(&mut self, line: &Line, institution: &Institution, place: &Place) -> NewRow {
        let procedure = self.kind.procedure();
        let begun = group::begun(procedure, &place.facts);
        let own = group::columns(&sections_of(self.kind, place));
        let mut answers = self.filled(line, begun.clone(), &own);
        if !self.head.late.is_empty() {
            let mut complete = answers.clone();
            procedure.complete(&place.facts, &mut complete);
            let columns = group::columns(&procedure.sections(&place.facts, &complete));
            for (at, column) in self.head.late_in(&columns) {
                self.late.insert(at);
                answers.set(&column.field.key, group::answer(&column.field, self.cell(line, at)));
            }
        }
        let known = self.head.known.iter().filter_map(|(_, column)| self.columns.get(*column)).cloned();
        let untouched = group::is_untouched(&known.collect::<Vec<_>>(), &begun, &answers);
        NewRow {
            number: line.number,
            code: institution.code.as_str().to_owned(),
            institution: Some(institution.id),
            answers,
            faults: vec![],
            remarks: vec![],
            state: if untouched { RowState::Left } else { RowState::Faulty },
        }
    }

    /// The answers of a row, read as the form of its institution reads them.
    fn filled(&self, line: &Line, begun: Answers, own: &[Column]) -> Answers {
        let as_here = |column: &'_ Column| own.iter().find(|one| one.field.key == column.field.key).cloned();
        let columns = self.head.known.iter().filter_map(|(at, column)| Some((*at, self.columns.get(*column)?)));
        let columns = columns.map(|(at, column)| (at, as_here(column).unwrap_or_else(|| column.clone())));
        columns.fold(begun, |answers, (at, column)| {
            answers.with(&column.field.key, group::answer(&column.field, self.cell(line, at)))
        })
    }

    /// A row that cannot be read, or of an institution at which the person may file nothing.
    fn refused(&self, line: &Line) -> NewRow {
        let typed = self.cell(line, self.head.code).trim();
        let message = match (&line.cells, InstitutionCode::parse(typed)) {
            (Err(fault), _) => fault.clone(),
            (Ok(_), Err(CodeError::Empty)) => format!("「{}」を入力してください。", group::CODE),
            (Ok(_), Err(fault)) => fault.to_string(),
            (Ok(_), Ok(_)) => group::unknown_code(typed),
        };
        NewRow {
            number: line.number,
            code: typed.chars().take(40).collect(),
            institution: None,
            answers: self.filled(line, Answers::new(), &[]),
            faults: of_row(message),
            remarks: vec![],
            state: RowState::Faulty,
        }
    }

    /// Headings that no row knows, although something stands under them.
    fn unknown(&self, lines: &[Line]) -> Option<HeadFault> {
        let used = |at: usize| lines.iter().any(|line| !self.cell(line, at).trim().is_empty());
        let late = self.head.late.iter().filter(|(at, _)| !self.late.contains(at) && used(*at));
        let unknown: Vec<String> = late.map(|(_, heading)| heading.clone()).collect();
        (!unknown.is_empty()).then_some(HeadFault::Unknown(unknown))
    }
}

/// A row with nothing to the right of the headings; one whose cells have moved is no use.
fn within(line: Line, width: usize) -> Line {
    let beyond = |cells: &Vec<String>| cells.iter().skip(width).position(|cell| !cell.trim().is_empty());
    match line.cells.as_ref().ok().and_then(beyond) {
        None => line,
        Some(place) => Line {
            cells: Err(format!(
                "見出しのない列（{}列目）に値があります。カンマや改行で列がずれていないか確かめてください。",
                width + place + 1
            )),
            ..line
        },
    }
}

/// The codes that a cell may mean: a spreadsheet takes the zero at the beginning away.
fn meant(cell: &str) -> Vec<String> {
    let whole = InstitutionCode::parse(cell);
    let with_zero = || InstitutionCode::parse(&format!("0{}", compact(cell)));
    let code = if matches!(whole, Err(CodeError::Length { digits: 9 })) { with_zero() } else { whole };
    code.into_iter().map(|code| code.as_str().to_owned()).collect()
}
