//! Writing answers into the forms, and what follows from them.

use super::{CLAIMS_MONTH, Forms, Interview, ORDER, PAPER_FILED, START_MONTH, Step, TERMS};
use crate::applications::{
    Facts, Kind, TERMINAL_COUNT, connection_of_line, examine,
    line_customer_id::{LineCustomerId, LineIdKind},
};
use crate::calendar::{YearMonth, cut_off};
use crate::forms::{Answers, Input};

impl Interview {
    /// Begins: the presets of each procedure, a form that was begun before as it stands, and what follows.
    pub fn begin(facts: Facts, kinds: &[Kind], begun: &Forms) -> Self {
        let form = |kind: Kind| {
            let answers = begun.get(&kind).cloned().unwrap_or_else(|| kind.procedure().preset(&facts));
            (kind, answers)
        };
        let forms = ORDER.into_iter().filter(|kind| kinds.contains(kind)).map(form).collect();
        let mut interview = Self::new(facts, forms);
        if let Some(claims) = interview.forms.get_mut(&Kind::Claims) {
            claims.set(PAPER_FILED, "no");
        }
        interview.share();
        interview.name_the_only_terminal();
        interview.lay_out();
        interview.derive();
        interview.lay_out();
        interview
    }

    /// Writes what was typed on a page into every form that asks for it; fields that were not sent are emptied, as a box that
    /// is not ticked sends nothing.
    pub fn write(&mut self, step: Step, typed: &Answers) {
        let papers = self.answers().get("papers").to_owned();
        if typed.has(TERMINAL_COUNT) {
            self.fill(TERMINAL_COUNT, typed.get(TERMINAL_COUNT));
            self.lay_out();
        }
        for field in self.page(step).sections.into_iter().flat_map(|section| section.fields) {
            match field.input {
                Input::Shown(_) => {}
                Input::Agreements(documents) => self.agree(typed.get(TERMS), documents.len()),
                _ => self.fill(&field.key, typed.get(&field.key)),
            }
        }
        if step == Step::Papers && !typed.is("papers", &papers) {
            self.fill("line_kind", "");
            self.fill("connection", "");
        }
        self.lay_out();
        self.derive();
        self.lay_out();
    }

    fn fill(&mut self, key: &str, value: &str) {
        for (kind, key) in self.fills(key) {
            if let Some(form) = self.forms.get_mut(&kind) {
                form.set(key, value);
            }
        }
    }

    fn agree(&mut self, typed: &str, documents: usize) {
        let versions: Vec<&str> = typed.split(Input::AND).collect();
        let forms = self.forms.iter_mut().filter(|(kind, _)| matches!(kind, Kind::Eligibility | Kind::Claims));
        for (place, (_, form)) in forms.enumerate() {
            let version = if versions.len() == documents { versions.get(place).copied().unwrap_or("") } else { "" };
            form.set(TERMS, version);
        }
    }

    /// An answer that one form has and another lacks goes to both.
    fn share(&mut self) {
        let kept: Vec<(String, String)> = self
            .forms
            .values()
            .flat_map(|form| form.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<Vec<_>>())
            .filter(|(key, _)| ![TERMS, START_MONTH, "application_kind", "customer_id_kind"].contains(&key.as_str()))
            .collect();
        for (key, value) in kept {
            for (kind, key) in self.fills(&key) {
                if let Some(form) = self.forms.get_mut(&kind).filter(|form| !form.has(&key)) {
                    form.set(key, &value);
                }
            }
        }
    }

    /// A clinic's only terminal gets a name that tells it apart; it can be changed.
    fn name_the_only_terminal(&mut self) {
        let lists = self.facts.lists.clone();
        let purpose = if self.has(Kind::Eligibility) && self.has(Kind::Claims) { "both" } else { return };
        if let (Some(form), Some(name)) =
            (self.forms.get_mut(&Kind::Certificate), lists.entry("terminal_name_examples", purpose))
            && form.is(TERMINAL_COUNT, "1")
            && !form.has("terminal_name_1")
        {
            form.set("terminal_name_1", &name.label);
        }
    }

    fn derive(&mut self) {
        self.derive_line();
        self.derive_id();
        self.derive_month();
        self.derive_terminals();
    }

    /// The papers say which kind of line it is, and the kind which connection the claims filing calls it.
    fn derive_line(&mut self) {
        for kind in [Kind::Eligibility, Kind::Claims] {
            let key = if kind == Kind::Eligibility { "line_kind" } else { "connection" };
            if self.has(kind) && !self.form(kind).has(key) {
                let read = examine(kind.procedure(), &self.facts, self.form(kind)).answers.get(key).to_owned();
                self.fill(key, &read);
            }
        }
        let filed = self.facts.known.eligibility.clone().filter(|_| self.line_is_known());
        let line = filed.as_ref().unwrap_or_else(|| self.form(Kind::Eligibility));
        let (connection, provider, other) = (
            connection_of_line(line.get("line_kind")).unwrap_or_default(),
            line.get("ipsec_provider").to_owned(),
            line.get("ipsec_provider_other").to_owned(),
        );
        if let Some(claims) = self.forms.get_mut(&Kind::Claims).filter(|_| !connection.is_empty()) {
            claims.set("connection", connection);
            claims.set("ipsec_provider", provider);
            claims.set("ipsec_provider_other", other);
        }
    }

    /// Which kind of customer ID it is, its first letters say.
    fn derive_id(&mut self) {
        let known = self.id_is_known();
        for kind in [Kind::Eligibility, Kind::Claims] {
            let Some(form) = self.forms.get_mut(&kind) else { continue };
            let recorded = match kind {
                Kind::Eligibility => &self.facts.known.claims_line_id,
                _ => &self.facts.known.eligibility_line_id,
            };
            if known && recorded.is_some() {
                form.set("customer_id_kind", "same");
                continue;
            }
            let id = LineCustomerId::parse(form.get("customer_id"));
            let cop = id.is_ok_and(|id| id.kind() == LineIdKind::Cop)
                || form.get("customer_id").to_ascii_uppercase().starts_with("COP");
            form.set("customer_id_kind", if cop { "cop" } else { "caf" });
        }
    }

    fn derive_month(&mut self) {
        let Ok(wished) = self.form(Kind::Eligibility).get(START_MONTH).parse::<YearMonth>() else { return };
        let earliest = cut_off(self.facts.now.date(), self.facts.rules.cut_off);
        if self.has(Kind::Claims) && !self.form(Kind::Claims).has(START_MONTH) {
            self.fill(CLAIMS_MONTH, &wished.max(earliest).as_text());
        }
    }

    /// The receipt computer's system is that of the terminal on which claims are sent.
    fn derive_terminals(&mut self) {
        let lists = self.facts.lists.clone();
        let os = lists.entry("os_browsers", self.form(Kind::Claims).get("os_browser")).map(|entry| entry.os.clone());
        let only = self.is_the_only_terminals_purpose("purpose_1");
        let Some(form) = self.forms.get_mut(&Kind::Certificate) else { return };
        if only {
            form.set("purpose_1", "both");
        }
        let (Some(os), true) = (os, form.is(TERMINAL_COUNT, "1")) else { return };
        if !form.has("terminal_os_1") {
            form.set("terminal_os_1", os);
        }
    }
}
