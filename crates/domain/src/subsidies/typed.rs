//! A scheme as the form of the back office shows it, and back.

use std::collections::BTreeMap;

use time::Date;

use super::{Category, Exception, InstitutionKind, Paper, Scheme, Span, Terms, Whom, judge};
use crate::{
    calendar::typed_day, fees::yen, forms::Finding, institutions::InstitutionCode, institutions::ScoreTable,
    typed::fold,
};

/// Parts of a line: whatever people set between them.
const BETWEEN: [char; 6] = ['、', '，', ',', '\t', '|', '｜'];

fn finding(field: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding { field: field.into(), message: message.into() }
}

/// The fields of the form, filled with a scheme; a scheme that was never set leaves the days open.
pub fn scheme_to_typed(scheme: &Scheme) -> Vec<(String, String)> {
    let fresh = scheme.name.is_empty();
    let day = |day: Date| if fresh { String::new() } else { day.to_string() };
    let mut fields = vec![
        ("name".to_owned(), scheme.name.clone()),
        ("apply_from".to_owned(), day(scheme.applications.from)),
        ("apply_to".to_owned(), day(scheme.applications.to)),
        ("cost_from".to_owned(), day(scheme.costs.from)),
        ("cost_to".to_owned(), day(scheme.costs.to)),
        ("unit_yen".to_owned(), scheme.unit_yen.to_string()),
        ("categories".to_owned(), scheme.categories.iter().map(category_line).collect()),
        ("exceptions".to_owned(), scheme.exceptions.iter().map(exception_line).collect()),
        ("needs_start".to_owned(), yes(scheme.needs_start)),
    ];
    for terms in &scheme.terms {
        fields.push((format!("rate_{}", terms.kind), terms.rate.to_string()));
        fields.push((format!("ceiling_{}", terms.kind), terms.ceiling_yen.to_string()));
    }
    fields.extend(Paper::ALL.iter().map(|paper| (format!("paper_{paper}"), yes(scheme.papers.contains(paper)))));
    fields
}

fn yes(is: bool) -> String {
    if is { "yes".to_owned() } else { String::new() }
}

fn joined(parts: &[String]) -> String {
    let last = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
    format!("{}\n", parts.get(..last).unwrap_or_default().join("、"))
}

fn category_line(category: &Category) -> String {
    let ceiling = category.ceiling_yen.map(|ceiling| ceiling.to_string()).unwrap_or_default();
    let until = category.until.map(|until| until.to_string()).unwrap_or_default();
    joined(&[category.name.clone(), ceiling, until])
}

fn exception_line(exception: &Exception) -> String {
    let whom = match &exception.whom {
        Whom::Institution(code) => code.as_str().to_owned(),
        Whom::Table(table) => table.name().to_owned(),
        Whom::Kind(kind) => kind.label().to_owned(),
    };
    let until = exception.until.map(|until| until.to_string()).unwrap_or_default();
    joined(&[whom, until, exception.rate.map(|rate| rate.to_string()).unwrap_or_default()])
}

/// The scheme that was typed. A category that was there before keeps its key, so that drafts keep their amounts.
///
/// # Errors
/// What cannot be read, by field.
pub fn scheme_from_typed(typed: &BTreeMap<String, String>, before: &Scheme) -> Result<Scheme, Vec<Finding>> {
    let mut slips = vec![];
    let text = |key: &str| typed.get(key).map(|text| text.trim()).unwrap_or_default();
    let mut day = |key: &str, label: &str| {
        typed_day(text(key)).unwrap_or_else(|| {
            slips.push(finding(key, format!("「{label}」を、日付で入力してください。")));
            before.applications.from
        })
    };
    let applications = Span {
        from: day("apply_from", "申請の受付のはじめ"),
        to: day("apply_to", "申請の受付の終わり"),
    };
    let costs = Span {
        from: day("cost_from", "対象になる期間のはじめ"), to: day("cost_to", "対象になる期間の終わり")
    };
    let mut keep = |read: Result<(), Finding>| slips.extend(read.err());
    let (mut terms, mut categories, mut exceptions) = (vec![], vec![], vec![]);
    for kind in InstitutionKind::ALL {
        keep(read_terms(*kind, &text).map(|read| terms.extend(read)));
    }
    keep(read_categories(text("categories"), before).map(|read| categories = read));
    keep(read_exceptions(text("exceptions")).map(|read| exceptions = read));
    let ticked = |paper: &Paper| text(&format!("paper_{paper}")) == "yes";
    let scheme = Scheme {
        name: fold(text("name")),
        applications,
        costs,
        terms,
        categories,
        unit_yen: text("unit_yen").parse().unwrap_or(0),
        papers: Paper::ALL.iter().copied().filter(ticked).collect(),
        exceptions,
        needs_start: text("needs_start") == "yes",
        ..before.clone()
    };
    if slips.is_empty() {
        return Ok(scheme);
    }
    // What does not hang on them is named at once, not after they were mended.
    let of_terms = |field: &str| field.starts_with("rate_") || field.starts_with("ceiling_");
    let terms_read = !slips.iter().any(|slip| of_terms(&slip.field));
    let more = judge(&scheme).into_iter().filter(|one| match one.field.as_str() {
        "name" => true,
        "categories" => text("categories").is_empty(),
        field => terms_read && of_terms(field),
    });
    slips.extend(more);
    Err(slips)
}

