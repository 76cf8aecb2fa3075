//! 訪問診療等・オンライン診療等 利用開始・変更申請 (spec 6.1).

use super::{
    Folder,
    parts::{Service, after_eligibility, line},
};
use crate::applications::{Business, Facts, Procedure, Words};
use crate::calendar::YearMonth;
use crate::forms::{Answers, Field, Findings, Input, Section};

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "home_visit",
    label: "訪問診療等・オンライン診療等 利用開始・変更申請",
    short: "訪問診療等",
    business: Business::HomeVisit,
    lead: "訪問診療やオンライン診療などで、患者さんの居宅でオンライン資格確認を使うための申請です。入力は5分ほどです。",
    prepare: &["使うサービス（訪問診療、オンライン診療など）", "居宅で使う機器の種類と台数", "利用を始める予定の年月"],
    tile_text: "こちらから訪問診療等・オンライン診療等の利用申請を行えます。",
    accepted: "開始の月になると、居宅での資格確認に使えます。",
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
    Service { terms: "home-visit-terms", services: "home_visit_services", asks: "利用するサービス" };
const OTHER: &[&str] = &["other"];

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

impl Form {
    fn device_section(facts: &Facts) -> Section {
        let counts = facts.lists.choices("home_visit_device_counts");
        Section::new(
            "居宅で使う機器",
            vec![
                Field::new("device", "機器の種類", Input::Radio(facts.lists.choices("home_visit_devices")))
                    .help("マイナンバーカードを読み取る機器です。読み取れる機種かどうかは、購入の前にシステムベンダに確かめてください。"),
                Field::new("device_other", "機器の種類（その他の場合）", line(100)).when("device", OTHER),
                Field::new("device_count", "機器の台数", Input::Select(counts)),
            ],
        )
    }
}

impl Procedure for Form {
    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        after_eligibility(facts)
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        SERVICE.sections(facts, vec![Self::device_section(facts)])
    }

    fn preset(&self, facts: &Facts) -> Answers {
        Service::preset(facts)
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        Service::rules(facts, answers, findings);
    }

    fn start_month(&self, answers: &Answers) -> Option<YearMonth> {
        answers.get("start_month").parse().ok()
    }
}
