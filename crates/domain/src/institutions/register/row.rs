//! One row of a register file.

use super::{Column, ImportDefaults, Layout, RegisterLayout};
use crate::accounts::{clean_line, normalise_phone, normalise_postal_code};
use crate::institutions::{
    CodeError, InstitutionCode, InstitutionStatus, Prefecture, Rejection, RejectionReason, RowWarning, ScoreTable,
    tables_that_fit,
};
use crate::typed::{compact, fold};
use time::{Date, Month};

/// Longest name, address or other text of an institution, in characters.
const LONGEST: usize = 300;
/// So much of a faulty field is repeated in the report.
const SHOWN: usize = 20;

/// An institution as a row of a register file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRow {
    /// Ten-digit code.
    pub code: InstitutionCode,
    /// 名称.
    pub name: String,
    /// 郵便番号, `123-4567` where it could be read so; empty when the row has none.
    pub postal_code: String,
    /// 所在地; empty when the row has none.
    pub address: String,
    /// What only the full layout tells; `None` leaves what the register has.
    pub details: Option<RegisterDetails>,
}

/// What only the full layout tells about an institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterDetails {
    /// 名称カナ.
    pub name_kana: String,
    /// 電話番号.
    pub phone: String,
    /// 開設者.
    pub founder: String,
    /// 状態.
    pub status: InstitutionStatus,
    /// 有効開始日.
    pub valid_from: Option<Date>,
    /// 有効終了日.
    pub valid_to: Option<Date>,
}

/// An accepted row and what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The row.
    pub row: RegisterRow,
    /// The oddity to report, if any.
    pub warning: Option<RowWarning>,
}

impl Layout {
    /// Reads one row.
    ///
    /// # Errors
    /// [`Rejection`] names the column and the reason; other rows are not concerned.
    pub fn read<F: AsRef<str>>(&self, fields: &[F], defaults: &ImportDefaults) -> Result<Reading, Rejection> {
        let row = Fields { layout: self, fields };
        let (column, code) = row.code(defaults)?;
        let warning = check(&code).map_err(|reason| Rejection { column: column.label(), reason })?;
        let name = row.text(Column::Name)?;
        if name.is_empty() {
            return Err(Rejection { column: Column::Name.label(), reason: RejectionReason::Empty });
        }
        let typed = row.text(Column::PostalCode)?;
        let postal_code = normalise_postal_code(&typed).unwrap_or(typed);
        let address = row.text(Column::Address)?;
        let details = (self.kind() == RegisterLayout::Full).then(|| row.details()).transpose()?;
        Ok(Reading { row: RegisterRow { code, name, postal_code, address, details }, warning })
    }
}

/// Accepts a check digit that holds, with a warning one that holds for another table only.
fn check(code: &InstitutionCode) -> Result<Option<RowWarning>, RejectionReason> {
    if code.check_digit_holds() {
        return Ok(None);
    }
    let fitting = tables_that_fit(code.prefecture(), code.local());
    let fits = *fitting.first().ok_or_else(|| RejectionReason::CheckDigit { code: code.clone() })?;
    Ok(Some(RowWarning::FitsAnotherTable { given: code.score_table(), fits }))
}

struct Fields<'a, F> {
    layout: &'a Layout,
    fields: &'a [F],
}

