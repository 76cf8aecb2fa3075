//! Checks of what depends on the day: start or change, versions of documents, the month of the start.

use super::{CaseFacts, Check, CheckName, bad, green, look, none};
use crate::applications::Kind;
use crate::calendar::{YearMonth, cut_off};
use crate::forms::{Document, Input};

pub(super) fn application_kind(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::ApplicationKind, "application_kind");
    let before = match case.kind {
        Kind::Eligibility => case.facts.known.eligibility.is_some(),
        Kind::Claims => case.facts.known.claims.is_some(),
        Kind::Common(_) if case.answers.has(field) => case.facts.known.latest.is_some(),
        Kind::Certificate | Kind::Common(_) => return none(name),
    };
    match (case.answers.get(field), before) {
        ("start", true) => look(name, field, "「開始」ですが、前に受け付けたものがあります。"),
        ("change", false) => bad(name, field, "「変更」ですが、前に受け付けたものがありません。"),
        _ => green(name, field),
    }
}

pub(super) fn terms(case: &CaseFacts<'_>) -> Check {
    let sections = case.kind.procedure().sections(case.facts, case.answers);
    let agreed = sections.iter().flat_map(|section| &section.fields).filter_map(|field| match &field.input {
        Input::Agreement(document) if field.applies(case.answers) => Some((document, case.answers.get(&field.key))),
        _ => None,
    });
    let agreed: Vec<_> = agreed.collect();
    if case.kind == Kind::Certificate || agreed.is_empty() {
        return none(CheckName::Terms);
    }
    let older = agreed.iter().filter(|(document, version)| document.version != *version);
    let words =
        |(document, version): &(&Document, &str)| format!("「{}」は第{version}版に同意しています", document.title);
    let older: Vec<String> = older.map(words).collect();
    match older.is_empty() {
        true => green(CheckName::Terms, "terms"),
        false => look(CheckName::Terms, "terms", format!("{}。今の版と違います。", older.join("、"))),
    }
}

/// The month must be reachable from the day of sending, and not be over before anyone decides.
pub(super) fn start_month(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::StartMonth, "start_month");
    let asked = !matches!(case.kind, Kind::Certificate | Kind::Common(_)) || case.answers.has(field);
    if !asked {
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
