//! How the service stands: troubles, planned maintenance, and the one line that stands on every page.

use crate::{calendar::japanese_date, clock::Timestamp, forms::Finding, words::words};

/// Longest title in characters.
pub const LONGEST_TITLE: usize = 80;
/// Longest report in characters.
pub const LONGEST_WORDS: usize = 1_000;

words! {
    /// What is told of.
    ServiceKind {
        /// Something does not work as it should.
        Trouble = "trouble", "一部障害";
        /// Something will not work for a while, as planned.
        Maintenance = "maintenance", "メンテナンス";
    }
}

words! {
    /// What can be affected.
    ServicePart {
        /// The portal.
        Portal = "portal", "ポータル（申請・届出の画面）";
        /// The closed network's pages.
        Closed = "closed", "閉域網の画面（端末の電子証明書の取得・更新）";
        /// What the authority answers.
        Authority = "authority", "端末の電子証明書の失効の確認";
        /// Mails.
        Mail = "mail", "メールの送信";
        /// The eligibility system.
        Eligibility = "eligibility", "オンライン資格確認等システム";
        /// The claims system.
        Claims = "claims", "オンライン請求システム";
    }
}

/// One line of parts as a row keeps it, such as `portal,mail`, and back; words that are not known are left out.
pub fn parts_of(text: &str) -> Vec<ServicePart> {
    text.split(',').filter_map(|word| word.parse().ok()).collect()
}

/// The same the other way round.
pub fn parts_text(parts: &[ServicePart]) -> String {
    parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(",")
}

words! {
    /// Where a state is on its way.
    Phase {
        /// It has not begun.
        Ahead = "ahead", "予定";
        /// It goes on.
        Now = "now", "対応中";
        /// It is over.
        Over = "over", "終了";
    }
}

/// A trouble or a maintenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceState {
    /// What it is.
    pub kind: ServiceKind,
    /// One line.
    pub title: String,
    /// What is affected.
    pub parts: Vec<ServicePart>,
    /// When it begins.
    pub from: Timestamp,
    /// When it is planned to end; a trouble has no plan.
    pub until: Option<Timestamp>,
}

impl ServiceState {
    /// Where it is, when it ends by itself or was ended at an instant.
    pub fn phase(&self, over: Timestamp, now: Timestamp) -> Phase {
        match now {
            _ if over <= now => Phase::Over,
            _ if now < self.from => Phase::Ahead,
            _ => Phase::Now,
        }
    }

    /// What is wrong with it; fields `title`, `parts`, `from_day`, `until_day`.
    pub fn slips(&self, now: Timestamp) -> Vec<Finding> {
        let mut slips = vec![];
        let mut say = |field: &str, message: String| slips.push(Finding { field: field.to_owned(), message });
        let count = self.title.chars().count();
        if count == 0 || self.title.chars().any(char::is_control) {
            say("title", "「題名」を1行で入力してください。".to_owned());
        } else if count > LONGEST_TITLE {
            say("title", format!("「題名」を{LONGEST_TITLE}文字以内にしてください（今は{count}文字です）。"));
        }
        if self.parts.is_empty() {
            say("parts", "「影響するもの」を1つ以上選んでください。".to_owned());
        }
        match (self.kind, self.until) {
            (ServiceKind::Maintenance, None) => {
                say("until_day", "メンテナンスは、「終了の予定」を入力してください。".to_owned());
            }
            (ServiceKind::Maintenance, Some(until)) if until <= self.from.max(now) => {
                say("until_day", "「終了の予定」は、いまと「開始」より後にしてください。".to_owned());
            }
            (ServiceKind::Trouble, _) if self.from > now => {
                say("from_day", "障害の「開始」は、いま以前にしてください。".to_owned());
            }
            _ => {}
        }
        slips
    }

    /// From when until when, in words: 「2026年11月28日（土）22:00〜翌6:00」.
    pub fn period(&self) -> String {
        let from = format!("{}{}", japanese_date(self.from.date()), clock(self.from));
        match self.until {
            None => format!("{from}〜"),
            Some(until) => format!("{from}〜{}", self.end(until)),
        }
    }

    fn end(&self, until: Timestamp) -> String {
        let date = until.date();
        let day = if date == self.from.date() {
            String::new()
        } else if Some(date) == self.from.date().next_day() {
            "翌".to_owned()
        } else {
            japanese_date(date)
        };
        format!("{day}{}", clock(until))
    }
}

fn clock(at: Timestamp) -> String {
    let local = at.in_japan();
    format!("{}:{:02}", local.hour(), local.minute())
}

