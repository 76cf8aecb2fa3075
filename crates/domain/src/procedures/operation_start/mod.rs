//! 運用開始日登録 (spec 6.1): the day on which an institution begins to check insurance online.

use super::{Folder, parts::days};
use crate::applications::{Business, Effect, Facts, Life, Need, Procedure, Words, institution_section};
use crate::calendar::Start;
use crate::feed::EventKind;
use crate::forms::{Answers, Field, Findings, Section};

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "operation_start",
    label: "運用開始日登録",
    short: "運用開始日",
    business: Business::Eligibility,
    lead: "オンライン資格確認の運用を始める日を登録します。接続テストが済んだ後に行います。入力は1分ほどです。",
    prepare: &["接続テストが済んだ端末", "システムベンダと決めた運用開始日"],
    tile_text: "こちらからオンライン資格確認の運用開始日を登録いただけます。",
    again: "運用開始日を変更する",
    to_form: "運用開始日を登録する画面へ進む",
    send: "この日付で登録する",
    withdraw: "登録を取り下げる",
    accepted: "運用開始日になると、運用中になります。",
    ..Words::COMMON
};

/// Its texts.
pub(super) const FOLDER: Folder =
    Folder { article: include_str!("article.md"), documents: &[], options: "", example: &[] };

/// Key of the answer.
const DAY: &str = "start_day";
/// How far ahead the day may lie, in days.
const AHEAD_DAYS: i64 = 365;
/// Said where the day may not change any more.
const REFERRED: &str =
    "補助金の申請がこの運用開始日をもとにしているため、変更できません。変更が必要なときは、お問い合わせください。";

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

/// The day that was registered before, as its answer.
fn before(facts: &Facts) -> Option<&str> {
    facts.known.latest.as_ref().map(|answers| answers.get(DAY))
}

impl Procedure for Form {
    fn life(&self) -> Life {
        Life::AtOnce
    }

    fn effect(&self) -> Effect {
        Effect::Announce(EventKind::OperationStartRegistered)
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Connection]
    }

    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        if !facts.known.connected {
            return Some("運用開始日を登録する前に、端末の電子証明書を取得し、接続テストを済ませてください。");
        }
        (before(facts).is_some() && facts.known.subsidy_refers).then_some(REFERRED)
    }

    fn way_before(&self, facts: &Facts) -> Option<(&'static str, &'static str)> {
        (!facts.known.connected).then_some(("端末の電子証明書の状況を見る", "/certificates"))
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        let day = Field::new(DAY, "運用開始日", days(facts, 0, AHEAD_DAYS))
            .help("患者さんの保険資格を、オンラインで確かめ始める日です。今日から1年先までの日を選べます。")
            .help("登録した後も、補助金を申請するまでは変更できます。");
        vec![institution_section(facts), Section::new("運用開始日", vec![day])]
    }

    fn preset(&self, facts: &Facts) -> Answers {
        before(facts).map_or_else(Answers::new, |day| Answers::new().with(DAY, day))
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let Some(before) = before(facts) else { return };
        if facts.known.subsidy_refers {
            findings.error(DAY, REFERRED);
        } else if answers.is(DAY, before) && !before.is_empty() {
            findings.error(DAY, "「運用開始日」が、登録済みの日と同じです。変更する日を選んでください。");
        }
    }

    fn before_sending(&self, facts: &Facts, _: &Answers) -> Vec<String> {
        let replaced = before(facts).and_then(|day| day.parse::<Start>().ok());
        let mut sentences: Vec<String> = replaced
            .map(|day| format!("いま登録されている運用開始日（{day}）は、新しい日に置き換わります。"))
            .into_iter()
            .collect();
        sentences.push("送信すると、すぐに登録されます。登録の控えをメールでお送りします。".to_owned());
        sentences
    }

    fn start(&self, answers: &Answers) -> Option<Start> {
        answers.get(DAY).parse().ok()
    }
}
