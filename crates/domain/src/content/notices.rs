//! Notices: their life, whom they concern, and what an editor must fill in (spec 7).

use time::{Date, Duration, Time};

use crate::{
    applications::Kind,
    calendar::typed_day,
    clock::Timestamp,
    forms::Finding,
    institutions::{Prefecture, ScoreTable},
    typed::fold,
    words::words,
};

/// Longest title in characters.
pub const LONGEST_TITLE: usize = 100;
/// Longest text in characters.
pub const LONGEST_BODY: usize = 20_000;
/// The mark that pages set by themselves.
const MARK: &str = "【重要】";

words! {
    /// What was decided about a notice.
    NoticeState {
        /// Nobody but staff reads it.
        Draft = "draft", "下書き";
        /// Everybody reads it in its period.
        Published = "published", "公開";
        /// It was ended before its period was over.
        Ended = "ended", "掲載終了";
        /// It should not have been read, or is not wanted any more.
        Withdrawn = "withdrawn", "取下げ";
    }
}

words! {
    /// How a notice stands at an instant.
    Standing {
        /// Being written.
        Draft = "draft", "下書き";
        /// Published, but its period has not begun.
        Scheduled = "scheduled", "公開待ち";
        /// Being read.
        Live = "live", "公開中";
        /// Its period is over, or somebody ended it.
        Ended = "ended", "掲載終了";
        /// Taken back.
        Withdrawn = "withdrawn", "取下げ";
    }
}

words! {
    /// What an editor does with a notice.
    NoticeAct {
        /// Writes it without changing its state.
        Save = "save", "保存";
        /// Lets it be read from its beginning on.
        Publish = "publish", "公開";
        /// Ends it.
        End = "end", "掲載の終了";
        /// Takes it back.
        Withdraw = "withdraw", "取下げ";
    }
}

impl NoticeState {
    /// The state after an act; none when the act is not possible.
    pub const fn after(self, act: NoticeAct) -> Option<Self> {
        match (self, act) {
            (Self::Draft | Self::Published, NoticeAct::Save) => Some(self),
            (Self::Draft, NoticeAct::Publish) => Some(Self::Published),
            (Self::Published, NoticeAct::End) => Some(Self::Ended),
            (Self::Draft | Self::Published, NoticeAct::Withdraw) => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// From when until when a notice is read; without an end it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First instant.
    pub from: Timestamp,
    /// First instant at which it is read no more.
    pub until: Option<Timestamp>,
}

/// How a notice stands: nothing has to happen at its beginning or at its end.
pub fn standing(state: NoticeState, period: Period, now: Timestamp) -> Standing {
    match state {
        NoticeState::Draft => Standing::Draft,
        NoticeState::Ended => Standing::Ended,
        NoticeState::Withdrawn => Standing::Withdrawn,
        NoticeState::Published if period.until.is_some_and(|until| until <= now) => Standing::Ended,
        NoticeState::Published if now < period.from => Standing::Scheduled,
        NoticeState::Published => Standing::Live,
    }
}

/// Whom something concerns, by score table, prefecture and procedure; an empty set means all. The same three sets tell who a
/// reader is; there an empty set means that it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Audience {
    /// Score tables as bits, as rows keep them.
    pub scores: i64,
    /// Prefectures as bits, as rows keep them.
    pub prefectures: i64,
    /// Procedures as bits, as rows keep them.
    pub procedures: i64,
}

/// The bit of a procedure; what a row keeps must not change its meaning.
const fn procedure_bit(kind: Kind) -> i64 {
    match kind {
        Kind::Eligibility => 1,
        Kind::Certificate => 1 << 1,
        Kind::Claims => 1 << 2,
        Kind::Common(common) => 1 << (3 + common as i64),
    }
}

const fn score_bit(table: ScoreTable) -> i64 {
    match table {
        ScoreTable::Medical => 1 << 1,
        ScoreTable::Dental => 1 << 3,
        ScoreTable::Pharmacy => 1 << 4,
        ScoreTable::HomeNursing => 1 << 6,
    }
}

const fn prefecture_bit(prefecture: Prefecture) -> i64 {
    1 << prefecture.number()
}

/// Whether two sets have something in common, or one of them says nothing.
const fn meets(one: i64, other: i64) -> bool {
    one == 0 || other == 0 || one & other != 0
}

impl Audience {
    /// From what was chosen.
    pub fn of(
        scores: impl IntoIterator<Item = ScoreTable>,
        prefectures: impl IntoIterator<Item = Prefecture>,
        procedures: impl IntoIterator<Item = Kind>,
    ) -> Self {
        Self {
            scores: scores.into_iter().map(score_bit).fold(0, |all, bit| all | bit),
            prefectures: prefectures.into_iter().map(prefecture_bit).fold(0, |all, bit| all | bit),
            procedures: procedures.into_iter().map(procedure_bit).fold(0, |all, bit| all | bit),
        }
    }

