//! 「何が変わりましたか」: which answers lead to which list of what to file where, and by when.

use time::Date;

use crate::calendar::{CutOff, YearMonth};
use crate::succession::last_day;
use crate::words::words;

words! {
    /// What changed.
    Change {
        /// The institution moves.
        Moving = "moving", "移転する";
        /// Another founder, or a corporation.
        Founder = "founder", "開設者が変わる・法人になる・個人になる";
        /// The name, the telephone number, the manager.
        Name = "name", "名称・電話番号・管理者などが変わる（コードは変わらない）";
        /// The line or its customer ID.
        Line = "line", "回線やお客様IDが変わる";
        /// The software of the receipt computer.
        Software = "software", "レセコンのソフトやパソコンの基本ソフトが変わる";
        /// A terminal.
        Terminal = "terminal", "端末を入れ替える・増やす・やめる・なくした";
        /// It closes.
        Closing = "closing", "医療機関等をやめる（廃止）";
        /// It rests.
        Resting = "resting", "しばらく休む（休止）・休みから戻る（再開）";
    }
}

words! {
    /// Whether the code changes.
    Code {
        /// It stays.
        Same = "same", "変わらない";
        /// It changes.
        New = "new", "変わる";
        /// Nobody knows yet.
        Unknown = "unknown", "まだ分からない";
    }
}

/// A question of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What changed.
    Change,
    /// Whether the code changes.
    Code,
    /// Whether the line is another one at the new place.
    Line,
    /// On which day.
    Day,
}

/// What was answered so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What changed.
    pub change: Option<Change>,
    /// Whether the code changes.
    pub code: Option<Code>,
    /// Whether the line changes too.
    pub line: Option<bool>,
    /// On which day.
    pub day: Option<Date>,
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Ask the regional bureau whether the code changes.
    AskBureau,
    /// File the succession from the old code.
    Succession,
    /// File everything anew under the new code.
    Anew,
    /// The last day of the old certificates.
    OldCertificates(Date),
    /// Wait for the register.
    Register,
    /// Change the eligibility application.
    Eligibility,
    /// Change the claims filing; for the month in which it changes it is sent until this day.
    Claims(YearMonth, Date),
    /// Plan the vendor's visit.
    Visit,
    /// What happened to a terminal.
    Terminals,
    /// Tell where a terminal stands now.
    Places,
    /// File the closing.
    Closing(Date),
    /// File the rest or its end.
    Resting(Date),
    /// Pay what is owed.
    Bills,
}

/// Where answers lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the next question.
    Ask(Question),
    /// To what is to be done, in order.
    Do(Vec<Deed>),
}

/// Where the answers lead.
pub fn lead(answered: Answered, rule: CutOff) -> Step {
    let Some(change) = answered.change else { return Step::Ask(Question::Change) };
    match change {
        Change::Name => return Step::Do(vec![Deed::Register]),
        Change::Terminal => return Step::Do(vec![Deed::Terminals]),
        Change::Moving | Change::Founder => match (answered.code, answered.line) {
            (None, _) => return Step::Ask(Question::Code),
            (Some(Code::Unknown), _) => return Step::Do(vec![Deed::AskBureau]),
            (Some(Code::Same), _) if change == Change::Founder => return Step::Do(vec![Deed::Register]),
            (Some(Code::Same), None) => return Step::Ask(Question::Line),
            (Some(Code::Same), Some(false)) => return Step::Do(vec![Deed::Register, Deed::Visit, Deed::Places]),
            (Some(_), _) => {}
        },
        Change::Line | Change::Software | Change::Closing | Change::Resting => {}
    }
    let Some(day) = answered.day else { return Step::Ask(Question::Day) };
    Step::Do(deeds(change, answered.code, day, rule))
}

/// What is to be done about a change on a day.
fn deeds(change: Change, code: Option<Code>, day: Date, rule: CutOff) -> Vec<Deed> {
    let month = YearMonth::of(day);
    let claims = Deed::Claims(month, rule.last_day_for(month));
    match (change, code) {
        (Change::Moving | Change::Founder, Some(Code::New)) => {
            vec![Deed::Succession, Deed::Anew, Deed::Visit, Deed::OldCertificates(last_day(day))]
        }
        (Change::Moving, _) => vec![Deed::Register, Deed::Eligibility, claims, Deed::Visit, Deed::Places],
        (Change::Line, _) => vec![Deed::Eligibility, claims, Deed::Visit],
        (Change::Software, _) => vec![claims],
        (Change::Closing, _) => vec![Deed::Closing(day), Deed::Bills],
        (Change::Resting, _) => vec![Deed::Resting(day), Deed::Bills],
        (Change::Founder | Change::Name, _) => vec![Deed::Register],
        (Change::Terminal, _) => vec![Deed::Terminals],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn every_way_of_answering_ends_in_something_to_do() {
        for change in Change::ALL {
            for code in Code::ALL {
                for line in [true, false] {
                    let mut answered = Answered { change: Some(*change), ..Answered::default() };
                    let mut asked = vec![];
                    let done = loop {
                        match lead(answered, CutOff::default()) {
                            Step::Ask(question) => {
                                assert!(!asked.contains(&question), "{change}: {question:?} is asked twice");
                                asked.push(question);
                                match question {
                                    Question::Change => answered.change = Some(*change),
                                    Question::Code => answered.code = Some(*code),
                                    Question::Line => answered.line = Some(line),
                                    Question::Day => answered.day = Some(date!(2026 - 06 - 01)),
                                }
                            }
                            Step::Do(deeds) => break deeds,
                        }
                    };
                    assert!(!done.is_empty() && asked.len() <= 3, "{change} {code} {line}");
                }
            }
        }
    }

    #[test]
    fn a_new_code_is_a_succession_and_the_same_code_is_none() {
        let day = Some(date!(2026 - 06 - 01));
        let moving = |code| Answered { change: Some(Change::Moving), code: Some(code), line: Some(true), day };
        let Step::Do(new) = lead(moving(Code::New), CutOff::default()) else { panic!("a question is left") };
        assert_eq!(new.first(), Some(&Deed::Succession));
        assert!(new.contains(&Deed::OldCertificates(date!(2026 - 09 - 29))));
        let Step::Do(same) = lead(moving(Code::Same), CutOff::default()) else { panic!("a question is left") };
        assert!(!same.contains(&Deed::Succession) && same.contains(&Deed::Eligibility));
    }
}
