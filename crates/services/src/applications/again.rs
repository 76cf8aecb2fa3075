//! A new application for a terminal that was applied for before: filled in from the last one.

use domain::{
    applications::{Kind, MOST_TERMINALS, TERMINAL_COUNT},
    forms::Answers,
};
use storage::{applications::Application, boxed};

use super::draft::{Started, form, save, start};
use crate::{Ctx, Result};

/// What is taken over from the last application, once for the whole form.
const SHARED: [&str; 3] = ["contact", "technical_contact", "technical_mail"];

/// Begins an application for a terminal, filled in as the last time; with `reason` for a second certificate, where
/// the form asks for one. A draft that waits gets the terminal as one more, unless it names it already.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership, [`crate::Error::ChangedMeanwhile`] when the draft was sent
/// at the same moment.
#[boxed]
pub async fn start_for_terminal(ctx: &Ctx<'_>, last: &Application, reason: &str) -> Result<Started> {
    let started = start(ctx, Kind::Certificate).await?;
    let (Started::New(id) | Started::Existing(id)) = started else { return Ok(started) };
    let mut draft = form(ctx, id).await?.case.answers;
    if matches!(started, Started::New(_)) {
        draft.set("contact", last.answers.get("contact"));
    }
    let name = last.terminal_name.as_deref().unwrap_or_default();
    if let Some(answers) = with_terminal(draft, &last.answers, name, reason) {
        save(ctx, id, &answers).await?;
    }
    Ok(started)
}

/// The draft with the terminal in it; none when it is in it already or has no room.
fn with_terminal(draft: Answers, last: &Answers, name: &str, reason: &str) -> Option<Answers> {
    let key = |word: &str, number: usize| format!("{word}_{number}");
    let count: usize = draft.get(TERMINAL_COUNT).parse().unwrap_or(1);
    if (1..=count).any(|number| draft.get(&key("terminal_name", number)) == name) {
        return None;
    }
    let free = (1..=count).find(|number| !draft.has(&key("terminal_name", *number)));
    let number = free.unwrap_or(count + 1);
    if number > MOST_TERMINALS {
        return None;
    }
    let shared = SHARED.into_iter().filter(|key| !draft.has(key)).collect::<Vec<_>>();
    let mut answers =
        draft.with(TERMINAL_COUNT, number.max(count).to_string()).with(key("terminal_name", number), name);
    for word in ["terminal_os", "purpose"] {
        answers.set(key(word, number), last.get(&key(word, 1)));
    }
    for key in shared {
        answers.set(key, last.get(key));
    }
    if !answers.has("second_reason") {
        answers.set("second_reason", reason);
    }
    Some(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last() -> Answers {
        Answers::new().with("terminal_os_1", "windows_11").with("purpose_1", "both").with("contact", "事務 山田")
    }

    #[test]
    fn an_empty_draft_is_filled_and_a_full_one_gets_one_more() {
        let empty = Answers::new().with(TERMINAL_COUNT, "1").with("contact", "院長");
        let first = with_terminal(empty, &last(), "受付のパソコン", "壊れた").unwrap();
        assert_eq!((first.get("terminal_name_1"), first.get("contact")), ("受付のパソコン", "院長"));
        assert_eq!((first.get(TERMINAL_COUNT), first.get("second_reason")), ("1", "壊れた"));
        assert_eq!(with_terminal(first.clone(), &last(), "受付のパソコン", "壊れた"), None);
        let second = with_terminal(first, &last(), "2階のパソコン", "壊れた").unwrap();
        assert_eq!((second.get(TERMINAL_COUNT), second.get("terminal_name_2")), ("2", "2階のパソコン"));
        assert_eq!((second.get("terminal_os_2"), second.get("purpose_2")), ("windows_11", "both"));
        let full = Answers::new().with(TERMINAL_COUNT, "50");
        let full =
            (1..=50).fold(full, |all, number| all.with(format!("terminal_name_{number}"), format!("{number}番")));
        assert_eq!(with_terminal(full, &last(), "受付のパソコン", ""), None);
    }
}