    /// An institution with a ten-digit code and the procedures that it uses; one that uses none yet may use each.
    pub fn of_code(code: &str, procedures: impl IntoIterator<Item = Kind>) -> Self {
        let score = code.get(2..3).and_then(ScoreTable::from_code);
        Self::of(score, code.get(..2).and_then(Prefecture::from_code), procedures)
    }

    /// Whether everybody is meant.
    pub const fn is_everyone(self) -> bool {
        self.scores == 0 && self.prefectures == 0 && self.procedures == 0
    }

    /// Whether it concerns a reader: of each of the three sets, one must fit.
    pub const fn concerns(self, reader: Self) -> bool {
        meets(self.scores, reader.scores)
            && meets(self.prefectures, reader.prefectures)
            && meets(self.procedures, reader.procedures)
    }

    /// The score tables that are meant.
    pub fn scores(self) -> impl Iterator<Item = ScoreTable> {
        ScoreTable::ALL.into_iter().filter(move |table| self.scores & score_bit(*table) != 0)
    }

    /// The prefectures that are meant.
    pub fn prefectures(self) -> impl Iterator<Item = Prefecture> {
        Prefecture::all().filter(move |prefecture| self.prefectures & prefecture_bit(*prefecture) != 0)
    }

    /// The procedures that are meant.
    pub fn procedures(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.procedures & procedure_bit(*kind) != 0)
    }

    /// Whom it concerns, in words: 「端末の電子証明書 発行申請を行う、東京都の歯科・調剤」.
    pub fn words(self) -> String {
        let places: Vec<&str> = self.prefectures().map(Prefecture::name).collect();
        let scores: Vec<&str> = self.scores().map(ScoreTable::name).collect();
        let procedures: Vec<&str> = self.procedures().map(Kind::label).collect();
        let who = match (places.is_empty(), scores.is_empty()) {
            (true, true) if procedures.is_empty() => "すべての医療機関等".to_owned(),
            (true, true) => "医療機関等".to_owned(),
            (false, true) => format!("{}の医療機関等", places.join("・")),
            (true, false) => scores.join("・"),
            (false, false) => format!("{}の{}", places.join("・"), scores.join("・")),
        };
        match (procedures.is_empty(), places.is_empty() && scores.is_empty()) {
            (true, _) => who,
            (false, true) => format!("{}を行う{who}", procedures.join("、")),
            (false, false) => format!("{}を行う、{who}", procedures.join("、")),
        }
    }
}

/// What an editor filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Title without the mark 【重要】.
    pub title: String,
    /// Whether it is marked.
    pub important: bool,
    /// Markdown.
    pub body: String,
    /// When it begins; none for when it is published.
    pub from: Option<Timestamp>,
    /// When it ends; none when it stays.
    pub until: Option<Timestamp>,
    /// Whom it concerns.
    pub audience: Audience,
    /// Whether subscribers are told by mail.
    pub tells: bool,
}

/// A title without the mark, which pages set themselves.
pub fn plain_title(title: &str) -> &str {
    title.trim().strip_prefix(MARK).unwrap_or(title).trim()
}