impl<F: AsRef<str>> Fields<'_, F> {
    /// The field of a column: `None` when the layout lacks the column or the row ends before it.
    fn raw(&self, column: Column) -> Option<&str> {
        self.fields.get(self.layout.place(column)?).map(AsRef::as_ref)
    }

    fn text(&self, column: Column) -> Result<String, Rejection> {
        let field = self.raw(column).unwrap_or_default();
        clean_line(field, LONGEST).map_err(|fault| Rejection { column: column.label(), reason: fault.into() })
    }

    fn digits(&self, column: Column, expected: usize) -> Result<String, Rejection> {
        let reject = |reason| Rejection { column: column.label(), reason };
        let field = self.raw(column).ok_or_else(|| reject(RejectionReason::Absent))?;
        let digits = compact(field);
        if digits.is_empty() {
            return Err(reject(RejectionReason::Empty));
        }
        if digits.len() != expected || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(reject(RejectionReason::Digits { expected, found: shown(field) }));
        }
        Ok(digits)
    }

    /// The code and the column it came from.
    fn code(&self, defaults: &ImportDefaults) -> Result<(Column, InstitutionCode), Rejection> {
        let (column, code) = match self.layout.kind() {
            RegisterLayout::Full => {
                let digits = self.digits(Column::TenDigits, 10)?;
                (Column::TenDigits, InstitutionCode::parse(&digits))
            }
            RegisterLayout::NineDigits => (Column::NineDigits, self.nine(defaults)?),
            RegisterLayout::SevenDigits => {
                let local = self.digits(Column::SevenDigits, 7)?;
                let table = self.table(defaults)?;
                (Column::SevenDigits, InstitutionCode::from_parts(self.prefecture(defaults)?, table, &local))
            }
        };
        let code = code.map_err(|fault| Rejection { column: column.label(), reason: fault.into() })?;
        Ok((column, code))
    }

    fn nine(&self, defaults: &ImportDefaults) -> Result<Result<InstitutionCode, CodeError>, Rejection> {
        let nine = self.digits(Column::NineDigits, 9)?;
        let (head, local) = nine.split_at(2);
        if self.layout.place(Column::SevenDigits).is_some() {
            let seven = self.digits(Column::SevenDigits, 7)?;
            if seven != local {
                let reason = RejectionReason::CodesDiffer { nine: local.to_owned(), seven };
                return Err(Rejection { column: Column::SevenDigits.label(), reason });
            }
        }
        let table = self.table(defaults)?;
        Ok(Prefecture::from_code(head)
            .ok_or_else(|| CodeError::UnknownPrefecture { found: head.to_owned() })
            .and_then(|prefecture| InstitutionCode::from_parts(prefecture, table, local)))
    }

    fn table(&self, defaults: &ImportDefaults) -> Result<ScoreTable, Rejection> {
        let reject = |reason| Rejection { column: Column::ScoreTable.label(), reason };
        match self.raw(Column::ScoreTable).map(str::trim).filter(|field| !field.is_empty()) {
            Some(field) => ScoreTable::parse(field)
                .ok_or_else(|| reject(RejectionReason::UnknownScoreTable { found: shown(field) })),
            None => defaults.score_table.ok_or_else(|| reject(RejectionReason::Empty)),
        }
    }

    fn prefecture(&self, defaults: &ImportDefaults) -> Result<Prefecture, Rejection> {
        let reject = |reason| Rejection { column: Column::Prefecture.label(), reason };
        if let Some(field) = self.raw(Column::Prefecture).map(str::trim).filter(|field| !field.is_empty()) {
            return Prefecture::parse(field)
                .ok_or_else(|| reject(RejectionReason::UnknownPrefecture { found: shown(field) }));
        }
        let address = fold(self.raw(Column::Address).unwrap_or_default());
        let found = Prefecture::of_address(&address).or(defaults.prefecture);
        found.ok_or_else(|| reject(RejectionReason::NoPrefecture))
    }

    fn details(&self) -> Result<RegisterDetails, Rejection> {
        let phone = self.text(Column::Phone)?;
        Ok(RegisterDetails {
            name_kana: self.text(Column::NameKana)?,
            phone: normalise_phone(&phone).unwrap_or(phone),
            founder: self.text(Column::Founder)?,
            status: self.status()?,
            valid_from: self.date(Column::ValidFrom)?,
            valid_to: self.date(Column::ValidTo)?,
        })
    }

    fn status(&self) -> Result<InstitutionStatus, Rejection> {
        let text = self.text(Column::Status)?;
        let reason = || RejectionReason::Status { found: shown(&text) };
        InstitutionStatus::parse(&text).ok_or_else(|| Rejection { column: Column::Status.label(), reason: reason() })
    }

    fn date(&self, column: Column) -> Result<Option<Date>, Rejection> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        let reason = || RejectionReason::Date { found: shown(&text) };
        read_date(&text).map(Some).ok_or_else(|| Rejection { column: column.label(), reason: reason() })
    }
}

/// Reads `2026-05-20`, `2026/5/20`, `2026.5.20`, `2026年5月20日` and `20260520`, in any width.
fn read_date(text: &str) -> Option<Date> {
    let text = fold(text);
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match numbers[..] {
        [year, month, day] if year.len() == 4 => (year, month, day),
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        _ => return None,
    };
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

fn shown(field: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '・' } else { letter };
    let mut text: String = field.trim().chars().take(SHOWN).map(visible).collect();
    if field.trim().chars().count() > SHOWN {
        text.push('…');
    }
    text
}
