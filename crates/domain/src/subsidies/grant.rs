//! The grant: what a scheme gives for amounts, line by line. The lines add up to the total, to the yen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Applicant, Applying, Category, Scheme};
use crate::text::thousands;

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Costs of a category.
    Category,
    /// What the ceiling takes away.
    Ceiling,
    /// What rounding takes away.
    Rounding,
}

/// A line of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it stands for.
    pub kind: LineKind,
    /// Key of the category; empty for the others.
    pub key: String,
    /// What it is called.
    pub label: String,
    /// Yen that were applied for; 0 for what is taken away.
    pub claimed_yen: i64,
    /// Yen of them that count.
    pub eligible_yen: i64,
    /// Yen that the line adds; negative for what it takes away.
    pub yen: i64,
    /// Why, in a sentence.
    pub why: String,
}

/// A grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its lines; their yen add up to the total.
    pub lines: Vec<Line>,
    /// Yen that are granted.
    pub total_yen: i64,
}

fn yen(amount: i64) -> String {
    format!("{}円", thousands(amount))
}

/// What a scheme grants an institution for amounts of its categories; none when institutions of its kind get nothing, and
/// while its kind must be asked.
///
/// Each category: what was paid, at most its ceiling, times the rate, without fractions of a yen. Then the sum, at most the
/// ceiling of the kind, rounded down to the scheme's unit. Amounts below zero count as nothing.
pub fn compute(scheme: &Scheme, who: Applicant<'_>, amounts: &BTreeMap<String, i64>) -> Option<Grant> {
    compute_counted(scheme, who, amounts, amounts)
}

/// The same where a reviewer let less of some amounts count: each line keeps what was claimed.
pub fn compute_counted(
    scheme: &Scheme,
    who: Applicant<'_>,
    amounts: &BTreeMap<String, i64>,
    counted: &BTreeMap<String, i64>,
) -> Option<Grant> {
    let applying = scheme.applying(who)?;
    let of =
        |amounts: &BTreeMap<String, i64>, category: &Category| amounts.get(&category.key).copied().unwrap_or(0).max(0);
    let with_costs = scheme.categories.iter().filter(|category| of(amounts, category) > 0);
    let of_category = |category| line(category, of(amounts, category), of(counted, category), applying);
    let mut lines: Vec<Line> = with_costs.map(of_category).collect();
    let sum: i64 = lines.iter().map(|line| line.yen).sum();
    let capped = sum.min(applying.ceiling_yen);
    if capped < sum {
        let whom = applying.whom;
        let why = format!("合計の{}が、{whom}の上限の{}を超えるため、上限までとします。", yen(sum), yen(capped));
        lines.push(taken_away(LineKind::Ceiling, "上限を超える分", capped - sum, why));
    }
    let unit = scheme.unit_yen.max(1);
    let total_yen = capped - capped % unit;
    if total_yen < capped {
        let why = format!("{}のうち、{}未満は切り捨てます。", yen(capped), yen(unit));
        lines.push(taken_away(LineKind::Rounding, "端数の切捨て", total_yen - capped, why));
    }
    Some(Grant { lines, total_yen })
}

fn line(category: &Category, claimed_yen: i64, counted_yen: i64, applying: Applying) -> Line {
    let eligible_yen = category.ceiling_yen.map_or(counted_yen, |ceiling| counted_yen.min(ceiling));
    let granted = applying.rate.of(eligible_yen);
    let counted = if eligible_yen < counted_yen {
        format!("{}のうち、この費用の上限の{}が対象です。", yen(claimed_yen), yen(eligible_yen))
    } else if counted_yen < claimed_yen {
        format!("{}のうち、審査で認められた{}が対象です。", yen(claimed_yen), yen(eligible_yen))
    } else {
        format!("{}が対象です。", yen(claimed_yen))
    };
    let whose = if applying.by_kind { format!("{}の", applying.whom) } else { String::new() };
    Line {
        kind: LineKind::Category,
        key: category.key.clone(),
        label: category.name.clone(),
        claimed_yen,
        eligible_yen,
        yen: granted,
        why: format!("{counted}{} × {whose}補助率 {} ＝ {}", yen(eligible_yen), applying.rate, yen(granted)),
    }
}

