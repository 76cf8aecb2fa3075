//! Files of a procedure and of a table: the template, the rows to put right, the result. All open in a spreadsheet.

use domain::{
    applications::Kind,
    calendar::japanese_datetime,
    forms::{Answers, Section},
    group::{self, CODE, Column, FAULTS, NAME, NOTE, NOTE_WORDS, RowState},
    ids::SheetId,
    institutions::InstitutionCode,
    spreadsheet::harmless,
};
use storage::{Conn, boxed, group::Row};

use super::{
    Notes, PAGE,
    known::{Place, permitted, places},
    own, person,
};
use crate::{Ctx, Error, Result, accounts::membership::ACTIVE};

/// The columns of a procedure, as the institutions of the person know them.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership, [`Error::NotFound`] for a procedure that no table can file.
#[boxed]
pub async fn columns(ctx: &Ctx<'_>, kind: Kind) -> Result<Vec<Column>> {
    Ok(basis(ctx, kind).await?.0)
}

/// The columns of a procedure, and the answers of those who agree to everything. Forms differ by score table at most.
#[boxed]
pub(super) async fn basis(ctx: &Ctx<'_>, kind: Kind) -> Result<(Vec<Column>, Answers)> {
    let me = person(ctx)?;
    let codes = storage::group::of_each_table(&mut ctx.app.db.read().await?, me).await?;
    let places = places(ctx, kind, permitted(ctx, &codes).await?).await?;
    let forms: Vec<_> = places.values().map(|place| sections_of(kind, place)).collect();
    if !kind.procedure().fits_a_table() || forms.iter().any(|sections| group::needs_files(sections)) {
        return Err(Error::NotFound);
    }
    let presumed = forms.first().map(|sections| group::presumed(sections)).unwrap_or_default();
    Ok((group::united(forms.iter().map(|sections| group::columns(sections)).collect()), presumed))
}

/// The form of an institution before anything is filled in.
pub(super) fn sections_of(kind: Kind, place: &Place) -> Vec<Section> {
    let procedure = kind.procedure();
    procedure.sections(&place.facts, &group::begun(procedure, &place.facts))
}

/// The template of a procedure: a row for each institution at which the person may file, filled in with what is known.
/// Where nothing can be filed now, the row says why and is skipped when it comes back.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn template(ctx: &Ctx<'_>, kind: Kind) -> Result<Vec<u8>> {
    let me = person(ctx)?;
    let columns = columns(ctx, kind).await?;
    let members = storage::accounts::memberships_of_account(&mut ctx.app.db.read().await?, me).await?;
    let codes: Vec<String> =
        members.into_iter().filter(|one| one.state == ACTIVE).map(|one| one.institution_code).collect();
    let mut file = File::new()?;
    file.heads(&[CODE, NAME], &columns)?;
    file.hints(2, &columns)?;
    let mut kept_back = vec![];
    for codes in codes.chunks(PAGE) {
        let places = places(ctx, kind, permitted(ctx, codes).await?).await?;
        let mut places: Vec<&Place> = places.values().collect();
        places.sort_by_key(|place| place.facts.institution.code.as_str());
        for place in places {
            match place.kept_back(kind) {
                None => file.row(&start(place), &columns, &group::begun(kind.procedure(), &place.facts))?,
                Some(why) => kept_back.push((start(place), why)),
            }
        }
    }
    for ([code, name], why) in kept_back {
        file.line([format!("{NOTE}{code}"), name, why].into_iter())?;
    }
    file.bytes()
}

/// The first cells of a row.
fn start(place: &Place) -> [String; 2] {
    let institution = &place.facts.institution;
    [institution.code.grouped(), institution.name.clone()]
}

/// The rows of a table that must be put right, each with what is wrong; made to be corrected and handed in again.
///
/// # Errors
/// [`Error::NotFound`] for those of others.
#[boxed]
pub async fn faulty(ctx: &Ctx<'_>, id: SheetId) -> Result<Vec<u8>> {
    let sheet = own(ctx, id).await?;
    let mut columns = columns(ctx, sheet.kind).await?;
    let mut rows = vec![];
    let mut after = 0;
    loop {
        let mut conn = ctx.app.db.read().await?;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let page = storage::group::rows_in(&mut conn, id, RowState::Faulty, after, limit).await?;
        let page = hidden(ctx, &mut conn, page).await?;
        drop(conn);
        let Some(last) = page.last() else { break };
        after = last.row.number;
        further_columns(ctx, sheet.kind, &page, &mut columns).await?;
        rows.extend(page);
    }
    let mut file = File::new()?;
    file.heads(&[CODE, NAME, FAULTS], &columns)?;
    file.hints(3, &columns)?;
    for row in rows {
        let code = shown_code(&row.row.code);
        let start = [code, row.name.clone(), told(&row.row.faults)];
        file.row(&start, &columns, &row.row.answers)?;
    }
    file.bytes()
}

