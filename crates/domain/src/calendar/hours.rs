//! When the call centre answers: a calendar of its own beside the business days (spec 1.4).

use super::{Holidays, japanese_date};
use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use time::{Date, Duration};

/// Days that are looked at for the next opening.
const SEARCHED: i64 = 60;

/// From when until when on one day, in minutes since midnight in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Minute at which it opens.
    pub from: u16,
    /// Minute at which it closes.
    pub until: u16,
}

impl Opening {
    /// Between two full hours.
    pub const fn between(from: u8, until: u8) -> Self {
        Self { from: from as u16 * 60, until: until as u16 * 60 }
    }
}

/// Hours of the call centre by the day of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningHours {
    /// Monday to Sunday; none when it stays closed.
    pub days: [Option<Opening>; 7],
    /// Whether it opens on national holidays as on other days.
    pub on_holidays: bool,
}

impl Default for OpeningHours {
    /// Weekdays 8:00–18:00, Saturdays 8:00–16:00, closed on holidays (spec 1.4).
    fn default() -> Self {
        let weekday = Some(Opening::between(8, 18));
        let days = [weekday, weekday, weekday, weekday, weekday, Some(Opening::between(8, 16)), None];
        Self { days, on_holidays: false }
    }
}

/// Whether somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// Yes.
    Open {
        /// When it closes today.
        until: Timestamp,
    },
    /// No.
    Closed {
        /// When it opens next; none when it stays closed for two months.
        next: Option<Timestamp>,
    },
}

impl OpeningHours {
    /// What is wrong with the hours, if anything.
    ///
    /// # Errors
    /// A sentence that names the day.
    pub fn validate(&self) -> Result<(), String> {
        let wrong = |day: &Option<Opening>| day.is_some_and(|day| day.from >= day.until || day.until > 24 * 60);
        match self.days.iter().position(wrong) {
            None => Ok(()),
            Some(place) => {
                let day = ["月", "火", "水", "木", "金", "土", "日"].get(place).copied().unwrap_or_default();
                Err(format!("{day}曜日の受付時間は、終わりが始まりより後で、24時までになるようにしてください。"))
            }
        }
    }

    fn on(&self, day: Date, holidays: &Holidays) -> Option<(Timestamp, Timestamp)> {
        if !self.on_holidays && holidays.name(day).is_some() {
            return None;
        }
        let hours = self.days.get(usize::from(day.weekday().number_days_from_monday())).copied().flatten()?;
        let at = |minute: u16| Timestamp::start_of_day(day) + Duration::minutes(i64::from(minute));
        Some((at(hours.from), at(hours.until)))
    }

    /// Whether somebody answers at an instant, and until when or from when.
    pub fn attendance(&self, now: Timestamp, holidays: &Holidays) -> Attendance {
        let today = now.date();
        if let Some((_, until)) = self.on(today, holidays).filter(|(from, until)| *from <= now && now < *until) {
            return Attendance::Open { until };
        }
        let openings = (0..SEARCHED).filter_map(|days| self.on(today + Duration::days(days), holidays));
        Attendance::Closed { next: openings.map(|(from, _)| from).find(|from| *from > now) }
    }
}

impl Attendance {
    /// The same as a sentence on pages.
    pub fn sentence(self) -> String {
        let clock = |at: Timestamp| {
            let at = at.in_japan();
            format!("{}:{:02}", at.hour(), at.minute())
        };
        match self {
            // The end of a day is midnight of the next one.
            Self::Open { until } if until.in_japan().hour() == 0 => {
                "ただいま受付時間内です（今日の24:00まで）。".to_owned()
            }
            Self::Open { until } => format!("ただいま受付時間内です（今日の{}まで）。", clock(until)),
            Self::Closed { next: Some(next) } => {
                format!("ただいま受付時間外です。次は、{}{}からお受けします。", japanese_date(next.date()), clock(next))
            }
            Self::Closed { next: None } => "ただいま受け付けていません。".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn said(day: Date, minutes: i64) -> String {
        let now = Timestamp::start_of_day(day) + Duration::minutes(minutes);
        OpeningHours::default().attendance(now, &Holidays::default()).sentence()
    }

    #[test]
    fn it_opens_at_eight_and_closes_at_six_and_on_saturdays_at_four() {
        let wednesday = date!(2026 - 05 - 20);
        let later = "ただいま受付時間外です。次は、";
        assert_eq!(said(wednesday, 479), format!("{later}2026年5月20日（水）8:00からお受けします。"));
        assert_eq!(said(wednesday, 480), "ただいま受付時間内です（今日の18:00まで）。");
        assert_eq!(said(wednesday, 1_079), "ただいま受付時間内です（今日の18:00まで）。");
        assert_eq!(said(wednesday, 1_080), format!("{later}2026年5月21日（木）8:00からお受けします。"));
        assert_eq!(said(date!(2026 - 05 - 23), 900), "ただいま受付時間内です（今日の16:00まで）。");
        assert_eq!(said(date!(2026 - 05 - 23), 960), format!("{later}2026年5月25日（月）8:00からお受けします。"));
    }

    #[test]
    fn a_holiday_is_closed_and_the_day_before_points_over_it() {
        // 29 April 2026 is 昭和の日, 3 to 6 May are holidays, too.
        assert!(said(date!(2026 - 04 - 29), 600).contains("4月30日（木）8:00"));
        assert!(said(date!(2026 - 05 - 02), 960).contains("5月7日（木）8:00"));
    }

    #[test]
    fn hours_that_end_before_they_begin_are_named_by_their_day() {
        assert_eq!(OpeningHours::default().validate(), Ok(()));
        let mut hours = OpeningHours::default();
        hours.days[5] = Some(Opening::between(16, 8));
        assert!(hours.validate().is_err_and(|fault| fault.starts_with("土曜日")));
        let never = OpeningHours { days: [None; 7], on_holidays: false };
        let now = Timestamp::start_of_day(date!(2026 - 05 - 20));
        assert_eq!(never.attendance(now, &Holidays::default()), Attendance::Closed { next: None });
    }
}
