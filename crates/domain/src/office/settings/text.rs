//! Texts of mails and documents.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{DOCUMENT, LINE, MAIL, finding};
use crate::forms::Finding;

/// Subject and body of a mail, with placeholders such as `{{reference}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailText {
    /// Subject, one line.
    pub subject: String,
    /// Body, plain text.
    pub body: String,
}

/// The placeholders of a text in their order, or what stands where one is not closed.
///
/// # Errors
/// The first characters from the braces that nobody closed.
pub fn placeholders_in(text: &str) -> Result<Vec<&str>, String> {
    let mut found = vec![];
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else {
            return Err(after.chars().take(20).collect());
        };
        found.push(name.trim());
        rest = tail;
    }
    Ok(found)
}

impl MailText {
    /// What is wrong with a text whose mail may hold these placeholders.
    pub(super) fn judge(&self, placeholders: &[&str]) -> Vec<Finding> {
        let mut found = vec![];
        let subject_fits = !self.subject.trim().is_empty() && self.subject.chars().count() <= LINE;
        if !subject_fits || self.subject.contains(['\n', '\r']) {
            found.push(finding("subject", format!("「件名」を、1行、{LINE}文字までで入力してください。")));
        }
        if self.body.trim().is_empty() || self.body.chars().count() > MAIL {
            found.push(finding("body", format!("「本文」を、{MAIL}文字までで入力してください。")));
        }
        let known: BTreeSet<&str> = placeholders.iter().copied().collect();
        for (field, label, text) in [("subject", "件名", &self.subject), ("body", "本文", &self.body)] {
            if let Some(sentence) = judge_placeholders(label, text, &known) {
                found.push(finding(field, sentence));
            }
        }
        found
    }
}

fn judge_placeholders(label: &str, text: &str, known: &BTreeSet<&str>) -> Option<String> {
    match placeholders_in(text) {
        Err(rest) => Some(format!("「{label}」の「{{{{{rest}」が閉じていません。「}}}}」で閉じてください。")),
        Ok(names) => names.into_iter().find(|name| !known.contains(name)).map(|name| {
            format!("「{label}」の「{{{{{name}}}}}」は、このメールでは使えません。下の一覧にある差し込みだけを使ってください。")
        }),
    }
}

pub(super) fn judge_document(version: &str, title: &str, body: &str, versions: &[String]) -> Vec<Finding> {
    let mut found = vec![];
    let numbers: Vec<&str> = version.split('.').collect();
    let is_version = (1..=4).contains(&numbers.len())
        && numbers.iter().all(|n| (1..=4).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
    if !is_version {
        found.push(finding("version", "「版」を、「1.2」のように半角の数字と点で入力してください。"));
    } else if versions.iter().any(|known| known == version) {
        found.push(finding("version", format!("版「{version}」はすでにあります。次の番号にしてください。")));
    }
    if title.trim().is_empty() || title.chars().count() > LINE {
        found.push(finding("title", format!("「題名」を、{LINE}文字までで入力してください。")));
    }
    if body.trim().is_empty() || body.chars().count() > DOCUMENT {
        found.push(finding("body", format!("「本文」を、{DOCUMENT}文字までで入力してください。")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_holds_only_the_placeholders_that_will_be_filled() {
        let judged = |subject: &str, body: &str| {
            let text = MailText { subject: subject.to_owned(), body: body.to_owned() };
            text.judge(&["person", "reference"]).into_iter().map(|finding| finding.field).collect::<Vec<_>>()
        };
        assert!(judged("受付番号 {{reference}}", "{{ person }} 様").is_empty());
        assert_eq!(judged("受付番号 {{number}}", "{{person}} 様"), ["subject"]);
        assert_eq!(judged("受付番号", "{{person 様"), ["body"]);
        assert_eq!(judged("二行\n目", ""), ["subject", "body"]);
    }

    #[test]
    fn a_document_needs_a_version_of_its_own() {
        let judged = |version: &str| judge_document(version, "利用規約", "本文", &["1.0".to_owned()]).len();
        assert_eq!(judged("1.1"), 0);
        for odd in ["", "1.0", "1.", "v2", "１.１", "1.2.3.4.5"] {
            assert_eq!(judged(odd), 1, "{odd}");
        }
    }
}
