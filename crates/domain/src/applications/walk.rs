//! The order of what happened to a case, where the clock does not tell it.

use super::life::{Event, State, is_known};
use crate::clock::Timestamp;

/// Puts what happened to a case at one instant into the order in which it can have happened; lines come oldest first.
///
/// Two things that one transaction does, such as a loss and the new letter for it, bear the same time.
pub fn in_walking_order<T>(mut lines: Vec<T>, of: impl Fn(&T) -> (Timestamp, Event, State)) -> Vec<T> {
    let (mut walked, mut from) = (Vec::with_capacity(lines.len()), State::Draft);
    while let Some((first, ..)) = lines.first().map(&of) {
        let follows = |line: &T| {
            let (at, event, to) = of(line);
            at == first && is_known(from, event, to)
        };
        let line = lines.remove(lines.iter().position(follows).unwrap_or_default());
        from = of(&line).2;
        walked.push(line);
    }
    walked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_at_one_instant_is_told_in_the_order_in_which_it_can_have_happened() {
        use {Event as E, State as S};
        let walked = [
            (1, E::Submit, S::Submitted),
            (1, E::Take, S::InReview),
            (1, E::Accept, S::Approved),
            (1, E::PrintLetter, S::LetterPrinted),
            (1, E::PostLetter, S::LetterPosted),
            (2, E::LoseLetter, S::LetterLost),
            (2, E::ReissueLetter, S::LetterReissued),
        ];
        let mut mixed = walked;
        mixed[..5].reverse();
        mixed[5..].reverse();
        let of = |line: &(i64, E, S)| (Timestamp::from_millis(line.0), line.1, line.2);
        assert_eq!(in_walking_order(mixed.to_vec(), of), walked);
        let odd = vec![(3, E::Install, S::Installed), (3, E::Submit, S::Submitted)];
        assert_eq!(in_walking_order(odd.clone(), of).len(), odd.len(), "nothing is lost");
    }
}
