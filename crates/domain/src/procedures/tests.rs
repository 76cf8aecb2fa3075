//! What every folder must hold to, asked of each procedure and of the sample: a sentence says what is missing and where.

use std::{collections::BTreeMap, sync::Arc};

use time::macros::date;
use uuid::Uuid;

use super::{Common, Folder, example::answered, head, sample};
use crate::applications::{Effect, Entry, Facts, Known, Lists, Procedure, Rules, Words, examine, reading};
use crate::calendar::Holidays;
use crate::clock::Timestamp;
use crate::forms::{Answers, Choice, Condition, Document, Field, Input};
use crate::ids::InstitutionId;
use crate::institutions::{Institution, InstitutionStatus};

/// Lists that folders share.
const SHARED: &str = include_str!("../../../../content/options.toml");
/// First number of the articles that are written in the back office.
const OF_THE_OFFICE: &str = "KB0030001";
/// What nobody should type, and somebody will.
const HOSTILE: &[&str] = &["<script>alert(1)</script>", "2026-02-31", "\u{0}\u{202e}", "-1", "99999999999999999999"];

/// A folder as the registry knows it.
#[derive(Clone, Copy)]
struct Judged<'a> {
    words: &'a Words,
    folder: &'a Folder,
    form: &'a dyn Procedure,
}

/// The sample, or what is made of it.
const SAMPLE: Judged<'static> = Judged { words: &sample::WORDS, folder: &sample::FOLDER, form: &sample::Form };

fn between(line: &str, before: &str) -> String {
    line.split_once(before)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(text, _)| text.to_owned())
        .unwrap_or_default()
}

/// Lists as they stand in a file: an entry a line.
fn lists(source: &str) -> BTreeMap<String, Vec<Entry>> {
    let (mut lists, mut name) = (BTreeMap::<String, Vec<Entry>>::new(), "");
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((list, _)) = line.split_once(" = [").filter(|_| !line.starts_with(' ')) {
            name = list;
        } else if line.trim_start().starts_with("{ value = ") {
            let [value, label, group] = ["value = \"", "label = \"", "group = \""].map(|key| between(line, key));
            lists.entry(name.to_owned()).or_default().push(Entry { value, label, group, ..Entry::default() });
        }
    }
    lists
}

fn document(source: &'static str) -> (String, Document) {
    let [slug, version, title] = ["slug", "version", "title"].map(|key| head(source, key).to_owned());
    (slug.clone(), Document { slug, version, title })
}

