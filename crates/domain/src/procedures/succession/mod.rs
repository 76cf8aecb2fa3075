//! 承継: the code of an institution changes; filed from the old one (spec 6.1).

use super::{
    Folder,
    parts::{contact_section, days, line},
};
use crate::applications::{Business, Effect, Facts, Life, Need, Procedure, Words, institution_section};
use crate::calendar::{japanese_date, typed_day};
use crate::forms::{Answers, Choice, Field, Findings, Input, Keyboard, Section};
use crate::institutions::{Institution, InstitutionCode};
use crate::succession::{AHEAD_DAYS, PAST_DAYS, Reason, Target, VALID_DAYS, last_day};
use crate::typed::{fold, search_key};

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "succession",
    label: "承継（医療機関等コードの変更）",
    short: "承継",
    business: Business::Changes,
    lead: "開設者の変更、法人化、移転などで、医療機関等コードが変わるときの申請です。前のコードの医療機関等から申請します。入力は10分ほどです。",
    prepare: &["新しい医療機関等コード（10桁）", "コードが変わる日", "新しい開設者の名称"],
    tile: "承継",
    tile_text: "医療機関等コードが変わるときの申請を行えます。",
    accepted: "「承継の状況」から、新しいコードで必要な手続を順に申請してください。",
    ..Words::COMMON
};

/// A code that a test or a demonstration puts into the register first.
const EXAMPLE: &[(&str, &str)] = &[("new_code", "1330100107")];

/// Its texts.
pub(super) const FOLDER: Folder = Folder {
    article: include_str!("article.md"),
    documents: &[],
    options: include_str!("options.toml"),
    example: EXAMPLE,
};

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

/// What is said of every code that somebody else has, whatever the reason.
const TAKEN: &str =
    "この医療機関等コードへは、承継できません。コードを確かめてください。コードが正しいときは、お問い合わせください。";
/// Reasons that bring a founder whose name is asked for.
const NEW_FOUNDER: &[&str] = &["founder", "corporate", "same_corporation"];
const CORPORATE: &[&str] = &["corporate"];
const OTHER: &[&str] = &["other"];

/// One line for an institution's code, with room for the spaces that people type.
const CODE: Input = Input::Line { max: 20, keyboard: Keyboard::Code, suggestions: vec![] };

impl Form {
    fn reason_section(facts: &Facts) -> Section {
        let offered = |list: &str| facts.lists.choices(list);
        Section::new(
            "承継の理由",
            vec![
                Field::new("reason", "理由", Input::Radio(offered("succession_reasons"))),
                Field::new("direction", "法人化か個人化か", Input::Radio(offered("succession_directions")))
                    .when("reason", CORPORATE),
                Field::new("reason_words", "事情", Input::Lines { max: 500 })
                    .help("コードが変わる事情を入力してください（500文字まで）。")
                    .when("reason", OTHER),
            ],
        )
    }

    fn code_section(facts: &Facts) -> Section {
        let example = facts.institution.code.grouped();
        Section::new(
            "新しい医療機関等コード",
            vec![
                Field::new("new_code", "新しい医療機関等コード（10桁）", CODE)
                    .help(format!("都道府県コード2桁、点数表コード1桁、医療機関等コード7桁を続けて入力してください。前のコード（いまお使いのコード）は {example} です。"))
                    .help("台帳にまだないコードでも送信できます。台帳に載ったときに、メールでお知らせします。"),
                Field::new("changed_on", "コードが変わる日", days(facts, -PAST_DAYS, AHEAD_DAYS))
                    .help(format!(
                        "前のコードの端末の電子証明書は、この日から{VALID_DAYS}日間使えます。"
                    )),
                Field::new("founder", "新しいコードの開設者の名称", line(100))
                    .help("「B 法人化」と「C 同一法人内」では、法人の名称を入力してください（例：医療法人社団さくら会）。理事長のお名前ではありません。")
                    .when("reason", NEW_FOUNDER),
            ],
        )
    }

    fn handover_section() -> Section {
        let choices = vec![
            Choice::new("yes", "引き継ぐ").noted("新しいコードの医療機関等から、前のコードの申請の記録を読めます。"),
            Choice::new("no", "引き継がない"),
        ];
        let history = Field::new("history", "申請の記録の引継ぎ", Input::Radio(choices))
            .help("引き継いだ記録は、読むだけです。書き換えることはできません。");
        Section::new("記録の引継ぎ", vec![history])
    }

    fn reason(answers: &Answers) -> Option<Reason> {
        answers.get("reason").parse().ok()
    }

    /// Whether the new founder is a corporation by the reason (spec 6.1: B and C).
    fn to_corporation(answers: &Answers) -> bool {
        match Self::reason(answers) {
            Some(Reason::Corporate) => answers.is("direction", "to_corporation"),
            Some(Reason::SameCorporation) => true,
            _ => false,
        }
    }

    /// Whether a name says that it is a corporation's: by words in it, or by the end of a municipality's name.
    fn is_corporation(facts: &Facts, name: &str) -> bool {
        let folded = fold(name);
        let name = folded.trim();
        let says = |word: &String, only_at_the_end: bool| match only_at_the_end {
            true => name.chars().count() > 2 && name.ends_with(word.as_str()),
            false => name.contains(word.as_str()),
        };
        let entries = facts.lists.entries("corporation_words");
        entries.iter().any(|entry| entry.names.iter().any(|word| says(word, entry.value == "ends")))
    }

