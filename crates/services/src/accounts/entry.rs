//! What people type into the forms of accounts, read by the rules of `domain` into values or sentences per field.

use domain::{
    accounts::{self, EmailAddress, PasswordContext, check_password, normalise_login, normalise_password},
    forms::Finding,
};

use crate::institutions::CodeInput;

/// An institution code as typed: three fields, or all ten digits in `code`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeTyped {
    /// Prefecture; empty when `code` holds all ten digits.
    pub prefecture: String,
    /// Score table; empty when `code` holds all ten digits.
    pub score_table: String,
    /// Seven digits, or all ten.
    pub code: String,
}

impl CodeTyped {
    /// The same for the register.
    pub(super) fn input(&self) -> CodeInput<'_> {
        if self.prefecture.is_empty() && self.score_table.is_empty() {
            CodeInput::Whole(&self.code)
        } else {
            CodeInput::Parts { prefecture: &self.prefecture, score_table: &self.score_table, code: &self.code }
        }
    }
}

/// A sentence about a field.
pub(crate) fn finding(field: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding { field: field.into(), message: message.into() }
}

/// Keeps a value, or notes its slip.
pub(crate) fn keep<T>(slips: &mut Vec<Finding>, read: Result<T, Finding>) -> Option<T> {
    read.map_err(|slip| slips.push(slip)).ok()
}

/// A login as it is looked up: an address, or that of a provisional account.
pub(super) fn login(typed: &str) -> String {
    normalise_login(typed)
}

/// A mail address in its stored form; field `email`.
pub(crate) fn address(typed: &str) -> Result<String, Finding> {
    match EmailAddress::parse(typed) {
        Ok(address) => Ok(address.as_str().to_owned()),
        Err(fault) => Err(finding("email", fault.to_string())),
    }
}

/// What an address was perhaps meant to be.
pub(super) fn address_meant(address: &str) -> Option<String> {
    EmailAddress::parse(address).ok().and_then(|address| address.meant())
}

/// A person's name in its stored form; field `name`.
pub(crate) fn person_name(typed: &str) -> Result<String, Finding> {
    accounts::person_name(typed).map_err(|fault| finding("name", fault.to_string()))
}

/// A password as it is hashed and checked.
pub(super) fn password(typed: &str) -> String {
    normalise_password(typed)
}

/// A new password as it is hashed; fields `password` and `password_again`.
pub(super) fn new_password(typed: &str, again: &str, login: &str, codes: &[&str]) -> Result<String, Finding> {
    let new = check_password(typed, &PasswordContext { login, codes })
        .map_err(|fault| finding("password", fault.to_string()))?;
    if new == password(again) {
        Ok(new)
    } else {
        Err(finding("password_again", "2つのパスワードが違います。もう一度、同じパスワードを入力してください。"))
    }
}
