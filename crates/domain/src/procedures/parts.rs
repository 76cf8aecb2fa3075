//! Parts that forms of the common kind share.

use crate::applications::{Facts, application_kind, institution_section, started_before};
use crate::calendar::YearMonth;
use crate::forms::{Answers, Choice, Field, Findings, Input, Keyboard, Section};
use crate::institutions::ScoreTable;
use time::Duration;

/// Months ahead that can be chosen as the start.
const MONTHS_AHEAD: i32 = 24;
/// Answers that belong to one application and are not carried over to a change.
const ONCE: &[&str] = &["terms", "start_month", "note"];

/// One line of text of at most so many characters.
pub(super) const fn line(max: usize) -> Input {
    Input::Line { max, keyboard: Keyboard::Text, suggestions: vec![] }
}

/// The choices of a list that suit an institution: an entry without groups suits all, others name score tables by their
/// digits, as in `"1 3"`.
pub(super) fn suiting(facts: &Facts, list: &str) -> Vec<Choice> {
    let table = facts.institution.code.score_table();
    let suits = |choice: &Choice| choice.group.is_empty() || choice.group.split(' ').any(|digit| digit == table.code());
    facts.lists.choices(list).into_iter().filter(suits).map(|choice| choice.grouped("")).collect()
}

/// A service that is begun and changed: who, whether it is a start, terms, what is used from when, whom to ask.
pub(super) struct Service {
    /// Slug of the terms that are agreed to.
    pub(super) terms: &'static str,
    /// List of what can be used.
    pub(super) services: &'static str,
    /// Label of the field that asks for it.
    pub(super) asks: &'static str,
}

impl Service {
    /// The groups of the form, with the procedure's own between terms and contact.
    pub(super) fn sections(&self, facts: &Facts, own: Vec<Section>) -> Vec<Section> {
        let terms = terms(facts, self.terms);
        let mut sections = vec![
            institution_section(facts),
            Section::new("申請の区分と規約", vec![application_kind(facts.known.latest.is_some()), terms]),
            Section::new("利用する内容", vec![self.services_field(facts), Self::month_field(facts)]),
        ];
        sections.extend(own);
        sections.push(contact_section());
        sections
    }

    fn services_field(&self, facts: &Facts) -> Field {
        Field::new("services", self.asks, Input::Several(suiting(facts, self.services)))
            .help("利用するものすべてにチェックを入れてください。")
    }

    fn month_field(facts: &Facts) -> Field {
        let from = YearMonth::of(facts.now.date());
        Field::new("start_month", "利用開始予定年月", Input::Month { from, to: from.plus_months(MONTHS_AHEAD) })
            .help("変更のときは、変更した内容で利用を始める年月を選んでください。")
    }

    /// What is known before anything is typed: a change begins with what was filed before.
    pub(super) fn preset(facts: &Facts) -> Answers {
        match &facts.known.latest {
            None => Answers::new().with("application_kind", "start").with("contact", &facts.person_name),
            Some(before) => {
                let kept = before.iter().filter(|(key, _)| !ONCE.contains(key));
                kept.collect::<Answers>().with("application_kind", "change")
            }
        }
    }

    /// A change needs something to change.
    pub(super) fn rules(facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        started_before(facts.known.latest.is_some(), "申請", answers, findings);
        if answers.is("application_kind", "change") && facts.known.latest.is_none() {
            findings.error(
                "application_kind",
                "前の申請がこのポータルに見つかりません。はじめて申請する場合は「開始」を選んでください。",
            );
        }
    }
}

/// What is missing before a procedure that builds on online eligibility verification.
pub(super) fn after_eligibility(facts: &Facts) -> Option<&'static str> {
    facts.known.eligibility.is_none().then_some("この手続の前に、オンライン資格確認の利用申請が必要です。")
}

/// The agreement to the terms with this slug, which come with the folder.
pub(super) fn terms(facts: &Facts, slug: &str) -> Field {
    Field::new("terms", "利用規約への同意", Input::Agreement(facts.document(slug)))
        .help("利用規約を読み、内容に問題がなければチェックを入れてください。")
}

/// A day between two days, counted from today; below zero they lie behind.
pub(super) fn days(facts: &Facts, from: i64, to: i64) -> Input {
    let day = |days: i64| facts.now.date().saturating_add(Duration::days(days));
    Input::Date { from: day(from), to: day(to) }
}

/// Whom to ask, and a free word.
pub(super) fn contact_section() -> Section {
    let phone = Input::Line { max: 20, keyboard: Keyboard::Telephone, suggestions: vec![] };
    Section::new(
        "連絡先と備考",
        vec![
            Field::new("contact", "担当者の氏名", line(50)).help("この申請についてお答えいただける方です。"),
            Field::new("contact_phone", "担当者の電話番号", phone)
                .help("平日の日中に連絡できる番号を入力してください。"),
            Field::new("note", "備考", Input::Lines { max: 500 })
                .help("連絡事項があれば入力してください（500文字まで）。")
                .optional(),
        ],
    )
}

/// Whether the institution bills by one of these tables.
pub(super) fn is_one_of(facts: &Facts, tables: &[ScoreTable]) -> bool {
    tables.contains(&facts.institution.code.score_table())
}
