//! An answered form of any procedure: for the demo, and for tests that walk through all of them.

use time::Duration;

use crate::applications::{Facts, Kind, Procedure};
use crate::forms::{Answers, Choice, Field, Input, Keyboard};

/// How often answers may bring new questions.
const ROUNDS: usize = 8;

/// The form of a procedure with an answer to each question that must be answered: what is known, what its folder says, and
/// otherwise the first choice or a plain word.
pub fn example(kind: Kind, facts: &Facts) -> Answers {
    let own = match kind {
        Kind::Common(common) => common.folder().example,
        Kind::Eligibility | Kind::Certificate | Kind::Claims => &[],
    };
    answered(kind.procedure(), own, facts)
}

/// The form with what its folder says, and an answer to each other question that must be answered.
pub(super) fn answered(procedure: &dyn Procedure, own: &[(&str, &str)], facts: &Facts) -> Answers {
    let mut answers = procedure.preset(facts);
    own.iter().for_each(|(key, value)| answers.set(*key, said(value, facts)));
    for _ in 0..ROUNDS {
        procedure.complete(facts, &mut answers);
        let sections = procedure.sections(facts, &answers);
        let open = |field: &&Field| field.required && field.applies(&answers) && !answers.has(&field.key);
        let asked: Vec<Field> = sections.iter().flat_map(|section| &section.fields).filter(open).cloned().collect();
        if asked.is_empty() {
            break;
        }
        asked.iter().for_each(|field| answers.set(&field.key, plain(&field.input)));
    }
    answers
}

/// What a folder says, with a day counted from today.
fn said(value: &str, facts: &Facts) -> String {
    let days = value.strip_prefix("today").map(|days| if days.is_empty() { Ok(0) } else { days.parse::<i64>() });
    match days {
        Some(Ok(days)) => facts.now.date().saturating_add(Duration::days(days)).to_string(),
        _ => value.to_owned(),
    }
}

fn plain(input: &Input) -> String {
    let first = |choices: &[Choice]| choices.iter().find(|choice| !choice.retired).map(|choice| choice.value.clone());
    match input {
        Input::Radio(choices) | Input::Select(choices) | Input::Several(choices) => first(choices).unwrap_or_default(),
        Input::Agreement(document) => document.version.clone(),
        Input::Agreements(documents) => Input::versions(documents),
        Input::Line { keyboard: Keyboard::Telephone, .. } => "03-1234-5678".to_owned(),
        Input::Line { keyboard: Keyboard::Numeric, .. } => "1".to_owned(),
        Input::Line { .. } | Input::Lines { .. } => "見本".to_owned(),
        Input::Month { from, .. } => from.as_text(),
        // The last one: what happens on the day does not happen while the example is looked at.
        Input::Date { to, .. } => to.to_string(),
        // Files are handed in on their own.
        Input::CustomerId | Input::Upload { .. } | Input::Shown(_) => String::new(),
    }
}
