//! A scheme of subsidies in words, line by line.

use crate::{
    calendar::japanese_date,
    subsidies::{Category, Exception, Scheme, Span, Whom},
    text::thousands,
};

fn span(span: Span) -> String {
    format!("{}から{}まで", japanese_date(span.from), japanese_date(span.to))
}

/// Label and value of everything that a scheme says, in the order of its form.
pub fn lines(scheme: &Scheme) -> Vec<(String, String)> {
    let line = |label: &str, value: String| (label.to_owned(), value);
    let mut all = vec![
        line("制度の名前", scheme.name.clone()),
        line("申請を受け付ける期間", span(scheme.applications)),
        line("対象になる期間", span(scheme.costs)),
    ];
    all.extend(scheme.terms.iter().map(|terms| {
        let words = format!("補助率 {}、上限 {}円", terms.rate, thousands(terms.ceiling_yen));
        (format!("{}の補助率と上限", terms.kind.label()), words)
    }));
    all.extend(scheme.categories.iter().map(|one| (format!("費用：{}", one.name), category(one))));
    all.push(line("切り捨てる端数", format!("{}円未満", thousands(scheme.unit_yen))));
    let papers: Vec<&str> = scheme.papers.iter().map(|paper| paper.label()).collect();
    all.push(line("必要な書類", if papers.is_empty() { "なし".to_owned() } else { papers.join("、") }));
    let start = if scheme.needs_start { "必要" } else { "不要" };
    all.push(line("運用開始日の登録", start.to_owned()));
    all.extend(scheme.exceptions.iter().map(exception));
    all
}

fn category(category: &Category) -> String {
    let ceiling =
        category.ceiling_yen.map_or_else(|| "上限なし".to_owned(), |yen| format!("上限 {}円", thousands(yen)));
    let until = category.until.map(|until| format!("、締切 {}", japanese_date(until))).unwrap_or_default();
    format!("{ceiling}{until}")
}

fn exception(exception: &Exception) -> (String, String) {
    let whom = match &exception.whom {
        Whom::Institution(code) => code.as_str().to_owned(),
        Whom::Table(table) => table.name().to_owned(),
        Whom::Kind(kind) => kind.label().to_owned(),
    };
    let until = exception.until.map(|until| format!("締切 {}", japanese_date(until)));
    let rate = exception.rate.map(|rate| format!("補助率 {rate}"));
    let said: Vec<String> = [until, rate].into_iter().flatten().collect();
    (format!("例外：{whom}"), said.join("、"))
}
