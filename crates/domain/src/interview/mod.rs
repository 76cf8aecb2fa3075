//! まとめて申請する: one interview that asks each thing once and fills the forms of several procedures (spec 08.1).
//!
//! The interview keeps no answers of its own: it reads and writes the drafts of the procedures. Each of its questions is a
//! field of a procedure, with its words and its rules; what follows from another answer is not asked.

mod derive;
mod pages;
mod side;

use std::collections::BTreeMap;

pub use pages::Page;
pub use side::{Cell, Row, side_by_side};

use crate::applications::{Facts, Kind, examine};
use crate::forms::{Answers, Checked, Findings, Section};
use crate::words::words;

words! {
    /// A page of the interview, in the order of what people have at hand.
    Step {
        /// What is printed on the papers of the line.
        Papers = "papers", "回線の書類";
        /// The kind of line and its customer ID.
        Line = "line", "回線";
        /// The receipt computer.
        Computer = "computer", "レセコン";
        /// The terminals, their names and who gets the letter.
        Terminals = "terminals", "端末";
        /// When, and how the fee is paid.
        Time = "time", "時期と支払い";
        /// Terms, rules and the fee.
        Consent = "consent", "規約と同意";
    }
}

/// Forms that are filled together, by procedure.
pub type Forms = BTreeMap<Kind, Answers>;

/// Kinds in the order in which they are filed.
pub const ORDER: [Kind; 3] = [Kind::Eligibility, Kind::Certificate, Kind::Claims];

/// What the interview calls the claims filing's own start month: the other form has one too.
pub const CLAIMS_MONTH: &str = "claims_start_month";
/// What the interview asks about a filing on paper, before its first page.
pub const PAPER_FILED: &str = "paper_filed";
const TERMS: &str = "terms";
const START_MONTH: &str = "start_month";
/// Fields that each filing has for itself.
const NOT_COMPARED: &[&str] = &["application_kind", "customer_id_kind"];

/// An interview as it stands.
#[derive(Clone, Debug)]
pub struct Interview {
    facts: Facts,
    forms: Forms,
    /// Field groups of the forms as they stand.
    sections: BTreeMap<Kind, Vec<Section>>,
}

/// Procedures of which no filing stands here: never sent, or rejected or taken back since. An interview can ask for them,
/// unless the institution is over.
pub fn open(facts: &Facts) -> Vec<Kind> {
    let known = &facts.known;
    let filed = |kind: &Kind| match kind {
        Kind::Eligibility => known.eligibility.is_some(),
        Kind::Certificate => !known.terminals.is_empty(),
        Kind::Claims => known.claims.is_some(),
        Kind::Common(_) => known.latest.is_some(),
    };
    ORDER.into_iter().filter(|kind| known.over.is_none() && !filed(kind)).collect()
}

/// The same facts, as they are once a form of a procedure is sent too.
pub fn assuming(facts: &Facts, kind: Kind, answers: &Answers) -> Facts {
    let line = kind.procedure().line_id(facts, answers);
    let mut after = facts.clone();
    match kind {
        Kind::Eligibility => {
            after.known.eligibility = Some(answers.clone());
            after.known.eligibility_line_id = line;
        }
        Kind::Claims => {
            after.known.claims = Some(answers.clone());
            after.known.claims_line_id = line;
            after.known.claims_sent_at = Some(facts.now);
        }
        Kind::Certificate | Kind::Common(_) => {}
    }
    if answers.has("fee_payment") {
        answers.get("fee_payment").clone_into(&mut after.known.fee_payment);
    }
    after
}

impl Interview {
    /// An interview about these forms. The facts are those of the certificate application: they know the terminals too.
    pub fn new(facts: Facts, forms: Forms) -> Self {
        let mut interview = Self { facts, forms, sections: BTreeMap::new() };
        interview.lay_out();
        interview
    }