/// Adds the columns that only the forms of these rows have.
async fn further_columns(ctx: &Ctx<'_>, kind: Kind, rows: &[Row], columns: &mut Vec<Column>) -> Result<()> {
    let codes: Vec<String> =
        rows.iter().filter(|row| row.row.institution.is_some()).map(|row| row.row.code.clone()).collect();
    let places = places(ctx, kind, permitted(ctx, &codes).await?).await?;
    let procedure = kind.procedure();
    for row in rows {
        let Some(place) = row.row.institution.and_then(|id| places.get(&id)) else { continue };
        let mut answers = row.row.answers.clone();
        procedure.complete(&place.facts, &mut answers);
        for column in group::columns(&procedure.sections(&place.facts, &answers)) {
            if columns.iter().all(|known| known.heading != column.heading) {
                columns.push(column);
            }
        }
    }
    Ok(())
}

/// What became of every row of a table.
///
/// # Errors
/// [`Error::NotFound`] for those of others.
#[boxed]
pub async fn result(ctx: &Ctx<'_>, id: SheetId) -> Result<Vec<u8>> {
    own(ctx, id).await?;
    let mut file = File::new()?;
    file.line(["行", CODE, NAME, "結果", "受付番号", "送信した日時", FAULTS].map(str::to_owned).into_iter())?;
    let mut after = 0;
    loop {
        let mut conn = ctx.app.db.read().await?;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let page = storage::group::rows(&mut conn, id, after, limit).await?;
        let page = hidden(ctx, &mut conn, page).await?;
        drop(conn);
        let Some(last) = page.last() else { return file.bytes() };
        after = last.row.number;
        for row in page {
            let reference = row.reference.as_deref().map(crate::applications::reference).unwrap_or_default();
            let cells = [
                row.row.number.to_string(),
                shown_code(&row.row.code),
                row.name.clone(),
                row.row.state.label().to_owned(),
                reference,
                row.sent_at.map(japanese_datetime).unwrap_or_default(),
                told(&row.row.faults),
            ];
            file.line(cells.into_iter())?;
        }
    }
}

/// Rows without what they say of institutions at which the person is no member any more.
pub(super) async fn hidden(ctx: &Ctx<'_>, conn: &mut Conn, mut rows: Vec<Row>) -> Result<Vec<Row>> {
    let me = ctx.account()?;
    let mut ids: Vec<_> = rows.iter().filter_map(|row| row.row.institution).collect();
    ids.sort();
    ids.dedup();
    let members = storage::group::members_among(conn, me, &ids).await?;
    for row in &mut rows {
        let gone = row.row.institution.is_some_and(|id| members.iter().all(|member| member.institution != id));
        if gone {
            row.row.answers = Answers::new();
            row.row.faults = super::judge::of_row(group::unknown_code(&row.row.code));
            row.row.remarks = vec![];
            (row.row.institution, row.name, row.reference, row.case) = (None, String::new(), None, None);
        }
    }
    Ok(rows)
}

/// Each fault with the label of its field, one below the other.
fn told(faults: &Notes) -> String {
    let one = |(key, label, message): &(String, String, String)| domain::group::named(key, label, message);
    faults.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A code in the groups that no spreadsheet takes for a number.
fn shown_code(code: &str) -> String {
    InstitutionCode::parse(code).map_or_else(|_| code.to_owned(), |code| code.grouped())
}

/// A file that is being written.
struct File(csv::Writer<Vec<u8>>);

impl File {
    fn new() -> Result<Self> {
        let mut writer = csv::WriterBuilder::new();
        writer.flexible(true).terminator(csv::Terminator::CRLF);
        Ok(Self(writer.from_writer(vec![0xef, 0xbb, 0xbf])))
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) -> Result<()> {
        self.0.write_record(cells.map(|cell| harmless(&cell))).map_err(Error::internal)
    }

    fn heads(&mut self, first: &[&str], columns: &[Column]) -> Result<()> {
        let first = first.iter().map(|cell| (*cell).to_owned());
        self.line(first.chain(columns.iter().map(|column| column.heading.clone())))
    }

    /// The row that says what can stand in each column.
    fn hints(&mut self, first: usize, columns: &[Column]) -> Result<()> {
        let first = std::iter::once(NOTE_WORDS.to_owned()).chain(std::iter::repeat_n(String::new(), first - 1));
        self.line(first.chain(columns.iter().map(Column::hint)))
    }

    fn row(&mut self, first: &[String], columns: &[Column], answers: &Answers) -> Result<()> {
        let cells = columns.iter().map(|column| group::cell(&column.field, answers.get(&column.field.key)));
        self.line(first.iter().cloned().chain(cells))
    }

    fn bytes(self) -> Result<Vec<u8>> {
        self.0.into_inner().map_err(Error::internal)
    }
}
