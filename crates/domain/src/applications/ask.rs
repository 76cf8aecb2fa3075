//! What a case asks of its institution, and which procedure comes next.

use super::State;

/// What is asked of an institution, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// The operator or the post waits for it: corrections, a letter that must be sent again.
    Answer,
    /// A draft is to be finished.
    GoOn,
    /// The procedure can be begun.
    Begin,
    /// Something is to be done at the terminal: fetch the certificate, test the connection.
    AtTerminal,
    /// Nothing: somebody else has it, or it is done.
    Nothing,
}

impl State {
    /// What a case in this state asks of its institution.
    pub const fn asks(self) -> Ask {
        match self {
            Self::Returned | Self::LetterReturned | Self::LetterLost => Ask::Answer,
            Self::Draft => Ask::GoOn,
            Self::LetterPosted | Self::PickedUp => Ask::AtTerminal,
            Self::Rejected | Self::Withdrawn | Self::Cancelled | Self::PickupExpired => Ask::Begin,
            Self::Submitted
            | Self::InReview
            | Self::Accepted
            | Self::InForce
            | Self::Superseded
            | Self::Approved
            | Self::LetterPrinted
            | Self::LetterReissued
            | Self::Installed => Ask::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applications::{Kind, Moment, Rules, explain};
    use crate::calendar::Holidays;
    use crate::clock::Timestamp;

    #[test]
    fn something_is_asked_exactly_when_the_explained_state_says_that_it_is_the_applicants_turn() {
        for kind in Kind::JOURNEY {
            for state in State::ALL.iter().copied().filter(|state| !state.is_over()) {
                let since = Timestamp::from_millis(0);
                let moment = Moment { kind, state, since, start: None, pickup: None, asked: false };
                let holder = explain(moment, &Rules::default(), &Holidays::default()).holder;
                assert_eq!(state.asks() != Ask::Nothing, holder.contains("あなた"), "{kind} {state}");
            }
        }
    }
}