    /// Reads the forms' field groups anew: answers add and remove some.
    fn lay_out(&mut self) {
        let sections = |(kind, answers): (&Kind, &Answers)| (*kind, kind.procedure().sections(&self.facts, answers));
        self.sections = self.forms.iter().map(sections).collect();
    }

    /// The forms as they stand.
    pub fn forms(&self) -> &Forms {
        &self.forms
    }

    /// Whether a procedure is part of it.
    pub fn has(&self, kind: Kind) -> bool {
        self.forms.contains_key(&kind)
    }

    fn form(&self, kind: Kind) -> &Answers {
        static NOTHING: std::sync::LazyLock<Answers> = std::sync::LazyLock::new(Answers::new);
        self.forms.get(&kind).unwrap_or(&NOTHING)
    }

    /// The facts for one of the forms: what goes out before it counts as known. Only a certificate needs another procedure
    /// before it; each form states its own line, so that one can be sent without the others.
    fn facts_of(&self, kind: Kind) -> Facts {
        match (kind, self.forms.get(&Kind::Eligibility)) {
            (Kind::Certificate, Some(answers)) => assuming(&self.facts, Kind::Eligibility, answers),
            _ => self.facts.clone(),
        }
    }

    /// Every form, checked by the rules of its procedure.
    pub fn examine(&self) -> BTreeMap<Kind, Checked> {
        let checked =
            |(kind, answers): (&Kind, &Answers)| (*kind, examine(kind.procedure(), &self.facts_of(*kind), answers));
        self.forms.iter().map(checked).collect()
    }

    /// Faults and remarks of all forms, each with the key under which the interview asks; a fault that no page shows has an
    /// empty key and names its procedure.
    pub fn findings(&self) -> Findings {
        let pages = self.pages();
        let mut all = Findings::default();
        for (kind, checked) in self.examine() {
            for fault in checked.findings.errors {
                match self.asked_as(&pages, kind, &fault.field) {
                    Some(key) => all.error(key, fault.message),
                    None => all.error("", format!("{}：{}", kind.label(), fault.message)),
                }
            }
            for remark in checked.findings.warnings {
                let key = self.asked_as(&pages, kind, &remark.field).unwrap_or_default();
                if !all.warnings.iter().any(|known| known.field == key && known.message == remark.message) {
                    all.warn(key, remark.message);
                }
            }
        }
        all
    }

    /// Faults and remarks of what one page asks.
    pub fn findings_of(&self, page: &Page) -> Findings {
        let mut found = self.findings();
        found.errors.retain(|fault| page.asks(&fault.field));
        found.warnings.retain(|remark| page.asks(&remark.field));
        found.sort_by(&page.sections);
        found
    }

    /// The first page on which something is missing or wrong; none when all can be sent.
    pub fn first_faulty(&self) -> Option<Step> {
        let found = self.findings();
        let faulty = |page: &Page| found.errors.iter().any(|fault| page.asks(&fault.field));
        self.pages().into_iter().find(faulty).map(|page| page.step)
    }

    /// On which page, and under which key, the interview asks for a field of a form; none when only the procedure's own form does.
    pub fn place_of(&self, kind: Kind, key: &str) -> Option<(Step, String)> {
        let pages = self.pages();
        let key = self.asked_as(&pages, kind, key)?;
        pages.into_iter().find(|page| page.asks(&key)).map(|page| (page.step, key))
    }

    /// Under which key the interview asks for a field of a form, directly or through what it is derived from.
    fn asked_as(&self, pages: &[Page], kind: Kind, key: &str) -> Option<String> {
        let through = match (kind, key) {
            (Kind::Claims, START_MONTH) => CLAIMS_MONTH,
            (_, "customer_id_kind") => "customer_id",
            (Kind::Claims, "connection") if self.has(Kind::Eligibility) => "line_kind",
            (_, other) => other,
        };
        pages.iter().any(|page| page.asks(through)).then(|| through.to_owned())
    }
}

#[cfg(test)]
mod tests;
