//! Checks of what depends on the day: start or change, versions of documents, the month of the start.

use super::{CaseFacts, Check, CheckName, bad, green, look, none};
use crate::applications::Kind;
use crate::calendar::{YearMonth, cut_off};

pub(super) fn application_kind(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::ApplicationKind, "application_kind");
    let before = match case.kind {
        Kind::Eligibility => case.facts.known.eligibility.is_some(),
        Kind::Claims => case.facts.known.claims.is_some(),
        Kind::Certificate => return none(name),
    };
    match (case.answers.get(field), before) {
        ("start", true) => look(name, field, "「開始」ですが、前に受け付けたものがあります。"),
        ("change", false) => bad(name, field, "「変更」ですが、前に受け付けたものがありません。"),
        _ => green(name, field),
    }
}

pub(super) fn terms(case: &CaseFacts<'_>) -> Check {
    let agreed: &[(&str, &str)] = match case.kind {
        Kind::Eligibility => &[("terms", "eligibility-terms")],
        Kind::Claims => &[("terms", "claims-terms"), ("safety_rules", "claims-safety-rules")],
        Kind::Certificate => return none(CheckName::Terms),
    };
    let older = agreed.iter().filter_map(|(field, slug)| {
        let (document, version) = (case.facts.document(slug), case.answers.get(field));
        (document.version != version).then(|| format!("「{}」は第{version}版に同意しています", document.title))
    });
    let older: Vec<String> = older.collect();
    match older.is_empty() {
        true => green(CheckName::Terms, "terms"),
        false => look(CheckName::Terms, "terms", format!("{}。今の版と違います。", older.join("、"))),
    }
}

/// The month must be reachable from the day of sending, and not be over before anyone decides.
pub(super) fn start_month(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::StartMonth, "start_month");
    if case.kind == Kind::Certificate {
        return none(name);
    }
    let Some(month) = case.kind.procedure().start_month(case.answers) else {
        return bad(name, field, "開始の月が読み取れません。");
    };
    let sent = case.sent_at.date();
    let earliest = match case.kind {
        Kind::Claims => cut_off(sent, case.facts.rules.cut_off),
        _ => YearMonth::of(sent),
    };
    if month < earliest {
        return bad(name, field, format!("送信した日からは、{earliest}より前には始められません。"));
    }
    match month < YearMonth::of(case.facts.now.date()) {
        true => look(name, field, format!("{month}はもう過ぎています。開始の月を申請者に確かめてください。")),
        false => green(name, field),
    }
}
