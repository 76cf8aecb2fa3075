//! Checks against the register of institutions.

use super::{CaseFacts, Check, CheckName, bad, green, look};
use crate::institutions::Prefecture;

pub(super) fn register(case: &CaseFacts<'_>) -> Check {
    match case.facts.institution.in_register {
        true => green(CheckName::Register, "institution_code"),
        false => look(
            CheckName::Register,
            "institution_code",
            "台帳にまだありません（確認待ち）。次の台帳の取込みを待つか、指定の通知書で確かめてください。",
        ),
    }
}

pub(super) fn check_digit(case: &CaseFacts<'_>) -> Check {
    let institution = &case.facts.institution;
    match institution.code.check_digit_holds() {
        true => green(CheckName::CheckDigit, "institution_code"),
        false if institution.in_register => {
            look(CheckName::CheckDigit, "institution_code", "検査数字が合いません。台帳にあるため、受け付けています。")
        }
        false => bad(
            CheckName::CheckDigit,
            "institution_code",
            "検査数字が合わず、台帳にもありません。コードの打ち間違いと思われます。",
        ),
    }
}

pub(super) fn working(case: &CaseFacts<'_>) -> Check {
    let institution = &case.facts.institution;
    if institution.works_on(case.facts.now.date()) {
        return green(CheckName::Working, "institution_name");
    }
    let words = format!("台帳では「{}」です。指定の期間もご確認ください。", institution.status.label());
    bad(CheckName::Working, "institution_name", words)
}

pub(super) fn address(case: &CaseFacts<'_>) -> Check {
    let institution = &case.facts.institution;
    let (name, field) = (CheckName::Address, "prefecture");
    if institution.address.trim().is_empty() || institution.postal_code.trim().is_empty() {
        return bad(name, field, "台帳に郵便番号または所在地がなく、通知書を送れません。");
    }
    let (own, found) = (institution.code.prefecture(), Prefecture::of_address(&institution.address));
    match found.filter(|found| *found != own) {
        None => green(name, field),
        Some(found) => {
            look(name, field, format!("コードは「{}」ですが、台帳の所在地は「{}」です。", own.name(), found.name()))
        }
    }
}
