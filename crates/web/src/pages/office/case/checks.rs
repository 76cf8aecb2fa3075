//! The checks of a case as its reviewer reads them: what needs a person first, what is right in a fold.

use domain::applications::checks::{Check, CheckName, Verdict};
use services::applications::CaseView;

use crate::view::frame::Link;

/// The checks of a case.
pub(super) struct ChecksView {
    /// What they come to, in one line.
    pub(super) summary: String,
    /// Those that need a person, wrong ones first.
    pub(super) open: Vec<Line>,
    /// Names of those that are right.
    pub(super) green: Vec<&'static str>,
    /// Names of those that say nothing about this case.
    pub(super) none: Vec<&'static str>,
}

/// A check that needs a person.
pub(super) struct Line {
    /// What it is called.
    pub(super) label: &'static str,
    /// 要確認 or 不備.
    pub(super) verdict: &'static str,
    /// Whether it is wrong.
    pub(super) bad: bool,
    /// Why, line by line.
    pub(super) words: Vec<String>,
    /// Where one can look.
    pub(super) links: Vec<Link>,
}

/// The checks of a case.
pub(super) fn of(view: &CaseView) -> ChecksView {
    let names = |verdict| {
        let of = view.checks.iter().filter(move |check| check.verdict == verdict);
        of.map(|check| check.name.label()).collect::<Vec<_>>()
    };
    let mut open: Vec<&Check> = view.checks.iter().filter(|check| check.needs_a_person()).collect();
    open.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    let (green, none) = (names(Verdict::Green), names(Verdict::NotApplicable));
    let summary = match open.len() {
        0 => format!("確認が必要なものはありません（問題なし{}件）。", green.len()),
        count => format!("{count}件を確認してください（ほかに問題なし{}件）。", green.len()),
    };
    ChecksView { summary, open: open.into_iter().map(|check| line(view, check)).collect(), green, none }
}

fn line(view: &CaseView, check: &Check) -> Line {
    let other = |other: &domain::applications::checks::Elsewhere| {
        let words = format!("{}　{}（{}）", other.reference, other.institution, other.state.label());
        Link::new(words, format!("/office/applications/{}", other.id))
    };
    let elsewhere = view.elsewhere.iter().filter(|_| check.name == CheckName::CustomerIdElsewhere);
    Line {
        label: check.name.label(),
        verdict: check.verdict.label(),
        bad: check.verdict == Verdict::Bad,
        words: check.words.lines().map(str::to_owned).collect(),
        links: elsewhere.map(other).collect(),
    }
}
