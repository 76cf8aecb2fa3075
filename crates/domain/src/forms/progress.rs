//! How far a form has come, without judging it.

use super::{Answers, Field, Input, Section};

/// How many of the required questions of a form are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Required questions that are answered.
    pub answered: usize,
    /// Required questions that apply.
    pub required: usize,
}

impl Progress {
    /// For people: 「必須の12項目のうち7項目を入力済み」.
    pub fn words(self) -> String {
        match self.required {
            0 => "必須の項目はありません".to_owned(),
            required if required == self.answered => format!("必須の{required}項目をすべて入力済み"),
            required => format!("必須の{required}項目のうち{}項目を入力済み", self.answered),
        }
    }
}

/// Counts the required questions that apply to the answers, and those of them that are answered. An agreement to another
/// version of its document is none.
pub fn progress(sections: &[Section], answers: &Answers) -> Progress {
    let required: Vec<&Field> = asked(sections, answers).filter(|field| field.required).collect();
    let answered = required.iter().filter(|field| is_answered(field, answers)).count();
    Progress { answered, required: required.len() }
}

/// The question at which a person goes on: the one they were at, or else the first required one without an answer.
pub fn go_on_at<'a>(sections: &'a [Section], answers: &Answers, left_at: &str) -> Option<&'a str> {
    let was_at = asked(sections, answers).find(|field| field.key == left_at);
    let open = || asked(sections, answers).find(|field| field.required && !is_answered(field, answers));
    was_at.or_else(open).map(|field| field.key.as_str())
}

fn asked<'a>(sections: &'a [Section], answers: &Answers) -> impl Iterator<Item = &'a Field> {
    let fields = sections.iter().flat_map(|section| &section.fields);
    fields.filter(|field| !matches!(field.input, Input::Shown(_)) && field.applies(answers))
}

fn is_answered(field: &Field, answers: &Answers) -> bool {
    match &field.input {
        Input::Agreement(document) => answers.is(&field.key, &document.version),
        _ => answers.has(&field.key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::{Choice, Document};

    fn sections() -> Vec<Section> {
        let line = |key: &str| Field::new(key, key, Input::Lines { max: 10 });
        let terms = Document { slug: "terms".to_owned(), version: "2".to_owned(), title: "規約".to_owned() };
        let kind = Input::Radio(vec![Choice::new("a", "A"), Choice::new("b", "B")]);
        vec![
            Section::new(
                "1",
                vec![Field::shown("code", "コード", "13"), Field::new("terms", "規約", Input::Agreement(terms))],
            ),
            Section::new(
                "2",
                vec![Field::new("kind", "種類", kind), line("id").when("kind", &["a"]), line("note").optional()],
            ),
        ]
    }

    #[test]
    fn only_what_is_required_and_applies_counts() {
        let answers = Answers::new();
        assert_eq!(progress(&sections(), &answers), Progress { answered: 0, required: 2 });
        let answers = answers.with("kind", "a").with("note", "memo").with("terms", "1");
        assert_eq!(progress(&sections(), &answers), Progress { answered: 1, required: 3 });
        assert_eq!(progress(&sections(), &answers).words(), "必須の3項目のうち1項目を入力済み");
        let answers = answers.with("terms", "2").with("id", "CAF1");
        assert_eq!(progress(&sections(), &answers).words(), "必須の3項目をすべて入力済み");
        assert_eq!(progress(&[], &answers).words(), "必須の項目はありません");
    }

    #[test]
    fn a_person_goes_on_where_they_were_or_where_the_first_answer_is_missing() {
        let answers = Answers::new().with("terms", "2").with("kind", "a");
        assert_eq!(go_on_at(&sections(), &answers, "note"), Some("note"));
        assert_eq!(go_on_at(&sections(), &answers, ""), Some("id"));
        assert_eq!(go_on_at(&sections(), &answers, "code"), Some("id"), "a fact that is shown takes no focus");
        let other = answers.with("kind", "b");
        assert_eq!(go_on_at(&sections(), &other, "id"), None, "the question is gone, and everything is answered");
    }
}
