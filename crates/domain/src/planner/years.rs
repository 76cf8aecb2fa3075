//! Cut-off, visit window, business days and the planner on every day of ten years, ends of months and years included.

use time::{Date, Duration, macros::date};

use super::{Filed, Plan, Planner, Standing, Step, latest_start_at, steps::LINE_ID_DAYS};
use crate::{
    applications::Rules,
    calendar::{CutOff, Holidays, YearMonth, cut_off, visit_window},
};

/// 1 January 2026 to 31 December 2036.
fn every_day() -> impl Iterator<Item = Date> {
    let (first, last) = (date!(2026 - 01 - 01), date!(2036 - 12 - 31));
    (0..=(last - first).whole_days()).map(move |days| first + Duration::days(days))
}

/// The rules as they are, and as an operator may set them.
fn all_rules() -> Vec<Rules> {
    let with = |cut_off, review_days, arrival_days| Rules { cut_off, review_days, arrival_days, ..Rules::default() };
    vec![
        Rules::default(),
        with(CutOff { day: 31, months_before: 1, months_after: 4 }, 0, 9),
        with(CutOff { day: 1, months_before: 0, months_after: 1 }, 10, 5),
        with(CutOff { day: 10, months_before: 2, months_after: 2 }, 1, 1),
    ]
}

/// Whether doing a step on a day reaches the visit, told forward from that day.
fn reaches(planner: &Planner<'_>, step: Step, day: Date, visit: Date) -> bool {
    let Planner { rules, holidays } = planner;
    let later = |day, business_days| holidays.add_business_days(day, business_days);
    match step {
        Step::LineId => day + Duration::days(LINE_ID_DAYS) <= visit,
        Step::Approval => later(day, planner.letter_days()) <= visit,
        Step::Certificate => reaches(planner, Step::Approval, later(day, rules.review_days), visit),
        Step::Eligibility => {
            reaches(planner, Step::LineId, later(day, rules.review_days), visit)
                && reaches(planner, Step::Certificate, day, visit)
        }
        Step::Claims => {
            let start = cut_off(day, rules.cut_off);
            day <= visit && start.run(30).map(visit_window).any(|(from, to)| from <= visit && visit <= to)
        }
    }
}

/// The next day on which the step could be done: business days count where the office has to work.
fn following(planner: &Planner<'_>, step: Step, last: Date) -> Date {
    match step {
        Step::LineId | Step::Claims => last + Duration::DAY,
        Step::Eligibility | Step::Certificate | Step::Approval => planner.holidays.add_business_days(last, 1),
    }
}

#[test]
fn the_last_safe_day_reaches_the_visit_and_the_day_after_it_does_not() {
    let holidays = Holidays::default();
    for rules in all_rules() {
        let planner = Planner { rules: &rules, holidays: &holidays };
        for visit in every_day() {
            for step in Step::ALL.iter().copied() {
                let last = planner.last_day(step, visit);
                assert!(last <= visit, "{step} of {visit} is {last}");
                assert!(reaches(&planner, step, last, visit), "{step} on {last} does not reach {visit}: {rules:?}");
                let next = following(&planner, step, last);
                assert!(!reaches(&planner, step, next, visit), "{step} on {next} still reaches {visit}: {rules:?}");
            }
        }
    }
}

#[test]
fn a_later_visit_never_has_an_earlier_last_day() {
    let holidays = Holidays::default();
    for rules in all_rules() {
        let planner = Planner { rules: &rules, holidays: &holidays };
        for step in Step::ALL.iter().copied() {
            let mut before = planner.last_day(step, date!(2025 - 12 - 31));
            for visit in every_day() {
                let last = planner.last_day(step, visit);
                assert!(last >= before, "{step}: {visit} has {last} after {before}");
                before = last;
            }
        }
    }
}

#[test]
fn what_the_office_has_to_do_never_ends_on_a_day_on_which_it_is_closed() {
    let holidays = Holidays::default();
    for rules in all_rules() {
        let planner = Planner { rules: &rules, holidays: &holidays };
        for visit in every_day() {
            for step in [Step::Eligibility, Step::Certificate, Step::Approval] {
                assert!(holidays.is_business_day(planner.last_day(step, visit)), "{step} of {visit}");
            }
        }
    }
}

#[test]
fn a_better_visit_is_safe_and_no_earlier_one_is() {
    let (holidays, rules) = (Holidays::default(), Rules::default());
    let planner = Planner { rules: &rules, holidays: &holidays };
    let filed = Filed::default();
    let is_safe = |plan: &Plan| plan.missed() == 0;
    for today in every_day().step_by(11) {
        let plan = planner.plan(today, today, &filed);
        let better = plan.better.unwrap();
        assert!(is_safe(&planner.plan(better, today, &filed)), "{better}, planned on {today}");
        let before = holidays.subtract_business_days(better, 1);
        assert!(holidays.is_business_day(better) && !is_safe(&planner.plan(before, today, &filed)), "before {better}");
        for planned in plan.steps {
            let Standing::Missed { earliest } = planned.standing else { continue };
            let earliest = earliest.unwrap();
            assert!(planner.last_day(planned.step, earliest) >= today);
            let before = holidays.subtract_business_days(earliest, 1);
            assert!(holidays.is_business_day(earliest), "{earliest}");
            assert!(planner.last_day(planned.step, before) < today, "{} {today}", planned.step);
        }
    }
}

#[test]
fn a_visit_in_the_window_of_a_filing_has_a_last_day_that_is_not_before_its_sending() {
    let (holidays, rules) = (Holidays::default(), Rules::default());
    let planner = Planner { rules: &rules, holidays: &holidays };
    for sent in every_day() {
        let start = cut_off(sent, rules.cut_off);
        assert_eq!(YearMonth::of(sent).months_until(start), if sent.day() <= 20 { 2 } else { 3 }, "{sent}");
        let (from, to) = visit_window(start);
        assert_eq!((from.day(), YearMonth::of(from), to), (11, start.plus_months(-1), start.last_day()), "{sent}");
        assert!(from > sent, "the visit of what is sent on {sent} lies ahead");
        for visit in [from, from + Duration::days(20), to] {
            assert!(planner.last_day(Step::Claims, visit) >= sent, "sent on {sent} for {visit}");
            assert!(latest_start_at(visit) >= start, "{visit}");
        }
        assert!(planner.last_day(Step::Claims, from - Duration::DAY) < sent, "the day before {from}");
    }
}

#[test]
fn business_days_counted_there_and_back_agree_on_every_day() {
    let holidays = Holidays::default();
    for day in every_day() {
        for count in [1, 2, 3, 5, 7, 10] {
            let later = holidays.add_business_days(day, count);
            assert!(holidays.is_business_day(later) && later > day, "{day} + {count}");
            assert_eq!(holidays.business_days_between(day, later), i64::from(count), "{day} + {count}");
            let back = holidays.subtract_business_days(later, count);
            assert!(back <= day && holidays.is_business_day(back), "{later} - {count}");
            assert_eq!(holidays.add_business_days(back, count), later, "{back} + {count}");
        }
        assert_eq!(holidays.is_business_day(day), holidays.business_day_from(day) == day, "{day}");
    }
}
