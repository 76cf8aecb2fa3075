//! 医療扶助 利用開始・変更申請 (spec 6.1).

use super::{
    Folder,
    parts::{Service, after_eligibility, is_one_of},
};
use crate::applications::{Business, Facts, Procedure, Words};
use crate::calendar::YearMonth;
use crate::forms::{Answers, Choice, Field, Findings, Input, Section};
use crate::institutions::ScoreTable;

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "medical_aid",
    label: "医療扶助のオンライン資格確認 利用開始・変更申請",
    short: "医療扶助",
    business: Business::MedicalAid,
    lead: "生活保護の医療扶助を受ける方の資格を、オンラインで確かめるための申請です。入力は5分ほどです。",
    prepare: &["指定医療機関の指定を受けていること", "レセコンの対応の状況", "利用を始める予定の年月"],
    tile_text: "こちらから医療扶助のオンライン資格確認の利用申請を行えます。",
    accepted: "開始の月になると、医療券・調剤券の情報を確かめられます。",
    ..Words::COMMON
};

/// Its texts.
pub(super) const FOLDER: Folder = Folder {
    article: include_str!("article.md"),
    documents: &[include_str!("terms.md")],
    options: include_str!("options.toml"),
    example: &[],
};

const SERVICE: Service =
    Service { terms: "medical-aid-terms", services: "medical_aid_services", asks: "確かめる内容" };

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

impl Form {
    fn readiness_section(facts: &Facts) -> Section {
        let designated = vec![Choice::new("yes", "受けています"), Choice::new("no", "受けていません")];
        let pharmacy = is_one_of(facts, &[ScoreTable::Pharmacy]);
        let ticket = if pharmacy { "調剤券" } else { "医療券" };
        Section::new(
            "指定とレセコン",
            vec![
                Field::new("designated", "生活保護法による指定", Input::Radio(designated))
                    .help("指定医療機関の指定です。指定を受けていないときは、先に福祉事務所にご相談ください。"),
                Field::new("receipt_ready", "レセコンの対応", Input::Radio(facts.lists.choices("medical_aid_receipt")))
                    .help(format!("{ticket}の情報を取り込むには、レセコンのソフトの対応が必要です。システムベンダに確かめてください。")),
            ],
        )
    }
}

impl Procedure for Form {
    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        after_eligibility(facts)
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        SERVICE.sections(facts, vec![Self::readiness_section(facts)])
    }

    fn preset(&self, facts: &Facts) -> Answers {
        Service::preset(facts)
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        Service::rules(facts, answers, findings);
        if answers.is("designated", "no") {
            findings.error(
                "designated",
                "指定を受けていない医療機関等は、医療扶助の資格を確かめられません。指定を受けてから申請してください。下書きは残ります。",
            );
        }
        if answers.is("receipt_ready", "planned") {
            findings.warn(
                "receipt_ready",
                "レセコンが対応するまでは、画面で資格を確かめるだけになります。開始の予定をシステムベンダとご確認ください。",
            );
        }
    }

    fn start_month(&self, answers: &Answers) -> Option<YearMonth> {
        answers.get("start_month").parse().ok()
    }
}