fn read_terms<'a>(kind: InstitutionKind, text: &impl Fn(&str) -> &'a str) -> Result<Option<Terms>, Finding> {
    let (rate_key, ceiling_key, label) = (format!("rate_{kind}"), format!("ceiling_{kind}"), kind.label());
    let (rate, ceiling) = (text(&rate_key), text(&ceiling_key));
    if rate.is_empty() && ceiling.is_empty() {
        return Ok(None);
    }
    let rate = rate.parse().map_err(|fault: super::RateFault| finding(&rate_key, format!("「{label}」：{fault}")))?;
    let ceiling_yen = yen(ceiling).map_err(|fault| finding(&ceiling_key, format!("「{label}の上限」：{fault}")))?;
    Ok(Some(Terms { kind, rate, ceiling_yen }))
}

/// Lines with something in them, by their number from 1, each taken apart.
fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<String>)> {
    let parts = |line: &str| line.split(BETWEEN).map(|part| part.trim().to_owned()).collect();
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered.map(move |(place, line)| (place + 1, parts(line)))
}

fn part(parts: &[String], place: usize) -> &str {
    parts.get(place).map(String::as_str).unwrap_or_default()
}

fn read_categories(text: &str, before: &Scheme) -> Result<Vec<Category>, Finding> {
    let mut read: Vec<Category> = vec![];
    for (line, parts) in lines(text) {
        let fault = || {
            let message = format!(
                "「費用の区分」の{line}行目を、「カードリーダー、250000、2027-01-31」の形に直してください。金額は区切らずに入力し、上限と締切は空けられます。"
            );
            finding("categories", message)
        };
        let (name, ceiling, until) = (fold(part(&parts, 0)), part(&parts, 1), part(&parts, 2));
        let ceiling_yen = if ceiling.is_empty() { None } else { Some(yen(ceiling).map_err(|_| fault())?) };
        let until = if until.is_empty() { None } else { Some(typed_day(until).ok_or_else(fault)?) };
        if parts.len() > 3 {
            return Err(fault());
        }
        let known = before.categories.iter().find(|category| category.name == name);
        let key = known.map_or_else(|| fresh_key(&read, before), |category| category.key.clone());
        read.push(Category { key, name, ceiling_yen, until });
    }
    Ok(read)
}

/// A key that neither this version nor the one before has used.
fn fresh_key(read: &[Category], before: &Scheme) -> String {
    let taken = |key: &String| read.iter().chain(&before.categories).any(|category| category.key == *key);
    (1..).map(|number| format!("c{number}")).find(|key| !taken(key)).unwrap_or_default()
}

