//! 見本の届出: a folder to copy. Compiled and judged by tests only; what a procedure does not need is deleted from the copy.

use super::{
    Folder,
    parts::{after_eligibility, contact_section, days, line, terms},
};
use crate::applications::{Business, Facts, Life, Procedure, Words, institution_section};
use crate::calendar::typed_day;
use crate::forms::{Answers, Field, Findings, Input, Section};

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "sample",
    label: "見本の届出",
    short: "見本",
    business: Business::Eligibility,
    lead: "見本を届け出ます。入力は5分ほどです。",
    prepare: &["始める日と終える日", "担当者の氏名と電話番号"],
    // The rest speaks of 申請. A 届出 says so; an application takes all of it by `..Words::COMMON`.
    again: "届出の入力をはじめる",
    to_form: "届出画面へ進む",
    send: "この内容で届出を送信する",
    withdraw: "届出を取り下げる",
    ..Words::COMMON
};

/// Its texts.
pub(super) const FOLDER: Folder = Folder {
    article: include_str!("article.md"),
    documents: &[include_str!("terms.md")],
    options: include_str!("options.toml"),
    example: &[("from", "today+7"), ("until", "today+14")],
};

/// Longest use in days.
const LONGEST_DAYS: i64 = 30;

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

impl Form {
    fn use_section(facts: &Facts) -> Section {
        let reasons = facts.lists.choices("sample_reasons");
        Section::new(
            "利用の内容",
            vec![
                terms(facts, "sample-terms"),
                Field::new("from", "始める日", days(facts, 0, 90)).help("今日から90日先までの日を選べます。"),
                Field::new("until", "終える日", days(facts, 0, 120)),
                Field::new("reason", "理由", Input::Radio(reasons)),
                Field::new("reason_other", "理由（その他の場合）", line(100)).when("reason", &["other"]),
                Field::new("first_time", "はじめての届出ですか", Input::yes_no()),
                Field::new("papers", "資料", Input::Upload { most_files: 1 })
                    .help("あれば、PDFか写真を1件追加してください。")
                    .optional(),
            ],
        )
    }
}

impl Procedure for Form {
    fn life(&self) -> Life {
        Life::Once
    }

    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        after_eligibility(facts)
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        vec![institution_section(facts), Self::use_section(facts), contact_section()]
    }

    fn rules(&self, _: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let (from, until) = (typed_day(answers.get("from")), typed_day(answers.get("until")));
        let Some(lasts) = from.zip(until).map(|(from, until)| (until - from).whole_days()) else { return };
        if lasts < 0 {
            findings.error("until", "「終える日」は、始める日か、それより後の日を入力してください。");
        } else if lasts > LONGEST_DAYS {
            findings
                .error("until", format!("「終える日」は、始める日から{LONGEST_DAYS}日以内の日を入力してください。"));
        }
    }
}
