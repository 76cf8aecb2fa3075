//! The steps before a visit: their last safe days and the sentences beside them.

use time::{Date, Duration};

use crate::{
    applications::{Known, Rules, State},
    calendar::{Holidays, YearMonth, japanese_date, visit_window},
    words::words,
};

/// Days until a corrected customer ID works on the line (spec 05; manual 1-6: about a week).
pub const LINE_ID_DAYS: i64 = 7;
/// Business days before the visit by which the letter must be under way (spec 05).
pub const LETTER_DAYS: u32 = 7;

words! {
    /// A step before a visit.
    Step {
        /// The eligibility application is sent.
        Eligibility = "eligibility", "オンライン資格確認の利用申請を送信する";
        /// The certificate is applied for.
        Certificate = "certificate", "端末の電子証明書の発行を申請する";
        /// The certificate application is approved, and the letter made.
        Approval = "approval", "発行の申請が承認される（通知書の発送に進む）";
        /// A wrong customer ID or line is corrected.
        LineId = "line-id", "お客様IDや回線種別の誤りを直す（誤りがあるとき）";
        /// The claims filing is sent.
        Claims = "claims", "オンライン請求の届出を送信する";
    }
}

impl Step {
    /// Whether everyone has to do it; a customer ID is corrected only by those who find a fault.
    pub const fn is_for_everyone(self) -> bool {
        !matches!(self, Self::LineId)
    }
}

/// What an institution has done already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// The eligibility application is sent.
    pub eligibility: bool,
    /// A certificate is applied for.
    pub certificate: bool,
    /// A certificate application is approved, and its letter neither came back nor was lost.
    pub approved: bool,
    /// The claims filing is sent, here or on paper.
    pub claims: bool,
    /// Start month of the claims filing; a filing on paper names none here.
    pub claims_start: Option<YearMonth>,
}

impl Filed {
    /// What follows from what the portal knows of an institution.
    pub fn of(known: &Known) -> Self {
        let approved = |state: State| {
            matches!(
                state,
                State::Approved
                    | State::LetterPrinted
                    | State::LetterPosted
                    | State::LetterReissued
                    | State::PickedUp
                    | State::Installed
            )
        };
        Self {
            eligibility: known.eligibility.is_some(),
            certificate: !known.terminals.is_empty(),
            approved: known.terminals.iter().any(|terminal| approved(terminal.state)),
            claims: known.claims.is_some(),
            claims_start: known.claims.as_ref().and_then(|claims| claims.get("start_month").parse().ok()),
        }
    }

    /// Whether a step is done for a visit: `None` while it is not done, `Some(false)` when it is done and does not fit.
    pub(super) fn does(&self, step: Step, visit: Date) -> Option<bool> {
        let done = |done: bool| done.then_some(true);
        match step {
            Step::Eligibility => done(self.eligibility),
            Step::Certificate => done(self.certificate),
            Step::Approval => done(self.approved),
            Step::LineId => None,
            Step::Claims => self.claims.then(|| self.claims_start.is_none_or(|start| start <= latest_start_at(visit))),
        }
    }

    /// The first day of a visit that fits the filing that was sent.
    pub(super) fn first_visit(&self) -> Option<Date> {
        self.claims_start.map(|start| visit_window(start).0)
    }
}

/// The latest start month whose window for the visit holds a day (spec 05).
pub fn latest_start_at(visit: Date) -> YearMonth {
    let own = YearMonth::of(visit);
    let next = own.plus_months(1);
    if visit_window(next).0 <= visit { next } else { own }
}

/// Counts back from a visit by the rules and holidays in force.
#[derive(Clone, Copy, Debug)]
pub struct Planner<'a> {
    /// Figures of the rules.
    pub rules: &'a Rules,
    /// Holidays.
    pub holidays: &'a Holidays,
}

impl Planner<'_> {
    /// Business days before the visit by which the letter must be under way.
    pub(super) fn letter_days(&self) -> u32 {
        LETTER_DAYS.max(self.rules.arrival_days)
    }

    /// The last business day that is not after a day, and so many business days before that.
    fn before(&self, day: Date, business_days: u32) -> Date {
        self.holidays.subtract_business_days(self.holidays.subtract_business_days(day, 0), business_days)
    }

    /// The last day on which a step is safe for a visit; never after the visit.
    pub fn last_day(&self, step: Step, visit: Date) -> Date {
        match step {
            Step::LineId => visit.checked_sub(Duration::days(LINE_ID_DAYS)).unwrap_or(visit),
            Step::Approval => self.before(visit, self.letter_days()),
            Step::Certificate => self.before(self.last_day(Step::Approval, visit), self.rules.review_days),
            Step::Eligibility => self
                .before(self.last_day(Step::LineId, visit), self.rules.review_days)
                .min(self.last_day(Step::Certificate, visit)),
            Step::Claims => self.rules.cut_off.last_day_for(latest_start_at(visit)).min(visit),
        }
    }

    /// Why the last safe day of a step is that day.
    pub fn why(&self, step: Step, visit: Date) -> String {
        let (review, letter) = (self.rules.review_days, self.letter_days());
        match step {
            Step::LineId => format!("変更が回線に反映されるまで、1週間（{LINE_ID_DAYS}日）ほどかかります。"),
            Step::Approval => format!(
                "通知書は簡易書留で届きます。印刷、発送、配達に余裕をみて、訪問日の{letter}営業日前までの承認が目安です。"
            ),
            Step::Certificate => {
                format!("審査に{review}営業日、通知書が届くまでに{letter}営業日かかるものとして計算しています。")
            }
            Step::Eligibility => format!(
                "発行の申請の前に、送信が必要です。審査に{review}営業日、回線への反映に{LINE_ID_DAYS}日かかるものとして計算しています。"
            ),
            Step::Claims => self.why_claims(visit),
        }
    }

    fn why_claims(&self, visit: Date) -> String {
        let start = latest_start_at(visit);
        let (from, to) = visit_window(start);
        format!(
            "毎月{}日が締切です。この日までに送信すると{start}から始められ、訪問作業の目安は{}から{}までです。",
            self.rules.cut_off.day,
            japanese_date(from),
            japanese_date(to)
        )
    }

    /// What to do when the last safe day of a step has passed; `earliest` is the first visit that can still be met.
    pub(super) fn remedy(&self, step: Step, earliest: Option<Date>, filed: &Filed) -> String {
        let day = earliest.map(japanese_date).unwrap_or_default();
        let ask = format!("訪問日を{day}以降に変えられるか、システムベンダに相談してください。");
        match step {
            Step::Eligibility | Step::Certificate => format!("今日のうちに送信し、{ask}"),
            Step::Approval => format!("「申請状況照会」で審査と発送の状況を確かめ、{ask}"),
            Step::LineId => {
                format!("誤りが見つかったときは、すぐに変更を申請し、{ask}誤りがなければ、何も要りません。")
            }
            Step::Claims => match filed.claims_start {
                Some(start) => format!("送信した届出の請求開始年月は{start}です。{ask}"),
                None => format!("今日のうちに送信し、{ask}"),
            },
        }
    }
}
