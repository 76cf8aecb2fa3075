//! 廃止・休止・再開: an institution closes, rests or goes on (spec 6.1).

use super::{
    Folder,
    parts::{contact_section, days},
};
use crate::applications::{Business, Effect, Facts, Life, Need, Procedure, Words, institution_section};
use crate::calendar::{japanese_date, typed_day};
use crate::closing::{AHEAD_DAYS, Deed, PAST_DAYS, steps};
use crate::forms::{Answers, Choice, Field, Findings, Input, Section};
use crate::institutions::InstitutionStatus;

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "closing",
    label: "廃止・休止・再開の届出",
    short: "廃止・休止",
    business: Business::Changes,
    lead: "医療機関等をやめるとき、休むとき、休みから戻るときの届出です。その日に何が終わるかを、送信の前にすべて表示します。入力は5分ほどです。",
    prepare: &["廃止・休止・再開の日", "休止のときは、再開する見込みの日"],
    tile: "廃止・休止",
    tile_text: "廃止・休止・再開の届出を行えます。",
    again: "届出の入力をはじめる",
    to_form: "届出画面へ進む",
    send: "この内容で届出を送信する",
    withdraw: "届出を取り下げる",
    accepted: "届け出た日に、届け出たとおりに進みます。進み具合は「廃止・休止の状況」で確かめられ、前の日までは取りやめられます。",
};

/// Its texts.
pub(super) const FOLDER: Folder =
    Folder { article: include_str!("article.md"), documents: &[], options: include_str!("options.toml"), example: &[] };

/// Longest rest that is foreseen, in days from today.
const LONGEST_REST: i64 = 3 * 365;
const SUSPEND: &[&str] = &["suspend"];

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

impl Form {
    /// What can be filed as the institution stands: only a rest comes to an end by going on.
    fn deeds(facts: &Facts) -> Vec<Choice> {
        let rests = facts.institution.status == InstitutionStatus::Suspended;
        let hidden = if rests { Deed::Suspend } else { Deed::Resume };
        let choices = facts.lists.choices("closing_deeds");
        choices.into_iter().filter(|choice| choice.value != hidden.as_str()).collect()
    }

    fn deed_section(facts: &Facts) -> Section {
        let certificates = facts.lists.choices("closing_certificates");
        Section::new(
            "廃止・休止・再開",
            vec![
                Field::new("deed", "届出の内容", Input::Radio(Self::deeds(facts))),
                Field::new("day", "廃止・休止・再開の日", days(facts, -PAST_DAYS, AHEAD_DAYS))
                    .help("廃止では、この日の午前0時から端末の電子証明書が使えなくなります。"),
                Field::new("until", "再開する見込みの日", days(facts, 1, LONGEST_REST))
                    .help("変わってもかまいません。再開するときに、もう一度届け出てください。")
                    .when("deed", SUSPEND),
                Field::new("certificates", "休止の間の端末の電子証明書", Input::Radio(certificates))
                    .when("deed", SUSPEND),
                Field::new("reason", "理由", Input::Lines { max: 500 })
                    .help("例：院長の高齢のため。医療機関等コードが変わるときは、廃止ではなく承継の手続です。"),
            ],
        )
    }

    fn deed(answers: &Answers) -> Option<Deed> {
        answers.get("deed").parse().ok()
    }
}

impl Procedure for Form {
    fn life(&self) -> Life {
        Life::Once
    }

    fn effect(&self) -> Effect {
        Effect::Closing
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Ending]
    }

    fn is_for_owners(&self) -> bool {
        true
    }

    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        facts.known.closing_planned.then_some(
            "廃止・休止・再開の届出を、すでに受け付けています。変えるときは、「廃止・休止の状況」で取りやめてから、もう一度届け出てください。",
        )
    }

    fn way_before(&self, _: &Facts) -> Option<(&'static str, &'static str)> {
        Some(("廃止・休止の状況を見る", "/closing"))
    }

    fn sections(&self, facts: &Facts, _: &Answers) -> Vec<Section> {
        vec![institution_section(facts), Self::deed_section(facts), contact_section()]
    }

    fn preset(&self, facts: &Facts) -> Answers {
        let answers =
            Answers::new().with("contact", &facts.person_name).with("contact_phone", &facts.institution.phone);
        match facts.institution.status {
            InstitutionStatus::Suspended => answers.with("deed", Deed::Resume.as_str()),
            _ => answers,
        }
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let today = facts.now.date();
        let typed = |key: &str| typed_day(answers.get(key)).filter(|_| !findings.has_error(key));
        let (day, until) = (typed("day"), typed("until"));
        if let (Some(day), Some(until)) = (day, until)
            && until <= day
        {
            findings.error("until", "「再開する見込みの日」は、休止の日より後の日を入力してください。");
        }
        if day.is_some_and(|day| day <= today) {
            findings.warn(
                "day",
                "今日か、過ぎた日です。受け付けられると、すぐに終了が始まり、取りやめることはできません。",
            );
        }
        if answers.is("certificates", "keep") {
            findings.warn("certificates", "休止の間も端末の電子証明書は有効です。端末を安全な場所に保管し、なくしたときはすぐに失効させてください。");
        }
    }

    fn before_sending(&self, facts: &Facts, answers: &Answers) -> Vec<String> {
        let Some(deed) = Self::deed(answers) else { return vec![] };
        let begins = typed_day(answers.get("day"));
        let day = begins.map(japanese_date).unwrap_or_default();
        let ending = facts.known.ending.clone().unwrap_or_default();
        let mut says = vec![format!("{day}の午前0時から、次の順に進みます。")];
        for (number, step) in steps(deed, answers.is("certificates", "revoke")).iter().enumerate() {
            says.push(format!("{}. {}", number + 1, ending.sentence(*step, deed)));
        }
        let review = facts.rules.review_days;
        says.push(if begins.is_some_and(|day| day <= facts.now.date()) {
            format!("審査の目安は{review}営業日です。受け付けられると、すぐに始まります。取りやめることはできません。")
        } else {
            format!("審査の目安は{review}営業日です。{day}の前の日までは、「廃止・休止の状況」から取りやめられます。")
        });
        says
    }
}

#[cfg(test)]
mod tests;
