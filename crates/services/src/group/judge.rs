//! Judging rows as forms are judged, and against each other.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use domain::{
    applications::{Facts, Kind, line_customer_id::LineCustomerId},
    forms::{Answers, Finding},
    group::{self, RowState},
    ids::InstitutionId,
};
use storage::group::NewRow;

use super::{Notes, known::Place, label_of};
use crate::{Ctx, Result};

/// Judges the rows of a table in their order; what earlier rows hold counts for later ones.
pub(super) struct Judge {
    kind: Kind,
    agreed: Answers,
    /// Rows that are to be sent: where and what they may not share, and which one came first.
    seen: BTreeMap<(InstitutionId, String), i64>,
    /// The institution that first declared a customer ID in this table.
    lines: BTreeMap<String, InstitutionId>,
    /// Rows whose customer ID other institutions declare, on record or in an earlier row.
    elsewhere: BTreeSet<i64>,
}

/// The customer IDs of a page of rows that other institutions have on record.
type Elsewhere = Vec<(String, InstitutionId)>;

impl Judge {
    /// Rows of a procedure, with what was agreed to for all of them.
    pub(super) fn new(kind: Kind, agreed: Answers) -> Self {
        Self { kind, agreed, seen: BTreeMap::new(), lines: BTreeMap::new(), elsewhere: BTreeSet::new() }
    }

    /// Remembers rows that were sent or are about to be: they come before all others.
    pub(super) fn note(&mut self, rows: &[NewRow]) {
        for row in rows.iter().filter(|row| matches!(row.state, RowState::Queued | RowState::Sent)) {
            if let Some(place) = row.institution {
                self.seen.insert((place, group::sameness(self.kind, &row.answers)), row.number);
            }
        }
    }

    /// Judges a page of rows; those without an institution have their fault already.
    pub(super) async fn page(
        &mut self,
        ctx: &Ctx<'_>,
        places: &BTreeMap<InstitutionId, Place>,
        rows: &mut [NewRow],
    ) -> Result<()> {
        let place_of = |row: &NewRow| row.institution.and_then(|id| places.get(&id));
        let lines = rows.iter().filter_map(|row| self.line(&place_of(row)?.facts, &row.answers));
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines.dedup();
        let elsewhere = storage::group::lines_elsewhere(&mut ctx.app.db.read().await?, &lines).await?;
        for row in rows.iter_mut() {
            if let Some(place) = place_of(row) {
                self.row(place, &elsewhere, row);
            }
        }
        Ok(())
    }

    /// Judges one row, unless the person left it out.
    fn row(&mut self, place: &Place, elsewhere: &Elsewhere, row: &mut NewRow) {
        if row.state == RowState::Left {
            (row.faults, row.remarks) = (vec![], vec![]);
            return;
        }
        self.look_elsewhere(&place.facts, elsewhere, row);
        let facts = self.facts(place, row);
        let checked = group::judge(self.kind.procedure(), &facts, &self.agreed, &row.answers);
        let mut faults = checked.findings.errors;
        let at = (place.facts.institution.id, group::sameness(self.kind, &row.answers));
        match self.seen.get(&at) {
            Some(earlier) => {
                let (field, message) = group::doubled(self.kind, &row.answers, *earlier);
                faults.retain(|fault| fault.field != field);
                faults.push(Finding { field: field.to_owned(), message });
            }
            None => {
                self.seen.insert(at, row.number);
            }
        }
        let kept_back = place.kept_back(self.kind);
        faults.extend(kept_back.map(|message| Finding { field: String::new(), message }));
        row.state = if faults.is_empty() { RowState::Good } else { RowState::Faulty };
        let notes = |found: Vec<Finding>| self.notes(&facts, &row.answers, found);
        (row.faults, row.remarks) = (notes(faults), notes(checked.findings.warnings));
    }

    /// Looks for the customer ID of a row elsewhere: on record, and in earlier rows.
    fn look_elsewhere(&mut self, facts: &Facts, known: &Elsewhere, row: &NewRow) {
        let here = facts.institution.id;
        let Some(line) = self.line(facts, &row.answers) else { return };
        let first = *self.lines.entry(line.clone()).or_insert(here);
        if first != here || known.iter().any(|(known, place)| *known == line && *place != here) {
            self.elsewhere.insert(row.number);
        }
    }

    /// What the form of a row that was judged must know.
    pub(super) fn facts<'a>(&self, place: &'a Place, row: &NewRow) -> Cow<'a, Facts> {
        if !self.elsewhere.contains(&row.number) {
            return Cow::Borrowed(&place.facts);
        }
        let mut facts = place.facts.clone();
        facts.known.line_id_elsewhere = true;
        Cow::Owned(facts)
    }

    fn line(&self, facts: &Facts, answers: &Answers) -> Option<String> {
        let line = self.kind.procedure().line_id(facts, answers)?;
        Some(LineCustomerId::parse(&line).map_or(line, |id| id.as_str().to_owned()))
    }

    fn notes(&self, facts: &Facts, answers: &Answers, found: Vec<Finding>) -> Notes {
        if found.is_empty() {
            return vec![];
        }
        let mut answers = answers.clone();
        self.kind.procedure().complete(facts, &mut answers);
        let sections = self.kind.procedure().sections(facts, &answers);
        let fields = || sections.iter().flat_map(|section| &section.fields);
        found.into_iter().map(|one| (one.field.clone(), label_of(fields(), &one.field), one.message)).collect()
    }
}

/// A fault of a whole row.
pub(super) fn of_row(message: impl Into<String>) -> Notes {
    vec![(String::new(), "行全体".to_owned(), message.into())]
}
