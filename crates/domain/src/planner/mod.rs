//! Plans back from the day of the vendor's visit: the last safe day of each step, and why (spec 05).

mod steps;
#[cfg(test)]
mod years;

pub use steps::{Filed, LETTER_DAYS, LINE_ID_DAYS, Planner, Step, latest_start_at};

use time::Date;

use crate::calendar::{YearMonth, japanese_date, typed_day};

/// Months ahead of today for which a visit can be planned.
pub const FARTHEST_MONTHS: i32 = 24;

/// Days that are looked at for a later visit; a year holds every combination of cut-offs and holidays.
const LOOK_AHEAD_DAYS: usize = 400;

/// Why a day cannot be planned for; the sentence says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitError {
    /// Nothing was typed.
    #[error("訪問日を入力してください。")]
    Missing,
    /// What was typed is no day.
    #[error("訪問日を「2026-07-15」や「2026年7月15日」のように、西暦の年・月・日で入力してください。")]
    NotADay,
    /// The day has passed.
    #[error("訪問日には、今日（{0}）以降の日を入力してください。")]
    Past(String),
    /// The day lies too far ahead.
    #[error("訪問日には、{0}までの日を入力してください。")]
    TooFar(String),
}

/// The day of a visit as a person types it, in either width.
///
/// # Errors
/// [`VisitError`] when it is no day, has passed, or lies more than [`FARTHEST_MONTHS`] months ahead.
pub fn visit_day(typed: &str, today: Date) -> Result<Date, VisitError> {
    if typed.trim().is_empty() {
        return Err(VisitError::Missing);
    }
    let day = typed_day(typed).ok_or(VisitError::NotADay)?;
    let farthest = farthest(today);
    if day < today {
        Err(VisitError::Past(japanese_date(today)))
    } else if day > farthest {
        Err(VisitError::TooFar(japanese_date(farthest)))
    } else {
        Ok(day)
    }
}

/// The last day that can be planned for.
pub fn farthest(today: Date) -> Date {
    YearMonth::of(today).plus_months(FARTHEST_MONTHS).last_day()
}

/// How a step of the plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The institution has done it.
    Done,
    /// There is time.
    Ahead,
    /// Today is the last safe day.
    Today,
    /// The last safe day has passed.
    Missed {
        /// The first business day of a visit for which doing it today is in time.
        earliest: Option<Date>,
    },
    /// It is done, for a later visit than this one.
    TooEarly {
        /// The first business day of a visit that fits.
        earliest: Option<Date>,
    },
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which step.
    pub step: Step,
    /// The last day on which it is safe.
    pub last: Date,
    /// Why it is that day.
    pub why: String,
    /// How it stands today.
    pub standing: Standing,
    /// What to do when it is missed; empty otherwise.
    pub remedy: String,
}

/// A plan for the day of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The day of the visit.
    pub visit: Date,
    /// Its steps, the earliest last day first.
    pub steps: Vec<Planned>,
    /// When a step that everyone must do is missed: the first business day of a visit for which nothing is.
    pub better: Option<Date>,
}

impl Plan {
    /// How many steps are missed that everyone must do.
    pub fn missed(&self) -> usize {
        self.steps.iter().filter(|planned| planned.is_missed() && planned.step.is_for_everyone()).count()
    }
}

impl Planned {
    /// Whether the visit cannot be met: the last safe day has passed, or what was filed is for a later visit.
    pub const fn is_missed(&self) -> bool {
        matches!(self.standing, Standing::Missed { .. } | Standing::TooEarly { .. })
    }
}

