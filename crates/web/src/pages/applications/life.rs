//! The line of life of a case: what it reached, where it is, what lies ahead.

use domain::{
    applications::{Kind, State},
    calendar::japanese_date,
    clock::Timestamp,
};
use services::rows::Reached;

use crate::view::parts::{PointView, Stage, StateLineView, StateView};

/// The line of life, under a badge and the sentence that explains the state.
///
/// A certificate that was revoked or ended ends the line, wherever the case stands.
pub(super) fn line(
    kind: Kind,
    state: State,
    over: Option<(&'static str, Timestamp)>,
    badge: StateView,
    sentence: String,
    reached: &[Reached],
) -> StateLineView {
    let own = kind.line_of_life();
    let points = match (over, own.iter().position(|point| *point == state)) {
        (Some((how, at)), _) => until_over(own, how, at, reached),
        (None, Some(now)) => on_the_line(own, now, reached),
        (None, None) => beside_the_line(own, state, reached),
    };
    StateLineView { state: badge, sentence, points }
}

fn point(state: State, stage: Stage, reached: &[Reached]) -> PointView {
    let last = reached.iter().rfind(|one| one.state == state).filter(|_| stage != Stage::Ahead);
    PointView::new(state.label(), last.map(|one| japanese_date(one.at.date())).unwrap_or_default(), stage)
}

fn was_reached(state: State, reached: &[Reached]) -> bool {
    reached.iter().any(|one| one.state == state)
}

/// The points of the line that were reached.
fn walked(own: &[State], reached: &[Reached]) -> Vec<PointView> {
    let own = own.iter().filter(|state| was_reached(**state, reached));
    own.map(|state| point(*state, Stage::Done, reached)).collect()
}

fn until_over(own: &[State], how: &str, at: Timestamp, reached: &[Reached]) -> Vec<PointView> {
    let mut points = walked(own, reached);
    points.push(PointView::new(how, japanese_date(at.date()), Stage::Stopped));
    points
}

fn on_the_line(own: &[State], now: usize, reached: &[Reached]) -> Vec<PointView> {
    let stage = |place: usize| match place.cmp(&now) {
        std::cmp::Ordering::Less => Stage::Done,
        std::cmp::Ordering::Equal => Stage::Current,
        std::cmp::Ordering::Greater => Stage::Ahead,
    };
    own.iter().enumerate().map(|(place, state)| point(*state, stage(place), reached)).collect()
}

/// A state that no case must go through: the end of the line, or a halt on the way.
fn beside_the_line(own: &[State], state: State, reached: &[Reached]) -> Vec<PointView> {
    let mut points = walked(own, reached);
    if state.is_over() {
        points.push(point(state, Stage::Stopped, reached));
        return points;
    }
    points.push(point(state, Stage::Current, reached));
    let ahead = own.iter().filter(|state| !was_reached(**state, reached));
    points.extend(ahead.map(|state| point(*state, Stage::Ahead, reached)));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::ApplicationId;
    use uuid::Uuid;

    fn stages(state: State, walked: &[State]) -> Vec<(String, Stage)> {
        let reached = |state: &State| Reached {
            application: ApplicationId(Uuid::nil()),
            state: *state,
            at: Timestamp::from_millis(0),
        };
        let reached: Vec<Reached> = walked.iter().map(reached).collect();
        let view = line(Kind::Certificate, state, None, StateView::default(), String::new(), &reached);
        view.points.into_iter().map(|point| (point.label, point.stage)).collect()
    }

    #[test]
    fn a_letter_that_is_sent_again_is_a_halt_and_no_end() {
        use State as S;
        let walked = [S::Submitted, S::InReview, S::Approved, S::LetterPrinted, S::LetterPosted, S::LetterReissued];
        let points = stages(S::LetterReissued, &walked);
        assert_eq!(points.len(), 8);
        assert_eq!(points[5], (S::LetterReissued.label().to_owned(), Stage::Current));
        assert_eq!(points[6], (S::PickedUp.label().to_owned(), Stage::Ahead));
    }

    #[test]
    fn a_refused_case_ends_where_it_was_refused() {
        use State as S;
        let points = stages(S::Rejected, &[S::Submitted, S::InReview, S::Rejected]);
        assert_eq!(
            points.iter().map(|(_, stage)| *stage).collect::<Vec<_>>(),
            [Stage::Done, Stage::Done, Stage::Stopped]
        );
    }
}
