//! Checks of the line: its kind against the papers, its customer ID against everyone else's.

use super::{CaseFacts, Check, CheckName, bad, green, look, none};
use crate::applications::{
    Kind,
    line::grouped,
    line_customer_id::LineCustomerId,
    line_finder::{CONNECTION, Judged, LINE_KIND, REASON},
};

pub(super) fn line_kind(case: &CaseFacts<'_>) -> Check {
    let question = match case.kind {
        Kind::Eligibility => LINE_KIND,
        Kind::Claims => CONNECTION,
        Kind::Certificate | Kind::Common(_) => return none(CheckName::LineKind),
    };
    let (name, field) = (CheckName::LineKind, question.key);
    match question.judged(case.facts, case.answers) {
        Judged::Unknown => none(name),
        Judged::Agrees => green(name, field),
        Judged::Unsettled(words) => look(name, field, words),
        Judged::Contradicts(words) => match case.answers.get(REASON) {
            "" => bad(name, field, words),
            reason => look(name, field, format!("{words}\n申請者の理由：{reason}")),
        },
    }
}

fn declared(case: &CaseFacts<'_>) -> Option<String> {
    case.kind.procedure().line_id(case.facts, case.answers)
}

pub(super) fn customer_id(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::CustomerId, "customer_id");
    let Some(declared) = declared(case) else { return none(name) };
    match LineCustomerId::parse(&declared) {
        Err(fault) => bad(name, field, fault.to_string()),
        Ok(id) => match id.digits_remark(case.facts.rules.caf_digits, case.facts.rules.cop_digits) {
            None => green(name, field),
            Some(_) => {
                let count = id.digits().len();
                look(
                    name,
                    field,
                    format!("数字が{count}桁で、通常の桁数と違います。書類の写真または電話で確かめてください。"),
                )
            }
        },
    }
}

pub(super) fn elsewhere(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::CustomerIdElsewhere, "customer_id");
    if declared(case).is_none() {
        return none(name);
    }
    if case.elsewhere.is_empty() {
        return green(name, field);
    }
    let names: Vec<&str> = case.elsewhere.iter().map(|other| other.institution.as_str()).collect();
    look(name, field, format!("ほかの医療機関等の申請でも使われています（{}）。", names.join("、")))
}

/// One line serves both procedures unless the applicant said otherwise.
pub(super) fn other_procedure(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::CustomerIdOther, "customer_id");
    let known = match case.kind {
        Kind::Eligibility => case.facts.known.claims_line_id.as_ref(),
        Kind::Claims => case.facts.known.eligibility_line_id.as_ref(),
        Kind::Certificate | Kind::Common(_) => None,
    };
    let (Some(declared), Some(known)) = (declared(case), known) else { return none(name) };
    if &declared == known {
        return green(name, field);
    }
    look(name, field, format!("もう1つの手続では「{}」、この申請では「{}」です。", grouped(known), grouped(&declared)))
}
