//! The fields that name an institution and choose how belonging to it is proved.

use domain::{
    forms::Finding,
    institutions::{Prefecture, ScoreTable},
    typed::compact,
};
use services::{
    MembershipRule,
    accounts::{CodeTyped, membership::ProveBy},
};

use super::form::slip;
use crate::{
    site::Posted,
    view::form::{ChoiceView, FieldView, InputView, TextView, Width},
};

/// What was typed into the fields.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaceTyped {
    /// The code.
    pub(super) code: CodeTyped,
    /// How it is to be proved.
    pub(super) prove_by: ProveBy,
    /// Whether a code that is not in the register yet may wait for it.
    pub(super) wait: bool,
}

impl PlaceTyped {
    /// Reads the fields from a posted form.
    pub(super) fn read(posted: &Posted) -> Self {
        let text = |key: &str| posted.get(key).to_owned();
        Self {
            code: CodeTyped { prefecture: text("prefecture"), score_table: text("score_table"), code: text("code") },
            prove_by: if posted.get("prove_by") == "owner" { ProveBy::Owner } else { ProveBy::Rule },
            wait: posted.get("wait") == "yes",
        }
    }

    /// What is wrong, naming the two choices when both were forgotten beside a seven-digit code.
    pub(super) fn named(&self, slips: Vec<Finding>) -> Vec<Finding> {
        let (code, digits) = (&self.code, compact(&self.code.code).len());
        if !code.prefecture.is_empty() || !code.score_table.is_empty() || digits == 10 {
            return slips;
        }
        let missing =
            [("prefecture", "都道府県コードを選んでください。"), ("score_table", "点数表コードを選んでください。")];
        let rest = slips.into_iter().filter(|slip| slip.field != "code" || digits == 0);
        rest.chain(missing.map(|(field, words)| slip(field, words))).collect()
    }

    /// The fields; `may_wait` offers to wait for the register.
    pub(super) fn fields(&self, rule: MembershipRule, may_wait: bool) -> Vec<FieldView> {
        let mut fields = vec![self.prefecture(), self.score_table(), self.digits()];
        if may_wait || self.wait {
            let label = "コードに誤りはありません。台帳に載るのを待ちます（確認待ち）";
            let choice = ChoiceView { selected: self.wait, ..ChoiceView::new("yes", label) };
            let words = "新しく開設した医療機関等は、台帳に載るまで1か月ほどかかることがあります。載りしだい、メールでお知らせします。";
            fields.push(
                FieldView::new("wait", "台帳にまだないコード", InputView::Checks { choices: vec![choice] })
                    .with_help(words),
            );
        }
        fields.push(self.proof(rule));
        fields
    }

    fn prefecture(&self) -> FieldView {
        let chosen = Prefecture::parse(&self.code.prefecture);
        let choice = |prefecture: Prefecture| ChoiceView {
            selected: chosen == Some(prefecture),
            ..ChoiceView::new(prefecture.code(), prefecture.label())
        };
        let choices = Prefecture::all().map(choice).collect();
        let input = InputView::Select { choices, placeholder: "選んでください".to_owned() };
        FieldView::new("prefecture", "都道府県コード", input).required()
    }

    fn score_table(&self) -> FieldView {
        let chosen = ScoreTable::parse(&self.code.score_table);
        let choice = |table: ScoreTable| ChoiceView {
            selected: chosen == Some(table),
            ..ChoiceView::new(table.code(), table.label())
        };
        let input = InputView::Radio { choices: ScoreTable::ALL.into_iter().map(choice).collect() };
        FieldView::new("score_table", "点数表コード", input)
            .required()
            .with_help("同じ建物に医科と歯科があるときは、コードが別です。登録した後に、もう1つを追加できます。")
    }

    fn digits(&self) -> FieldView {
        let text = TextView {
            monospace: true,
            inputmode: "numeric".to_owned(),
            width: Width::Short,
            ..TextView::new(&self.code.code)
        };
        FieldView::new("code", "医療機関等コード（数字7桁）", InputView::Text(text))
            .required()
            .with_help("保険医療機関などの指定通知書に書かれている番号です。10桁すべてを入力してもかまいません。")
    }

    fn proof(&self, rule: MembershipRule) -> FieldView {
        let by_rule = match rule {
            MembershipRule::Letter => (
                "郵便で届く確認コードで確かめる",
                "台帳の所在地あてに、確認コードを書いた手紙をお送りします。届いたら、画面に入力してください。",
            ),
            MembershipRule::Reviewer => {
                ("審査担当が確かめる", "審査担当が内容を確かめ、結果をメールでお知らせします。")
            }
        };
        let by_owner = (
            "すでに登録している代表者に承認してもらう",
            "代表者にメールでお願いします。代表者がまだいないときは、もう一方の方法で確かめます。",
        );
        let choices = [("rule", by_rule, ProveBy::Rule), ("owner", by_owner, ProveBy::Owner)];
        let choice = |(value, (label, note), prove_by): (&str, (&str, &str), ProveBy)| ChoiceView {
            selected: self.prove_by == prove_by,
            note: Some(note.to_owned()),
            ..ChoiceView::new(value, label)
        };
        let input = InputView::Radio { choices: choices.map(choice).to_vec() };
        FieldView::new("prove_by", "所属の確認の方法", input).required()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgotten_choices_are_named_instead_of_the_length_of_the_code() {
        let typed = |code: &str| PlaceTyped {
            code: CodeTyped { code: code.to_owned(), ..CodeTyped::default() },
            ..PlaceTyped::default()
        };
        let fields = |typed: &PlaceTyped| -> Vec<String> {
            typed.named(vec![slip("code", "10桁です")]).into_iter().map(|slip| slip.field).collect()
        };
        assert_eq!(fields(&typed("0100016")), ["prefecture", "score_table"]);
        assert_eq!(fields(&typed("")), ["code", "prefecture", "score_table"]);
        assert_eq!(fields(&typed("13 3 0100019")), ["code"]);
    }
}