words! {
    /// How the service stands, in four steps.
    ServiceLevel {
        /// Everything works.
        Normal = "normal", "正常";
        /// Maintenance lies ahead.
        Planned = "planned", "メンテナンス予定";
        /// Maintenance goes on.
        UnderWay = "under_way", "メンテナンス中";
        /// Something does not work.
        Trouble = "trouble", "一部障害";
    }
}

/// The line of every page: how the service stands, and what it is about.
pub fn line(open: &[ServiceState], now: Timestamp, days_ahead: u32) -> (ServiceLevel, String) {
    let until = |state: &ServiceState| state.until.is_none_or(|until| now < until);
    let soonest = now + time::Duration::days(i64::from(days_ahead));
    let level = |state: &ServiceState| match state.kind {
        _ if !until(state) || state.from > soonest => ServiceLevel::Normal,
        ServiceKind::Trouble => ServiceLevel::Trouble,
        ServiceKind::Maintenance if state.from <= now => ServiceLevel::UnderWay,
        ServiceKind::Maintenance => ServiceLevel::Planned,
    };
    let worst = open.iter().map(level).max().unwrap_or(ServiceLevel::Normal);
    if worst == ServiceLevel::Normal {
        return (worst, String::new());
    }
    let mut meant: Vec<&ServiceState> = open.iter().filter(|state| level(state) == worst).collect();
    meant.sort_by_key(|state| state.from);
    let Some(first) = meant.first() else { return (worst, String::new()) };
    let more = if meant.len() > 1 { format!("（ほか{}件）", meant.len() - 1) } else { String::new() };
    let when = if worst == ServiceLevel::Trouble { String::new() } else { format!("（{}）", first.period()) };
    (worst, format!("{}{when}{more}", first.title))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, macros::date};

    fn day(days: i64) -> Timestamp {
        Timestamp::start_of_day(date!(2026 - 11 - 20)) + Duration::days(days)
    }

    fn maintenance(from: Timestamp, hours: i64) -> ServiceState {
        ServiceState {
            kind: ServiceKind::Maintenance,
            title: "機器の入替え".to_owned(),
            parts: vec![ServicePart::Portal],
            from,
            until: Some(from + Duration::hours(hours)),
        }
    }

    #[test]
    fn maintenance_appears_begins_and_ends_by_the_clock_alone() {
        let planned = maintenance(day(8) + Duration::hours(22), 8);
        let seen = |now| line(std::slice::from_ref(&planned), now, 7);
        assert_eq!(seen(day(0)).0, ServiceLevel::Normal, "too far ahead");
        let words = "機器の入替え（2026年11月28日（土）22:00〜翌6:00）".to_owned();
        assert_eq!(seen(day(2)), (ServiceLevel::Planned, words));
        assert_eq!(seen(day(8) + Duration::hours(23)).0, ServiceLevel::UnderWay);
        assert_eq!(seen(day(9) + Duration::hours(6)).0, ServiceLevel::Normal);
    }

    #[test]
    fn a_trouble_comes_before_maintenance_and_several_are_counted() {
        let trouble = |title: &str| ServiceState {
            kind: ServiceKind::Trouble,
            title: title.to_owned(),
            until: None,
            ..maintenance(day(0), 1)
        };
        let open = [maintenance(day(1), 2), trouble("メールの遅れ"), trouble("検索の不具合")];
        assert_eq!(line(&open, day(0), 7), (ServiceLevel::Trouble, "メールの遅れ（ほか1件）".to_owned()));
        assert_eq!(line(&[], day(0), 7), (ServiceLevel::Normal, String::new()));
    }

    #[test]
    fn a_state_says_what_is_missing() {
        let now = day(3);
        let fields = |state: &ServiceState| state.slips(now).into_iter().map(|slip| slip.field).collect::<Vec<_>>();
        assert!(fields(&maintenance(day(4), 2)).is_empty());
        assert_eq!(fields(&maintenance(day(1), 2)), ["until_day"], "it is over already");
        let endless = ServiceState { until: None, title: String::new(), parts: vec![], ..maintenance(day(4), 2) };
        assert_eq!(fields(&endless), ["title", "parts", "until_day"]);
        let foretold = ServiceState { kind: ServiceKind::Trouble, until: None, ..maintenance(day(4), 2) };
        assert_eq!(fields(&foretold), ["from_day"]);
    }

    #[test]
    fn phases_and_parts_are_read_back() {
        let planned = maintenance(day(4), 2);
        let over = planned.until.unwrap();
        let seen = [day(3), day(4), over].map(|now| planned.phase(over, now));
        assert_eq!(seen, [Phase::Ahead, Phase::Now, Phase::Over]);
        assert_eq!(parts_of(&parts_text(ServicePart::ALL)), ServicePart::ALL);
        assert!(parts_of("").is_empty() && parts_of("unknown").is_empty());
    }
}
