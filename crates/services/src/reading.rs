//! Reading what others send, without the database behind it: for the tests that feed the readers hostile bytes.

use crate::{accounts, group, inquiries::inbox, institutions::import, letters, mail};

/// A row of a file for the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its first line, from 1.
    pub line: u64,
    /// Why it would be left out.
    pub refused: Option<String>,
}

/// The rows of a file for the register, told nothing about it; see [`import::run`].
///
/// # Errors
/// Why the whole file would be refused.
pub fn register(file: &[u8]) -> Result<Vec<Row>, import::FileFault> {
    import::rows_of(file)
}

/// The lines of a list of registered-mail numbers that hold a row; none when it is no text. See [`letters::post`].
pub fn registered_mail(file: &[u8]) -> Option<Vec<u64>> {
    letters::list_text(file).map(|text| letters::rows_of(&text))
}

/// The lines of a list of accounts that hold a row; none when it is no text. See [`accounts::import::accounts`].
pub fn accounts(file: &[u8]) -> Option<Vec<u64>> {
    accounts::import::decode(file).map(|text| accounts::import::rows_of(&text))
}

/// The Message-ID and the words of a report that a mail came back for good; see [`mail::bounced`].
pub fn bounce(report: &[u8]) -> Option<(String, String)> {
    mail::report_of(report)
}

/// Sender, subject, words and files of a mail about an inquiry; see [`inbox::take`].
pub fn reply(mail: &[u8]) -> Option<[String; 4]> {
    inbox::summary(mail)
}

/// The numbers of the rows of a table of applications that are rows of cells or refused; see [`group::hand_in`].
///
/// # Errors
/// Why the whole table would be refused.
pub fn table(content: &[u8]) -> Result<Vec<(i64, Option<String>)>, String> {
    group::rows_of(content)
}
