//! What keeps a scheme from being offered.

use std::collections::BTreeSet;

use super::{Category, InstitutionKind, Scheme, Span};
use crate::forms::Finding;

/// Most yen of a ceiling; more is a slip of the hand.
pub const MOST_YEN: i64 = 100_000_000;
/// Longest name in characters.
const LINE: usize = 100;
/// Most categories of a scheme: each is a question of the form.
const CATEGORIES: usize = 20;
/// Most exceptions of a scheme.
const EXCEPTIONS: usize = 500;
/// Units that grants may be rounded down to.
pub(super) const UNITS: [i64; 4] = [1, 100, 1_000, 10_000];

fn finding(field: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding { field: field.into(), message: message.into() }
}

/// What is wrong with a scheme, by the fields of its form.
pub(crate) fn judge(scheme: &Scheme) -> Vec<Finding> {
    let mut found = vec![];
    if !(1..=LINE).contains(&scheme.name.trim().chars().count()) {
        found.push(finding("name", format!("「制度の名前」を、{LINE}文字までで入力してください。")));
    }
    let ends = [("apply_to", "申請を受け付ける期間", scheme.applications), ("cost_to", "対象になる期間", scheme.costs)];
    found.extend(ends.into_iter().filter(|(_, _, span)| span.to < span.from).map(|(field, label, _)| {
        finding(field, format!("「{label}」の終わりの日を、はじめの日より後の日にしてください。"))
    }));
    found.extend(judge_terms(scheme));
    found.extend(judge_categories(&scheme.categories, scheme.applications));
    if !UNITS.contains(&scheme.unit_yen) {
        found.push(finding("unit_yen", "「切り捨てる端数」を選んでください。"));
    }
    found.extend(judge_exceptions(scheme));
    found
}

fn judge_terms(scheme: &Scheme) -> Vec<Finding> {
    if scheme.terms.is_empty() {
        let field = format!("rate_{}", InstitutionKind::Hospital);
        return vec![finding(field, "対象にする医療機関等の種類を、少なくとも1つ、補助率と上限で入力してください。")];
    }
    let odd = scheme.terms.iter().filter(|terms| !(1..=MOST_YEN).contains(&terms.ceiling_yen));
    let said = |terms: &super::Terms| {
        let field = format!("ceiling_{}", terms.kind);
        finding(field, format!("「{}の上限」を、1円から1億円までで入力してください。", terms.kind.label()))
    };
    odd.map(said).collect()
}

fn judge_categories(categories: &[Category], applications: Span) -> Option<Finding> {
    let about = |message: String| Some(finding("categories", message));
    if !(1..=CATEGORIES).contains(&categories.len()) {
        return about(format!("「費用の区分」を、1つから{CATEGORIES}まで入力してください。"));
    }
    let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for category in categories {
        let name = &category.name;
        if !(1..=LINE).contains(&name.chars().count()) {
            return about(format!("「費用の区分」の名前を、{LINE}文字までで入力してください。"));
        }
        if !names.insert(name) || !keys.insert(&category.key) {
            return about(format!("「費用の区分」に「{name}」が2回あります。1つにしてください。"));
        }
        if category.ceiling_yen.is_some_and(|ceiling| !(1..=MOST_YEN).contains(&ceiling)) {
            return about(format!("「{name}」の上限を、1円から1億円までで入力してください。"));
        }
        if category.until.is_some_and(|until| !applications.holds(until)) {
            return about(format!("「{name}」の締切を、申請を受け付ける期間の中の日にしてください。"));
        }
    }
    None
}

fn judge_exceptions(scheme: &Scheme) -> Option<Finding> {
    if scheme.exceptions.len() > EXCEPTIONS {
        return Some(finding("exceptions", format!("「例外」は{EXCEPTIONS}行までです。")));
    }
    let early = |one: &&super::Exception| one.until.is_some_and(|until| until < scheme.applications.from);
    scheme
        .exceptions
        .iter()
        .find(early)
        .map(|_| finding("exceptions", "「例外」の締切を、申請の受付をはじめる日より後の日にしてください。"))
}
