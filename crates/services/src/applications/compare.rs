//! What a change would change.

use domain::{
    applications::{Facts, Kind, ReadingLine, reading},
    forms::Answers,
};

/// A field whose answer differs from the application before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Key of the field.
    pub key: String,
    /// Label of the field.
    pub label: String,
    /// The answer before; 「（なし）」 when it was not asked.
    pub before: String,
    /// The answer now; 「（なし）」 when it is asked no more.
    pub now: String,
}

/// What the applicant sent before this, whatever became of it.
pub(super) fn sent_before(kind: Kind, facts: &Facts) -> Option<&Answers> {
    match kind {
        Kind::Eligibility => facts.known.eligibility.as_ref(),
        Kind::Claims => facts.known.claims.as_ref(),
        Kind::Common(_) => facts.known.latest.as_ref(),
        Kind::Certificate => None,
    }
}

/// The fields in which a form differs from an application before, in its order; then those it asks no more. None when
/// there is nothing to compare with.
pub(super) fn differences(
    kind: Kind,
    facts: &Facts,
    before: Option<&Answers>,
    now: &[(String, Vec<ReadingLine>)],
) -> Vec<Difference> {
    let Some(before) = before else { return vec![] };
    let asked = |line: &&ReadingLine| !line.shown && !["application_kind", "paper_filed"].contains(&line.key.as_str());
    let before: Vec<ReadingLine> =
        reading(kind.procedure(), facts, before).into_iter().flat_map(|(_, lines)| lines).collect();
    let now: Vec<&ReadingLine> = now.iter().flat_map(|(_, lines)| lines).filter(asked).collect();
    let gone = before.iter().filter(asked).filter(|line| now.iter().all(|other| other.key != line.key));
    let value = |line: Option<&ReadingLine>| line.map_or("（なし）", |line| line.value.as_str()).to_owned();
    let difference = |line: &ReadingLine, was: Option<&ReadingLine>, is: Option<&ReadingLine>| Difference {
        key: line.key.clone(),
        label: line.label.clone(),
        before: value(was),
        now: value(is),
    };
    // Said once for one application and not carried over to the next: leaving it empty changes nothing.
    let (once, empty) = (["note", "test_month"], ["（未入力）", "（なし）"]);
    let changed = now.iter().map(|line| difference(line, before.iter().find(|was| was.key == line.key), Some(line)));
    let all = changed.chain(gone.map(|line| difference(line, Some(line), None)));
    let forgotten = |difference: &Difference| once.contains(&&*difference.key) && empty.contains(&&*difference.now);
    all.filter(|difference| difference.before != difference.now && !forgotten(difference)).collect()
}
