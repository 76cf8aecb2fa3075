//! Which page asks what.

use super::{CLAIMS_MONTH, Interview, START_MONTH, Step, TERMS};
use crate::applications::{Facts, Kind, TERMINAL_COUNT};
use crate::forms::{Answers, Condition, Document, Field, Input, Section};

/// One page of the interview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which one.
    pub step: Step,
    /// What to have at hand or to know; may be empty.
    pub lead: &'static str,
    /// Field groups.
    pub sections: Vec<Section>,
}

impl Page {
    /// Whether a field stands on the page.
    pub fn asks(&self, key: &str) -> bool {
        self.sections.iter().flat_map(|section| &section.fields).any(|field| field.key == key)
    }

    fn is_empty(&self) -> bool {
        self.sections.iter().all(|section| section.fields.is_empty())
    }
}

/// Answers that follow from others or from how the interview began; nobody is asked.
const NEVER_ASKED: &[&str] = &["application_kind", "customer_id_kind", super::PAPER_FILED];
const FLETS: &[&str] = &["ip_vpn"];
const WITH_CUSTOMER_ID: &[&str] = &["ip_vpn", "ip_vpn_ctc_qtnet"];

/// The pages' own fields, in order; what no list names stands on the page of the times.
const fn listed(step: Step) -> &'static [&'static str] {
    match step {
        Step::Papers => &["papers"],
        Step::Line => &[
            "line_kind",
            "connection",
            "line_reason",
            "ipsec_provider",
            "ipsec_provider_other",
            "customer_id",
            "customer_id_confirm",
            "line_changed",
            "v6_option",
            "isdn_number",
        ],
        Step::Computer => &["product", "product_other", "product_maker", "os_browser", "os_browser_other"],
        Step::Terminals => &["contact", "technical_contact", "technical_mail"],
        Step::Time => &[START_MONTH, "test_month", CLAIMS_MONTH, "fee_payment"],
        Step::Consent => &[TERMS, "safety_rules", "consent", "note"],
    }
}

/// Whether a list names the field, or nobody is asked for it.
fn is_listed(key: &str) -> bool {
    Step::ALL.iter().any(|step| listed(*step).contains(&key)) || NEVER_ASKED.contains(&key)
}

const fn lead(step: Step) -> &'static str {
    match step {
        Step::Papers => "回線を契約したときに届いた書類（「開通のご案内」など）を、お手元にご用意ください。",
        Step::Line => {
            "書類を見ながら入力してください。会社の名前からわかる回線の種別は、選んであります。ここに入力した内容は、すべての手続に使います。"
        }
        Step::Computer => "レセコンの起動画面や「バージョン情報」を見ながら、選んでください。",
        Step::Terminals => "端末の電子証明書を入れる端末について、うかがいます。",
        Step::Time => "いつから使い始めるかと、発行料の支払方法を選んでください。",
        Step::Consent => "最後に、規約などをご確認ください。次の画面で、送信する内容をすべて確認できます。",
    }
}

impl Interview {
    /// The pages that ask something, in order.
    pub fn pages(&self) -> Vec<Page> {
        Step::ALL.iter().map(|step| self.page(*step)).filter(|page| !page.is_empty()).collect()
    }

    /// One page with the questions that its forms have.
    pub fn page(&self, step: Step) -> Page {
        let own = |keys: &[&str]| keys.iter().filter_map(|key| self.field(key)).collect::<Vec<_>>();
        let mut sections = vec![];
        if step == Step::Terminals {
            sections.extend(self.terminals());
        }
        let title = if step == Step::Terminals { "通知書の宛名と連絡先" } else { step.label() };
        sections.push(Section::new(title, own(listed(step))));
        if step == Step::Time {
            sections.push(Section::new("そのほか", self.unlisted()));
        }
        sections.retain(|section| !section.fields.is_empty());
        Page { step, lead: lead(step), sections }
    }

    /// What is shown in the fields of a page.
    pub fn answers(&self) -> Answers {
        let fields = self.pages().into_iter().flat_map(|page| page.sections).flat_map(|section| section.fields);
        let shown = |field: Field| {
            let (kind, key) = self.fills(&field.key).into_iter().next()?;
            let value = match field.input {
                Input::Agreements(documents) => self.agreed(&documents),
                _ => self.form(kind).get(&key).to_owned(),
            };
            Some((field.key, value))
        };
        fields.filter_map(shown).collect()
    }

    /// The versions agreed to, as the box sends them; empty unless all were agreed to.
    fn agreed(&self, documents: &[Document]) -> String {
        let all = [Kind::Eligibility, Kind::Claims].into_iter().filter(|kind| self.has(*kind));
        let versions: Vec<&str> = all.map(|kind| self.form(kind).get(TERMS)).collect();
        if versions.len() == documents.len() && versions.iter().all(|version| !version.is_empty()) {
            versions.join(Input::AND)
        } else {
            String::new()
        }
    }

    /// The fields of the forms that an answer of the interview fills.
    pub(super) fn fills(&self, key: &str) -> Vec<(Kind, String)> {
        let in_form = |kind: Kind, key: &str| self.forms.contains_key(&kind).then(|| (kind, key.to_owned()));
        match key {
            CLAIMS_MONTH => in_form(Kind::Claims, START_MONTH).into_iter().collect(),
            START_MONTH => in_form(Kind::Eligibility, START_MONTH).into_iter().collect(),
            _ => super::ORDER
                .into_iter()
                .filter(|kind| self.fields_of(*kind).any(|field| field.key == key))
                .map(|kind| (kind, key.to_owned()))
                .collect(),
        }
    }

