//! What all procedures share: kinds, states, lives, the facts a form needs, and the procedures themselves.

mod ask;
mod certificate;
pub mod checks;
mod claims;
mod effect;
mod eligibility;
mod explain;
mod facts;
mod keeping;
mod kind;
mod life;
mod line;
pub mod line_customer_id;
pub mod line_finder;
mod naming;
mod queue;
mod retention;
mod straight_through;
mod walk;

pub use ask::Ask;
pub use certificate::{
    CertificateApplication, MOST_TERMINALS, TERMINAL_COUNT, TerminalRequest, case_answers, terminal_requests,
};
pub use claims::{ClaimsFiling, connection_of_line};
pub use effect::{Effect, Need};
pub use eligibility::EligibilityApplication;
pub(crate) use eligibility::{application_kind, institution_section, started_before};
pub use explain::{ANSWER_DAYS, CORRECTION_DAYS, Deadline, Explanation, Moment, explain};
pub use facts::{Entry, Facts, Known, KnownTerminal, Lists, Rules};
pub use keeping::{Fate, Keeping, KeepingError};
pub use kind::Kind;
pub use life::{Event, Life, Move, Refused, State};
pub use naming::{Business, Words};
pub use queue::{Act, Age, Flag, NO_DEADLINE, awaited_until, sent_between};
pub use retention::{Retention, RetentionError, kept_since};
pub use straight_through::StraightThrough;
pub use walk::in_walking_order;

use crate::calendar::{Start, YearMonth};
use crate::forms::{Answers, Checked, Findings, Section, check};
use crate::uploads::{Upload, judge, listed};

/// A procedure: its fields, its rules and its words. Everything else is shared.
pub trait Procedure: Send + Sync {
    /// How its cases live.
    fn life(&self) -> Life {
        Life::Filing
    }

    /// Whether an institution may have only one case under way.
    fn is_one_at_a_time(&self) -> bool {
        true
    }

    /// Whether only owners of the institution may file it: what concerns the institution as a whole.
    fn is_for_owners(&self) -> bool {
        false
    }

    /// Whether it can be filed for many institutions by a table: what only owners file concerns one institution as a whole.
    fn fits_a_table(&self) -> bool {
        !self.is_for_owners()
    }

    /// What the acceptance of a case means beyond its own move.
    fn effect(&self) -> Effect {
        Effect::Nothing
    }

    /// What the form must know beyond what every form knows.
    fn needs(&self) -> &'static [Need] {
        &[]
    }

    /// Slugs of the documents to read before sending, besides those that are agreed to.
    fn documents(&self) -> &'static [&'static str] {
        &[]
    }

    /// Answers what follows from other answers, and drops what is asked no more.
    fn complete(&self, facts: &Facts, answers: &mut Answers) {
        let _ = (facts, answers);
    }

    /// Field groups of the form; they may depend on what was answered (repeated groups).
    fn sections(&self, facts: &Facts, answers: &Answers) -> Vec<Section>;

    /// Answers known before the applicant typed anything; most forms ask whom to contact.
    fn preset(&self, facts: &Facts) -> Answers {
        Answers::new().with("contact", &facts.person_name)
    }

    /// Rules beyond those shared by all fields.
    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let _ = (facts, answers, findings);
    }

    /// Sentences above the button that sends: what it does and what comes next.
    fn before_sending(&self, facts: &Facts, answers: &Answers) -> Vec<String> {
        let _ = answers;
        match self.life() {
            Life::AtOnce => vec!["送信すると、すぐに登録されます。登録の控えをメールでお送りします。".to_owned()],
            Life::Filing | Life::Once | Life::Certificate => vec![
                "送信すると、審査担当が内容を確認します。結果はメールとこのポータルでお知らせします。".to_owned(),
                format!(
                    "審査の目安は{}営業日です。承認されるまでは、無料で取り下げられます。",
                    facts.rules.review_days
                ),
            ],
        }
    }

    /// What must be filed before this procedure can begin, if anything is missing.
    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        let _ = facts;
        None
    }

    /// What helps when something must be filed first: words and address; none when nothing here does.
    fn way_before(&self, facts: &Facts) -> Option<(&'static str, &'static str)> {
        let eligibility = ("オンライン資格確認の利用申請へ進む", "/procedures/eligibility");
        facts.known.eligibility.is_none().then_some(eligibility)
    }

    /// The line's customer ID that a filed case declares, if the procedure has one.
    fn line_id(&self, facts: &Facts, answers: &Answers) -> Option<String> {
        let _ = (facts, answers);
        None
    }

    /// The month in which an accepted case takes effect, if the procedure has one.
    fn start_month(&self, answers: &Answers) -> Option<YearMonth> {
        let _ = answers;
        None
    }

    /// When an accepted case takes effect, if the procedure has a month or a day for it.
    fn start(&self, answers: &Answers) -> Option<Start> {
        self.start_month(answers).map(Start::Month)
    }
}

/// Checks a form whole: what follows from the answers, the shared rules, then those of the procedure.
pub fn examine(procedure: &dyn Procedure, facts: &Facts, typed: &Answers) -> Checked {
    let mut typed = typed.clone();
    procedure.complete(facts, &mut typed);
    let sections = procedure.sections(facts, &typed);
    let mut checked = check(&sections, &typed);
    judge(&sections, &typed, &facts.known.uploads, &mut checked.findings);
    procedure.rules(facts, &mut checked.answers, &mut checked.findings);
    checked.findings.sort_by(&sections);
    checked
}

/// One line of a filed form as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingLine {
    /// Key of the field.
    pub key: String,
    /// Label of the field.
    pub label: String,
    /// The answer in words.
    pub value: String,
    /// Whether the field is a fact that is shown, not asked.
    pub shown: bool,
    /// The files that the answer lists.
    pub files: Vec<Upload>,
}

/// The form as a person reads it: only the fields that apply, second inputs left out.
pub fn reading(procedure: &dyn Procedure, facts: &Facts, answers: &Answers) -> Vec<(String, Vec<ReadingLine>)> {
    let sections = procedure.sections(facts, answers);
    let line = |field: &crate::forms::Field| ReadingLine {
        key: field.key.clone(),
        label: field.label.clone(),
        value: words_of(field, facts, answers),
        shown: matches!(field.input, crate::forms::Input::Shown(_)),
        files: files_of(field, facts, answers),
    };
    sections
        .iter()
        .map(|section| {
            let applying = section.fields.iter().filter(|f| f.applies(answers) && !f.key.ends_with("_confirm"));
            (section.title.clone(), applying.map(line).collect())
        })
        .collect()
}

/// The answer in words; files by their names, one a line.
fn words_of(field: &crate::forms::Field, facts: &Facts, answers: &Answers) -> String {
    let files = files_of(field, facts, answers);
    if files.is_empty() {
        return field.reading(answers);
    }
    files.iter().map(Upload::words).collect::<Vec<_>>().join("\n")
}

/// The files that the answer of a field lists, as far as they are known.
fn files_of(field: &crate::forms::Field, facts: &Facts, answers: &Answers) -> Vec<Upload> {
    if !matches!(field.input, crate::forms::Input::Upload { .. }) {
        return vec![];
    }
    let known = |id| facts.known.uploads.iter().find(|file| file.id == id && file.field == field.key).cloned();
    listed(answers.get(&field.key)).into_iter().filter_map(known).collect()
}