    fn code(facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        if findings.has_error("new_code") {
            return;
        }
        let code = match InstitutionCode::parse(answers.get("new_code")) {
            Ok(code) => code,
            Err(fault) => return findings.error("new_code", fault.to_string()),
        };
        answers.set("new_code", code.as_str());
        let own = &facts.institution.code;
        if code == *own {
            return findings.error("new_code", "いまの医療機関等コードと同じです。新しいコードを入力してください。");
        }
        if code.score_table() != own.score_table() {
            return findings.error("new_code", "点数表コード（3桁目）が、いまのコードと違います。点数表が変わるときは承継ではなく、新しい医療機関等としての申請になります。");
        }
        let moved = Self::reason(answers) == Some(Reason::Relocation);
        if code.prefecture() != own.prefecture() && !moved {
            return findings.error("new_code", "都道府県コードが、いまのコードと違います。都道府県が変わるのは、理由が「D 所在地変更」のときだけです。理由とコードを確かめてください。");
        }
        match &facts.known.successor {
            Some(Target::Slip(sentence)) => findings.error("new_code", sentence.clone()),
            Some(Target::Taken) => findings.error("new_code", TAKEN),
            Some(Target::Waiting) => findings.warn("new_code", "新しいコードは、まだ台帳にありません。このまま送信できます。台帳に載ったときにメールでお知らせし、それから審査を進めます。"),
            Some(Target::Free(place)) => Self::founder_of(facts, place, answers, findings),
            None => {}
        }
    }

    /// What the register says of the founder, against what was typed; the register's own words are not told.
    fn founder_of(facts: &Facts, place: &Institution, answers: &Answers, findings: &mut Findings) {
        if place.founder.is_empty() {
            return;
        }
        let listed = search_key(&place.founder);
        if NEW_FOUNDER.contains(&answers.get("reason")) {
            if answers.has("founder") && search_key(answers.get("founder")) != listed {
                findings.warn("founder", "台帳にある新しいコードの開設者の名称と一致しません。名称を確かめてください。台帳に誤りがあるときは、このまま送信できます。審査担当が確認します。");
            }
        } else if !facts.institution.founder.is_empty() && search_key(&facts.institution.founder) != listed {
            findings.warn("reason", "台帳では、新しいコードの開設者が、いまのコードの開設者と違います。開設者も変わるときは、理由を選び直してください。");
        }
    }

    fn founder(facts: &Facts, answers: &Answers, findings: &mut Findings) {
        if !answers.has("founder") || findings.has_error("founder") {
            return;
        }
        let corporation = Self::is_corporation(facts, answers.get("founder"));
        if Self::to_corporation(answers) && !corporation {
            findings.error("founder", "この理由では、法人の名称を入力してください（例：医療法人社団さくら会）。理事長など個人のお名前ではありません。");
        }
        if answers.is("direction", "to_person") && corporation {
            findings.warn("founder", "法人の名称のようです。個人化のときは、開設する方のお名前を入力してください。");
        }
    }
}

impl Procedure for Form {
    fn life(&self) -> Life {
        Life::Once
    }

    fn effect(&self) -> Effect {
        Effect::Succession
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Successor]
    }

    fn is_for_owners(&self) -> bool {
        true
    }

    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        facts
            .known
            .succeeded
            .then_some("この医療機関等コードの承継は、すでに受け付けています。「承継の状況」をご覧ください。")
    }

    fn way_before(&self, _: &Facts) -> Option<(&'static str, &'static str)> {
        Some(("承継の状況を見る", "/succession"))
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        vec![
            institution_section(facts),
            Self::reason_section(facts),
            Self::code_section(facts),
            Self::handover_section(),
            contact_section(),
        ]
    }

    fn preset(&self, facts: &Facts) -> Answers {
        Answers::new().with("contact", &facts.person_name).with("contact_phone", &facts.institution.phone)
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        Self::code(facts, answers, findings);
        Self::founder(facts, answers, findings);
    }

    fn before_sending(&self, facts: &Facts, answers: &Answers) -> Vec<String> {
        let mut says = vec![];
        if let Some(Target::Free(place)) = &facts.known.successor {
            says.push(format!("新しいコード {} は、台帳では「{}」です。", place.code.grouped(), place.name));
        }
        if let Some(day) = typed_day(answers.get("changed_on")) {
            says.push(format!(
                "前のコードの端末の電子証明書は、{}まで使えます（変わる日から{VALID_DAYS}日間）。その後は失効し、更新はできません。",
                japanese_date(last_day(day))
            ));
        }
        if facts.known.successor == Some(Target::Waiting) {
            says.push("新しいコードが台帳に載ってから、審査を始めます。".to_owned());
        }
        says.push(format!(
            "審査の目安は{}営業日です。受け付けられると、新しいコードで必要な手続の一覧をお知らせします。",
            facts.rules.review_days
        ));
        says
    }
}

#[cfg(test)]
mod tests;
