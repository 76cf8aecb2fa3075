//! An answered form of any procedure: for the demo, and for tests that walk through all of them.

use crate::applications::{Facts, Kind};
use crate::forms::{Answers, Choice, Field, Input, Keyboard};

/// How often answers may bring new questions.
const ROUNDS: usize = 8;

/// The form of a procedure with an answer to each question that must be answered: what is known, what its folder says, and
/// otherwise the first choice or a plain word.
pub fn example(kind: Kind, facts: &Facts) -> Answers {
    let procedure = kind.procedure();
    let own: &[(&str, &str)] = match kind {
        Kind::Common(common) => common.folder().example,
        Kind::Eligibility | Kind::Certificate | Kind::Claims => &[],
    };
    let mut answers = procedure.preset(facts);
    own.iter().for_each(|(key, value)| answers.set(*key, value));
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