fn slip(field: &str, message: impl Into<String>) -> Finding {
    Finding { field: field.to_owned(), message: message.into() }
}

fn length(field: &str, label: &str, text: &str, most: usize) -> Option<Finding> {
    let count = text.chars().count();
    let message = if count == 0 {
        format!("「{label}」を入力してください。")
    } else if count > most {
        format!("「{label}」を{most}文字以内にしてください（今は{count}文字です）。")
    } else {
        return None;
    };
    Some(slip(field, message))
}

impl Draft {
    /// What is wrong with it; fields `title`, `body`, `until_day`.
    pub fn slips(&self, now: Timestamp) -> Vec<Finding> {
        let texts =
            [length("title", "題名", &self.title, LONGEST_TITLE), length("body", "本文", &self.body, LONGEST_BODY)];
        let mut slips: Vec<Finding> = texts.into_iter().flatten().collect();
        if self.title.chars().any(char::is_control) {
            slips.push(slip("title", "「題名」に、改行などの画面に見えない文字が入っています。入力し直してください。"));
        }
        if let Some(until) = self.until
            && until <= self.from.unwrap_or(now).max(now)
        {
            slips.push(slip("until_day", "「掲載の終了」は、いまと「掲載の開始」より後にしてください。"));
        }
        slips
    }
}

/// An instant typed as a day and a time of day: none when no day is typed. The end of a period without a time is the end of its
/// day.
///
/// # Errors
/// Which of the two cannot be read: `true` for the day.
pub fn typed_instant(day: &str, time: &str, is_end: bool) -> Result<Option<Timestamp>, bool> {
    let (day, time) = (day.trim(), fold(time));
    if day.is_empty() {
        return if time.trim().is_empty() { Ok(None) } else { Err(true) };
    }
    let day: Date = typed_day(day).ok_or(true)?;
    let midnight = Timestamp::start_of_day(day);
    if time.trim().is_empty() {
        return Ok(Some(if is_end { midnight + Duration::days(1) } else { midnight }));
    }
    let time = typed_time(time.trim()).ok_or(false)?;
    Ok(Some(midnight + (time - Time::MIDNIGHT)))
}

