//! What a typed institution code means: an institution, or the likely slip (spec 2.1).

use domain::{
    ids::InstitutionId,
    institutions::{CodeError, Institution, InstitutionCode, Prefecture, ScoreTable, explain_unknown, single_changes},
};

use crate::{App, Result};

/// A code as a person gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeInput<'a> {
    /// Three fields of a form.
    Parts {
        /// Prefecture: its code, label or name.
        prefecture: &'a str,
        /// Score table: its digit, label or name.
        score_table: &'a str,
        /// Seven digits.
        code: &'a str,
    },
    /// All ten digits in one field.
    Whole(&'a str),
}

/// What a code means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAnswer {
    /// It stands in the register, whatever its check digit.
    Found(Box<Institution>),
    /// It is a code, but does not stand there.
    Unknown {
        /// The code.
        code: InstitutionCode,
        /// Whether its check digit holds, so that it may wait for the next import (「確認待ち」).
        valid: bool,
        /// The institution that someone registered under it and that still waits.
        waiting: Option<InstitutionId>,
        /// What to say, with the likely slip. Codes are named, never names of institutions.
        message: String,
    },
    /// It is no code.
    Invalid {
        /// The field at fault: `prefecture`, `score_table` or `code`.
        field: &'static str,
        /// What to say.
        message: String,
    },
}

/// Looks a code up, and when it is not in the register says what went wrong, with one query.
///
/// # Errors
/// When the database cannot be read.
pub async fn explain(app: &App, input: CodeInput<'_>) -> Result<CodeAnswer> {
    let code = match read(input) {
        Ok(code) => code,
        Err((field, message)) => return Ok(CodeAnswer::Invalid { field, message }),
    };
    let mut wanted: Vec<String> =
        single_changes(&code).into_iter().map(|(_, other)| other.as_str().to_owned()).collect();
    wanted.push(code.as_str().to_owned());
    let found = storage::institutions::by_codes(&mut app.db.read().await?, &wanted).await?;
    let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|institution| institution.code == code);
    match own.into_iter().next() {
        Some(institution) if institution.in_register => Ok(CodeAnswer::Found(Box::new(institution))),
        own => {
            let listed = |other: &InstitutionCode| others.iter().any(|known| known.in_register && known.code == *other);
            let slip = explain_unknown(&code, &listed);
            let (valid, message) = (code.check_digit_holds(), slip.to_string());
            Ok(CodeAnswer::Unknown { valid, waiting: own.map(|institution| institution.id), message, code })
        }
    }
}

fn read(input: CodeInput<'_>) -> Result<InstitutionCode, (&'static str, String)> {
    let (prefecture, score_table, code) = match input {
        CodeInput::Whole(text) => return InstitutionCode::parse(text).map_err(|fault| ("code", fault.to_string())),
        CodeInput::Parts { prefecture, score_table, code } => (prefecture, score_table, code),
    };
    let prefecture =
        Prefecture::parse(prefecture).ok_or_else(|| ("prefecture", "都道府県コードを選んでください。".to_owned()))?;
    let score_table =
        ScoreTable::parse(score_table).ok_or_else(|| ("score_table", "点数表コードを選んでください。".to_owned()))?;
    let local = InstitutionCode::from_parts(prefecture, score_table, code);
    local.map_err(|fault: CodeError| ("code", fault.to_string()))
}
