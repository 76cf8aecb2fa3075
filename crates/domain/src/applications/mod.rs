//! What all procedures share: kinds, states, lives, the facts a form needs, and the procedures themselves.

mod ask;
mod certificate;
pub mod checks;
mod claims;
mod eligibility;
mod explain;
mod facts;
mod keeping;
mod life;
mod line;
pub mod line_customer_id;
pub mod line_finder;
mod queue;
mod retention;
mod straight_through;

pub use ask::Ask;
pub use certificate::{
    CertificateApplication, MOST_TERMINALS, TERMINAL_COUNT, TerminalRequest, case_answers, terminal_requests,
};
pub use claims::{ClaimsFiling, connection_of_line};
pub use eligibility::EligibilityApplication;
pub use explain::{ANSWER_DAYS, CORRECTION_DAYS, Deadline, Explanation, Moment, explain};
pub use facts::{Entry, Facts, Known, KnownTerminal, Lists, Rules};
pub use keeping::{Fate, Keeping, KeepingError};
pub use life::{Event, Move, Refused, State};
pub use queue::{Act, Age, Flag, NO_DEADLINE, awaited_until, sent_between};
pub use retention::{Retention, RetentionError, kept_since};
pub use straight_through::StraightThrough;

use crate::forms::{Answers, Checked, Findings, Section, check};
use crate::words::words;

words! {
    /// Which procedure a case belongs to.
    Kind {
        /// オンライン資格確認 利用開始・変更申請.
        Eligibility = "eligibility", "オンライン資格確認 利用開始・変更申請";
        /// 端末の電子証明書 発行申請.
        Certificate = "certificate", "端末の電子証明書 発行申請";
        /// オンライン請求 利用開始・変更申請（届出）.
        Claims = "claims", "オンライン請求 利用開始・変更申請（届出）";
    }
}

impl Kind {
    /// Whether an institution may have only one case of this procedure under way.
    pub const fn is_one_at_a_time(self) -> bool {
        match self {
            Self::Eligibility | Self::Claims => true,
            Self::Certificate => false,
        }
    }

    /// The procedure of this kind.
    pub fn procedure(self) -> &'static dyn Procedure {
        match self {
            Self::Eligibility => &EligibilityApplication,
            Self::Certificate => &CertificateApplication,
            Self::Claims => &ClaimsFiling,
        }
    }
}

/// A procedure: its fields, its rules and its words. Everything else is shared.
pub trait Procedure: Send + Sync {
    /// Which one it is.
    fn kind(&self) -> Kind;

    /// Slug of the article that is read before the form.
    fn article(&self) -> &'static str;

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

    /// Answers known before the applicant typed anything.
    fn preset(&self, facts: &Facts) -> Answers;

    /// Rules beyond those shared by all fields.
    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings);

    /// Sentences above the button that sends: what it does and what comes next.
    fn before_sending(&self, facts: &Facts, answers: &Answers) -> Vec<String>;

    /// What must be filed before this procedure can begin, if anything is missing.
    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        let _ = facts;
        None
    }

    /// The line's customer ID that a filed case declares, if the procedure has one.
    fn line_id(&self, facts: &Facts, answers: &Answers) -> Option<String> {
        let _ = (facts, answers);
        None
    }

    /// The month in which an accepted case takes effect, if the procedure has one.
    fn start_month(&self, answers: &Answers) -> Option<crate::calendar::YearMonth> {
        let _ = answers;
        None
    }
}

/// Checks a form whole: what follows from the answers, the shared rules, then those of the procedure.
pub fn examine(procedure: &dyn Procedure, facts: &Facts, typed: &Answers) -> Checked {
    let mut typed = typed.clone();
    procedure.complete(facts, &mut typed);
    let sections = procedure.sections(facts, &typed);
    let mut checked = check(&sections, &typed);
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
}

/// The form as a person reads it: only the fields that apply, second inputs left out.
pub fn reading(procedure: &dyn Procedure, facts: &Facts, answers: &Answers) -> Vec<(String, Vec<ReadingLine>)> {
    let sections = procedure.sections(facts, answers);
    let line = |field: &crate::forms::Field| ReadingLine {
        key: field.key.clone(),
        label: field.label.clone(),
        value: field.reading(answers),
        shown: matches!(field.input, crate::forms::Input::Shown(_)),
    };
    sections
        .iter()
        .map(|section| {
            let applying = section.fields.iter().filter(|f| f.applies(answers) && !f.key.ends_with("_confirm"));
            (section.title.clone(), applying.map(line).collect())
        })
        .collect()
}