/// A dental clinic that uses everything already.
fn facts(folder: &Folder) -> Facts {
    let institution = Institution {
        id: InstitutionId(Uuid::nil()),
        code: "1330100016".parse().unwrap(),
        name: "さくら歯科".to_owned(),
        name_kana: String::new(),
        postal_code: String::new(),
        address: String::new(),
        phone: "03-1234-5678".to_owned(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    let known = Known { eligibility: Some(Answers::new()), connected: true, ..Known::default() };
    Facts {
        now: Timestamp::start_of_day(date!(2026 - 05 - 20)),
        institution,
        person_name: "山田 花子".to_owned(),
        person_email: "yamada@clinic.example".to_owned(),
        documents: Arc::new(folder.documents.iter().copied().map(document).collect()),
        lists: Arc::new(Lists(lists(SHARED).into_iter().chain(lists(folder.options)).collect())),
        rules: Arc::new(Rules::default()),
        holidays: Arc::new(Holidays::default()),
        schemes: Arc::default(),
        known,
    }
}

/// What a condition asks for: field and values.
fn asked_by(condition: &Condition) -> Vec<(&str, &[&str])> {
    match condition {
        Condition::OneOf(key, values) => vec![(*key, *values)],
        Condition::All(all) => all.iter().flat_map(asked_by).collect(),
    }
}

fn choices(field: &Field) -> Option<&[Choice]> {
    match &field.input {
        Input::Radio(choices) | Input::Select(choices) | Input::Several(choices) => Some(choices),
        _ => None,
    }
}

impl Judged<'_> {
    fn fields(&self, facts: &Facts, answers: &Answers) -> Vec<Field> {
        self.form.sections(facts, answers).into_iter().flat_map(|section| section.fields).collect()
    }

    /// Article and documents.
    fn texts(&self) -> Vec<String> {
        let (mut found, key) = (vec![], self.words.key);
        let said = |name: &str| self.folder.article_head(name);
        let number = said("number");
        let digits = number.strip_prefix("KB").is_some_and(|rest| rest.len() == 7 && rest.parse::<u32>().is_ok());
        if !digits || number >= OF_THE_OFFICE {
            found.push(format!(
                "article.md: `number` is 「{number}」, and must be KB with seven digits below {OF_THE_OFFICE}"
            ));
        }
        let empty = ["slug", "title", "category", "updated"].into_iter().filter(|name| said(name).is_empty());
        found.extend(empty.map(|name| format!("article.md: the head has no `{name}`")));
        if !said("related").contains(&format!("\"{key}\"")) {
            found.push(format!(
                "article.md: `related` must name \"{key}\", or procedure and article do not find each other"
            ));
        }
        let foreign = self.folder.documents.iter().filter(|source| head(source, "procedure") != key);
        found.extend(foreign.map(|source| format!("{}: `procedure` must be \"{key}\"", head(source, "slug"))));
        found
    }

    /// Keys, labels, choices, conditions, and what is agreed to.
    fn questions(&self, facts: &Facts) -> Vec<String> {
        let preset = self.form.preset(facts);
        let fields = self.fields(facts, &preset);
        let mut found: Vec<String> = fields.iter().flat_map(|field| of_field(field, &fields)).collect();
        let stray = preset.iter().filter(|(key, _)| fields.iter().all(|field| field.key != *key));
        found.extend(
            stray.map(|(key, _)| format!("`preset` answers `{key}`, which the form does not ask: write `preset`")),
        );
        let agreed: Vec<&str> = fields
            .iter()
            .flat_map(|field| match &field.input {
                Input::Agreement(document) => vec![document.slug.as_str()],
                Input::Agreements(documents) => documents.iter().map(|document| document.slug.as_str()).collect(),
                _ => vec![],
            })
            .chain(self.form.documents().iter().copied())
            .collect();
        let own = self.folder.documents.iter().map(|source| head(source, "slug"));
        let unread = own.filter(|slug| !agreed.contains(slug));
        found.extend(
            unread.map(|slug| format!("no field agrees to the document `{slug}`, and `documents` does not name it")),
        );
        found
    }

    /// The example can be sent, and nothing that must be answered can be left out.
    fn example(&self, facts: &Facts) -> Vec<String> {
        let answers = answered(self.form, self.folder.example, facts);
        let fields = self.fields(facts, &answers);
        let is_file =
            |key: &str| fields.iter().any(|field| field.key == key && matches!(field.input, Input::Upload { .. }));
        let checked = examine(self.form, facts, &answers);
        let errors = checked.findings.errors.iter().filter(|error| !is_file(&error.field));
        let mut found: Vec<String> = errors
            .map(|error| {
                format!(
                    "the example cannot be sent: `{}`: {} Say in `FOLDER.example` what can.",
                    error.field, error.message
                )
            })
            .collect();
        let stray = self.folder.example.iter().filter(|(key, _)| fields.iter().all(|field| field.key != *key));
        found.extend(stray.map(|(key, _)| format!("`FOLDER.example` answers `{key}`, which the form does not ask")));
        if self.form.before_sending(facts, &answers).is_empty() {
            found.push("`before_sending` says nothing".to_owned());
        }
        if matches!(self.form.effect(), Effect::Announce(_)) && self.form.start(&checked.answers).is_none() {
            found.push("`effect` announces a day, and `start` finds none in the example".to_owned());
        }
        for field in fields.iter().filter(|field| field.required && field.when.is_none()) {
            let without = answers.clone().with(&field.key, "");
            if !examine(self.form, facts, &without).findings.has_error(&field.key) {
                found.push(format!("`{}` must be answered, and the form is sent without", field.key));
            }
        }
        found
    }

    /// Whatever is typed, the form is read to its end; what is not offered is refused.
    fn hostile(&self, facts: &Facts) -> Vec<String> {
        let answers = answered(self.form, self.folder.example, facts);
        let long = "あ".repeat(10_000);
        let mut found = vec![];
        for field in self.fields(facts, &answers).iter().filter(|field| !matches!(field.input, Input::Shown(_))) {
            for typed in HOSTILE.iter().copied().chain([long.as_str()]) {
                let typed = answers.clone().with(&field.key, typed);
                let checked = examine(self.form, facts, &typed);
                reading(self.form, facts, &checked.answers);
                self.form.before_sending(facts, &checked.answers);
                let free = matches!(field.input, Input::Line { .. } | Input::Lines { .. } | Input::Upload { .. });
                if !free && field.applies(&typed) && !checked.findings.has_error(&field.key) {
                    found.push(format!("`{}` takes what it does not offer", field.key));
                }
            }
        }
        found
    }

    fn faults(&self, facts: &Facts) -> Vec<String> {
        let all = [self.texts(), self.questions(facts), self.example(facts), self.hostile(facts)].concat();
        all.into_iter().map(|fault| format!("{}: {fault}", self.words.key)).collect()
    }
}

fn of_field(field: &Field, fields: &[Field]) -> Vec<String> {
    let (mut found, key) = (vec![], &field.key);
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if key.is_empty() || !key.chars().all(plain) {
        found.push(format!("the key `{key}` must be of lower case letters, digits and `_`"));
    }
    if fields.iter().filter(|other| other.key == *key).count() > 1 {
        found.push(format!("the key `{key}` is there twice"));
    }
    if field.label.is_empty() {
        found.push(format!("`{key}` has no label"));
    }
    if choices(field).is_some_and(<[Choice]>::is_empty) {
        found.push(format!(
            "`{key}` offers nothing: is its list in options.toml, under the name that the form asks for?"
        ));
    }
    if let Input::Agreement(document) = &field.input
        && document.version == "0"
    {
        found.push(format!("`{key}`: no document of the folder has the slug `{}`", document.slug));
    }
    for (other, values) in field.when.iter().flat_map(asked_by) {
        let Some(other) = fields.iter().find(|field| field.key == other) else {
            found.push(format!("`{key}` hangs on `{other}`, which the form does not ask"));
            continue;
        };
        let offered = |value: &&&str| choices(other).is_none_or(|all| all.iter().any(|choice| choice.value == **value));
        found.extend(
            values
                .iter()
                .filter(|value| !offered(value))
                .map(|value| format!("`{key}` hangs on `{}` being `{value}`, which is not offered", other.key)),
        );
    }
    found
}

#[test]
fn every_folder_is_whole_and_its_form_keeps_what_all_forms_keep() {
    let registered =
        |common: &Common| Judged { words: common.words(), folder: common.folder(), form: common.procedure() };
    let (mut found, mut closed) = (vec![], vec![]);
    for one in Common::ALL.iter().map(registered).chain([SAMPLE]) {
        let facts = facts(one.folder);
        match one.form.missing_before(&facts) {
            None => found.extend(one.faults(&facts)),
            Some(_) => closed.push(one.words.key),
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    assert_eq!(closed, ["subsidy"], "cannot be begun by the clinic of this test: let `facts` know what it needs");
}

#[test]
fn what_is_forgotten_in_a_folder_is_named() {
    let faults = |folder: &Folder, words: &Words| {
        let one = Judged { folder, words, ..SAMPLE };
        one.faults(&facts(folder)).join("\n")
    };
    let (folder, words) = (sample::FOLDER, sample::WORDS);
    assert_eq!(faults(&folder, &words), "");
    let misspelt = faults(&Folder { options: "sample_reason = [\n", ..folder }, &words);
    assert!(misspelt.contains("`reason` offers nothing: is its list in options.toml"), "{misspelt}");
    assert!(misspelt.contains("`reason_other` hangs on `reason` being `other`, which is not offered"), "{misspelt}");
    let bare = faults(&Folder { documents: &[], ..folder }, &words);
    assert!(bare.contains("no document of the folder has the slug `sample-terms`"), "{bare}");
    let unsent = faults(&Folder { example: &[("from", "today+7"), ("unti", "today")], ..folder }, &words);
    assert!(unsent.contains("the example cannot be sent: `until`: 「終える日」は"), "{unsent}");
    assert!(unsent.contains("answers `unti`, which the form does not ask"), "{unsent}");
    let renamed = faults(&folder, &Words { key: "other", ..words });
    assert!(renamed.contains("article.md: `related` must name \"other\""), "{renamed}");
    assert!(renamed.contains("sample-terms: `procedure` must be \"other\""), "{renamed}");
    let untold = faults(&Folder { article: "+++\nnumber = \"KB1\"\n+++\n\n文", ..folder }, &words);
    assert!(untold.contains("`number` is 「KB1」") && untold.contains("the head has no `slug`"), "{untold}");
}

#[test]
fn what_announces_a_day_has_one() {
    struct Mute;
    impl Procedure for Mute {
        fn effect(&self) -> Effect {
            Effect::Announce(crate::feed::EventKind::OperationStartRegistered)
        }

        fn sections(&self, facts: &Facts, answers: &Answers) -> Vec<crate::forms::Section> {
            SAMPLE.form.sections(facts, answers)
        }
    }
    let facts = facts(&sample::FOLDER);
    let faults = Judged { form: &Mute, ..SAMPLE }.example(&facts);
    assert_eq!(faults, ["`effect` announces a day, and `start` finds none in the example"]);
}

#[test]
fn a_form_may_be_no_more_than_its_questions() {
    struct Bare;
    impl Procedure for Bare {
        fn sections(&self, _: &Facts, _: &Answers) -> Vec<crate::forms::Section> {
            vec![super::parts::contact_section()]
        }
    }
    let facts = facts(&sample::FOLDER);
    let answers = answered(&Bare, &[], &facts);
    assert_eq!(answers.get("contact"), "山田 花子");
    assert!(examine(&Bare, &facts, &answers).findings.errors.is_empty());
    assert!(Bare.before_sending(&facts, &answers)[1].contains("審査の目安は"));
}
