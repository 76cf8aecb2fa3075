//! Which of the three layouts a file has.

use super::columns::{Column, Heading, digit_count, heading};
use crate::institutions::{LayoutError, Prefecture, ScoreTable};

/// The three layouts in which a register comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterLayout {
    /// Published list: nine-digit code, seven-digit code, name, postal code, address.
    NineDigits,
    /// List of seven-digit codes: (prefecture,) code, name, postal code, address.
    SevenDigits,
    /// Everything that the register keeps.
    Full,
}

impl RegisterLayout {
    /// The name on pages and in reports.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NineDigits => "9桁コードの公開一覧",
            Self::SevenDigits => "7桁コードの一覧",
            Self::Full => "全項目",
        }
    }

    const fn of_code(column: Column) -> Self {
        match column {
            Column::TenDigits => Self::Full,
            Column::NineDigits => Self::NineDigits,
            _ => Self::SevenDigits,
        }
    }
}

/// What the person who imports says about the whole file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportDefaults {
    /// The score table of every row, where the layout has none.
    pub score_table: Option<ScoreTable>,
    /// The prefecture of every row, where neither a column nor the address names it.
    pub prefecture: Option<Prefecture>,
}

/// Where the columns of a file stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    kind: RegisterLayout,
    has_header: bool,
    places: Vec<(Column, usize)>,
}

const PUBLISHED: [Column; 3] = [Column::Name, Column::PostalCode, Column::Address];
const FULL: [Column; 10] = [
    Column::TenDigits,
    Column::Name,
    Column::NameKana,
    Column::PostalCode,
    Column::Address,
    Column::Phone,
    Column::Founder,
    Column::Status,
    Column::ValidFrom,
    Column::ValidTo,
];

impl Layout {
    /// Finds the layout from the first rows of a file (20 are plenty), header included if there is one.
    ///
    /// # Errors
    /// [`LayoutError`] when the rows fit none of the three layouts.
    pub fn detect<R: AsRef<[F]>, F: AsRef<str>>(sample: &[R]) -> Result<Self, LayoutError> {
        let rows: Vec<Vec<&str>> = sample.iter().map(|row| row.as_ref().iter().map(AsRef::as_ref).collect()).collect();
        let (first, rest) = rows.split_first().ok_or(LayoutError::NoRows)?;
        match header(first) {
            Some(headings) => Self::from_header(&headings, rest),
            None => rows.iter().find_map(|row| Self::from_shape(row)).ok_or(LayoutError::Unknown),
        }
    }

    /// Which of the three layouts it is.
    pub const fn kind(&self) -> RegisterLayout {
        self.kind
    }

    /// Whether the first row is a header and no institution.
    pub const fn has_header(&self) -> bool {
        self.has_header
    }

    /// Checks that what the file leaves out was said for the whole of it.
    ///
    /// # Errors
    /// `ScoreTableNeeded` when neither the file nor the person names a score table.
    pub fn ready(&self, defaults: &ImportDefaults) -> Result<(), LayoutError> {
        let told = self.kind == RegisterLayout::Full
            || self.place(Column::ScoreTable).is_some()
            || defaults.score_table.is_some();
        if told { Ok(()) } else { Err(LayoutError::ScoreTableNeeded { layout: self.kind }) }
    }

    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == column).map(|(_, place)| *place)
    }

    fn from_header(headings: &[Option<Heading>], rows: &[Vec<&str>]) -> Result<Self, LayoutError> {
        missing(headings).map_or(Ok(()), |column| Err(LayoutError::MissingColumn { column }))?;
        if rows.is_empty() {
            return Err(LayoutError::NoRows);
        }
        let mut places: Vec<(Column, usize)> = vec![];
        for (place, heading) in headings.iter().enumerate() {
            let column = match heading {
                Some(Heading::Is(column)) => Some(*column),
                Some(Heading::Code) => usual_digits(rows, place).and_then(Column::of_digits),
                None => None,
            };
            if let Some(column) = column.filter(|column| places.iter().all(|(known, _)| known != column)) {
                places.push((column, place));
            }
        }
        let code = [Column::TenDigits, Column::NineDigits, Column::SevenDigits];
        let found = code.into_iter().find(|column| places.iter().any(|(known, _)| known == column));
        let kind = RegisterLayout::of_code(found.ok_or(LayoutError::Unknown)?);
        Ok(Self { kind, has_header: true, places })
    }

    fn from_shape(row: &[&str]) -> Option<Self> {
        let digits = |place: usize| row.get(place).map_or(0, |field| digit_count(field));
        let head: Vec<Column> = match (digits(0), digits(1)) {
            (10, _) => FULL.to_vec(),
            (9, 7) => [&[Column::NineDigits, Column::SevenDigits], &PUBLISHED[..]].concat(),
            (9, _) => [&[Column::NineDigits], &PUBLISHED[..]].concat(),
            (7, _) => [&[Column::SevenDigits], &PUBLISHED[..]].concat(),
            (_, 7) if row.first().and_then(|field| Prefecture::parse(field)).is_some() => {
                [&[Column::Prefecture, Column::SevenDigits], &PUBLISHED[..]].concat()
            }
            _ => return None,
        };
        let code = head.iter().find(|column| **column != Column::Prefecture)?;
        let kind = RegisterLayout::of_code(*code);
        Some(Self { kind, has_header: false, places: head.into_iter().zip(0..).collect() })
    }
}

/// The headings of a row, when it is a header: it names a code and a name, and holds no code itself.
fn header(row: &[&str]) -> Option<Vec<Option<Heading>>> {
    if row.iter().any(|field| Column::of_digits(digit_count(field)).is_some()) {
        return None;
    }
    let headings: Vec<_> = row.iter().map(|field| heading(field)).collect();
    let names = |wanted: Heading| headings.contains(&Some(wanted));
    let known = headings.iter().flatten().count();
    (known >= 2 && (names(Heading::Code) || names(Heading::Is(Column::Name)))).then_some(headings)
}

/// The column that no register can do without and that the headings lack.
fn missing(headings: &[Option<Heading>]) -> Option<&'static str> {
    let lacks = |wanted| !headings.contains(&Some(wanted));
    if lacks(Heading::Code) {
        Some("医療機関等コード")
    } else {
        lacks(Heading::Is(Column::Name)).then_some(Column::Name.label())
    }
}

/// The number of digits that most rows have in a column.
fn usual_digits(rows: &[Vec<&str>], place: usize) -> Option<usize> {
    let count = |digits: usize| {
        rows.iter().filter(|row| row.get(place).is_some_and(|field| digit_count(field) == digits)).count()
    };
    [10, 9, 7].into_iter().filter(|digits| count(*digits) > 0).max_by_key(|digits| count(*digits))
}