/// A time of day as browsers send it, `09:30`, or 「9時30分」.
fn typed_time(text: &str) -> Option<Time> {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (hour, minute) = match numbers[..] {
        [hour] if text.ends_with('時') => (hour, "0"),
        [hour, minute, ..] => (hour, minute),
        _ => return None,
    };
    Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn at(hours: i64) -> Timestamp {
        Timestamp::start_of_day(date!(2026 - 05 - 20)) + Duration::hours(hours)
    }

    fn bit(number: u8) -> Prefecture {
        Prefecture::from_number(number).unwrap()
    }

    #[test]
    fn a_notice_is_read_from_its_beginning_until_its_end_by_the_clock_alone() {
        let period = Period { from: at(9), until: Some(at(18)) };
        let seen = [8, 9, 17, 18].map(|hour| standing(NoticeState::Published, period, at(hour)));
        assert_eq!(seen, [Standing::Scheduled, Standing::Live, Standing::Live, Standing::Ended]);
        assert_eq!(standing(NoticeState::Draft, period, at(10)), Standing::Draft);
        assert_eq!(standing(NoticeState::Withdrawn, period, at(10)), Standing::Withdrawn);
        let stays = Period { from: at(9), until: None };
        assert_eq!(standing(NoticeState::Published, stays, at(99_999)), Standing::Live);
    }

    #[test]
    fn what_ended_or_was_taken_back_stays_so() {
        for state in [NoticeState::Ended, NoticeState::Withdrawn] {
            assert!(NoticeAct::ALL.iter().all(|act| state.after(*act).is_none()));
        }
        assert_eq!(NoticeState::Draft.after(NoticeAct::Publish), Some(NoticeState::Published));
        assert_eq!(NoticeState::Published.after(NoticeAct::Publish), None, "it is published already");
        assert_eq!(NoticeState::Draft.after(NoticeAct::End), None, "nobody reads it yet");
    }

    #[test]
    fn a_notice_concerns_whoever_fits_each_of_its_sets() {
        let dentists = Audience::of([ScoreTable::Dental], [bit(13), bit(27)], []);
        let tokyo_dental = Audience::of_code("1330100016", []);
        assert!(dentists.concerns(tokyo_dental));
        assert!(!dentists.concerns(Audience::of_code("1310100018", [])), "another score table");
        assert!(!dentists.concerns(Audience::of_code("1430100013", [])), "another prefecture");
        assert!(dentists.concerns(Audience::default()), "who is not known may be meant");
        let claims = Audience::of([], [], [Kind::Claims]);
        assert!(claims.concerns(tokyo_dental), "who uses nothing yet may begin with each");
        assert!(!claims.concerns(Audience::of_code("1330100016", [Kind::Eligibility])));
        assert!(Audience::default().concerns(tokyo_dental) && Audience::default().is_everyone());
    }

    #[test]
    fn every_bit_is_its_own_and_comes_back() {
        for prefecture in Prefecture::all() {
            let one = Audience::of([], [prefecture], []);
            assert_eq!(one.prefectures().collect::<Vec<_>>(), [prefecture]);
        }
        for table in ScoreTable::ALL {
            assert_eq!(Audience::of([table], [], []).scores().collect::<Vec<_>>(), [table]);
        }
        for kind in Kind::ALL {
            assert_eq!(Audience::of([], [], [*kind]).procedures().collect::<Vec<_>>(), [*kind]);
        }
    }

    #[test]
    fn an_audience_is_said_in_words() {
        assert_eq!(Audience::default().words(), "すべての医療機関等");
        assert_eq!(Audience::of([], [bit(13)], []).words(), "東京都の医療機関等");
        let both = Audience::of([ScoreTable::Dental, ScoreTable::Pharmacy], [bit(13), bit(27)], [Kind::Certificate]);
        assert_eq!(both.words(), "端末の電子証明書 発行申請を行う、東京都・大阪府の歯科・調剤");
        let claims = Audience::of([], [], [Kind::Claims]);
        assert_eq!(claims.words(), "オンライン請求 利用開始・変更申請（届出）を行う医療機関等");
    }

    #[test]
    fn a_draft_names_what_is_missing_and_an_end_that_lies_behind() {
        let draft = Draft { until: Some(at(9)), from: Some(at(10)), ..Draft::default() };
        let fields: Vec<String> = draft.slips(at(1)).into_iter().map(|slip| slip.field).collect();
        assert_eq!(fields, ["title", "body", "until_day"]);
        let filled = Draft { title: "題".to_owned(), body: "文".to_owned(), ..Draft::default() };
        assert!(filled.slips(at(1)).is_empty());
        let long = Draft { title: "長".repeat(101), ..filled };
        assert!(long.slips(at(1))[0].message.contains("今は101文字"));
        assert_eq!(plain_title("【重要】メンテナンス"), "メンテナンス");
    }

    #[test]
    fn a_beginning_without_a_time_is_midnight_and_an_end_the_end_of_its_day() {
        assert_eq!(typed_instant("2026-05-20", "09:30", false), Ok(Some(at(9) + Duration::minutes(30))));
        assert_eq!(typed_instant("2026/5/20", "９時", false), Ok(Some(at(9))));
        assert_eq!(typed_instant("2026-05-20", "", false), Ok(Some(at(0))));
        assert_eq!(typed_instant("2026-05-20", "", true), Ok(Some(at(24))));
        assert_eq!(typed_instant(" ", "", true), Ok(None));
        assert_eq!(typed_instant("いつか", "", true), Err(true));
        assert_eq!(typed_instant("", "9:00", true), Err(true), "a time without a day");
        for odd in ["25:00", "朝", "9", "9:75"] {
            assert_eq!(typed_instant("2026-05-20", odd, false), Err(false), "{odd}");
        }
    }
}
