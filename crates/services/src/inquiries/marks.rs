//! The mark of a thread in mails: its number and a code that only this installation can derive, so that a reply finds its
//! thread and nobody can write into one by guessing.

use domain::reference::ReferenceNumber;

use crate::{App, secrets::same};

/// Characters of the number without hyphens.
const NUMBER: usize = 13;
/// Octets of the code: 80 bits.
const CODE: usize = 10;

/// The mark of a thread: lower-case letters and digits, as it stands in an address or a subject.
pub(super) fn mark(app: &App, reference: &str) -> String {
    let number = reference.replace('-', "");
    let code = app.vault.derive("inquiry.mark", &[number.as_bytes()]);
    let code = hex::encode(code.get(..CODE).unwrap_or_default());
    format!("{}{code}", number.to_ascii_lowercase())
}

/// The number of the thread whose mark stands somewhere in a text.
pub(super) fn thread_in(app: &App, text: &str) -> Option<ReferenceNumber> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let long_enough = words.filter(|word| word.len() == NUMBER + CODE * 2);
    long_enough.map(str::to_ascii_lowercase).find_map(|word| {
        let number = ReferenceNumber::parse(word.get(..NUMBER)?).ok()?;
        same(&mark(app, number.as_str()), &word).then_some(number)
    })
}

/// The address for replies about a thread; none when nobody reads them.
pub(super) fn reply_to(app: &App, reference: &str) -> Option<String> {
    let replies = app.settings.replies.as_ref()?;
    match replies.address.split_once('@').filter(|_| replies.subaddresses) {
        Some((name, domain)) => Some(format!("{name}+{}@{domain}", mark(app, reference))),
        None => Some(replies.address.clone()),
    }
}

/// What is added to the subject, when the address cannot carry the mark.
pub(super) fn in_subject(app: &App, reference: &str) -> String {
    match &app.settings.replies {
        Some(replies) if !replies.subaddresses => format!(" [{}]", mark(app, reference)),
        _ => String::new(),
    }
}
