//! What machines read of procedures and applications.

use domain::{
    applications::Kind,
    clock::Timestamp,
    forms::{Choice, Condition, Field, Finding, Input, Section},
};
use serde_json::{Map, Value, json};
use services::{
    applications::{ApplicantCase, Standing},
    interface::{Kept, Offered},
    rows::{Application, Listed},
};
use time::{UtcOffset, format_description::well_known::Rfc3339};

/// An instant (RFC 3339, in UTC).
fn instant(at: Timestamp) -> String {
    at.in_japan().to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// A procedure with its questions.
pub(super) fn procedure(offered: &Offered) -> Value {
    let answers: Map<String, Value> =
        offered.preset.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    json!({
        "procedure": offered.kind.as_str(),
        "title": offered.kind.label(),
        "article": format!("/articles/{}", offered.kind.article()),
        "sections": offered.sections.iter().map(section).collect::<Vec<_>>(),
        "answers": answers,
        "missing_before": offered.outlook.missing,
        "draft": offered.outlook.draft.as_ref().map(|draft| draft.id),
        "under_way": offered.outlook.under_way.as_ref().map(|standing| standing.case.id),
    })
}

fn section(section: &Section) -> Value {
    json!({ "title": section.title, "lead": section.lead, "fields": section.fields.iter().map(field).collect::<Vec<_>>() })
}

fn field(field: &Field) -> Value {
    let mut value = input(&field.input);
    value.insert("key".to_owned(), json!(field.key));
    value.insert("label".to_owned(), json!(field.label));
    value.insert("help".to_owned(), json!(field.help));
    value.insert("required".to_owned(), json!(field.required));
    value.insert("when".to_owned(), json!(field.when.as_ref().map(conditions).unwrap_or_default()));
    Value::Object(value)
}

/// All of these must hold.
fn conditions(condition: &Condition) -> Vec<Value> {
    match condition {
        Condition::OneOf(key, values) => vec![json!({ "key": key, "one_of": values })],
        Condition::All(all) => all.iter().flat_map(conditions).collect(),
    }
}

fn input(input: &Input) -> Map<String, Value> {
    let (kind, more) = match input {
        Input::Radio(list) | Input::Select(list) => ("choice", json!({ "choices": choices(list) })),
        Input::Several(list) => ("choices", json!({ "choices": choices(list), "joined_by": Input::AND })),
        Input::Agreement(document) => ("agreement", json!({ "value": document.version })),
        Input::Agreements(documents) => ("agreement", json!({ "value": Input::versions(documents) })),
        Input::Line { max, suggestions, .. } => ("line", json!({ "max": max, "suggestions": suggestions })),
        Input::Lines { max } => ("lines", json!({ "max": max })),
        Input::Month { from, to } => ("month", json!({ "from": from.as_text(), "to": to.as_text() })),
        Input::Date { from, to } => ("day", json!({ "from": from.to_string(), "to": to.to_string() })),
        Input::CustomerId => ("customer_id", json!({})),
        Input::Upload { most_files } => ("file", json!({ "max": most_files })),
        Input::Shown(text) => ("shown", json!({ "value": text })),
    };
    let mut map = more.as_object().cloned().unwrap_or_default();
    map.insert("input".to_owned(), json!(kind));
    map
}

fn choices(list: &[Choice]) -> Vec<Value> {
    let offered = list.iter().filter(|choice| !choice.retired);
    offered.map(|choice| json!({ "value": choice.value, "label": choice.label, "note": choice.note })).collect()
}

/// A case with its answers.
pub(super) fn application(case: &Application) -> Value {
    json!({
        "id": case.id,
        "procedure": case.kind.as_str(),
        "state": case.state.as_str(),
        "state_label": case.state.label(),
        "version": case.version,
        "reference": case.reference,
        "answers": case.answers,
        "reasons": pairs(&case.reasons),
        "remarks": pairs(&case.remarks),
        "start_month": case.start_month,
        "terminal": case.terminal_name,
        "sent_with": case.sent_with,
        "submitted_at": case.submitted_at.map(instant),
        "updated_at": instant(case.updated_at),
    })
}

/// A case with where it stands, in words.
pub(super) fn standing(case: &ApplicantCase) -> Value {
    let mut value = application(&case.case);
    value["explanation"] = json!(case.explanation.happened);
    value
}

/// A case as a line of a list.
pub(super) fn listed(standing: &Standing<Listed>) -> Value {
    let case = &standing.case;
    json!({
        "id": case.id,
        "procedure": case.kind.as_str(),
        "state": case.state.as_str(),
        "state_label": case.state.label(),
        "version": case.version,
        "reference": case.reference,
        "start_month": case.start_month,
        "terminal": case.terminal_name,
        "submitted_at": case.submitted_at.map(instant),
        "updated_at": instant(case.updated_at),
    })
}

/// A draft that kept answers, with what a check says of it.
pub(super) fn kept(kept: &Kept, fee_yen: i64) -> Value {
    let mut value = json!({
        "application": application(&kept.state.case),
        "errors": findings(&kept.checked.findings.errors),
        "warnings": findings(&kept.checked.findings.warnings),
        "ignored": kept.ignored,
    });
    if kept.state.case.kind == Kind::Certificate {
        value["fee_yen"] = json!(fee_yen);
    }
    value
}

/// What a check found, by field.
pub(super) fn findings(found: &[Finding]) -> Vec<Value> {
    found.iter().map(|finding| json!({ "field": finding.field, "message": finding.message })).collect()
}

fn pairs(found: &[(String, String)]) -> Vec<Value> {
    found.iter().map(|(field, message)| json!({ "field": field, "message": message })).collect()
}
