//! 電子処方箋管理サービス 利用開始・変更申請 (spec 6.1).

use super::{
    Folder,
    parts::{Service, after_eligibility, is_one_of, line},
};
use crate::applications::{Business, Facts, Procedure, Words};
use crate::calendar::YearMonth;
use crate::forms::{Answers, Field, Findings, Input, Section};
use crate::institutions::ScoreTable;

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "e_prescription",
    label: "電子処方箋管理サービス 利用開始・変更申請",
    short: "電子処方箋",
    business: Business::EPrescription,
    lead: "電子処方箋を発行する、または調剤するための申請です。入力は5分ほどです。",
    prepare: &["電子署名のしかた（HPKIカードなど）", "使うソフトの名称", "利用を始める予定の年月"],
    tile_text: "こちらから電子処方箋管理サービスの利用申請を行えます。",
    accepted: "開始の月になると、電子処方箋を扱えます。",
    ..Words::COMMON
};

/// Its texts.
pub(super) const FOLDER: Folder = Folder {
    article: include_str!("article.md"),
    documents: &[include_str!("terms.md")],
    options: include_str!("options.toml"),
    example: &[("product", "サンプル電子カルテ")],
};

const SERVICE: Service =
    Service { terms: "e-prescription-terms", services: "e_prescription_services", asks: "利用する機能" };

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

impl Form {
    fn signature_section(facts: &Facts) -> Section {
        let signer = if is_one_of(facts, &[ScoreTable::Pharmacy]) { "薬剤師" } else { "医師・歯科医師" };
        Section::new(
            "電子署名とソフト",
            vec![
                Field::new(
                    "signature",
                    "電子署名のしかた",
                    Input::Radio(facts.lists.choices("e_prescription_signatures")),
                )
                .help(format!("{signer}の資格を確かめられる電子署名が必要です。")),
                Field::new("product", "電子処方箋に対応したソフトの名称", line(100))
                    .help("レセコンまたは電子カルテのソフトです。対応する版は、システムベンダに確かめてください。"),
            ],
        )
    }
}

impl Procedure for Form {
    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        if is_one_of(facts, &[ScoreTable::HomeNursing]) {
            return Some("訪問看護ステーションは、電子処方箋管理サービスの対象ではありません。");
        }
        after_eligibility(facts)
    }

    fn way_before(&self, facts: &Facts) -> Option<(&'static str, &'static str)> {
        let eligibility = ("オンライン資格確認の利用申請へ進む", "/procedures/eligibility");
        (!is_one_of(facts, &[ScoreTable::HomeNursing])).then_some(eligibility)
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        SERVICE.sections(facts, vec![Self::signature_section(facts)])
    }

    fn preset(&self, facts: &Facts) -> Answers {
        let claims = facts.known.claims.as_ref().filter(|_| facts.known.latest.is_none());
        let product = claims.and_then(|claims| facts.lists.entry("receipt_products", claims.get("product")));
        let mut answers = Service::preset(facts);
        if let Some(product) = product {
            answers.set("product", &product.label);
        }
        answers
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        Service::rules(facts, answers, findings);
        if answers.is("signature", "applied") {
            findings.warn(
                "signature",
                "カードが届くまでは、電子処方箋を扱えません。届く時期と開始の予定をご確認ください。",
            );
        }
    }

    fn start_month(&self, answers: &Answers) -> Option<YearMonth> {
        answers.get("start_month").parse().ok()
    }
}
