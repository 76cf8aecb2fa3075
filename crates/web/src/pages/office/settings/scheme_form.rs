//! The form of a scheme of subsidies.

use domain::{
    forms::Finding,
    office::settings::Value,
    subsidies::{InstitutionKind, Paper, Scheme, scheme_from_typed},
};

use super::form::Typed;
use crate::view::form::{ChoiceView, FieldView, InputView, TextKind, TextView, Width};

fn value_of<'a>(key: &str, typed: &'a Typed) -> &'a str {
    typed.get(key).map(String::as_str).unwrap_or_default()
}

fn day(key: &str, label: &str, typed: &Typed) -> FieldView {
    let text = TextView::of(TextKind::Date, value_of(key, typed).to_owned(), "");
    let input = InputView::Text(TextView { width: Width::Short, ..text });
    FieldView::new(key, label, input).required()
}

fn lines(key: &str, label: &str, typed: &Typed) -> FieldView {
    let value = value_of(key, typed).to_owned();
    FieldView::new(key, label, InputView::LongText { value, maxlength: 0 })
}

fn check(key: &str, label: &str, words: &str, typed: &Typed) -> FieldView {
    let selected = value_of(key, typed) == "yes";
    let choices = vec![ChoiceView { selected, ..ChoiceView::new("yes", words) }];
    FieldView::new(key, label, InputView::Checks { choices })
}

/// What follows when hospitals and clinics get different things.
const ASKED: &str = "病院と診療所の内容が違うときは、医科の医療機関等に、どちらかを申請の画面でお尋ねします。";

/// Rate and ceiling of each kind of institution.
fn terms(typed: &Typed) -> Vec<FieldView> {
    let pair = |kind: &InstitutionKind| {
        let (rate, ceiling, label) = (format!("rate_{kind}"), format!("ceiling_{kind}"), kind.label());
        let amount = TextView { inputmode: "numeric".to_owned(), ..TextView::new(value_of(&ceiling, typed)) };
        let rate_input = InputView::Text(TextView::new(value_of(&rate, typed)));
        let help = "「3/4」のように入力してください。対象にしないときは、上限と一緒に空にしてください。";
        let ceiling = FieldView::new(ceiling, format!("{label}の上限（円）"), InputView::Text(amount));
        [
            FieldView::new(rate, format!("{label}の補助率"), rate_input).with_help(help),
            match kind {
                InstitutionKind::Hospital => ceiling.with_help(ASKED),
                _ => ceiling,
            },
        ]
    };
    InstitutionKind::ALL.iter().flat_map(pair).collect()
}

/// The fields of a scheme.
pub(super) fn fields(typed: &Typed) -> Vec<FieldView> {
    let name = InputView::Text(TextView::new(value_of("name", typed)));
    let mut fields = vec![
        FieldView::new("name", "制度の名前", name).required().with_help("申請の画面と通知書に、このとおりに載ります。"),
        day("apply_from", "申請の受付のはじめ", typed),
        day("apply_to", "申請の受付の終わり", typed).with_help("この日まで送信できます。"),
        day("cost_from", "対象になる期間のはじめ", typed),
        day("cost_to", "対象になる期間の終わり", typed).with_help("この期間に事業が完了したものが、対象になります。"),
    ];
    fields.extend(terms(typed));
    fields.push(
        lines("categories", "費用の区分", typed)
            .required()
            .with_help("1行に1つ、「カードリーダー、250000、2027-01-31」のように、名前、上限（円）、締切の順に入力してください。上限と締切は空けられます。")
            .with_help("名前を変えると、新しい区分になります。"),
    );
    let units = [("1", "1円未満"), ("100", "100円未満"), ("1000", "1,000円未満"), ("10000", "10,000円未満")];
    let unit = value_of("unit_yen", typed);
    let choice = |(value, label): (&str, &str)| ChoiceView { selected: value == unit, ..ChoiceView::new(value, label) };
    let choices = units.into_iter().map(choice).collect();
    fields.push(FieldView::new("unit_yen", "切り捨てる端数", InputView::Radio { choices }).required());
    fields.extend(Paper::ALL.iter().map(|paper| {
        let label = format!("必要な書類：{}", paper.label());
        check(&format!("paper_{paper}"), &label, "必ず送ってもらう", typed)
    }));
    fields.push(check("needs_start", "運用開始日", "運用開始日の登録を、申請の条件にする", typed));
    fields.push(
        lines("exceptions", "例外", typed)
            .with_help("1行に1つ、「1330100016、2027-06-30、4/5」のように、医療機関等コード、種類の名前（病院、診療所など）、点数表の名前（医科、歯科、調剤、訪問看護）のどれか、締切、補助率の順に入力してください。")
            .with_help("締切と補助率は、どちらかを空けられます。医療機関等コード、種類、点数表の順に、先にあるものが使われます。"),
    );
    fields
}

/// The scheme that was typed, or what cannot be read.
pub(super) fn value(newest: &Value, typed: &Typed) -> Result<Value, Vec<Finding>> {
    let before = match newest {
        Value::Scheme(scheme) => (**scheme).clone(),
        _ => Scheme::default(),
    };
    scheme_from_typed(typed, &before).map(|scheme| Value::Scheme(Box::new(scheme)))
}