impl Planner<'_> {
    /// The plan for a visit, as it stands today; `filed` says what the institution has done already.
    pub fn plan(&self, visit: Date, today: Date, filed: &Filed) -> Plan {
        let mut steps: Vec<Planned> = Step::ALL.iter().map(|step| self.planned(*step, visit, today, filed)).collect();
        steps.sort_by_key(|planned| (planned.last, planned.step));
        let mut plan = Plan { visit, steps, better: None };
        if plan.missed() > 0 {
            plan.better = self.open_days_from(visit).find(|day| self.is_in_time(*day, today, filed));
        }
        plan
    }

    fn planned(&self, step: Step, visit: Date, today: Date, filed: &Filed) -> Planned {
        let last = self.last_day(step, visit);
        let standing = self.standing(step, visit, today, filed);
        let remedy = match standing {
            Standing::Missed { earliest } | Standing::TooEarly { earliest } => self.remedy(step, earliest, filed),
            _ => String::new(),
        };
        Planned { step, last, why: self.why(step, visit), standing, remedy }
    }

    fn standing(&self, step: Step, visit: Date, today: Date, filed: &Filed) -> Standing {
        match filed.does(step, visit) {
            Some(true) => return Standing::Done,
            Some(false) => {
                let earliest = filed.first_visit().and_then(|day| self.open_days_from(day).next());
                return Standing::TooEarly { earliest };
            }
            None => {}
        }
        let last = self.last_day(step, visit);
        if last == today {
            Standing::Today
        } else if last > today {
            Standing::Ahead
        } else {
            Standing::Missed { earliest: self.open_days_from(visit).find(|day| self.last_day(step, *day) >= today) }
        }
    }

    /// Business days from a day on, because nobody is sent out on the others without need.
    fn open_days_from(&self, day: Date) -> impl Iterator<Item = Date> {
        let days = std::iter::successors(Some(day), |day| day.next_day()).take(LOOK_AHEAD_DAYS);
        days.filter(|day| self.holidays.is_business_day(*day))
    }

    /// Whether nothing that everyone must do is missed for a visit on a day.
    fn is_in_time(&self, visit: Date, today: Date, filed: &Filed) -> bool {
        let needed = Step::ALL.iter().filter(|step| step.is_for_everyone());
        needed.into_iter().all(|step| match filed.does(*step, visit) {
            Some(done) => done,
            None => self.last_day(*step, visit) >= today,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{applications::Rules, calendar::Holidays};
    use time::macros::date;

    fn plan(visit: Date, today: Date, filed: &Filed) -> Plan {
        Planner { rules: &Rules::default(), holidays: &Holidays::default() }.plan(visit, today, filed)
    }

    fn of(plan: &Plan, step: Step) -> &Planned {
        plan.steps.iter().find(|planned| planned.step == step).unwrap()
    }

    #[test]
    fn a_visit_in_july_is_planned_back_as_the_manual_counts() {
        // A Wednesday; the only holiday on the way is Monday 20 July, which lies behind.
        let plan = plan(date!(2026 - 07 - 15), date!(2026 - 06 - 01), &Filed::default());
        assert_eq!(of(&plan, Step::LineId).last, date!(2026 - 07 - 08));
        assert_eq!(of(&plan, Step::Approval).last, date!(2026 - 07 - 06));
        assert_eq!(of(&plan, Step::Certificate).last, date!(2026 - 07 - 01));
        assert_eq!(of(&plan, Step::Eligibility).last, date!(2026 - 07 - 01));
        assert_eq!(of(&plan, Step::Claims).last, date!(2026 - 06 - 20), "starts in August: visit from 7/11 to 8/31");
        assert_eq!(plan.missed(), 0);
        assert_eq!(plan.better, None);
        let days: Vec<Date> = plan.steps.iter().map(|planned| planned.last).collect();
        assert!(days.is_sorted(), "{days:?}");
    }

    #[test]
    fn a_visit_before_the_eleventh_belongs_to_the_start_of_its_own_month() {
        let plan = plan(date!(2026 - 07 - 10), date!(2026 - 05 - 20), &Filed::default());
        let claims = of(&plan, Step::Claims);
        assert_eq!((claims.last, claims.standing), (date!(2026 - 05 - 20), Standing::Today));
    }

    #[test]
    fn what_is_missed_says_what_to_do_and_from_when_a_visit_is_safe() {
        let plan = plan(date!(2026 - 07 - 15), date!(2026 - 06 - 21), &Filed::default());
        let claims = of(&plan, Step::Claims);
        assert_eq!(claims.standing, Standing::Missed { earliest: Some(date!(2026 - 08 - 12)) });
        assert!(claims.remedy.contains("2026年8月12日（水）以降"), "{}", claims.remedy);
        assert_eq!((plan.missed(), plan.better), (1, Some(date!(2026 - 08 - 12))));
    }

    #[test]
    fn what_was_filed_is_done_and_never_missed() {
        let filed = Filed {
            eligibility: true,
            certificate: true,
            approved: true,
            claims: true,
            claims_start: "2026-08".parse().ok(),
        };
        let plan = plan(date!(2026 - 07 - 15), date!(2026 - 07 - 14), &filed);
        assert_eq!(plan.missed(), 0);
        for step in [Step::Eligibility, Step::Certificate, Step::Approval, Step::Claims] {
            assert_eq!(of(&plan, step).standing, Standing::Done, "{step}");
        }
        assert!(of(&plan, Step::LineId).is_missed(), "it needs a week whatever was filed");
        assert_eq!(plan.better, None, "but only who finds a fault has to do it");
    }

    #[test]
    fn a_filing_that_starts_later_than_the_visit_says_from_when_the_visit_may_be() {
        let filed = Filed { claims: true, claims_start: "2026-09".parse().ok(), ..Filed::default() };
        let plan = plan(date!(2026 - 07 - 15), date!(2026 - 06 - 01), &filed);
        let claims = of(&plan, Step::Claims);
        assert_eq!(claims.standing, Standing::TooEarly { earliest: Some(date!(2026 - 08 - 12)) });
        assert!(claims.remedy.contains("2026年9月"), "{}", claims.remedy);
        assert_eq!(plan.better, Some(date!(2026 - 08 - 12)));
    }

    #[test]
    fn a_day_that_cannot_be_planned_for_is_refused_with_what_to_do() {
        let today = date!(2026 - 05 - 20);
        assert_eq!(visit_day("２０２６年７月１５日", today), Ok(date!(2026 - 07 - 15)));
        assert_eq!(visit_day("2026-05-20", today), Ok(today));
        assert_eq!(visit_day("2028-05-31", today), Ok(date!(2028 - 05 - 31)));
        assert_eq!(visit_day(" ", today), Err(VisitError::Missing));
        for typed in ["7月15日", "2026-02-30", "令和8年7月15日", "12345"] {
            assert_eq!(visit_day(typed, today), Err(VisitError::NotADay), "{typed}");
        }
        let past = visit_day("2026-05-19", today).unwrap_err();
        assert_eq!(past.to_string(), "訪問日には、今日（2026年5月20日（水））以降の日を入力してください。");
        let far = visit_day("2028-06-01", today).unwrap_err();
        assert_eq!(far.to_string(), "訪問日には、2028年5月31日（水）までの日を入力してください。");
    }
}
