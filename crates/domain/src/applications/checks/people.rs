//! Checks of people, money and terminals: who sent it, who pays how, which terminal, who gets the letter.

use super::{CaseFacts, Check, CheckName, Sender, bad, green, look, none};
use crate::applications::{Kind, KnownTerminal, certificate};
use crate::calendar::japanese_date;
use crate::mandates::names_holder;
use crate::terminals::name_key;

pub(super) fn sender(case: &CaseFacts<'_>) -> Check {
    let name = CheckName::Sender;
    match case.sender {
        Sender::Member => green(name, ""),
        Sender::Former => look(name, "", "送信した人は、いまはこの医療機関等に所属していません。"),
        Sender::Staff => look(name, "", "職員が作成または送信した申請です。別の職員が審査します。"),
    }
}

pub(super) fn fee_payment(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::FeePayment, "fee_payment");
    let other = match case.kind {
        Kind::Eligibility => case.facts.known.claims.as_ref(),
        Kind::Claims => case.facts.known.eligibility.as_ref(),
        Kind::Certificate | Kind::Common(_) => return none(name),
    };
    let other = other.map_or("", |answers| answers.get(field));
    let chosen = case.answers.get(field);
    if other.is_empty() || other == chosen {
        return green(name, field);
    }
    let words =
        |value: &str| case.facts.lists.entry("fee_payments", value).map_or(value, |entry| &entry.label).to_owned();
    look(
        name,
        field,
        format!("もう1つの手続では「{}」です。承認すると「{}」に変わります。", words(other), words(chosen)),
    )
}

pub(super) fn terminal(case: &CaseFacts<'_>) -> Check {
    let name = CheckName::Terminal;
    if case.kind != Kind::Certificate {
        return none(name);
    }
    let field = "terminal_name_1";
    let key = name_key(case.answers.get(field));
    let same = case.facts.known.terminals.iter().filter(|terminal| name_key(&terminal.name) == key);
    let Some(known) = same.max_by_key(|terminal| (terminal.ends_at, terminal.applied_at)) else {
        return green(name, field);
    };
    let told = told(known);
    match case.answers.get("second_reason") {
        "" => bad(name, field, told),
        reason => look(name, field, format!("{told}\n申請者の理由：{reason}")),
    }
}

fn told(known: &KnownTerminal) -> String {
    let day = japanese_date(known.applied_at.date());
    let end = known.ends_at.map(|end| format!("、有効期限は{}", japanese_date(end.date()))).unwrap_or_default();
    format!("「{}」の申請がすでにあります（{day}に送信、{}{end}）。", known.name, known.state.label())
}

pub(super) fn addressee(case: &CaseFacts<'_>) -> Check {
    let (name, field) = (CheckName::Addressee, "contact");
    if case.kind != Kind::Certificate {
        return none(name);
    }
    let contact = case.answers.get(field);
    if names_holder(contact, &case.facts.known.mandate_holders) {
        return bad(
            name,
            field,
            "申請の準備を委任されているシステムベンダの方の名前です。医療機関等の方の名前が必要です。",
        );
    }
    if certificate::is_vendor(case.facts, contact) {
        return bad(name, field, "システムベンダと思われる名前です。医療機関等の方の名前が必要です。");
    }
    let technical = case.answers.get("technical_contact");
    match !technical.is_empty() && name_key(technical) == name_key(contact) {
        true => look(name, field, "宛名と技術連絡先が同じ名前です。医療機関等の方かどうかを確かめてください。"),
        false => green(name, field),
    }
}