    fn fields_of(&self, kind: Kind) -> impl Iterator<Item = &Field> {
        self.sections.get(&kind).into_iter().flatten().flat_map(|section| &section.fields)
    }

    fn procedure_field(&self, kind: Kind, key: &str) -> Option<Field> {
        self.fields_of(kind).find(|field| field.key == key).cloned()
    }

    /// The field behind a key of the interview; none when no form has it, or when its answer follows from another.
    fn field(&self, key: &str) -> Option<Field> {
        if NEVER_ASKED.contains(&key) || self.follows(key) {
            return None;
        }
        let first = || super::ORDER.into_iter().find_map(|kind| self.procedure_field(kind, key));
        match key {
            TERMS => self.terms(),
            START_MONTH => self.procedure_field(Kind::Eligibility, key),
            CLAIMS_MONTH => self.claims_month(),
            "customer_id" | "customer_id_confirm" => first().map(|field| self.for_lines_with_id(field)),
            "v6_option" => first().map(|field| Field { when: self.line_is(FLETS), ..field }),
            _ => first().filter(|field| !matches!(field.input, Input::Shown(_))),
        }
    }

    /// Whether the answer follows from what is known of the line.
    fn follows(&self, key: &str) -> bool {
        let about_line = listed(Step::Line).contains(&key) || listed(Step::Papers).contains(&key);
        match key {
            "connection" => self.has(Kind::Eligibility) || self.line_is_known(),
            "customer_id" | "customer_id_confirm" if self.id_is_known() => true,
            _ => about_line && self.line_is_known(),
        }
    }

    /// Whether the line was declared in an application that is filed already.
    pub(super) fn line_is_known(&self) -> bool {
        !self.has(Kind::Eligibility)
            && self.facts.known.eligibility.as_ref().is_some_and(|filed| filed.has("line_kind"))
    }

    /// Whether the customer ID of the other procedure is on record here, so that 「同じ」 stands for it.
    pub(super) fn id_is_known(&self) -> bool {
        let Facts { known, .. } = &self.facts;
        let eligibility = self.has(Kind::Eligibility) && known.claims_line_id.is_some();
        let claims = self.has(Kind::Claims) && !self.has(Kind::Eligibility) && known.eligibility_line_id.is_some();
        eligibility || claims
    }

    fn line_is(&self, values: &'static [&'static str]) -> Option<Condition> {
        self.has(Kind::Eligibility).then_some(Condition::OneOf("line_kind", values))
    }

    /// CTC and QTnet have an ID in the claims filing only.
    fn for_lines_with_id(&self, field: Field) -> Field {
        let lines = if self.has(Kind::Claims) { WITH_CUSTOMER_ID } else { FLETS };
        let connections: &[&str] = &["ip_vpn_ipv4", "ip_vpn_ipv6"];
        let when = self.line_is(lines).unwrap_or(Condition::OneOf("connection", connections));
        Field { when: Some(when), ..field }
    }

    fn terms(&self) -> Option<Field> {
        let fields = [Kind::Eligibility, Kind::Claims].into_iter().filter_map(|kind| self.procedure_field(kind, TERMS));
        let documents: Vec<Document> = fields
            .filter_map(|field| match field.input {
                Input::Agreement(document) => Some(document),
                _ => None,
            })
            .collect();
        (!documents.is_empty()).then(|| {
            Field::new(TERMS, "利用規約への同意", Input::Agreements(documents))
                .help("利用規約を読み、内容に問題がなければチェックを入れてください。")
        })
    }

    fn claims_month(&self) -> Option<Field> {
        let field = self.procedure_field(Kind::Claims, START_MONTH)?;
        let field = Field { key: CLAIMS_MONTH.to_owned(), ..field };
        if !self.has(Kind::Eligibility) {
            return Some(field);
        }
        Some(
            field.optional().help(
                "選ばないときは、利用開始予定年月と同じ月になります。その月を選べないときは、最も早い月になります。",
            ),
        )
    }

    /// The certificate form's groups about terminals, without what the applicant is asked elsewhere.
    fn terminals(&self) -> Vec<Section> {
        let mut sections = self.sections.get(&Kind::Certificate).cloned().unwrap_or_default();
        for section in &mut sections {
            section.fields.retain(|field| !is_listed(&field.key) && !matches!(field.input, Input::Shown(_)));
            section.fields.retain(|field| !self.is_the_only_terminals_purpose(&field.key));
        }
        sections.retain(|section| !section.fields.is_empty());
        sections
    }

    /// One terminal that both procedures are filed for does both.
    pub(super) fn is_the_only_terminals_purpose(&self, key: &str) -> bool {
        let both = self.has(Kind::Eligibility) && self.has(Kind::Claims);
        both && key == "purpose_1" && self.form(Kind::Certificate).is(TERMINAL_COUNT, "1")
    }

    /// Fields that no list names: a field that a procedure gets later is asked all the same.
    fn unlisted(&self) -> Vec<Field> {
        let mut fields: Vec<Field> = vec![];
        for field in [Kind::Eligibility, Kind::Claims].into_iter().flat_map(|kind| self.fields_of(kind)) {
            let asked = !is_listed(&field.key) && !matches!(field.input, Input::Shown(_));
            if asked && !fields.iter().any(|known| known.key == field.key) {
                fields.push(field.clone());
            }
        }
        fields
    }
}
