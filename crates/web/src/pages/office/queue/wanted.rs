//! The filter of a queue as it stands in an address: the same words on the queue, on a case that was opened from it, and
//! in what a person saved.

use domain::{
    applications::{Age, Flag, Kind, State, sent_between},
    clock::Timestamp,
    ids::{AccountId, ApplicationId},
    institutions::{Prefecture, ScoreTable},
};
use serde::Deserialize;
use services::rows::{Assignee, QueueFilter};
use time::Duration;

use super::super::links::queue_of;
use crate::site::Visit;

/// Choices of days until what the applicant counts on.
pub(super) const DAYS: [u16; 3] = [7, 14, 30];
/// The assignee in an address: nobody, and whoever asks.
pub(super) const NOBODY: &str = "nobody";
pub(super) const ME: &str = "me";

/// A filter as it was asked for; what no filter knows counts as not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::pages::office) struct Wanted {
    pub(super) state: String,
    pub(super) prefecture: String,
    pub(super) score_table: String,
    pub(super) age: String,
    pub(super) deadline: String,
    pub(super) assignee: String,
    pub(super) flag: String,
    pub(super) after: String,
    /// What was said by the page before.
    pub(super) said: String,
}

impl Wanted {
    /// The filter in a query as [`Wanted::query`] writes it.
    pub(in crate::pages::office) fn parse(query: &str) -> Self {
        let mut wanted = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(place) = wanted.place(&key) {
                *place = value.into_owned();
            }
        }
        wanted
    }

    fn place(&mut self, key: &str) -> Option<&mut String> {
        Some(match key {
            "state" => &mut self.state,
            "prefecture" => &mut self.prefecture,
            "score_table" => &mut self.score_table,
            "age" => &mut self.age,
            "deadline" => &mut self.deadline,
            "assignee" => &mut self.assignee,
            "flag" => &mut self.flag,
            _ => return None,
        })
    }

    /// The state; those that wait for a reviewer if none is asked for.
    pub(in crate::pages::office) fn state(&self) -> State {
        self.state.parse().ok().filter(|state| *state != State::Draft).unwrap_or(State::Submitted)
    }

    fn pairs(&self) -> [(&'static str, &str); 7] {
        [
            ("state", self.state().as_str()),
            ("prefecture", &self.prefecture),
            ("score_table", &self.score_table),
            ("age", &self.age),
            ("deadline", &self.deadline),
            ("assignee", &self.assignee),
            ("flag", &self.flag),
        ]
    }

    /// Whether more than the state is asked for.
    pub(super) fn is_narrow(&self) -> bool {
        self.pairs().iter().skip(1).any(|(_, value)| !value.is_empty())
    }

    /// The filter as it stands in an address, without the place of a page.
    pub(in crate::pages::office) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs().iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    /// The address of the queue with this filter, and further pairs.
    pub(in crate::pages::office) fn address(&self, kind: Kind, further: &[(&str, &str)]) -> String {
        let query = super::super::parts::address("", further);
        let further = query.strip_prefix('?').map(|query| format!("&{query}")).unwrap_or_default();
        format!("{}?{}{further}", queue_of(kind), self.query())
    }

    /// What is asked of the database.
    pub(in crate::pages::office) fn filter(&self, visit: &Visit, kind: Kind) -> QueueFilter {
        let (app, now) = (&visit.site.app, visit.ctx().now);
        let age: Option<Age> = self.age.parse().ok();
        let range = |age| sent_between(age, app.rules().review_days, now.date(), &app.holidays());
        let days = self.deadline.parse().ok().filter(|days| DAYS.contains(days));
        QueueFilter {
            prefecture: Prefecture::from_code(&self.prefecture).map(|known| known.code().to_owned()),
            score_table: ScoreTable::from_code(&self.score_table).map(|known| known.code().to_owned()),
            sent: age.map_or((None, None), range),
            deadline_until: days.map(|days| Timestamp::end_of_day((now + Duration::days(i64::from(days))).date())),
            assignee: self.assignee(visit),
            flag: self.flag.parse().ok().filter(|flag| *flag != Flag::Plain),
            ..QueueFilter::new(kind, self.state())
        }
    }

    fn assignee(&self, visit: &Visit) -> Assignee {
        match self.assignee.as_str() {
            NOBODY => Assignee::Nobody,
            ME => visit.session().map_or(Assignee::Any, |session| Assignee::One(session.account_id)),
            other => other.parse::<AccountId>().map_or(Assignee::Any, Assignee::One),
        }
    }
}

/// The address of a case that remembers the queue it was opened from.
pub(in crate::pages::office) fn case_in(id: ApplicationId, queue: &str) -> String {
    super::super::parts::address(&format!("/office/applications/{id}"), &[("queue", queue)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_its_address_and_nothing_else_does() {
        let wanted = Wanted {
            state: "in_review".into(),
            prefecture: "13".into(),
            age: "over".into(),
            assignee: ME.into(),
            ..Wanted::default()
        };
        assert_eq!(wanted.query(), "state=in_review&prefecture=13&age=over&assignee=me");
        assert_eq!(Wanted::parse(&wanted.query()), wanted);
        let odd = Wanted::parse("state=draft&after=1_2&x=%3Cscript%3E&&=");
        assert_eq!((odd.query().as_str(), odd.is_narrow()), ("state=submitted", false));
        let next = wanted.address(Kind::Claims, &[("after", "5_a b")]);
        assert_eq!(next, format!("/office/queue/claims?{}&after=5_a+b", wanted.query()));
    }
}
