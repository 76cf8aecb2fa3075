//! Everything that can be checked about a case without a person (spec 6.2): one list for the reviewer's page and for the
//! rule that may accept by itself.

mod line;
mod people;
mod place;
mod time;

use super::{Facts, Kind, State};
use crate::clock::Timestamp;
use crate::forms::Answers;
use crate::ids::ApplicationId;
use crate::words::words;

words! {
    /// A check.
    CheckName {
        /// The institution stands in the register.
        Register = "register", "台帳への掲載";
        /// The check digit of its code.
        CheckDigit = "check_digit", "コードの検査数字";
        /// It works today.
        Working = "working", "医療機関等の状態";
        /// Its address can be written to, and lies where its code says.
        Address = "address", "台帳の所在地";
        /// A start is a first one, a change has something to change.
        ApplicationKind = "application_kind", "開始・変更の区分";
        /// The documents that were agreed to are those in force.
        Terms = "terms", "同意した規約の版";
        /// The kind of line against the papers.
        LineKind = "line_kind", "回線と書類の名前";
        /// The customer ID is written as it should be.
        CustomerId = "customer_id", "お客様IDの形";
        /// The customer ID is used elsewhere.
        CustomerIdElsewhere = "customer_id_elsewhere", "お客様IDの重複";
        /// The customer ID of the other procedure.
        CustomerIdOther = "customer_id_other", "もう1つの手続のお客様ID";
        /// The start can still be reached.
        StartMonth = "start_month", "開始の月";
        /// The way of paying is the same in both procedures.
        FeePayment = "fee_payment", "発行料の支払方法";
        /// The terminal has no certificate yet.
        Terminal = "terminal", "端末の重複";
        /// The letter goes to a person of the institution.
        Addressee = "addressee", "通知書の宛名";
        /// Who sent it belongs to the institution, not to the operator.
        Sender = "sender", "送信した人";
        /// What its applicant was told and sent all the same.
        Remarks = "remarks", "送信時の注意";
    }
}

words! {
    /// What a check says.
    Verdict {
        /// Nothing speaks against it.
        Green = "green", "問題なし";
        /// A person should look.
        Look = "look", "要確認";
        /// It is wrong.
        Bad = "bad", "不備";
        /// The check says nothing about this case.
        NotApplicable = "not_applicable", "対象外";
    }
}

/// A check with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which one.
    pub name: CheckName,
    /// What it says.
    pub verdict: Verdict,
    /// Why, in sentences; may be empty when nothing speaks against it.
    pub words: String,
    /// Key of the field that it is about; empty for none.
    pub field: &'static str,
}

impl Check {
    /// Whether it stops an acceptance by rule.
    pub fn needs_a_person(&self) -> bool {
        matches!(self.verdict, Verdict::Look | Verdict::Bad)
    }
}

/// Who sent a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Someone who belongs to the institution.
    Member,
    /// Someone who does not belong to it any more.
    Former,
    /// Someone of the operator's staff.
    Staff,
}

/// A case of another institution that declares the same customer ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The case.
    pub id: ApplicationId,
    /// Its procedure.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Its reference number.
    pub reference: String,
    /// Name of the institution.
    pub institution: String,
    /// Ten-digit code of the institution.
    pub code: String,
}

/// What the checks look at.
#[derive(Clone, Copy, Debug)]
pub struct CaseFacts<'a> {
    /// The procedure.
    pub kind: Kind,
    /// What was sent.
    pub answers: &'a Answers,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Remarks of the check at sending time: field and sentence.
    pub remarks: &'a [(String, String)],
    /// The institution, the lists, the rules, and what is known besides this case.
    pub facts: &'a Facts,
    /// Other institutions with the same customer ID.
    pub elsewhere: &'a [Elsewhere],
    /// Who sent it.
    pub sender: Sender,
}

/// Every check of a case, in the order in which a reviewer reads.
pub fn checks(case: &CaseFacts<'_>) -> Vec<Check> {
    let mut all = vec![
        place::register(case),
        place::check_digit(case),
        place::working(case),
        place::address(case),
        people::sender(case),
        time::application_kind(case),
        time::terms(case),
        line::line_kind(case),
        line::customer_id(case),
        line::elsewhere(case),
        line::other_procedure(case),
        time::start_month(case),
        people::fee_payment(case),
        people::terminal(case),
        people::addressee(case),
    ];
    all.push(remarks(case, &all));
    all
}

/// What its applicant was told; what another check says about the same field is not said twice.
fn remarks(case: &CaseFacts<'_>, others: &[Check]) -> Check {
    let said = |field: &str| others.iter().any(|check| check.needs_a_person() && check.field == field);
    let told: Vec<&str> =
        case.remarks.iter().filter(|(field, _)| !said(field)).map(|(_, words)| words.as_str()).collect();
    if told.is_empty() { green(CheckName::Remarks, "") } else { look(CheckName::Remarks, "", told.join("\n")) }
}

fn check(name: CheckName, verdict: Verdict, field: &'static str, words: impl Into<String>) -> Check {
    Check { name, verdict, words: words.into(), field }
}

fn green(name: CheckName, field: &'static str) -> Check {
    check(name, Verdict::Green, field, "")
}

fn look(name: CheckName, field: &'static str, words: impl Into<String>) -> Check {
    check(name, Verdict::Look, field, words)
}

fn bad(name: CheckName, field: &'static str, words: impl Into<String>) -> Check {
    check(name, Verdict::Bad, field, words)
}

fn none(name: CheckName) -> Check {
    check(name, Verdict::NotApplicable, "", "")
}

#[cfg(test)]
mod tests;