fn read_exceptions(text: &str) -> Result<Vec<Exception>, Finding> {
    let mut read = vec![];
    for (line, parts) in lines(text) {
        let fault = || {
            let message = format!(
                "「例外」の{line}行目を、「1330100016、2027-06-30、4/5」の形に直してください。はじめは医療機関等コード（10桁）か、医療機関等の種類か点数表の名前です。締切と補助率は、どちらかを空けられます。"
            );
            finding("exceptions", message)
        };
        let (whom, until, rate) = (part(&parts, 0), part(&parts, 1), part(&parts, 2));
        let until = if until.is_empty() { None } else { Some(typed_day(until).ok_or_else(fault)?) };
        let rate = if rate.is_empty() { None } else { Some(rate.parse().map_err(|_| fault())?) };
        if parts.len() > 3 || (until.is_none() && rate.is_none()) {
            return Err(fault());
        }
        let table = ScoreTable::ALL.into_iter().find(|table| table.name() == whom).map(Whom::Table);
        let kind = InstitutionKind::ALL
            .iter()
            .find(|kind| kind.label() == whom || (whom == "診療所" && **kind == InstitutionKind::Clinic));
        let table = table.or_else(|| kind.copied().map(Whom::Kind));
        let code = || InstitutionCode::parse(whom).map(Whom::Institution).map_err(|_| fault());
        read.push(Exception { whom: table.map_or_else(code, Ok)?, until, rate });
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
        let all = [
            ("name", "カードリーダー導入の補助"),
            ("apply_from", "2026-04-01"),
            ("apply_to", "2027-03-31"),
            ("cost_from", "2026-01-01"),
            ("cost_to", "2027-02-28"),
            ("rate_dental", "３／４"),
            ("ceiling_dental", "429,000円"),
            ("categories", "カードリーダー、250000、2027-01-31\n回線の工事\n"),
            ("unit_yen", "1000"),
            ("exceptions", "1330100016,2027-06-30\n歯科、、4/5\n診療所、、4/5"),
            ("paper_receipt", "yes"),
            ("needs_start", "yes"),
        ];
        all.iter().chain(changes).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_typed_is_what_the_form_shows_again() {
        let scheme = scheme_from_typed(&typed(&[]), &Scheme::default()).unwrap();
        assert_eq!(judge(&scheme), vec![]);
        assert_eq!((scheme.terms.len(), scheme.papers.as_slice()), (1, [Paper::Receipt].as_slice()));
        let keys: Vec<&str> = scheme.categories.iter().map(|category| category.key.as_str()).collect();
        assert_eq!(keys, ["c1", "c2"]);
        let shown = scheme_to_typed(&scheme).into_iter().collect();
        assert_eq!(scheme_from_typed(&shown, &scheme), Ok(scheme.clone()));
        assert_eq!(scheme.exceptions[1].rate.unwrap().to_string(), "4/5");
        assert_eq!(scheme.exceptions[2].whom, Whom::Kind(InstitutionKind::Clinic));
    }

    #[test]
    fn a_category_keeps_its_key_when_others_come_and_go() {
        let before = scheme_from_typed(&typed(&[]), &Scheme::default()).unwrap();
        let next = typed(&[("categories", "レセコンの改修、400000\n回線の工事")]);
        let scheme = scheme_from_typed(&next, &before).unwrap();
        let keys: Vec<(&str, &str)> = scheme.categories.iter().map(|c| (c.name.as_str(), c.key.as_str())).collect();
        assert_eq!(keys, [("レセコンの改修", "c3"), ("回線の工事", "c2")]);
    }

    #[test]
    fn what_cannot_be_read_or_does_not_fit_is_named_by_its_field() {
        let fields = |changes: &[(&str, &str)]| {
            let read = scheme_from_typed(&typed(changes), &Scheme::default());
            let slips = read.map_or_else(|slips| slips, |scheme| judge(&scheme));
            slips.into_iter().map(|slip| slip.field).collect::<Vec<_>>()
        };
        for (key, value, named) in [
            ("name", " ", "name"),
            ("apply_to", "2026-03-31", "apply_to"),
            ("apply_to", "いつか", "apply_to"),
            ("cost_to", "2025-12-31", "cost_to"),
            ("rate_dental", "75%", "rate_dental"),
            ("ceiling_dental", "", "ceiling_dental"),
            ("ceiling_dental", "200000000", "ceiling_dental"),
            ("categories", "", "categories"),
            ("categories", "甲\n甲", "categories"),
            ("categories", "甲、1,000,000", "categories"),
            ("categories", "甲、、2030-01-01", "categories"),
            ("unit_yen", "7", "unit_yen"),
            ("exceptions", "1330100016", "exceptions"),
            ("exceptions", "どこか、2027-06-30", "exceptions"),
            ("exceptions", "歯科、2025-01-01", "exceptions"),
        ] {
            assert_eq!(fields(&[(key, value)]).first().map(String::as_str), Some(named), "{key} = {value}");
        }
        assert_eq!(fields(&[("rate_dental", ""), ("ceiling_dental", "")]), ["rate_hospital"], "for nobody");
        assert_eq!(fields(&[("rate_dental", "75%"), ("name", "")]), ["rate_dental", "name"], "at once");
        let nothing: Vec<_> = typed(&[]).into_keys().collect();
        let nothing: Vec<_> = nothing.iter().map(|key| (key.as_str(), "")).collect();
        let all = ["apply_from", "apply_to", "cost_from", "cost_to", "name", "rate_hospital", "categories"];
        assert_eq!(fields(&nothing), all);
    }
}
