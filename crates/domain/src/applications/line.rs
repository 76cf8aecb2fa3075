//! The customer ID of the line: one definition for every form that asks for it (spec 03, fields 5 and 6).

use super::{Facts, line_customer_id::LineCustomerId};
use crate::forms::{Answers, Choice, Field, Findings, Input};

/// Key of the field that asks whether the line was changed.
pub(crate) const CHANGED: &str = "line_changed";
/// Choice: the ID of the other procedure is used.
pub(super) const SAME: &str = "same";
/// Choices that ask for an ID.
const TYPED: &[&str] = &["caf", "cop"];

/// Where the form finds the ID that 「同じ」 stands for, and how it speaks of it.
pub(crate) struct Source<'a> {
    /// The ID of the other procedure, if one is known.
    pub(crate) known: Option<&'a str>,
    /// The ID of this procedure that was filed before, if one is known.
    pub(crate) own: Option<&'a str>,
    /// The other procedure in words.
    pub(crate) named: &'static str,
    /// Label of the ID in this form (the two forms spell it differently).
    pub(crate) label: &'static str,
    /// Name of the list with the three choices.
    pub(crate) list: &'static str,
}

impl Source<'_> {
    /// The three fields: which ID, the ID, the ID once more; all while `key` holds one of `values`.
    pub(crate) fn fields(&self, facts: &Facts, key: &'static str, values: &'static [&'static str]) -> Vec<Field> {
        let mut choices = facts.lists.choices(self.list);
        if let Some(same) = choices.iter_mut().find(|choice| choice.value == SAME) {
            same.note = match self.known {
                Some(id) => format!("登録されている{}：{}", self.label, grouped(id)),
                None => format!("{}の記録がこのポータルにないため、今は選べません。", self.named),
            };
        }
        let label = self.label;
        vec![
            Field::new("customer_id_kind", format!("{label}の種類"), Input::Radio(choices))
                .help(format!("回線の契約のときにNTTまたは光コラボ事業者から届いた書類で、「{label}」の種類をご確認ください。"))
                .help(format!("※ご注意：誤った「{label}」でご申請いただいた場合、システムに接続できません。必ず、書類をもとにご確認の上、正しい「{label}」をご申請ください。"))
                .picture("customer-id-kinds")
                .article("customer-id")
                .when(key, values),
            Field::new("customer_id", label, Input::CustomerId)
                .help("NTTフレッツ回線「開通のご案内」にあるとおりに入力してください。全角・ハイフン・空白が混ざってもかまいません。")
                .picture("customer-id")
                .when(key, values)
                .when("customer_id_kind", TYPED),
            Field::new("customer_id_confirm", format!("確認用{label}"), Input::CustomerId)
                .help("書類をもう一度見て、同じ番号を入力してください。")
                .when(key, values)
                .when("customer_id_kind", TYPED),
        ]
    }

    /// 「回線を変更しましたか」, while an ID is typed that nothing on record knows, or as it was answered.
    pub(crate) fn changed_field(
        &self,
        answers: &Answers,
        key: &'static str,
        values: &'static [&'static str],
    ) -> Option<Field> {
        let mut choices = vec![
            Choice::new("yes", "はい、変更しました").noted("乗り換えや移転などで、別の回線になったとき。"),
            Choice::new("no", "いいえ、変更していません"),
        ];
        if self.own.is_none() {
            choices.push(
                Choice::new("other_line", "回線が2本あり、別の回線を使います")
                    .noted(format!("{}とは別の回線でつなぐとき。", self.named)),
            );
        }
        let help = match self.unknown(answers) {
            Some((typed, known)) => format!(
                "登録されている{0}は「{known}」ですが、「{1}」が入力されています。",
                self.label,
                typed.groups().join(" ")
            ),
            None if answers.has(CHANGED) => String::new(),
            None => return None,
        };
        let field = Field::new(CHANGED, "回線を変更しましたか", Input::Radio(choices));
        let field = if help.is_empty() { field } else { field.help(help) };
        Some(field.when(key, values).when("customer_id_kind", TYPED).beside("customer_id"))
    }

    /// Drops the answer about a change of the line when nothing asks for it.
    pub(crate) fn complete(&self, answers: &mut Answers) {
        if self.unknown(answers).is_none() {
            answers.set(CHANGED, "");
        }
    }

    /// The ID that is typed and the one on record, in groups, while nothing on record knows the former.
    fn unknown(&self, answers: &Answers) -> Option<(LineCustomerId, String)> {
        let kind = Some(answers.get("customer_id_kind")).filter(|kind| TYPED.contains(kind))?;
        let typed = LineCustomerId::parse_as(answers.get("customer_id"), kind).ok()?;
        let known = self.own.or(self.known)?;
        let on_record = |id: &Option<&str>| id.is_some_and(|id| id == typed.as_str());
        (![self.own, self.known].iter().any(on_record)).then(|| (typed, grouped(known)))
    }

    fn changed(&self, answers: &Answers, findings: &mut Findings) {
        let Some((typed, known)) = self.unknown(answers) else { return };
        let (label, typed) = (self.label, typed.groups().join(" "));
        match answers.get(CHANGED) {
            "no" => findings.error(
                "customer_id",
                format!("登録されている{label}は「{known}」ですが、「{typed}」が入力されています。回線を変更していないときは、書類を見て{label}を直してください。"),
            ),
            "yes" => findings.warn("customer_id", format!("回線の変更により、{label}が「{known}」から「{typed}」に変わります。{}", self.other_too())),
            "other_line" => findings.warn("customer_id", format!("{}とは別の回線を使います。{label}は「{known}」ではなく「{typed}」です。", self.named)),
            _ => {}
        }
    }

    /// That the other procedure must follow the line.
    fn other_too(&self) -> String {
        self.known.map_or_else(String::new, |id| {
            format!(
                "{}に登録されている{}は「{}」のままです。そちらも変更を申請してください。",
                self.named,
                self.label,
                grouped(id)
            )
        })
    }

    /// Rules of the three fields; brings the ID into its stored form.
    pub(crate) fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        match answers.get("customer_id_kind") {
            SAME if self.known.is_none() => findings.error(
                "customer_id_kind",
                format!(
                    "{}の記録がこのポータルに見つかりません。「CAF」または「COP」を選び、{}を入力してください。",
                    self.named, self.label
                ),
            ),
            "caf" | "cop" => self.typed(facts, answers, findings),
            _ => {}
        }
        if facts.known.line_id_elsewhere {
            findings.warn(
                "customer_id",
                format!(
                    "この{}は、ほかの医療機関等の申請でも使われています。書類の番号と同じか、もう一度ご確認ください。同じであれば、このまま送信できます。",
                    self.label
                ),
            );
        }
    }

    fn typed(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let kind = answers.get("customer_id_kind").to_ascii_uppercase();
        let first = answers.get("customer_id").to_owned();
        let second = answers.get("customer_id_confirm").to_owned();
        if first.is_empty() || findings.has_error("customer_id") {
            return;
        }
        let id = match LineCustomerId::parse_as(&first, &kind) {
            Ok(id) => id,
            Err(fault) => return findings.error("customer_id", fault.to_string()),
        };
        answers.set("customer_id", id.as_str());
        self.changed(answers, findings);
        if let Some(remark) = id.digits_remark(facts.rules.caf_digits, facts.rules.cop_digits) {
            findings.warn("customer_id", remark);
        }
        if second.is_empty() {
            return;
        }
        match LineCustomerId::parse_as(&second, &kind) {
            Ok(again) if again == id => answers.set("customer_id_confirm", id.as_str()),
            _ => findings.error(
                "customer_id_confirm",
                format!("「確認用{0}」が「{0}」と違います。書類を見て、違うほうを直してください。", self.label),
            ),
        }
    }

    /// The ID that the answers declare.
    pub(crate) fn resolved(&self, answers: &Answers) -> Option<String> {
        match answers.get("customer_id_kind") {
            SAME => self.known.map(str::to_owned),
            "caf" | "cop" => Some(answers.get("customer_id").to_owned()).filter(|id| !id.is_empty()),
            _ => None,
        }
    }
}

/// An ID in the groups in which it is read back.
pub(crate) fn grouped(id: &str) -> String {
    LineCustomerId::parse(id).map_or_else(|_| id.to_owned(), |id| id.groups().join(" "))
}