fn taken_away(kind: LineKind, label: &str, amount: i64, why: String) -> Line {
    Line { kind, key: String::new(), label: label.to_owned(), claimed_yen: 0, eligible_yen: 0, yen: amount, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::institutions::InstitutionCode;
    use crate::subsidies::{InstitutionKind, Rate, Span, Terms};
    use time::macros::date;

    fn category(key: &str, name: &str, ceiling_yen: Option<i64>) -> Category {
        Category { key: key.to_owned(), name: name.to_owned(), ceiling_yen, until: None }
    }

    fn scheme(parts: i64, ceiling_yen: i64, unit_yen: i64) -> Scheme {
        let rate = Rate::new(parts, 4).unwrap();
        Scheme {
            applications: Span { from: date!(2026 - 04 - 01), to: date!(2027 - 03 - 31) },
            terms: vec![Terms { kind: InstitutionKind::Dental, rate, ceiling_yen }],
            categories: vec![
                category("reader", "カードリーダー", Some(250_000)),
                category("line", "回線の工事", None),
                category("system", "レセコンの改修", Some(400_000)),
            ],
            unit_yen,
            ..Scheme::default()
        }
    }

    fn amounts(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
        pairs.iter().map(|(key, yen)| ((*key).to_owned(), *yen)).collect()
    }

    fn dental() -> InstitutionCode {
        "1330100016".parse().unwrap()
    }

    fn of<'a>(code: &'a InstitutionCode, kind: &str) -> Applicant<'a> {
        Applicant { code, kind: kind.parse().ok() }
    }

    #[test]
    fn each_line_says_why_and_the_lines_add_up() {
        let asked = amounts(&[("reader", 300_000), ("line", 123_457), ("system", 390_001)]);
        let grant = compute(&scheme(3, 429_000, 1_000), of(&dental(), ""), &asked).unwrap();
        let said: Vec<(&str, i64)> = grant.lines.iter().map(|line| (line.label.as_str(), line.yen)).collect();
        assert_eq!(
            said,
            [
                ("カードリーダー", 187_500),
                ("回線の工事", 92_592),
                ("レセコンの改修", 292_500),
                ("上限を超える分", -143_592)
            ]
        );
        assert_eq!(grant.total_yen, 429_000);
        assert_eq!(
            grant.lines[0].why,
            "300,000円のうち、この費用の上限の250,000円が対象です。250,000円 × 補助率 3/4 ＝ 187,500円"
        );
        assert_eq!(
            grant.lines[3].why,
            "合計の572,592円が、歯科診療所の上限の429,000円を超えるため、上限までとします。"
        );
        let small = compute(&scheme(3, 429_000, 1_000), of(&dental(), ""), &amounts(&[("line", 123_457)])).unwrap();
        assert_eq!((small.total_yen, small.lines[1].yen), (92_000, -592));
        assert_eq!(small.lines[1].why, "92,592円のうち、1,000円未満は切り捨てます。");
    }

    #[test]
    fn a_kind_that_the_scheme_does_not_name_gets_nothing() {
        let pharmacy = "1440100017".parse().unwrap();
        assert_eq!(compute(&scheme(3, 1, 1), of(&pharmacy, ""), &amounts(&[("line", 1_000)])), None);
        let nothing =
            compute(&scheme(3, 429_000, 1_000), of(&dental(), ""), &amounts(&[("line", -5), ("other", 9)])).unwrap();
        assert_eq!(nothing, Grant::default());
    }

    /// Numbers that look like chance and are the same each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, most: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(self.0 >> 33).unwrap() % most
        }
    }

    #[test]
    fn it_is_never_above_its_ceiling_grows_with_its_amounts_and_adds_up() {
        let mut chance = Numbers(20_261_130);
        for _ in 0..4_000 {
            let ceiling = 1 + chance.below(2_000_000);
            let unit = [1, 100, 1_000, 10_000][usize::try_from(chance.below(4)).unwrap()];
            let scheme = scheme(1 + chance.below(4), ceiling, unit);
            let keys = ["reader", "line", "system"];
            let asked = amounts(&keys.map(|key| (key, chance.below(1_500_000))));
            let grant = compute(&scheme, of(&dental(), ""), &asked).unwrap();
            let (claimed, sum): (i64, i64) =
                (grant.lines.iter().map(|l| l.claimed_yen).sum(), grant.lines.iter().map(|l| l.yen).sum());
            assert_eq!(sum, grant.total_yen, "the lines add up");
            assert!((0..=ceiling).contains(&grant.total_yen) && grant.total_yen <= claimed);
            assert_eq!(grant.total_yen % unit, 0);
            for category in grant.lines.iter().filter(|line| line.kind == LineKind::Category) {
                assert!(category.yen <= category.eligible_yen && category.eligible_yen <= category.claimed_yen);
            }
            let mut more = asked.clone();
            *more.get_mut(keys[usize::try_from(chance.below(3)).unwrap()]).unwrap() += chance.below(300_000);
            assert!(
                compute(&scheme, of(&dental(), ""), &more).unwrap().total_yen >= grant.total_yen,
                "{asked:?} {more:?}"
            );
        }
    }

    #[test]
    fn a_hospital_and_a_clinic_get_what_the_scheme_says_for_their_kind_and_the_lines_say_so() {
        let medical: InstitutionCode = "0110112489".parse().unwrap();
        let mut chance = Numbers(20_261_201);
        let rate = |chance: &mut Numbers| Rate::new(1 + chance.below(4), 4).unwrap();
        for round in 0..2_000 {
            let (hospital, clinic) = (1 + chance.below(2_000_000), 1 + chance.below(2_000_000));
            let mut scheme = scheme(1, 1, [1, 1_000][round % 2]);
            let given = [(InstitutionKind::Hospital, hospital), (InstitutionKind::Clinic, clinic)];
            scheme.terms =
                given.map(|(kind, ceiling_yen)| Terms { kind, rate: rate(&mut chance), ceiling_yen }).to_vec();
            let asked = amounts(&["reader", "line", "system"].map(|key| (key, chance.below(1_500_000))));
            let alike = scheme.terms[0].rate == scheme.terms[1].rate && hospital == clinic;
            assert_eq!(compute(&scheme, of(&medical, ""), &asked).is_some(), alike, "nothing is guessed");
            for terms in &scheme.terms {
                let grant = compute(&scheme, of(&medical, terms.kind.as_str()), &asked).unwrap();
                let mut alone = scheme.clone();
                alone.terms = vec![*terms];
                let same = compute(&alone, of(&medical, terms.kind.as_str()), &asked).unwrap();
                assert_eq!(grant.total_yen, same.total_yen, "what others get changes nothing");
                assert!((0..=terms.ceiling_yen).contains(&grant.total_yen));
                assert_eq!(grant.lines.iter().map(|line| line.yen).sum::<i64>(), grant.total_yen);
                let words = format!("{}の補助率 {}", terms.kind.label(), terms.rate);
                let mut of_costs = grant.lines.iter().filter(|line| line.kind == LineKind::Category);
                assert!(alike || of_costs.all(|line| line.why.contains(&words)), "{words}");
            }
        }
    }
}
