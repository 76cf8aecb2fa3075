//! What stands in the fields of a notice's form.

use domain::{
    applications::Kind,
    clock::Timestamp,
    content::notices::{Audience, Draft, plain_title, typed_instant},
    forms::Finding,
    institutions::{Prefecture, ScoreTable},
};
use services::rows::{Notice, NoticeVersion};
use time::Duration;

use crate::site::Posted;

/// What was typed; days and times as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) title: String,
    pub(super) important: bool,
    pub(super) body: String,
    pub(super) from: (String, String),
    pub(super) until: (String, String),
    pub(super) audience: Audience,
    pub(super) tells: bool,
}

/// An instant as the two fields show it; the end of a day has no time.
fn fields(at: Option<i64>, is_end: bool) -> (String, String) {
    let Some(at) = at.filter(|at| *at > 0).map(Timestamp::from_millis) else { return Default::default() };
    let midnight = at == Timestamp::start_of_day(at.date());
    if is_end && midnight {
        return ((at - Duration::SECOND).date().to_string(), String::new());
    }
    let local = at.in_japan();
    (at.date().to_string(), format!("{:02}:{:02}", local.hour(), local.minute()))
}

impl Typed {
    pub(super) fn of_notice(notice: &Notice) -> Self {
        Self {
            title: notice.title.clone(),
            important: notice.important,
            body: notice.body.clone(),
            from: fields(Some(notice.published_at), false),
            until: fields(notice.until_at, true),
            audience: notice.audience(),
            tells: notice.tells,
        }
    }

    pub(super) fn of_version(version: &NoticeVersion) -> Self {
        let (scores, prefectures, procedures) = (version.scores, version.prefectures, version.procedures);
        Self {
            title: version.title.clone(),
            important: version.important,
            body: version.body.clone(),
            from: fields(Some(version.published_at), false),
            until: fields(version.until_at, true),
            audience: Audience { scores, prefectures, procedures },
            tells: version.tells,
        }
    }

    pub(super) fn of_posted(posted: &Posted) -> Self {
        let text = |key: &str| posted.get(key).trim().to_owned();
        let audience = Audience::of(
            posted.all("scores").filter_map(ScoreTable::from_code),
            posted.all("prefectures").filter_map(Prefecture::from_code),
            posted.all("procedures").filter_map(|word| word.parse::<Kind>().ok()),
        );
        Self {
            title: text("title"),
            important: posted.get("important") == "1",
            body: posted.get("body").replace("\r\n", "\n").trim_end().to_owned(),
            from: (text("from_day"), text("from_time")),
            until: (text("until_day"), text("until_time")),
            audience,
            tells: posted.get("tells") == "1",
        }
    }

    /// The draft, or which of its days and times cannot be read.
    pub(super) fn draft(&self) -> Result<Draft, Vec<Finding>> {
        let mut slips = vec![];
        let mut read = |(day, time): &(String, String), name: &str, label: &str, is_end| {
            typed_instant(day, time, is_end).unwrap_or_else(|of_day| {
                let (field, message) = if of_day {
                    (format!("{name}_day"), format!("「{label}」の日を、「2026-05-20」のように入力してください。"))
                } else {
                    (format!("{name}_time"), format!("「{label}」の時刻を、「09:30」のように入力してください。"))
                };
                slips.push(Finding { field, message });
                None
            })
        };
        let from = read(&self.from, "from", "掲載の開始", false);
        let until = read(&self.until, "until", "掲載の終了", true);
        let draft = Draft {
            title: plain_title(&self.title).to_owned(),
            important: self.important,
            body: self.body.clone(),
            from,
            until,
            audience: self.audience,
            tells: self.tells,
        };
        if slips.is_empty() { Ok(draft) } else { Err(slips) }
    }

    /// Each field with its words, in the order of the form.
    pub(super) fn in_words(&self) -> [(&'static str, String); 7] {
        let pair = |(day, time): &(String, String)| format!("{day} {time}").trim().to_owned();
        let yes = |is: bool, yes: &str, no: &str| if is { yes } else { no }.to_owned();
        [
            ("題名", self.title.clone()),
            ("重要度", yes(self.important, "【重要】", "通常")),
            ("本文", self.body.clone()),
            ("掲載の開始", pair(&self.from)),
            ("掲載の終了", pair(&self.until)),
            ("対象", self.audience.words()),
            ("購読者へのメール", yes(self.tells, "知らせる", "知らせない")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_period_comes_back_from_its_fields_as_it_was() {
        let midnight = Timestamp::start_of_day(date!(2026 - 05 - 21));
        let typed = Typed {
            from: fields(Some((midnight - Duration::hours(14)).as_millis()), false),
            until: fields(Some(midnight.as_millis()), true),
            ..Typed::default()
        };
        assert_eq!(typed.from, ("2026-05-20".to_owned(), "10:00".to_owned()));
        assert_eq!(typed.until, ("2026-05-20".to_owned(), String::new()));
        assert_eq!(typed.draft().unwrap().until, Some(midnight));
        assert_eq!(fields(Some(0), false), Default::default(), "a draft without a beginning");
    }

    #[test]
    fn days_and_times_that_cannot_be_read_are_named() {
        let odd = |day: &str, time: &str| (day.to_owned(), time.to_owned());
        let typed = Typed { from: odd("いつか", ""), until: odd("2026-05-20", "夕方"), ..Typed::default() };
        let fields: Vec<String> = typed.draft().unwrap_err().into_iter().map(|slip| slip.field).collect();
        assert_eq!(fields, ["from_day", "until_time"]);
    }
}
